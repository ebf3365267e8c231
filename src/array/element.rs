//! What memory that nobody has filled may hold.

use bytemuck::Pod;

/// What [`alloc_array`](super::AllocArray::alloc_array) and [`alloc_slice`](crate::Scope::alloc_slice) ask of elements: that
/// they are [`Pod`]. All types that are `Pod` have this trait, and no others; there is nothing to implement.
///
/// It is here for what the compiler says of types that are not: which constructors they have. A function that is generic
/// over elements may ask for `T: Pod` or for `T: AllocElement`, and either implies the other:
///
/// ```
/// use ndarena::{AllocElement, Pod, prelude::*};
///
/// fn copied<T: Pod>(s: Scope<'_>, from: &[T]) -> usize {
///     let to = s.alloc_slice::<T>(from.len());
///     to.copy_from_slice(from);
///     sizes(s, to)
/// }
///
/// fn sizes<T: AllocElement>(s: Scope<'_>, of: &mut [T]) -> usize {
///     bytemuck::bytes_of(&of[0]).len() + s.alloc_array::<T>(of.len()).len()
/// }
///
/// assert_eq!(ndarena::scope(|s| copied(s, &[1u16, 2, 3])), 2 + 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "memory that nobody has filled may hold no valid `{Self}`",
    label = "is not `ndarena::Pod`",
    note = "`s.from_elem(shape, value)` makes an array of any `Copy` type, `s.uninit(shape)` one to be written first",
    note = "`Complex<_>` is `Pod` if num-complex's feature `bytemuck` is on; structs without padding can derive it",
    note = "in generic code, the bound to add is `T: ndarena::Pod`"
)]
pub trait AllocElement: Pod {}

#[diagnostic::do_not_recommend]
impl<T: Pod> AllocElement for T {}
