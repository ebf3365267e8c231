//! Random programs with guards, on buffers of both kinds, against a list of what was made: opened, swapped, forgotten and
//! dropped in any order, from the buffer or from inside one another, with scopes among them.

use std::mem::{MaybeUninit, forget};
use std::slice;

use ndarena::{FixedBuffer, Guard, prelude::*};
use proptest::prelude::*;

#[derive(Debug, Clone)]
enum Step {
    Open {
        inside: usize,
    },
    Make {
        of: usize,
        low: bool,
        len: usize,
    },
    /// A scope inside that guard's, with an array of that length.
    Nest {
        inside: usize,
        len: usize,
    },
    Close {
        which: usize,
    },
    Swap {
        one: usize,
        other: usize,
    },
    Forget {
        which: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let n = 0usize..100;
    let step = prop_oneof![
        6 => n.clone().prop_map(|inside| Step::Open { inside }),
        12 => (n.clone(), any::<bool>(), 0usize..600).prop_map(|(of, low, len)| Step::Make { of, low, len }),
        3 => (n.clone(), 0usize..600).prop_map(|(inside, len)| Step::Nest { inside, len }),
        6 => n.clone().prop_map(|which| Step::Close { which }),
        1 => (n.clone(), n.clone()).prop_map(|(one, other)| Step::Swap { one, other }),
        1 => n.prop_map(|which| Step::Forget { which }),
    ];
    prop::collection::vec(step, 1..120)
}

/// A guard, and the arrays made in its scope: where, how long, and the byte they are full of.
struct Open<'b> {
    guard: Guard<'b>,
    made: Vec<(*mut u8, usize, u8)>,
}

impl Open<'_> {
    fn make(&mut self, low: bool, len: usize, tag: u8) {
        let scope = self.guard.scope();
        let place = if low {
            scope.try_alloc_array::<u8>(len).map(|mut x| x.as_mut_ptr())
        } else {
            scope.try_uninit::<u8>(len).map(|mut x| x.as_mut_ptr().cast())
        };
        let Ok(place) = place else { return };
        // SAFETY: an array of that length, which is the guard's scope's for as long as it is open.
        unsafe { place.write_bytes(tag, len) };
        self.made.push((place, len, tag));
    }

    fn check(&self) {
        for &(place, len, tag) in &self.made {
            // SAFETY: as in `make`.
            let bytes = unsafe { slice::from_raw_parts(place, len) };
            assert!(bytes.iter().all(|&byte| byte == tag));
        }
    }
}

fn run<'b>(steps: &[Step], open: impl Fn() -> Guard<'b>, forgets: bool) {
    let mut guards = vec![Open { guard: open(), made: Vec::new() }];
    for (tag, step) in steps.iter().enumerate() {
        let (n, tag) = (guards.len(), tag as u8);
        match *step {
            Step::Open { inside } => {
                // `Scope::guard` borrows from the guard; what is tested is that the order does not matter, so the buffer's is
                // taken, between two in a scope of that one.
                let scope = guards[inside % n].guard.scope();
                let before = scope.guard();
                let guard = open();
                drop((before, scope.guard()));
                guards.push(Open { guard, made: Vec::new() });
            }
            Step::Make { of, low, len } => guards[of % n].make(low, len, tag),
            Step::Nest { inside, len } => guards[inside % n].guard.scope().scope(|s| {
                let Ok(mut x) = s.try_alloc_array::<u8>(len) else { return };
                x.fill(tag);
                guards.iter().for_each(Open::check);
                assert!(x.iter().all(|&x| x == tag));
            }),
            Step::Close { which } if n > 1 => {
                let closed = guards.swap_remove(which % n);
                closed.check();
            }
            Step::Forget { which } if n > 1 && forgets => {
                let Open { guard, made } = guards.swap_remove(which % n);
                forget(guard);
                drop(made);
            }
            Step::Swap { one, other } => {
                let (one, other) = (one % n, other % n);
                if one < other {
                    let (left, right) = guards.split_at_mut(other);
                    std::mem::swap(&mut left[one].guard, &mut right[0].guard);
                    std::mem::swap(&mut left[one].made, &mut right[0].made);
                }
            }
            Step::Close { .. } | Step::Forget { .. } => {}
        }
        guards.iter().for_each(Open::check);
    }
}

proptest! {
    #[test]
    fn on_a_buffer(steps in steps(), forgets in any::<bool>()) {
        let buffer = Buffer::new();
        for _ in 0..2 {
            run(&steps, || buffer.guard(), forgets);
        }
        prop_assert!(forgets || buffer.stats().in_use == 0);
        prop_assert!(buffer.stats().reserved >= buffer.stats().in_use);
    }

    #[test]
    fn on_fixed_memory(steps in steps(), forgets in any::<bool>(), size in 0usize..20_000, offset in 0usize..64) {
        let mut memory = vec![MaybeUninit::uninit(); size + offset];
        let buffer = FixedBuffer::new(&mut memory[offset..]);
        for _ in 0..3 {
            run(&steps, || buffer.guard(), forgets);
            if !forgets {
                prop_assert_eq!(buffer.stats().in_use, 0);
                prop_assert!(buffer.scope(|s| s.try_uninit::<u8>(size).is_ok()), "all memory is back");
            }
            prop_assert!(buffer.stats().peak <= size);
        }
    }
}
