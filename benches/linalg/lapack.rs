//! The same by LAPACK and BLAS, called as the crates that bind them do: with operands copied, and results and work space on the heap.
//! Operands are symmetric, so that it does not matter that LAPACK has matrices column-major.

use std::ffi::{c_char, c_int};
use std::hint::black_box;
use std::ptr;

use ndarena_benches::paired::{Make, timed};

use crate::operands;

// Characters of Fortran have a length, which comes last; OpenBLAS does not look at it.
#[link(name = "openblas")]
unsafe extern "C" {
    fn openblas_set_num_threads(threads: c_int);
    fn dposv_(
        uplo: *const c_char,
        n: *const c_int,
        columns: *const c_int,
        a: *mut f64,
        lda: *const c_int,
        b: *mut f64,
        ldb: *const c_int,
        info: *mut c_int,
        length: usize,
    );
    fn dgesv_(
        n: *const c_int,
        columns: *const c_int,
        a: *mut f64,
        lda: *const c_int,
        pivots: *mut c_int,
        b: *mut f64,
        ldb: *const c_int,
        info: *mut c_int,
    );
    fn dgetrf_(m: *const c_int, n: *const c_int, a: *mut f64, lda: *const c_int, pivots: *mut c_int, info: *mut c_int);
    fn dgetri_(
        n: *const c_int,
        a: *mut f64,
        lda: *const c_int,
        pivots: *const c_int,
        work: *mut f64,
        size: *const c_int,
        info: *mut c_int,
    );
    fn dgels_(
        trans: *const c_char,
        m: *const c_int,
        n: *const c_int,
        columns: *const c_int,
        a: *mut f64,
        lda: *const c_int,
        b: *mut f64,
        ldb: *const c_int,
        work: *mut f64,
        size: *const c_int,
        info: *mut c_int,
        length: usize,
    );
    fn dsyevd_(
        jobz: *const c_char,
        uplo: *const c_char,
        n: *const c_int,
        a: *mut f64,
        lda: *const c_int,
        values: *mut f64,
        work: *mut f64,
        size: *const c_int,
        integers: *mut c_int,
        integers_size: *const c_int,
        info: *mut c_int,
        length: usize,
        other_length: usize,
    );
    fn dgesdd_(
        jobz: *const c_char,
        m: *const c_int,
        n: *const c_int,
        a: *mut f64,
        lda: *const c_int,
        values: *mut f64,
        u: *mut f64,
        ldu: *const c_int,
        vt: *mut f64,
        ldvt: *const c_int,
        work: *mut f64,
        size: *const c_int,
        integers: *mut c_int,
        info: *mut c_int,
        length: usize,
    );
    fn dgemm_(
        transpose_a: *const c_char,
        transpose_b: *const c_char,
        m: *const c_int,
        n: *const c_int,
        k: *const c_int,
        alpha: *const f64,
        a: *const f64,
        lda: *const c_int,
        b: *const f64,
        ldb: *const c_int,
        beta: *const f64,
        c: *mut f64,
        ldc: *const c_int,
        length: usize,
        other_length: usize,
    );
}

pub(crate) fn on_one_thread() {
    // SAFETY: it may be called at any time with any positive number.
    unsafe { openblas_set_num_threads(1) };
}

/// A square matrix and a vector, column-major.
#[derive(Clone)]
struct System {
    n: c_int,
    a: Vec<f64>,
    b: Vec<f64>,
}

/// The operation of that name.
pub(crate) fn of(name: &str, n: usize) -> Make {
    let run: fn(System) = match name {
        "cholesky and solve" => cholesky,
        "solve" => solve,
        "inv" => inverse,
        "qr and solve" => qr,
        "eigh" => eigh,
        "svd" => svd,
        "matmul" => |system| drop(black_box(square(&system))),
        other => panic!("{other} is not among LAPACK's"),
    };
    Box::new(move |place| {
        let (a, b) = operands(n, place);
        let system = System { n: n as c_int, a: a.into_raw_vec_and_offset().0, b: b.into_raw_vec_and_offset().0 };
        timed(move |times| (0..times).for_each(|_| run(black_box(&system).clone())))
    })
}

const ONE: c_int = 1;

fn letter(letter: u8) -> c_char {
    letter as c_char
}

fn cholesky(System { n, mut a, mut b }: System) {
    let (lower, mut info) = (letter(b'L'), 0);
    let (to_a, to_b) = (a.as_mut_ptr(), b.as_mut_ptr());
    // SAFETY: `a` is n × n, and `b` of n.
    unsafe { dposv_(&lower, &n, &ONE, to_a, &n, to_b, &n, &mut info, 1) };
    assert_eq!(info, 0);
    black_box(b);
}

fn solve(System { n, mut a, mut b }: System) {
    let (mut pivots, mut info) = (vec![0; n as usize], 0);
    let (to_a, to_b, to_pivots) = (a.as_mut_ptr(), b.as_mut_ptr(), pivots.as_mut_ptr());
    // SAFETY: `a` is n × n, and the others of n.
    unsafe { dgesv_(&n, &ONE, to_a, &n, to_pivots, to_b, &n, &mut info) };
    assert_eq!(info, 0);
    black_box(b);
}

fn inverse(System { n, mut a, .. }: System) {
    let (mut pivots, mut info) = (vec![0; n as usize], 0);
    let (to_a, to_pivots) = (a.as_mut_ptr(), pivots.as_mut_ptr());
    // SAFETY: `a` is n × n, and there are n pivots.
    unsafe { dgetrf_(&n, &n, to_a, &n, to_pivots, &mut info) };
    assert_eq!(info, 0);
    let mut work = work(|work, size| {
        // SAFETY: with this size, it writes to `work` which size is best.
        unsafe { dgetri_(&n, to_a, &n, to_pivots, work, &size, &mut 0) };
    });
    let (to_work, size) = (work.as_mut_ptr(), work.len() as c_int);
    // SAFETY: as before, with as much work space as it says.
    unsafe { dgetri_(&n, to_a, &n, to_pivots, to_work, &size, &mut info) };
    assert_eq!(info, 0);
    black_box(a);
}

fn qr(System { n, mut a, mut b }: System) {
    let (none, mut info) = (letter(b'N'), 0);
    let (to_a, to_b) = (a.as_mut_ptr(), b.as_mut_ptr());
    let mut work = work(|work, size| {
        // SAFETY: with this size, it writes to `work` which size is best.
        unsafe { dgels_(&none, &n, &n, &ONE, to_a, &n, to_b, &n, work, &size, &mut 0, 1) };
    });
    let (to_work, size) = (work.as_mut_ptr(), work.len() as c_int);
    // SAFETY: `a` is n × n, `b` of n, and there is as much work space as it says.
    unsafe { dgels_(&none, &n, &n, &ONE, to_a, &n, to_b, &n, to_work, &size, &mut info, 1) };
    assert_eq!(info, 0);
    black_box(b);
}

fn eigh(System { n, mut a, .. }: System) {
    let (with_vectors, lower, mut info) = (letter(b'V'), letter(b'L'), 0);
    let (mut values, mut integers) = (vec![0.0; n as usize], vec![0; 3 + 5 * n as usize]);
    let (to_a, to_values, to_integers) = (a.as_mut_ptr(), values.as_mut_ptr(), integers.as_mut_ptr());
    let integers_size = integers.len() as c_int;
    let mut call = |work: *mut f64, size: c_int, integers_size: c_int| {
        // SAFETY: `a` is n × n, `values` of n, `integers` of 3 + 5 n, which is enough; `work` is of `size`, or that is -1, with which
        // one element is written.
        unsafe {
            dsyevd_(
                &with_vectors,
                &lower,
                &n,
                to_a,
                &n,
                to_values,
                work,
                &size,
                to_integers,
                &integers_size,
                &mut info,
                1,
                1,
            );
        }
        assert_eq!(info, 0);
    };
    let mut work = work(|work, size| call(work, size, -1));
    call(work.as_mut_ptr(), work.len() as c_int, integers_size);
    black_box((a, values));
}

fn svd(System { n, mut a, .. }: System) {
    let (thin, mut info, len) = (letter(b'S'), 0, n as usize);
    let (mut u, mut vt, mut values, mut integers) =
        (vec![0.0; len * len], vec![0.0; len * len], vec![0.0; len], vec![0; 8 * len]);
    let (to_a, to_u, to_vt) = (a.as_mut_ptr(), u.as_mut_ptr(), vt.as_mut_ptr());
    let (to_values, to_integers) = (values.as_mut_ptr(), integers.as_mut_ptr());
    let mut call = |work: *mut f64, size: c_int| {
        // SAFETY: `a`, `u` and `vt` are n × n, `values` is of n, `integers` of 8 n; `work` is of `size`, or that is -1, with which one
        // element is written.
        unsafe {
            dgesdd_(&thin, &n, &n, to_a, &n, to_values, to_u, &n, to_vt, &n, work, &size, to_integers, &mut info, 1);
        }
        assert_eq!(info, 0);
    };
    let mut work = work(&mut call);
    call(work.as_mut_ptr(), work.len() as c_int);
    black_box((u, values, vt));
}

/// As much work space as a routine that is called with the size -1 says that it wants.
fn work(ask: impl FnOnce(*mut f64, c_int)) -> Vec<f64> {
    let mut size = 0.0;
    ask(ptr::from_mut(&mut size), -1);
    vec![0.0; size as usize]
}

fn square(System { n, a, .. }: &System) -> Vec<f64> {
    let (none, mut c) = (letter(b'N'), vec![0.0; a.len()]);
    let (from, to) = (a.as_ptr(), c.as_mut_ptr());
    // SAFETY: both are n × n, and `c` is nobody else's.
    unsafe { dgemm_(&none, &none, n, n, n, &1.0, from, n, from, n, &0.0, to, n, 1, 1) };
    c
}
