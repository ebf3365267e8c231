//! Profiles: what they count against a count of the program's own, and that what they say is enough is.

use std::mem::MaybeUninit;

use ndarena::{FixedBuffer, Profile, prelude::*};
use ndarena_testing::panic_of;
use proptest::prelude::*;

/// A scope: arrays of so many bytes, from either end, and scopes inside it, in this order.
#[derive(Debug, Clone)]
enum Step {
    Make { bytes: usize, low: bool },
    Nest(Vec<Step>),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let leaf = (0usize..3000, any::<bool>()).prop_map(|(bytes, low)| Step::Make { bytes, low });
    let step = leaf.prop_recursive(5, 60, 8, |step| prop::collection::vec(step, 0..8).prop_map(Step::Nest));
    prop::collection::vec(step, 0..8)
}

/// What a program asks for, counted by the program.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Asked {
    scopes: usize,
    arrays: usize,
    bytes: usize,
    largest: usize,
    depth: usize,
    peak: usize,
    capacity: usize,
}

impl<R> From<&Profile<R>> for Asked {
    fn from(profile: &Profile<R>) -> Self {
        let &Profile { scopes, arrays, bytes, largest, depth, peak, capacity, .. } = profile;
        Asked { scopes, arrays, bytes, largest, depth, peak, capacity }
    }
}

/// Runs the steps in a scope. `outer` is what each scope around this one has made, in whole lines.
fn run(steps: &[Step], s: Scope<'_>, outer: &mut Vec<usize>, asked: &mut Asked) {
    outer.push(0);
    let mut made = Vec::new();
    for step in steps {
        match step {
            &Step::Make { bytes, low } => {
                let tag = asked.arrays as u8;
                let mut array = if low { s.alloc_array::<u8>(bytes) } else { s.zeros::<u8>(bytes) };
                assert!(low || array.iter().all(|&x| x == 0));
                array.fill(tag);
                made.push((array, tag));
                if bytes == 0 {
                    continue;
                }
                *outer.last_mut().expect("this scope's") += bytes.next_multiple_of(64);
                *asked = Asked {
                    arrays: asked.arrays + 1,
                    bytes: asked.bytes + bytes,
                    largest: asked.largest.max(bytes),
                    depth: asked.depth.max(outer.iter().filter(|&&used| used > 0).count()),
                    peak: asked.peak.max(outer.iter().sum()),
                    capacity: asked.capacity.max(outer[0]),
                    ..*asked
                };
            }
            Step::Nest(steps) => s.scope(|inner| run(steps, inner, outer, asked)),
        }
    }
    made.iter().for_each(|(array, tag)| assert!(array.iter().all(|x| x == tag)));
    outer.pop();
    asked.scopes += 1;
}

fn asked_of(buffer: &Buffer, steps: &[Step]) -> Asked {
    let mut asked = Asked::default();
    buffer.scope(|s| run(steps, s, &mut Vec::new(), &mut asked));
    asked
}

proptest! {
    #[test]
    fn a_profile_counts_what_a_program_asks_for(before in steps(), steps in steps(), after in steps()) {
        let buffer = Buffer::new();
        asked_of(&buffer, &before);
        let profile = buffer.profile(|| asked_of(&buffer, &steps));
        prop_assert_eq!(profile.result, Asked::from(&profile));
        let new = Buffer::new();
        asked_of(&new, &steps);
        prop_assert_eq!(profile.growths, new.stats().growths);
        // It costs nothing afterwards: what the buffer has is used as ever.
        asked_of(&buffer, &after);
        let stats = buffer.stats();
        asked_of(&buffer, &after);
        prop_assert_eq!((buffer.stats().growths, buffer.stats().reserved), (stats.growths, stats.reserved));

        asked_of(&Buffer::with_limit(profile.limit.max(1)), &steps);
        let mut memory = vec![MaybeUninit::<u8>::uninit(); profile.fixed_size + 1];
        let fixed = FixedBuffer::new(&mut memory[1..]);
        let mut asked = Asked::default();
        fixed.scope(|s| run(&steps, s, &mut Vec::new(), &mut asked));
        prop_assert_eq!(asked, profile.result);
        if profile.capacity > 0 && steps.iter().all(|step| matches!(step, Step::Make { .. })) {
            let capacity = Buffer::with_capacity(profile.capacity);
            asked_of(&capacity, &steps);
            prop_assert_eq!(capacity.stats().growths, 1);
        }
    }

    #[test]
    fn a_profile_inside_another_counts_its_own(one in steps(), two in steps(), three in steps()) {
        let buffer = Buffer::new();
        let outer = buffer.profile(|| {
            let one = asked_of(&buffer, &one);
            let inner = buffer.profile(|| asked_of(&buffer, &two));
            (one, inner, asked_of(&buffer, &three))
        });
        let (one, inner, three) = outer.result;
        let two = inner.result;
        prop_assert_eq!((inner.scopes, inner.arrays, inner.bytes), (two.scopes, two.arrays, two.bytes));
        let sum = |of: fn(&Asked) -> usize| [one, two, three].iter().map(of).sum::<usize>();
        let most = |of: fn(&Asked) -> usize| [one, two, three].iter().map(of).max().unwrap();
        let all = Asked {
            scopes: sum(|asked| asked.scopes),
            arrays: sum(|asked| asked.arrays),
            bytes: sum(|asked| asked.bytes),
            largest: most(|asked| asked.largest),
            depth: most(|asked| asked.depth),
            peak: most(|asked| asked.peak),
            capacity: most(|asked| asked.capacity),
        };
        prop_assert_eq!(Asked::from(&outer), all);
        prop_assert_eq!(inner.peak, one.peak.max(two.peak));
    }
}

#[test]
fn scopes_that_were_open_before_are_counted_and_keep_their_arrays() {
    let buffer = Buffer::new();
    buffer.scope(|outer| {
        let kept = outer.from_elem(100, 1.5);
        outer.scope(|inner| drop(inner.zeros::<u8>(10_000)));
        let profile = buffer.profile(|| {
            let late = outer.from_elem(8, 2.5);
            outer.scope(|inner| (inner.zeros::<u8>(64).sum(), outer.ones::<f64>(8)).1.sum() + late.sum())
        });
        assert_eq!((profile.result, profile.scopes, profile.arrays, profile.bytes), (28.0, 1, 3, 192));
        assert_eq!((profile.peak, profile.capacity, profile.depth), (832 + 192, 832 + 128, 2));
        assert!(kept.iter().all(|&x| x == 1.5));
    });
    let profile = buffer.profile(|| ());
    assert_eq!((profile.scopes, profile.arrays, profile.growths, profile.peak), (0, 0, 0, 0));
}

#[test]
fn guards_results_that_move_out_and_panics_are_counted() {
    let buffer = Buffer::new();
    let guard = buffer.guard();
    let before = guard.scope().ones::<f64>(8);
    let profile = buffer.profile(|| {
        let detached = buffer.scope_to_owned(|s| s.from_elem(64, 1_u8));
        let inside = buffer.guard();
        assert_eq!(inside.scope().zeros::<u8>(64).sum() + detached.sum(), 64);
        let stays = buffer.guard();
        drop(inside);
        let panic = panic_of(|| buffer.scope(|s| drop((s.zeros::<u8>(1), s.select(&before, ndarray::Axis(0), &[9])))));
        (stays, panic.unwrap_err().message)
    });
    assert!(profile.result.1.contains("select"), "{}", profile.result.1);
    assert_eq!((profile.scopes, profile.arrays, profile.bytes, profile.peak), (3, 3, 129, 128));
    assert_eq!(profile.result.0.scope().zeros::<u8>(64).sum(), 0);
    drop(profile.result);
    assert_eq!(before.sum(), 8.0);
    drop(guard);
    assert_eq!(buffer.stats().in_use, 0);

    let panic = panic_of(|| buffer.profile(|| buffer.scope(|s| s.to_shape(&s.zeros::<u8>(6), 4).unwrap().sum())));
    assert!(panic.is_err());
    assert_eq!(buffer.profile(|| buffer.scope(|s| s.ones::<u8>(3).sum())).arrays, 1);
}

#[test]
fn what_is_trapped_on_fixed_memory_is_counted() {
    let kernel = |s: Scope<'_>| {
        s.scope(|inner| {
            let (low, high) = (inner.alloc_slice::<u8>(1000).len(), inner.zeros::<u8>(2000));
            (s.ones::<u8>(64), low + high.len())
        })
        .0
        .sum()
            + s.scope(|inner| inner.zeros::<u8>(3000).sum())
    };
    let buffer = Buffer::new();
    let profile = buffer.profile(|| buffer.scope(kernel));
    // The array of the outer scope lies beside what is 1024 bytes, and keeps them until that scope ends.
    assert_eq!((profile.peak, profile.fixed_size), (1024 + 2048 + 64, 3136 + 1024 + 64));
    let mut memory = vec![MaybeUninit::uninit(); profile.fixed_size];
    assert_eq!(FixedBuffer::new(&mut memory).scope(kernel), 64);
}

#[test]
fn a_profile_is_of_the_default_buffer_and_prints_as_a_table() {
    let work =
        || (0..1000).map(|_| ndarena::scope(|s| s.scope(|t| t.ones::<f64>(1000).sum()) + s.ones::<f64>(1000).sum()));
    let profile = ndarena::profile(|| work().sum::<f64>());
    assert_eq!(profile.result, 2e6);
    let documented =
        include_str!("../../src/buffer/profile.rs").lines().skip_while(|line| *line != "/// ```text").skip(1);
    let documented =
        documented.map_while(|line| line.strip_prefix("///")).map(str::trim).take_while(|line| *line != "```");
    assert_eq!(profile.to_string(), documented.collect::<Vec<_>>().join("\n"));

    let other = Buffer::new();
    let profile = ndarena::profile(|| other.scope(|s| s.ones::<f64>(3).sum()));
    assert!(profile.arrays == 0 && profile.to_string().contains("`Buffer::profile` at another"));
    let profile = ndarena::with_buffer(&other, || ndarena::profile(|| ndarena::scope(|s| s.ones::<f64>(3).sum())));
    assert_eq!((profile.result, profile.arrays), (3.0, 1));
}
