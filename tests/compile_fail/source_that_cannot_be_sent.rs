//! error[E0277]: `Rc<()>` cannot be shared between threads safely
//! error[E0277]: `Rc<()>` cannot be sent between threads safely
use std::ptr::NonNull;
use std::rc::Rc;

struct Counted(#[allow(dead_code)] Rc<()>);

unsafe impl ndarena::ChunkSource for Counted {
    fn allocate(&self, _: usize) -> Option<NonNull<[u8]>> {
        None
    }

    unsafe fn deallocate(&self, _: NonNull<[u8]>) {}
}

fn main() {}
