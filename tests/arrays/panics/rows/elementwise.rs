//! Functions of each element.

use ndarray::prelude::*;

use super::{Row, a, large, large2};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row!(clamp, |s| s.clamp(&a(), 2.0, 1.0), "lower bound", "give bounds in order"),
        row!(clamp, |s| s.clamp(&a(), 2.0, f64::NAN), "lower bound"),
        no_room!(clamp, |s| s.clamp(&large(), 0.0, 1.0)),
        no_room!(mapv, |s| s.mapv(&large(), |x| x + 1.0)),
        no_room!(map_mut, |s| s.map_mut(&mut ArrayViewMut1::from(&mut [(); 65536]), |()| 1.0)),
        no_room!(is_nan, |s| s.is_nan(&large2())),
        no_room!(is_infinite, |s| s.is_infinite(&large2())),
        no_room!(floor, |s| s.floor(&large())),
        no_room!(ceil, |s| s.ceil(&large())),
        no_room!(round, |s| s.round(&large())),
        no_room!(trunc, |s| s.trunc(&large())),
        no_room!(fract, |s| s.fract(&large())),
        no_room!(abs, |s| s.abs(&large())),
        no_room!(signum, |s| s.signum(&large())),
        no_room!(recip, |s| s.recip(&large())),
        no_room!(sqrt, |s| s.sqrt(&large())),
        no_room!(exp, |s| s.exp(&large())),
        no_room!(exp2, |s| s.exp2(&large())),
        no_room!(exp_m1, |s| s.exp_m1(&large())),
        no_room!(ln, |s| s.ln(&large())),
        no_room!(log2, |s| s.log2(&large())),
        no_room!(log10, |s| s.log10(&large())),
        no_room!(ln_1p, |s| s.ln_1p(&large())),
        no_room!(cbrt, |s| s.cbrt(&large())),
        no_room!(sin, |s| s.sin(&large())),
        no_room!(cos, |s| s.cos(&large())),
        no_room!(tan, |s| s.tan(&large())),
        no_room!(asin, |s| s.asin(&large())),
        no_room!(acos, |s| s.acos(&large())),
        no_room!(atan, |s| s.atan(&large())),
        no_room!(sinh, |s| s.sinh(&large())),
        no_room!(cosh, |s| s.cosh(&large())),
        no_room!(tanh, |s| s.tanh(&large())),
        no_room!(asinh, |s| s.asinh(&large())),
        no_room!(acosh, |s| s.acosh(&large())),
        no_room!(atanh, |s| s.atanh(&large())),
        no_room!(to_degrees, |s| s.to_degrees(&large())),
        no_room!(to_radians, |s| s.to_radians(&large())),
        no_room!(pow2, |s| s.pow2(&large())),
        no_room!(powi, |s| s.powi(&large(), 2)),
        no_room!(powf, |s| s.powf(&large(), 0.5)),
        no_room!(log, |s| s.log(&large(), 2.0)),
        no_room!(abs_sub, |s| s.abs_sub(&large(), 2.0)),
        no_room!(hypot, |s| s.hypot(&large(), 2.0)),
    ]
}
