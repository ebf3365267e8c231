//! Which elements go through which constructor, in any mixture.

use ndarena::{Buffer, prelude::*};
use ndarray::prelude::*;
use num_complex::Complex;

/// Seven bytes of padding.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Padded {
    value: f64,
    valid: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Point {
    x: f32,
    y: f32,
}

// SAFETY: zero is a number.
unsafe impl bytemuck::Zeroable for Point {}

// SAFETY: two numbers without padding, for which any contents are valid.
unsafe impl bytemuck::Pod for Point {}

#[test]
fn each_kind_of_element_has_its_constructors() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let mut z = s.alloc_array::<Complex<f64>>((2, 2));
        z.fill(Complex::i());
        assert_eq!((&z * &z).sum(), Complex::new(-4.0, 0.0));
        assert_eq!(s.zeros::<Complex<f32>>(3).sum(), Complex::new(0.0, 0.0));
        assert_eq!(s.ones::<Complex<f32>>(3).sum(), Complex::new(3.0, 0.0));

        let mask = s.from_elem((3, 3), true);
        assert!(mask.iter().all(|&x| x));
        let mask = s.map(&array![1.0, -2.0, 3.0], |&x: &f64| x > 0.0);
        assert_eq!(mask, array![true, false, true]);

        let padded = s.from_shape_fn(5, |i| Padded { value: i as f64, valid: i % 2 == 0 });
        assert_eq!(padded[3], Padded { value: 3.0, valid: false });
        assert_eq!(s.copy_of(&padded), padded);

        let mut points = s.alloc_array::<Point>(4);
        points.fill(Point { x: 1.0, y: 2.0 });
        assert_eq!(points.iter().map(|p| p.y).sum::<f32>(), 8.0);
        assert_eq!(s.alloc_array::<[i32; 3]>(4).len(), 4);

        let words = ["a", "bc", "def"];
        assert_eq!(s.map(&aview1(&words), |word| *word), aview1(&words));
        assert_eq!(s.from_elem(2, Some('x')), array![Some('x'), Some('x')]);
    });
}

#[test]
fn elements_may_borrow_what_lives_longer_than_the_scope() {
    let owned = [String::from("one"), String::from("two")];
    let buffer = Buffer::new();
    let longest = buffer.scope(|outer| {
        let names = outer.from_shape_fn(2, |i| owned[i].as_str());
        buffer.scope(|inner| {
            let first = inner.from_shape_fn(2, |i| &names[i]);
            first[1].len()
        })
    });
    assert_eq!(longest, 3);
}

#[test]
fn debug_builds_mark_unspecified_contents() {
    let buffer = Buffer::new();
    for round in 0..2 {
        buffer.scope(|s| {
            let mut x = s.alloc_array::<f64>(1000);
            let n = s.alloc_slice::<i32>(10);
            if cfg!(debug_assertions) {
                assert!(x.iter().all(|x| x.is_nan()), "round {round}");
                assert!(n.iter().all(|&n| n == -1), "round {round}");
            }
            x.fill(1.0);
            n.fill(1);
        });
    }
}

#[test]
fn contents_are_initialised_whatever_was_there_before() {
    let buffer = Buffer::with_capacity(10_000);
    let fresh = if cfg!(debug_assertions) { 0xFF } else { 0 };
    for padded in [0, 100, 300, 600, 10] {
        buffer.scope(|s| {
            // Comes down as far as to where bytes lay before; its padding is not initialised.
            let x = s.from_elem(padded, Padded { value: f64::MAX, valid: true });
            assert!(x.iter().all(|x| x.valid));
        });
        buffer.scope(|s| {
            let bytes = s.alloc_slice::<u8>(9_984);
            assert!(bytes.iter().all(|&byte| byte == fresh), "after {padded} padded elements");
            bytes.fill(fresh);
        });
    }
}

#[test]
fn filled_arrays_are_what_ndarray_makes() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        assert_eq!(s.zeros::<f64>((3, 4)), Array2::<f64>::zeros((3, 4)));
        assert_eq!(s.ones::<u8>((3, 4).f()), Array2::<u8>::ones((3, 4)));
        assert_eq!(s.from_elem(IxDyn(&[2, 1, 2]), 'x'), ArrayD::from_elem(IxDyn(&[2, 1, 2]), 'x'));
    });
}

/// A block that nobody has written to, handed out to be read: Miri and valgrind tell if it is not initialised.
#[test]
fn what_nobody_wrote_is_initialised_before_it_is_read() {
    let buffer = Buffer::new();
    buffer.scope(|s| drop(s.uninit::<u64>(200)));
    for n in [10, 100, 200] {
        let even = buffer.scope(|s| s.alloc_array::<u64>(n).iter().filter(|&&x| x % 2 == 0).count());
        assert!(even <= n);
    }
}
