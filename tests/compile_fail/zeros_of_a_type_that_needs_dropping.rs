//! error[E0277]: the trait bound `Big: Copy` is not satisfied
use std::ops::Add;

use ndarena::prelude::*;

struct Big(Vec<u32>);

impl Add for Big {
    type Output = Big;
    fn add(self, other: Big) -> Big {
        Big([self.0, other.0].concat())
    }
}

impl num_traits::Zero for Big {
    fn zero() -> Big {
        Big(Vec::new())
    }
    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }
}

fn main() {
    ndarena::scope(|s| s.zeros::<Big>(3).len());
}
