//! Inside another allocator, one that puts something in front of each block.
//!
//! A program of its own, as its global allocator is that other one.
#![cfg(all(any(unix, windows), feature = "global"))]

use std::alloc::{GlobalAlloc, Layout};

use ndarena::global::{ArenaAlloc, arena, stats};
use ndarray::Array2;

/// Blocks of `ArenaAlloc`'s, less the first bytes, which hold a mark.
struct Marked(ArenaAlloc);

const MARK: u64 = 0xA11C_A7ED;

impl Marked {
    /// The layout with room in front, and how much that is.
    fn with_mark(layout: Layout) -> (Layout, usize) {
        let in_front = layout.align().max(16);
        (Layout::from_size_align(layout.size() + in_front, in_front).unwrap(), in_front)
    }
}

// SAFETY: blocks are parts of `ArenaAlloc`'s, as large and aligned as asked for.
unsafe impl GlobalAlloc for Marked {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (layout, in_front) = Self::with_mark(layout);
        // SAFETY: not of size zero.
        let start = unsafe { self.0.alloc(layout) };
        if start.is_null() {
            return start;
        }
        // SAFETY: the block has at least 16 bytes, aligned to as many.
        unsafe { start.cast::<u64>().write(MARK) };
        // SAFETY: in the block.
        unsafe { start.add(in_front) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (layout, in_front) = Self::with_mark(layout);
        // SAFETY: what `alloc` had from the inner allocator.
        let start = unsafe { block.sub(in_front) };
        // SAFETY: `alloc` wrote it.
        let mark = unsafe { start.cast::<u64>().read() };
        if mark != MARK {
            std::process::abort();
        }
        // SAFETY: the inner allocator's block, with its layout.
        unsafe { self.0.dealloc(start, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Marked = Marked(ArenaAlloc::system());

#[test]
fn arenas_serve_it() {
    // As long as nothing was large enough for an arena, there is advice, and no more once it is followed.
    const ADVICE: &str = "nothing in arena calls was large enough to benefit";
    assert_eq!(arena(|| vec![1_u8; 100].len()), 100);
    let small = stats();
    assert!(small.served == 0 && small.too_small > 0 && small.to_string().contains(ADVICE), "{small}");
    let kept = arena(|| Array2::<f64>::eye(200).dot(&Array2::from_elem((200, 200), 2.0)));
    assert!(kept.iter().all(|&x| x == 2.0));
    let stats = stats();
    assert!(stats.installed && stats.served >= 3 && stats.escaped == 1, "{stats}");
    assert!(!stats.to_string().contains(ADVICE), "{stats}");
    drop(kept);
}
