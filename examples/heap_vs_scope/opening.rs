//! The README's opening function, `y = x + 1; sum(y)`, three ways.
//! Each is a function that is not merged with its caller, as it would be in a larger program.

use ndarena::prelude::*;
use ndarray::{Array1, ArrayView1, Zip};

#[inline(never)]
pub(crate) fn on_the_heap(x: ArrayView1<'_, i64>) -> i64 {
    let y = &x + 1;
    y.sum()
}

#[inline(never)]
pub(crate) fn by_hand(x: ArrayView1<'_, i64>, y: &mut Array1<i64>) -> i64 {
    Zip::from(&mut *y).and(x).for_each(|y, x| *y = x + 1);
    y.sum()
}

#[inline(never)]
pub(crate) fn in_a_scope(s: Scope<'_>, x: ArrayView1<'_, i64>) -> i64 {
    let y = s.map(&x, |x| x + 1);
    y.sum()
}
