//! What panics say, and where.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// A panic: its message, and the place that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panic {
    /// What it says.
    pub message: String,
    /// The file, as the compiler was given it.
    pub file: String,
    /// The line in it.
    pub line: u32,
}

thread_local! {
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Runs `f`, and tells what its panic said, if it did; nothing is printed. Other threads' panics are left alone.
pub fn panic_of<R>(f: impl FnOnce() -> R) -> Result<R, Panic> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !WATCHED.get() {
                return before(info);
            }
            let payload = info.payload();
            let text = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
            let message = text.unwrap_or("not a text").to_owned();
            let (file, line) = info.location().map_or((String::new(), 0), |at| (at.file().to_owned(), at.line()));
            LAST.set(Some(Panic { message, file, line }));
        }));
    });
    let watched = WATCHED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(f));
    WATCHED.set(watched);
    result.map_err(|_| LAST.take().expect("the hook runs first"))
}
