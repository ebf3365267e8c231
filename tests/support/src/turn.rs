//! For tests that look at figures of the whole process: one at a time.

use std::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::new(());

pub(crate) fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
