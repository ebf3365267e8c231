//! Scope memory that others make their own of: bytes, such as dyn-stack's scratch, and bumps, for bumpalo's collections.

use std::alloc::Layout;

use dyn_stack::{MemStack, StackReq};
use ndarena::{Buffer, prelude::*};
use ndarray::prelude::*;

#[test]
fn dyn_stack_gets_the_bytes_that_it_asks_for() {
    let request = StackReq::all_of(&[StackReq::new::<f64>(100), StackReq::new_aligned::<u8>(10, 512)]);
    ndarena::scope(|s| {
        for _ in 0..3 {
            let stack = MemStack::new(s.bytes(request.layout().expect("a layout")));
            let (mut x, stack) = stack.make_with(100, |i| i as f64);
            let (bytes, _) = stack.make_aligned_uninit::<u8>(10, 512);
            assert_eq!(bytes.as_ptr().addr() % 512, 0);
            x.iter_mut().for_each(|x| *x *= 2.0);
            assert_eq!(x.iter().sum::<f64>(), 9900.0);
        }
    });
}

#[test]
fn bytes_are_what_a_layout_says() {
    let buffer = Buffer::with_limit(1 << 20);
    buffer.scope(|s| {
        for (size, align) in [(0, 1), (0, 4096), (1, 1), (100, 4), (64, 64), (1000, 4096), (5, 1 << 15)] {
            let bytes = s.bytes(Layout::from_size_align(size, align).unwrap());
            assert_eq!((bytes.len(), bytes.as_ptr().addr() % align), (size, 0));
            bytes.fill(std::mem::MaybeUninit::new(1));
        }
    });
    let said = std::panic::catch_unwind(|| buffer.scope(|s| s.bytes(Layout::array::<f64>(1 << 20).unwrap()).len()));
    let said = *said.unwrap_err().downcast::<String>().unwrap();
    assert!(said.contains("[8388608]: it takes 8388608 bytes"), "{said}");
}

#[test]
fn bumpalo_collections_live_in_a_scope() {
    use bumpalo::collections::{String, Vec};

    let buffer = Buffer::new();
    let collect = || {
        buffer.scope(|s| {
            let mut rows: Vec<'_, ArrayViewMut1<'_, f64>> = Vec::new_in(s.bump());
            let mut text = String::new_in(s.bump());
            for i in 0..100 {
                rows.push(s.from_elem(i, i as f64));
                s.scope(|inner| text.push_str(bumpalo::format!(in inner.bump(), "{},", i).as_str()));
            }
            assert_eq!(text.len(), 290);
            rows.iter().map(|row| row.sum()).sum::<f64>()
        })
    };
    assert_eq!(collect(), (0..100).map(|i| (i * i) as f64).sum());
    collect();
    let reserved = buffer.stats().reserved;
    assert_eq!((0..10).map(|_| collect()).sum::<f64>(), 10.0 * collect());
    assert_eq!(buffer.stats().reserved, reserved, "chunks are kept");
}

#[test]
fn bumps_count_towards_the_limit() {
    let buffer = Buffer::with_limit(100_000);
    buffer.scope(|s| {
        let x = s.ones::<f64>(5000);
        assert!(s.bump().try_alloc_slice_fill_copy(70_000, 0u8).is_err());
        let most = (0..).take_while(|_| s.bump().try_alloc_slice_fill_copy(1000, 0u8).is_ok()).count();
        assert!((30..60).contains(&most), "{most} of what was left");
        assert!(s.try_alloc_array::<u8>(60_000).is_err());
        assert!(buffer.stats().reserved <= 100_032 && x.sum() == 5000.0);
    });
}
