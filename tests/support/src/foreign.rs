//! Foreign code that runs in the middle of things: what a test wants done when an allocator, or a source of memory, is called.

use std::cell::Cell;

/// Whose calls are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Those of the global allocator.
    Allocator,
    /// Those of a source of memory.
    Source,
    /// Those of what an operation is handed: a closure, an iterator, the arithmetic of elements.
    Closure,
}

/// Whose call it is for, and what is run then.
type Hook = (Of, fn());

thread_local! {
    static CALL: Cell<usize> = const { Cell::new(0) };
    static AT: Cell<usize> = const { Cell::new(usize::MAX) };
    static HOOK: Cell<Option<Hook>> = const { Cell::new(None) };
}

/// Runs `f`, and `hook` in the middle of the call with that number, from 0, of those that `f` makes on this thread; says how
/// many calls there were. What the hook calls itself does not count. If `f` or the hook panics, so does this.
pub fn at_call(of: Of, number: usize, hook: fn(), f: impl FnOnce()) -> usize {
    struct Off;
    impl Drop for Off {
        fn drop(&mut self) {
            HOOK.set(None);
        }
    }
    CALL.set(0);
    AT.set(number);
    HOOK.set(Some((of, hook)));
    let _off = Off;
    f();
    CALL.get()
}

/// Runs `f`, whose calls do not count and are not hooked.
pub fn unhooked<R>(f: impl FnOnce() -> R) -> R {
    let hook = HOOK.take();
    let result = f();
    HOOK.set(hook);
    result
}

/// Counts a call, and runs the hook if it is the one that it is meant for: for allocators and sources to call.
pub fn called(of: Of) {
    let Some(hook) = HOOK.get().filter(|hook| hook.0 == of) else { return };
    let call = CALL.replace(CALL.get() + 1);
    if call == AT.get() {
        HOOK.set(None);
        (hook.1)();
        HOOK.set(Some(hook));
    }
}
