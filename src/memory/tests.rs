//! Levels, and chains of shares, against a list of everything that they handed out.

use core::ptr::NonNull;
use std::boxed::Box;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::block::{Block, Source};
use super::lending::{Frame, Own};
use super::level::Level;
use super::offsets::{self, LINE};
use super::region::{AtEnd, End, Region};
use super::stack::{Entered, Stack};

/// Stands for what a `Pod` value writes, and for bytes that may be uninitialised.
const POD: u8 = 0x55;
const UNINIT: u8 = 0xAA;

#[derive(Debug, Clone, Copy)]
struct Request {
    bytes: usize,
    align: usize,
    end: End,
    fast_first: bool,
}

fn requests() -> impl Strategy<Value = Request> {
    (1usize..700, 0u32..9, any::<bool>(), any::<bool>()).prop_map(|(bytes, log_align, low, fast_first)| {
        let end = if low { End::Low } else { End::High };
        Request { bytes, align: 1 << log_align, end, fast_first }
    })
}

/// What was handed out: where, how much, and what was written there.
#[derive(Debug)]
struct Out(NonNull<u8>, usize, u8);

impl Out {
    fn is_apart_from(&self, other: &Out) -> bool {
        let (start, other_start) = (self.0.addr().get(), other.0.addr().get());
        start + self.1 <= other_start || other_start + other.1 <= start
    }

    fn is_untouched(&self) -> bool {
        // SAFETY: handed out, not taken back, and filled (Test).
        unsafe { core::slice::from_raw_parts(self.0.as_ptr(), self.1) }.iter().all(|&byte| byte == self.2)
    }
}

impl Request {
    fn fast(self, region: &Region) -> Option<NonNull<u8>> {
        let Request { bytes, align, end, fast_first } = self;
        if fast_first { region.take_fast(bytes, align, end) } else { None }
    }

    /// Checks what was handed out for it (Initialised and Disjoint) and fills it.
    fn check(self, start: NonNull<u8>, least_align: usize, others: &[&Out]) -> Result<Out, TestCaseError> {
        prop_assert_eq!(start.addr().get() % self.align.max(least_align), 0);
        // SAFETY: what a level hands out is that long, and no reference to it is left (Test, Disjoint).
        let memory = unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), self.bytes) };
        let fill = match self.end {
            End::Low => {
                let stale = memory.iter().find(|&&byte| byte != 0 && byte != POD);
                prop_assert!(stale.is_none(), "Initialised: {stale:?}");
                POD
            }
            End::High => UNINIT,
        };
        let out = Out(start, self.bytes, fill);
        prop_assert!(others.iter().all(|other| out.is_apart_from(other)), "Disjoint");
        memory.fill(fill);
        Ok(out)
    }
}

/// A block more, as the stack of levels gives one.
fn go_on(level: &Level, size: usize, end: End) {
    let (block, zeros) = Block::new(size, end == End::Low, &Source::System).unwrap();
    assert!(level.make_room_for_outgrown());
    drop(level.go_on_in(block, zeros));
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Take(Request),
    Leave,
}

proptest! {
    #[test]
    fn both_ends_hand_out_what_they_promise(
        steps in prop::collection::vec(
            prop_oneof![9 => requests().prop_map(Step::Take), 1 => Just(Step::Leave)],
            1..if cfg!(miri) { 20 } else { 80 },
        ),
        growth in 200usize..5000,
    ) {
        let level = Level::new();
        let mut out: Vec<Out> = Vec::new();
        let mut most = 0;
        for step in steps {
            match step {
                Step::Take(request) => {
                    let Request { bytes, align, end, .. } = request;
                    let found = request.fast(&level.region).or_else(|| level.region.take_cold(bytes, align, end));
                    let start = found.unwrap_or_else(|| {
                        let size = offsets::block_size(bytes.max(growth), align).unwrap();
                        go_on(&level, size, end);
                        level.region.take_cold(bytes, align, end).expect("the new block is large enough")
                    });
                    let others: Vec<_> = out.iter().collect();
                    let taken = request.check(start, LINE, &others)?;
                    out.push(taken);
                    prop_assert!(level.region.used() >= out.iter().map(|out| out.1).sum());
                    most = most.max(level.region.used());
                }
                Step::Leave => {
                    prop_assert!(out.drain(..).all(|out| out.is_untouched()));
                    let total = level.total_size();
                    level.region.rewind();
                    if level.region.at_end.get().has(AtEnd::CLEANUP) {
                        level.region.at_end.set(AtEnd::NOTHING);
                        drop(level.detach_blocks());
                        go_on(&level, total, End::High);
                    }
                    prop_assert_eq!((level.region.used(), level.total_size(), level.region.size()), (0, total, total));
                }
            }
            level.region.check();
            prop_assert!(level.region.peak() >= most);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Shared {
    /// For that scope, of those that are open.
    Take(usize, Request),
    /// A scope more, whose share is in the memory itself, as a guard's, or elsewhere.
    Open { in_memory: bool },
    /// That scope ends.
    End(usize),
}

fn shared() -> impl Strategy<Value = Shared> {
    prop_oneof![
        6 => (0usize..100, requests()).prop_map(|(which, request)| Shared::Take(which, request)),
        2 => any::<bool>().prop_map(|in_memory| Shared::Open { in_memory }),
        2 => (0usize..100).prop_map(Shared::End),
    ]
}

/// Eight times as many programs as elsewhere.
fn many() -> ProptestConfig {
    let default = ProptestConfig::default();
    ProptestConfig { cases: if cfg!(miri) { default.cases } else { 8 * default.cases }, ..default }
}

/// An open scope, and what it was given.
struct Open<'b> {
    entered: Entered<'b>,
    out: Vec<Out>,
}

proptest! {
    #![proptest_config(many())]
    #[test]
    fn lent_memory_serves_every_open_scope_and_comes_back(
        steps in prop::collection::vec(shared(), 1..if cfg!(miri) { 30 } else { 100 }),
        size in prop_oneof![0usize..3000, 3000usize..if cfg!(miri) { 5000 } else { 20_000 }],
        offset in 0usize..200,
    ) {
        let mut memory = vec![UNINIT; size + offset];
        // SAFETY: nobody else uses the memory, which outlives everything (Test).
        let own = unsafe { Own::over(NonNull::from(&mut memory[offset..]).cast(), size) };
        // As in `FixedBuffer`, there are no levels to free.
        let stack = core::mem::ManuallyDrop::new(Stack::fixed(size));
        // The frames live as long as the program, so the scopes in them end before.
        let frames: Vec<Box<Frame>> = (0..101).map(|_| Box::new(Frame::new())).collect();
        let mut most = 0;
        for round in 0..2 {
            let mut open = vec![Open { entered: stack.enter_fixed(&own, None), out: Vec::new() }];
            for (n, step) in steps.iter().enumerate() {
                let everything: Vec<&Out> = open.iter().flat_map(|open| &open.out).collect();
                // Under Miri, which looks at every access, this is done now and then.
                if !cfg!(miri) || n % 16 == 0 {
                    prop_assert!(everything.iter().all(|out| out.is_untouched()), "Disjoint, before step {n}");
                }
                match *step {
                    Shared::Take(which, request) => {
                        let which = which % open.len();
                        let region = open[which].entered.region();
                        let Request { bytes, align, end, .. } = request;
                        let found = request.fast(region).map_or_else(|| stack.take(region, bytes, align, end), Ok);
                        match found {
                            Ok(start) => {
                                let taken = request.check(start, 1, &everything)?;
                                open[which].out.push(taken);
                            }
                            // If there would be room without padding, it is padding that takes it.
                            Err(shortage) => prop_assert!(bytes + align > shortage.left || bytes + LINE > shortage.left),
                        }
                    }
                    Shared::Open { in_memory } => {
                        let frame = if in_memory { None } else { Some(&*frames[n]) };
                        open.push(Open { entered: stack.enter_fixed(&own, frame), out: Vec::new() });
                    }
                    Shared::End(which) if open.len() > 1 => drop(open.swap_remove(which % open.len())),
                    Shared::End(_) => {}
                }
                let in_use: usize = open.iter().flat_map(|open| &open.out).map(|out| out.1).sum();
                let stats = stack.fixed_stats(&own, size);
                prop_assert!(in_use <= stats.in_use && stats.peak <= size, "{stats:?}");
                most = most.max(in_use);
                prop_assert!(most <= stats.peak, "{most} bytes of arrays were there once: {stats:?}");
            }
            while let Some(last) = open.pop() {
                prop_assert!(last.out.iter().all(Out::is_untouched));
            }
            prop_assert_eq!(stack.fixed_stats(&own, size).in_use, 0, "round {}", round);
            for end in [End::Low, End::High] {
                let whole = Request { bytes: size, align: 1, end, fast_first: false };
                let entered = stack.enter_fixed(&own, None);
                if size > 0 {
                    let start = stack.take(entered.region(), size, 1, end);
                    let start = start.map_err(|shortage| TestCaseError::fail(std::format!("{shortage:?}")))?;
                    whole.check(start, 1, &[])?;
                }
            }
        }
    }
}

/// What lies below the first whole line is handed out only when packed, and counts as initialised then.
#[test]
fn bytes_below_the_first_line_are_initialised_again() {
    for offset in 0..64 {
        let mut memory = vec![UNINIT; 700];
        // SAFETY: nobody else uses the memory, which outlives everything (Test).
        let own = unsafe { Own::over(NonNull::from(&mut memory[offset..offset + 600]).cast(), 600) };
        let stack = core::mem::ManuallyDrop::new(Stack::fixed(600));
        let outer = stack.enter_fixed(&own, None);
        let frame = Frame::new();
        let inner = stack.enter_fixed(&own, Some(&frame));
        let all = stack.take(inner.region(), 600, 1, End::High).expect("all of it");
        // SAFETY: handed out, with as many bytes (Test).
        unsafe { all.write_bytes(UNINIT, 600) };
        drop(inner);
        // This is so much that the rest is packed. Then come the first bytes of the memory.
        stack.take(outer.region(), 590, 1, End::High).expect("most of it");
        let first = Request { bytes: 10, align: 1, end: End::Low, fast_first: false };
        let start = stack.take(outer.region(), 10, 1, End::Low).expect("the rest");
        first.check(start, 1, &[]).expect("initialised");
    }
}

/// What a scope has come to is ready for the next scope inside the same one: its arrays are made on the fast path.
#[test]
fn marks_are_lent_and_come_back() {
    let mut memory = vec![UNINIT; 8192];
    // SAFETY: nobody else uses the memory, which outlives everything (Test).
    let own = unsafe { Own::over(NonNull::from(&mut memory[..]).cast(), 8192) };
    let stack = core::mem::ManuallyDrop::new(Stack::fixed(8192));
    for turn in 0..3 {
        let outer = stack.enter_fixed(&own, None);
        for depth in 0..3 {
            let frame = Frame::new();
            let inner = stack.enter_fixed(&own, if depth == 0 { None } else { Some(&frame) });
            for end in [End::Low, End::High] {
                let ready = inner.region().take_fast(700, 8, end);
                assert!(ready.is_some() || turn + depth == 0, "turn {turn}, scope {depth}, {end:?}");
                if ready.is_none() {
                    stack.take(inner.region(), 700, 8, end).expect("there is room");
                }
            }
        }
        drop(outer);
    }
}

/// What is pinned may lie beyond the whole lines of the scope that it is for, and is in use all the same.
#[test]
fn a_peak_counts_pins_beyond_whole_lines() {
    let mut fitted = 0;
    for offset in 0..64 {
        let mut memory = vec![UNINIT; 400];
        // SAFETY: nobody else uses the memory, which outlives everything (Test).
        let own = unsafe { Own::over(NonNull::from(&mut memory[offset..offset + 274]).cast(), 274) };
        let stack = core::mem::ManuallyDrop::new(Stack::fixed(274));
        let frames = [Frame::new(), Frame::new(), Frame::new()];
        let outer = stack.enter_fixed(&own, None);
        let first = stack.enter_fixed(&own, Some(&frames[0]));
        stack.take(outer.region(), 193, 1, End::High).expect("it fits, packed or not");
        let [second, third] = [1, 2].map(|n| stack.enter_fixed(&own, Some(&frames[n])));
        drop(first);
        // If the array fills whole lines, none of them is left.
        let more = usize::from(stack.take(second.region(), 1, 1, End::High).is_ok());
        fitted += more;
        drop(third);
        drop(second);
        let peak = stack.fixed_stats(&own, 274).peak;
        assert!(peak >= 193 + more, "{peak} bytes");
    }
    assert!(fitted > 32, "most memory has no four whole lines, and is packed");
}

/// A scope that ends before those inside it was in use together with what they had.
#[test]
fn a_peak_counts_what_ended_out_of_order() {
    let mut fitted = 0;
    for offset in 0..64 {
        let mut memory = vec![UNINIT; 500];
        // SAFETY: nobody else uses the memory, which outlives everything (Test).
        let own = unsafe { Own::over(NonNull::from(&mut memory[offset..offset + 386]).cast(), 386) };
        let stack = core::mem::ManuallyDrop::new(Stack::fixed(386));
        let frames = [Frame::new(), Frame::new()];
        let outer = stack.enter_fixed(&own, None);
        let first = stack.enter_fixed(&own, Some(&frames[0]));
        stack.take(first.region(), 385, 1, End::High).expect("it fits if it is packed");
        let second = stack.enter_fixed(&own, Some(&frames[1]));
        let more = usize::from(stack.take(first.region(), 1, 1, End::High).is_ok());
        fitted += more;
        drop(first);
        drop(second);
        let peak = stack.fixed_stats(&own, 386).peak;
        assert!(peak >= 385 + more, "{peak} bytes");
        drop(outer);
    }
    assert!(fitted > 32, "there is a byte left");
}
