//! error[E0521]: borrowed data escapes outside of closure
use ndarena::prelude::*;

fn main() {
    ndarena::scope(|s| {
        let x = s.zeros::<f64>(3);
        std::thread::spawn(move || x.sum());
    });
}
