//! error[E0282]: type annotations needed
use ndarena::prelude::*;

fn main() {
    let checked = ndarena::scope(|s| {
        s.try_alloc_array::<f64>(1000)?;
        Ok(())
    });
    assert!(checked.is_ok());
}
