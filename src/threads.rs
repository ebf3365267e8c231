//! That scopes, and what they come from, serve one thread at a time.
//!
//! The invariant `Never`: no type has the trait [`SharedWithThreads`], so what is on condition of it does not hold.

/// What a [`Scope`](crate::Scope) is not, nor what it comes from. Types are `Send`, or `Sync`, on condition of it.
///
/// Without these conditions they would be neither all the same, for they refer to `Cell`s; but then the compiler tells of each
/// of the `Cell`s, and not of scopes. (The lifetime is there since a condition that never holds is refused where it has none.)
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be shared with another thread",
    label = "is used by another thread here",
    note = "`ndarena::scope(|s| ..)` in the closure opens a scope on the thread that runs it, in memory of that thread's own",
    note = "arrays of a scope, and views of them, can be sent to threads that end before the scope does"
)]
pub trait SharedWithThreads<'a> {}
