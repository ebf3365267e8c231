//! Rows: arrays that are made of a shape or of numbers, and products.

use std::hint::black_box;

use ndarena::prelude::*;
use ndarray::Zip;
use ndarray::linalg::{general_mat_mul, general_mat_vec_mul};
use ndarray::prelude::*;
use num_complex::Complex64;

use crate::operations::operands::{Axes, Data, Element};
use crate::operations::turns::{Float, Number, turns};
use crate::operations::{Kind, Operation, Setup, Watch, Way};

table! {
    zeros: Lengths Element AnyAxes, |x, s, to|
        heap { Array::<T, D>::zeros(x.dim.clone()) }
        scope { s.zeros::<T>(x.dim.clone()) }
        hand { to.fill(T::zero()) }
    alloc_array: Lengths Element AnyAxes, |x, s, to|
        heap { Array::<T, D>::zeros(x.dim.clone()) }
        scope {{
            let mut to = s.alloc_array::<T>(x.dim.clone());
            to.fill(T::zero());
            to
        }}
        hand { to.fill(T::zero()) }
    ones: Lengths Element AnyAxes, |x, s, to|
        heap { Array::<T, D>::ones(x.dim.clone().f()) }
        scope { s.ones::<T>(x.dim.clone().f()) }
        hand { to.fill(T::one()) }
    from_elem: Lengths Element AnyAxes, |x, s, to|
        heap { Array::from_elem(x.dim.clone(), x.number) }
        scope { s.from_elem(x.dim.clone(), x.number) }
        hand { to.fill(x.number) }
    from_shape_fn: Lengths Element Ix2, |x, s, to|
        heap { Array::from_shape_fn(x.dim, |(i, j)| if i > j { x.number } else { T::one() }) }
        scope { s.from_shape_fn(x.dim, |(i, j)| if i > j { x.number } else { T::one() }) }
        hand { to.indexed_iter_mut().for_each(|((i, j), to)| *to = if i > j { x.number } else { T::one() }) }
    from_iter: Lengths Element Ix1, |x, s, to|
        heap { Array::from_iter(x.v.iter().map(|&v| v + v)) }
        scope { s.from_iter(x.v.iter().map(|&v| v + v)) }
        hand { to.iter_mut().zip(&x.v).for_each(|(to, &v)| *to = v + v) }
    from_iter_of_a_range: Lengths Number Ix1, |x, s, to|
        heap { Array::from_iter((0..x.n).map(|i| T::from_usize(i).unwrap() * x.number)) }
        scope { s.from_iter((0..x.n).map(|i| T::from_usize(i).unwrap() * x.number)) }
        hand { to.iter_mut().enumerate().for_each(|(i, to)| *to = T::from_usize(i).unwrap() * x.number) }
    eye: Lengths Element Ix1, |x, s, to|
        heap { Array2::<T>::eye(x.n) }
        scope { s.eye::<T>(x.n) }
        hand {{
            to.fill(T::zero());
            to.diag_mut().fill(T::one());
        }}
    from_diag: Lengths Element Ix1, |x, s, to|
        heap { Array2::from_diag(&x.v) }
        scope { s.from_diag(&x.v) }
        hand {{
            to.fill(T::zero());
            to.diag_mut().assign(&x.v);
        }}
    linspace: Lengths Float Ix1, |x, s, to|
        heap { Array1::linspace(x.number, T::one(), x.n) }
        scope { s.linspace(x.number, T::one(), x.n) }
        hand {{
            let step = (T::one() - x.number) / T::from_usize(x.n.max(2) - 1).unwrap();
            to.iter_mut().enumerate().for_each(|(i, to)| *to = x.number + step * T::from_usize(i).unwrap());
        }}
    logspace: Lengths Float Ix1, |x, s, to|
        heap { Array1::logspace(x.v[0].abs(), x.number, T::one(), x.n) }
        scope { s.logspace(x.v[0].abs(), x.number, T::one(), x.n) }
        hand {{
            let (base, step) = (x.v[0].abs(), (T::one() - x.number) / T::from_usize(x.n.max(2) - 1).unwrap());
            to.iter_mut().enumerate().for_each(|(i, to)| *to = base.powf(x.number + step * T::from_usize(i).unwrap()));
        }}
    range: Lengths Float Ix1, |x, s, to|
        heap { Array1::range(T::zero(), T::from_usize(x.n).unwrap(), T::one()) }
        scope { s.range(T::zero(), T::from_usize(x.n).unwrap(), T::one()) }
        hand { to.iter_mut().enumerate().for_each(|(i, to)| *to = T::from_usize(i).unwrap()) }
    dot: Two Element Ix2, |x, s, to|
        heap { x.a.dot(&x.b.t()) }
        scope { s.dot(&x.a, &x.b.t()) }
        hand { general_mat_mul(T::one(), &x.a, &x.b.t(), T::zero(), &mut to) }
    matrix_by_vector: One Element Ix2, |x, s, to|
        heap { x.a.dot(&x.v) }
        scope { s.dot(&x.a, &x.v) }
        hand { general_mat_vec_mul(T::one(), &x.a, &x.v, T::zero(), &mut to) }
    vector_by_matrix: One Element Ix2, |x, s, to|
        heap { x.v.dot(&x.a.t()) }
        scope { s.dot(&x.v, &x.a.t()) }
        hand { general_mat_vec_mul(T::one(), &x.a, &x.v, T::zero(), &mut to) }
    outer: Lengths Element Ix1, |x, s, to|
        heap {{
            let column = x.v.insert_axis(Axis(1));
            &column * &x.a
        }}
        scope { s.outer(&x.v, &x.a) }
        hand { to.indexed_iter_mut().for_each(|((i, j), to)| *to = x.v[i] * x.a[j]) }
    kron: One Element Ix2, |x, s, to|
        heap { ndarray::linalg::kron(&x.a.slice(ndarray::s![..2.min(x.a.nrows()), ..2.min(x.n)]), &x.a) }
        scope { s.kron(&x.a.slice(ndarray::s![..2.min(x.a.nrows()), ..2.min(x.n)]), &x.a) }
        hand {
            for (i, mut block) in to.exact_chunks_mut(x.a.dim()).into_iter().enumerate() {
                let factor = x.a[[i / 2.min(x.n), i % 2.min(x.n)]];
                Zip::from(&mut block).and(&x.a).for_each(|to, &a| *to = factor * a);
            }
        }
    from_iter_filtered: Lengths Element Ix1, |x, s, to|
        heap { Array::from_iter(x.v.iter().copied().filter(|&v| v != x.number)) }
        scope { s.from_iter(x.v.iter().copied().filter(|&v| v != x.number)) }
        hand { to.iter_mut().zip(x.v.iter().copied().filter(|&v| v != x.number)).for_each(|(to, v)| *to = v) }
    from_shape_simple_fn: Lengths Element AnyAxes, |x, s, to|
        heap { Array::<T, D>::from_shape_simple_fn(x.dim.clone(), || x.number) }
        scope { s.from_shape_simple_fn(x.dim.clone(), || x.number) }
        hand { to.fill(x.number) }
    default: Lengths Number AnyAxes, |x, s, to|
        heap { Array::<T, D>::default(x.dim.clone()) }
        scope { s.default::<T>(x.dim.clone()) }
        hand { to.fill(T::default()) }
    from_diag_elem: Lengths Element Ix1, |x, s, to|
        heap { Array2::from_diag_elem(x.n, x.number) }
        scope { s.from_diag_elem(x.n, x.number) }
        hand {{
            to.fill(T::zero());
            to.diag_mut().fill(x.number);
        }}
    geomspace: Lengths Float Ix1, |x, s, to|
        heap { Array1::geomspace(T::one(), T::one() + x.v[0].abs(), x.n).unwrap() }
        scope { s.geomspace(T::one(), T::one() + x.v[0].abs(), x.n).unwrap() }
        hand {{
            let step = (T::one() + x.v[0].abs()).ln() / T::from_usize(x.n.max(2) - 1).unwrap();
            to.iter_mut().enumerate().for_each(|(i, to)| *to = (step * T::from_usize(i).unwrap()).exp());
        }}
}
