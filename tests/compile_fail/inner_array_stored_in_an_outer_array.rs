//! error[E0521]: borrowed data escapes outside of closure
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|outer| {
        let mut kept = outer.uninit::<&f64>(1);
        outer.scope(|inner| {
            let x: &f64 = &inner.alloc_slice::<f64>(1)[0];
            kept[0].write(x);
        });
    });
}
