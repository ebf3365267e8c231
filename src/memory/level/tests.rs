//! Levels against a list of everything that they handed out.

use std::vec;

use proptest::prelude::*;

use super::*;

/// Stands for what a `Pod` value writes, and for bytes that may be uninitialised.
const POD: u8 = 0x55;
const UNINIT: u8 = 0xAA;

#[derive(Debug, Clone, Copy)]
struct Request {
    bytes: usize,
    align: usize,
    end: End,
    quickly_first: bool,
}

fn requests() -> impl Strategy<Value = Request> {
    (1usize..700, 0u32..9, any::<bool>(), any::<bool>()).prop_map(|(bytes, log_align, low, quickly_first)| {
        let end = if low { End::Low } else { End::High };
        Request { bytes, align: 1 << log_align, end, quickly_first }
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
        // SAFETY: handed out, not taken back, and filled.
        unsafe { core::slice::from_raw_parts(self.0.as_ptr(), self.1) }.iter().all(|&byte| byte == self.2)
    }
}

impl Request {
    fn quickly(self, level: &Level) -> Option<NonNull<u8>> {
        let Request { bytes, align, end, quickly_first } = self;
        if quickly_first { level.take_quickly(bytes, align, end) } else { None }
    }

    /// Checks what was handed out for it (invariants 3 and 4) and fills it.
    fn check(self, start: NonNull<u8>, least_align: usize, others: &[&Out]) -> Result<Out, TestCaseError> {
        prop_assert_eq!(start.addr().get() % self.align.max(least_align), 0);
        // SAFETY: what a level hands out is that long, and no reference to it is left.
        let memory = unsafe { core::slice::from_raw_parts_mut(start.as_ptr(), self.bytes) };
        let fill = match self.end {
            End::Low => {
                let stale = memory.iter().find(|&&byte| byte != 0 && byte != POD);
                prop_assert!(stale.is_none(), "invariant 3: {stale:?}");
                POD
            }
            End::High => UNINIT,
        };
        let out = Out(start, self.bytes, fill);
        prop_assert!(others.iter().all(|other| out.is_apart_from(other)), "invariant 4");
        memory.fill(fill);
        Ok(out)
    }
}

fn check_order(level: &Level) {
    let [low, init, high, dirty] = [&level.low, &level.init, &level.high, &level.dirty].map(Cell::get);
    let size = level.size.get();
    if level.is_packed() {
        let packed_init = level.fixed.packed_init.get();
        assert!(init + dirty == 0 && low <= packed_init && packed_init + high <= size, "invariant 2: {level:?}");
    } else {
        let whole = [low, init, high, dirty, size].iter().all(|bytes| bytes % LINE == 0);
        assert!(whole && low <= init && high <= dirty && init + dirty <= size, "invariant 2: {level:?}");
    }
}

/// A block more, as the stack of levels gives one.
fn go_on(level: &Level, size: usize, end: End) {
    let (block, zeros) = Block::new(size, end == End::Low, &crate::memory::block::Source::System).unwrap();
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
        steps in prop::collection::vec(prop_oneof![9 => requests().prop_map(Step::Take), 1 => Just(Step::Leave)], 1..80),
        growth in 200usize..5000,
    ) {
        let level = Level::new();
        let mut out: Vec<Out> = Vec::new();
        let mut most = 0;
        for step in steps {
            match step {
                Step::Take(request) => {
                    let Request { bytes, align, end, .. } = request;
                    let found = request.quickly(&level).or_else(|| level.take(bytes, align, end));
                    let start = found.unwrap_or_else(|| {
                        let size = offsets::block_size(bytes.max(growth), align).unwrap();
                        go_on(&level, size, end);
                        level.take(bytes, align, end).expect("the new block is large enough")
                    });
                    let others: Vec<_> = out.iter().collect();
                    let taken = request.check(start, LINE, &others)?;
                    out.push(taken);
                    prop_assert!(level.used() >= out.iter().map(|out| out.1).sum());
                    most = most.max(level.used());
                }
                Step::Leave => {
                    prop_assert!(out.drain(..).all(|out| out.is_untouched()));
                    let total = level.total_size();
                    level.rewind();
                    if level.is_untidy() {
                        level.set_untidy(false);
                        drop(level.detach_blocks());
                        go_on(&level, total, End::High);
                    }
                    prop_assert_eq!((level.used(), level.total_size(), level.size.get()), (0, total, total));
                }
            }
            check_order(&level);
            prop_assert!(level.peak() >= most);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Shared {
    /// From the innermost level.
    Take(Request),
    /// A level more, in memory of the innermost or not.
    Lend { in_memory: bool },
    /// The innermost ends.
    End,
}

fn shared() -> impl Strategy<Value = Shared> {
    prop_oneof![
        6 => requests().prop_map(Shared::Take),
        2 => any::<bool>().prop_map(|in_memory| Shared::Lend { in_memory }),
        2 => Just(Shared::End),
    ]
}

proptest! {
    #[test]
    fn lent_memory_is_what_is_left_and_comes_back(
        steps in prop::collection::vec(shared(), 1..120), size in 0usize..3000, offset in 0usize..200,
    ) {
        let mut memory = vec![UNINIT; size + offset];
        let first = std::boxed::Box::new(Level::new());
        // SAFETY: nobody else uses the memory, which outlives the levels.
        unsafe { first.lay_over(NonNull::from(&mut memory[offset..]).cast(), size, 0) };
        let mut levels = vec![(first, Vec::<Out>::new(), 0)];
        for step in steps {
            let everything: Vec<&Out> = levels.iter().flat_map(|(_, out, _)| out).collect();
            let (level, _, high) = levels.last().unwrap();
            match step {
                Shared::Take(request) => {
                    let Request { bytes, align, end, .. } = request;
                    let left = level.left();
                    let found = request.quickly(level).or_else(|| level.take_or_pack(bytes, align, end));
                    // Where it does not fit, padding takes the room; an empty level of bytes can be had whole.
                    prop_assert!(found.is_some() || bytes + align > left, "{bytes} of {left} bytes in {level:?}");
                    if let Some(start) = found {
                        let taken = request.check(start, 1, &everything)?;
                        let (_, out, _) = levels.last_mut().unwrap();
                        out.push(taken);
                    }
                }
                Shared::Lend { in_memory } => {
                    let mut high = level.high();
                    if in_memory {
                        let Some((place, before)) = level.take_for_level() else { continue };
                        // SAFETY: handed out for a level, and as large as one; what is written stands for it.
                        unsafe { place.cast::<u8>().write_bytes(UNINIT, size_of::<Level>()) };
                        high = before;
                    }
                    let inner = std::boxed::Box::new(Level::new());
                    let left = level.left();
                    level.lend_to(&inner);
                    prop_assert_eq!((inner.left(), level.left()), (left, 0));
                    prop_assert!(level.take_or_pack(1, 1, End::Low).is_none() && level.take_or_pack(1, 1, End::High).is_none());
                    prop_assert!(level.take_quickly(1, 1, End::Low).is_none());
                    levels.push((inner, Vec::new(), high));
                }
                Shared::End => {
                    prop_assert!(everything.iter().all(|out| out.is_untouched()));
                    let (peak, high) = (level.peak(), *high);
                    if levels.len() == 1 {
                        level.rewind();
                        levels[0].1.clear();
                        prop_assert_eq!(levels[0].0.left(), size);
                    } else {
                        let (inner, _, _) = levels.pop().unwrap();
                        let (lender, _, _) = levels.last().unwrap();
                        lender.take_back(&inner, high);
                        prop_assert!(lender.peak() >= peak && lender.high() == high);
                    }
                }
            }
            levels.iter().for_each(|(level, ..)| check_order(level));
        }
    }
}
