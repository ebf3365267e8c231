//! What makes functions of rows.

use num_traits::{Float as NumFloat, FromPrimitive};

use super::Watch;
use super::operands::Element;

/// Elements for which there are roots and variances.
pub(super) trait Float: Element + NumFloat + FromPrimitive {}

impl Float for f64 {}
impl Float for f32 {}

/// Numbers that can be made of a length.
pub(super) trait Number: Element + FromPrimitive {}

impl<T: Element + FromPrimitive> Number for T {}

#[inline(always)]
pub(super) fn turns(watch: &mut dyn Watch, mut turn: impl FnMut(&mut dyn Watch)) {
    for turns_before in 0..=watch.turns() {
        if turns_before == 1 {
            watch.start();
        }
        turn(watch);
    }
    watch.stop();
}

/// The body of a row's function: for operands `x`, in the scope `s`, or to the result of a turn before, `to`.
macro_rules! body {
    ($T:ty, $D:ty, $setup:ident, $way:ident, $watch:ident; $x:ident, $s:ident, $to:ident; $heap:expr, $scope:expr, $hand:expr) => {{
        let data = Data::<$T, $D>::new($setup);
        let operands = data.operands();
        // That may be anything, at each turn, for all that the compiler knows.
        match $way {
            Way::Heap => turns($watch, |watch| {
                let $x = black_box(&operands);
                watch.see(&$heap);
            }),
            Way::Scope => {
                let buffer = Buffer::new();
                turns($watch, |watch| {
                    let $x = black_box(&operands);
                    buffer.scope(|$s| watch.see(&$scope));
                });
            }
            Way::Hand => {
                let $x = &operands;
                #[allow(unused_mut, reason = "numbers are assigned")]
                let mut $to = $heap;
                turns($watch, |watch| {
                    let $x = black_box(&operands);
                    let _ = $x;
                    $hand;
                    watch.see(&$to);
                });
            }
        }
    }};
}

macro_rules! function {
    ($name:ident $bound:ident AnyAxes $($rest:tt)*) => {
        fn $name<T: $bound, D: Axes>(setup: &Setup, way: Way, watch: &mut dyn Watch) {
            body!(T, D, setup, way, watch; $($rest)*)
        }
    };
    ($name:ident $bound:ident $D:ident $($rest:tt)*) => {
        fn $name<T: $bound>(setup: &Setup, way: Way, watch: &mut dyn Watch) {
            body!(T, $D, setup, way, watch; $($rest)*)
        }
    };
}

macro_rules! register {
    ($all:ident $name:ident $text:expr; $kind:ident Float $axes:ident) => {
        register!($all $name $text; $kind [f64 f32] $axes);
    };
    ($all:ident $name:ident $text:expr; $kind:ident $bound:ident $axes:ident) => {
        register!($all $name $text; $kind [f64 f32 i32 Complex64] $axes);
    };
    // More axes, and axes whose number is found out as the program runs, are tried with one type of elements: the loops over
    // axes do not depend on it, and compiling each with each takes minutes.
    ($all:ident $name:ident $text:expr; $kind:ident [$first:ident $($T:ident)+] AnyAxes) => {
        register!($all $name $text; $kind $first Ix3, $name::<$first, Ix3>);
        register!($all $name $text; $kind $first IxDyn, $name::<$first, IxDyn>);
        register!($all $name $text; $kind [$first $($T)+] Ix1 Ix2);
    };
    ($all:ident $name:ident $text:expr; $kind:ident [$($T:ident)+] Ix1 Ix2) => {$(
        register!($all $name $text; $kind $T Ix1, $name::<$T, Ix1>);
        register!($all $name $text; $kind $T Ix2, $name::<$T, Ix2>);
    )+};
    ($all:ident $name:ident $text:expr; $kind:ident [$($T:ident)+] $D:ident) => {
        $(register!($all $name $text; $kind $T $D, $name::<$T>);)+
    };
    ($all:ident $name:ident $text:expr; $kind:ident $T:ident $D:ident, $run:expr) => {
        $all.push(Operation {
            name: stringify!($name),
            in_a_scope: $text,
            element: <$T as Element>::NAME,
            axes: <$D as Axes>::NAME,
            count: <$D as Axes>::COUNT,
            kind: Kind::$kind,
            run: $run,
        });
    };
}

/// Rows: a name, what it depends on, the bound of its elements and its axes; and how it is done in each way.
macro_rules! table {
    ($(
        $name:ident: $kind:ident $bound:ident $axes:ident, |$x:ident, $s:ident, $to:ident|
        heap { $heap:expr } scope { $scope:expr } hand { $hand:expr }
    )+) => {
        $(function! { $name $bound $axes $x, $s, $to; $heap, $scope, $hand })+

        /// Puts these operations, on every element and kind of axes that they are for, into the table.
        pub(super) fn operations(all: &mut Vec<Operation>) {
            $(register!(all $name stringify!($scope); $kind $bound $axes);)+
        }
    };
}
