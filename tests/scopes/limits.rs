//! Limits, memory that the system does not have, and what the errors say.

use ndarena::{AllocErrorKind, Buffer, prelude::*};
use ndarena_testing::{panic_of, refusing_from};
use ndarray::IxDyn;
use proptest::prelude::*;

fn message(f: impl FnOnce()) -> String {
    panic_of(f).expect_err("it should panic").message
}

#[test]
fn over_the_limit_is_an_error_that_changes_nothing() {
    let buffer = Buffer::with_limit(10_000);
    buffer.scope(|s| {
        let kept = s.from_elem(500, 7.0);
        for _ in 0..3 {
            let error = s.try_alloc_array::<f64>((100, 100)).unwrap_err();
            assert_eq!(error.kind(), AllocErrorKind::Limit);
            assert_eq!((error.shape(), error.bytes()), (&[100, 100][..], 80_000));
            assert_eq!(error.limit(), Some(10_000));
            assert!(s.try_uninit::<u8>(error.left() + 1).is_err());
        }
        let left = s.try_uninit::<f64>(10_000).unwrap_err().left();
        // 4,000 bytes in whole lines are in use, of 10,000 in whole lines.
        assert_eq!(left, 157 * 64 - 63 * 64);
        // What is left can be had, and what was there is untouched.
        let mut rest = s.alloc_array::<u8>(left);
        rest.fill(1);
        assert!(kept.iter().all(|&x| x == 7.0));
        assert_eq!(s.try_alloc_array::<u8>(1000).unwrap_err().left(), 0);
    });
    buffer.scope(|s| assert_eq!(s.ones::<f64>(1250).sum(), 1250.0));
    assert!(buffer.stats().reserved <= 10_048);
}

#[test]
fn the_whole_limit_can_be_used() {
    for limit in [64, 640, 8_000, 100_000, 1_000_000].into_iter().take(if cfg!(miri) { 3 } else { 5 }) {
        let buffer = Buffer::with_limit(limit);
        buffer.scope(|s| assert_eq!(s.ones::<u8>(limit).len(), limit));
        buffer.scope(|s| assert_eq!(s.alloc_array::<u8>(limit).len(), limit));
        assert!(buffer.scope(|s| s.try_alloc_array::<u8>(limit + 64).is_err()));
        let half = limit / 128 * 64;
        Buffer::with_limit(limit).scope(|s| {
            drop(s.alloc_array::<u8>(half));
            s.scope(|s| drop(s.uninit::<u8>(half)));
        });
    }
}

#[test]
fn levels_that_are_not_in_use_give_way() {
    let buffer = Buffer::with_limit(100_000);
    // Level 1 comes to hold most of the limit, then level 0 needs it.
    buffer.scope(|s| s.scope(|s| drop(s.uninit::<u8>(90_000))));
    buffer.scope(|s| drop(s.uninit::<u8>(90_000)));
    buffer.scope(|outer| {
        let kept = outer.from_elem(90_000, 1u8);
        let error = outer.scope(|inner| inner.try_uninit::<u8>(90_000).unwrap_err());
        assert_eq!(error.kind(), AllocErrorKind::Limit);
        assert!(kept.iter().all(|&x| x == 1));
    });
    assert!(buffer.stats().reserved <= 100_032);
}

#[test]
fn panics_say_what_was_wanted_what_was_left_and_what_to_do() {
    let buffer = Buffer::with_limit(4096);
    buffer.scope(|s| {
        let said = message(|| drop(s.alloc_array::<f64>((100, 200))));
        let expected = "ndarena: cannot allocate an array of shape [100, 200]: it takes 160000 bytes, and 4096 bytes are \
            left of the buffer's limit of 4096 bytes; raise the limit (`Buffer::with_limit`, or `set_default_limit` for a \
            thread's default buffer), or end scopes that are not needed any more";
        assert_eq!(said, expected);
        for said in [
            message(|| drop(s.uninit::<f64>((100, 200)))),
            message(|| drop(s.zeros::<f64>((100, 200)))),
            message(|| drop(s.ones::<f64>((100, 200)))),
            message(|| drop(s.from_elem((100, 200), 1.0))),
            message(|| drop(s.from_shape_fn((100, 200), |_| 1.0))),
            message(|| drop(s.map(&ndarray::Array2::<f64>::zeros((100, 200)), |x| *x))),
            message(|| drop(s.copy_of(&ndarray::Array2::<f64>::zeros((100, 200))))),
        ] {
            assert_eq!(said, expected);
        }
        let said = message(|| assert!(s.alloc_slice::<f64>(20_000).is_empty()));
        assert!(said.contains("shape [20000]: it takes 160000 bytes"), "{said}");
        let said = message(|| drop(s.alloc_array::<f64>((usize::MAX, 2))));
        assert!(said.contains("overflows isize"), "{said}");
        let said = message(|| drop(s.alloc_array::<u8>(IxDyn(&[9, 9, 9, 9, 9, 9, 9, 9]))));
        assert!(said.contains("[9, 9, 9, 9, 9, 9, ..]: it takes 43046721 bytes"), "{said}");
        let strides = ndarray::ShapeBuilder::strides((3, 4), (1, 1));
        let said = message(|| drop(s.alloc_array::<f64>(strides)));
        assert!(said.contains("share an element"), "{said}");
        assert_eq!(s.ones::<f64>(512).sum(), 512.0);
    });
}

/// What is left is no more than the limit, which counts in whole lines.
#[test]
fn no_more_is_left_than_the_limit() {
    for limit in [0, 1, 63, 64, 65, 1000, 1024, 10_001] {
        let buffer = Buffer::with_limit(limit);
        for used in [0, 1, 64, 100, 960] {
            buffer.scope(|s| {
                let _used = s.try_uninit::<u8>(used);
                let error = s.try_alloc_array::<u8>(20_000).unwrap_err();
                assert!(error.left() <= limit, "{error}");
                let says = format!("and {} bytes are left of the buffer's limit of {limit} bytes", error.left());
                assert!(error.to_string().contains(&says), "{error}");
                assert!(s.try_alloc_array::<u8>(error.left()).is_ok(), "{error}");
            });
        }
        assert!(buffer.stats().reserved <= limit.next_multiple_of(64));
    }
}

#[test]
fn memory_that_the_system_does_not_have_is_an_error() {
    let buffer = Buffer::new();
    buffer.scope(|s| {
        let kept = s.from_elem(100, 3.0);
        let error = refusing_from(100_000, || s.try_alloc_array::<f64>(100_000).unwrap_err());
        assert_eq!((error.kind(), error.limit()), (AllocErrorKind::OutOfMemory, None));
        assert!(error.to_string().contains("the system refused"), "{error}");
        // Twice as much would be refused; as much as is needed is not.
        drop(s.uninit::<u8>(500_000));
        refusing_from(600_000, || assert!(s.try_uninit::<u8>(550_000).is_ok()));
        assert!(kept.iter().all(|&x| x == 3.0));
    });
    // The blocks that the scope came to have are not merged to one if there is none; the next scope starts afresh.
    let buffer = Buffer::new();
    refusing_from(100_000, || buffer.scope(|s| (0..30).for_each(|_| drop(s.uninit::<u8>(5_000)))));
    assert_eq!(buffer.stats().reserved, 0);
    buffer.scope(|s| assert_eq!(s.ones::<f64>(30_000).sum(), 30_000.0));

    for capacity in [usize::MAX / 4 * 3, usize::MAX] {
        let said = message(|| drop(Buffer::with_capacity(capacity)));
        assert!(said.contains("the system refused") && said.contains(&format!("[{capacity}]")), "{said}");
    }
}

#[test]
fn what_a_bump_keeps_gives_way_unless_it_is_lent() {
    for depth in 0..3 {
        let buffer = Buffer::with_limit(8192);
        buffer.scope(|s| {
            s.bump().alloc_slice_fill_copy(5000, 1u8);
        });
        // At the same depth, and further in.
        fn at_depth(s: Scope<'_>, depth: usize) -> Result<usize, ndarena::AllocError> {
            if depth == 0 { s.try_uninit::<u8>(8192).map(|all| all.len()) } else { s.scope(|s| at_depth(s, depth - 1)) }
        }
        assert_eq!(buffer.scope(|s| at_depth(s, depth)), Ok(8192), "{depth} deep");
        assert_eq!(buffer.stats().in_use, 0);
    }
    Buffer::with_limit(16_384).scope(|s| {
        let kept = s.bump().alloc_slice_fill_copy(5000, 7u8);
        assert_eq!(s.try_uninit::<u8>(16_000).unwrap_err().kind(), AllocErrorKind::Limit);
        assert!(s.try_uninit::<u8>(1000).is_ok() && kept.iter().all(|&x| x == 7));
    });
}

/// Makes arrays of so many bytes in a scope, and in it those of the next list, and so on.
fn nested(s: Scope<'_>, lists: &[Vec<usize>]) {
    let Some((sizes, inner)) = lists.split_first() else { return };
    for (i, &bytes) in sizes.iter().enumerate() {
        if i % 2 == 0 {
            s.alloc_slice::<u8>(bytes);
        } else {
            s.uninit::<u8>(bytes);
        }
    }
    s.scope(|s| nested(s, inner));
}

/// Runs programs, one after the other, on a buffer that has a limit of twice the peak they have on one without, and 2 KiB
/// for each scope.
fn run_on_twice_the_peak(programs: &[Vec<Vec<usize>>]) {
    let run = |buffer: &Buffer| programs.iter().for_each(|lists| buffer.scope(|s| nested(s, lists)));
    let unlimited = Buffer::new();
    run(&unlimited);
    let depth = programs.iter().map(Vec::len).max().unwrap_or(0);
    let buffer = Buffer::with_limit(2 * unlimited.stats().peak + 2048 * depth);
    for _ in 0..2 {
        run(&buffer);
    }
}

#[test]
fn twice_the_peak_is_enough_where_blocks_are_left_as_empty_as_can_be() {
    // Each array is a line more than is left, so that a scope whose blocks double uses little more than a third of them.
    let (mut outer, mut held, mut left) = (vec![960], 1920, 960);
    for _ in 0..if cfg!(miri) { 4 } else { 10 } {
        let bytes = left + 64;
        outer.push(bytes);
        (held, left) = (2 * held, held - bytes);
    }
    let total: usize = outer.iter().sum();
    for share in 1..20 {
        run_on_twice_the_peak(&[vec![outer.clone(), vec![total * share / 20]]]);
    }
}

proptest! {
    #[test]
    fn twice_the_peak_is_enough(
        programs in prop::collection::vec(
            prop::collection::vec(
                prop::collection::vec((0u32..15, 0usize..3).prop_map(|(k, more)| (1 << k) + 64 * more), 0..12),
                1..4,
            ),
            1..5,
        ),
    ) {
        run_on_twice_the_peak(&programs);
    }
}
