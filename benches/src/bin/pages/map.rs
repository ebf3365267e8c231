//! A map of memory over one run: which bytes are whose from when until when. The run is made as the picture is drawn.

use std::cell::RefCell;
use std::mem::MaybeUninit;

use ndarena::{FixedBuffer, prelude::*};
use ndarray::{ArrayRef, Dimension};

use crate::svg::{Anchor, COLOURS, Svg};

/// An array's place, in bytes, and how long its scope lasts, in steps.
#[derive(Debug)]
struct Piece {
    name: &'static str,
    scope: usize,
    place: (usize, usize),
    steps: (usize, usize),
}

/// What happened: a step is an array made, or a scope that begins or ends.
#[derive(Debug, Default)]
struct Trace {
    step: usize,
    pieces: Vec<Piece>,
    /// What it is called, how many are around it, and its steps.
    scopes: Vec<(&'static str, usize, (usize, usize))>,
}

#[derive(Debug, Default)]
struct Recorder(RefCell<Trace>);

impl Recorder {
    /// A scope begins: its number.
    fn begin(&self, name: &'static str, depth: usize) -> usize {
        let mut trace = self.0.borrow_mut();
        let step = trace.step;
        trace.scopes.push((name, depth, (step, step)));
        trace.step += 1;
        trace.scopes.len() - 1
    }

    /// An array was made in that scope.
    fn array<D: Dimension>(&self, scope: usize, name: &'static str, array: &ArrayRef<f64, D>) {
        let mut trace = self.0.borrow_mut();
        let (at, bytes, step) = (array.as_ptr() as usize, 8 * array.len(), trace.step);
        trace.pieces.push(Piece { name, scope, place: (at, at + bytes), steps: (step, step) });
        trace.step += 1;
    }

    /// The scope ends, and with it its arrays.
    fn end(&self, scope: usize) {
        let mut trace = self.0.borrow_mut();
        let step = trace.step;
        trace.scopes[scope].2.1 = step;
        trace.pieces.iter_mut().filter(|piece| piece.scope == scope).for_each(|piece| piece.steps.1 = step);
        trace.step += 1;
    }
}

/// The same calls on any memory: an outer scope with an array, three turns of an inner one with temporaries that leaves a result
/// outside, the last with one more within; and then another scope.
fn calls(recorder: &Recorder, s: Scope<'_>) {
    let outer = recorder.begin("outer", 0);
    recorder.array(outer, "a", &s.alloc_array::<f64>(48));
    for turn in 0..3 {
        s.scope(|i| {
            let inner = recorder.begin("inner", 1);
            let t = i.alloc_array::<f64>(72);
            recorder.array(inner, "t", &t);
            recorder.array(inner, "u", &i.map(&t, |t| t + 1.0));
            if turn == 2 {
                i.scope(|j| {
                    let innermost = recorder.begin("innermost", 2);
                    recorder.array(innermost, "v", &j.alloc_array::<f64>(40));
                    recorder.end(innermost);
                });
            }
            recorder.array(outer, "r", &s.from_elem(16, 0.5));
            recorder.end(inner);
        });
    }
    recorder.end(outer);
}

/// A scope with one array, after the others.
fn next(recorder: &Recorder, s: Scope<'_>) {
    let next = recorder.begin("next", 0);
    recorder.array(next, "b", &s.alloc_array::<f64>(112));
    recorder.end(next);
}

pub(crate) fn picture() -> Svg {
    #[repr(align(64))]
    struct Memory([MaybeUninit<u8>; SIZE]);
    const SIZE: usize = 3072;
    let mut memory = Memory([MaybeUninit::uninit(); SIZE]);
    let start = memory.0.as_ptr() as usize;
    let fixed = FixedBuffer::new(&mut memory.0);
    let on_fixed = Recorder::default();
    fixed.scope(|s| calls(&on_fixed, s));
    fixed.scope(|s| next(&on_fixed, s));
    // The second time, so that each scope has the block that it came to need the first time.
    let buffer = Buffer::new();
    buffer.scope(|s| calls(&Recorder::default(), s));
    let on_blocks = Recorder::default();
    buffer.scope(|s| calls(&on_blocks, s));
    buffer.scope(|s| next(&on_blocks, s));

    let title = "One run, array by array: which bytes are whose";
    let mut svg = Svg::new(790.0, 706.0, title);
    svg.styled((6.0, 18.0), Anchor::Start, "font-weight=\"bold\"", title);
    svg.legend((430.0, 18.0), &[("outer, next", COLOURS[0]), ("inner", COLOURS[1]), ("innermost", COLOURS[2])]);
    svg.text(
        (6.0, 44.0),
        Anchor::Start,
        "FixedBuffer of 3072 bytes: an inner scope is lent what the outer one has left",
    );
    let trace = on_fixed.0.into_inner();
    let lanes = vec![(start, SIZE)];
    draw(&mut svg, &trace, &lanes, 56.0);
    svg.text((6.0, 390.0), Anchor::Start, "Buffer: a block for each depth, kept for the next scope there");
    let trace = on_blocks.0.into_inner();
    // The blocks are where the arrays are: those of one depth.
    let of_depth = |depth: usize| {
        let own = trace.pieces.iter().filter(|piece| trace.scopes[piece.scope].1 == depth);
        let (from, to) =
            own.fold((usize::MAX, 0), |(from, to), piece| (from.min(piece.place.0), to.max(piece.place.1)));
        (from, to - from)
    };
    draw(&mut svg, &trace, &[0, 1, 2].map(of_depth), 402.0);
    svg
}

/// Steps go to the right, addresses up.
fn draw(svg: &mut Svg, trace: &Trace, lanes: &[(usize, usize)], top: f64) {
    const LEFT: f64 = 70.0;
    const WIDTH: f64 = 710.0;
    const HEIGHT: f64 = 210.0;
    const GAP: f64 = 8.0;
    let x = |step: usize| LEFT + WIDTH * step as f64 / trace.step as f64;
    let all: usize = lanes.iter().map(|lane| lane.1).sum();
    let scale = (HEIGHT - GAP * (lanes.len() - 1) as f64) / all as f64;
    let mut bottom = top + HEIGHT;
    for (depth, &(from, size)) in lanes.iter().enumerate() {
        let height = scale * size as f64;
        svg.rect((LEFT, bottom - height), (WIDTH, height), "currentColor", 0.06);
        let name = if lanes.len() == 1 { "memory".to_owned() } else { format!("depth {depth}") };
        svg.text((LEFT - 8.0, bottom - height / 2.0 + 4.0), Anchor::End, &name);
        for piece in trace.pieces.iter().filter(|piece| (from..from + size).contains(&piece.place.0)) {
            let y = |place: usize| bottom - scale * (place - from) as f64;
            let (depth, (low, high)) = (trace.scopes[piece.scope].1, piece.place);
            let corner = (x(piece.steps.0) + 0.5, y(high));
            let size = (x(piece.steps.1) - x(piece.steps.0) - 1.0, y(low) - y(high) - 0.5);
            svg.rect(corner, size, COLOURS[depth], 0.75);
            // Beside it if there is no room in it.
            let (at, anchor) = if size.1 > 12.0 { (4.0, Anchor::Start) } else { (-3.0, Anchor::End) };
            svg.styled((corner.0 + at, (y(low) + y(high)) / 2.0 + 4.0), anchor, "font-size=\"11\"", piece.name);
        }
        bottom -= height + GAP;
    }
    for (name, depth, (from, to)) in &trace.scopes {
        let y = top + HEIGHT + 16.0 + 18.0 * *depth as f64;
        svg.rect((x(*from), y - 9.0), (x(*to) - x(*from), 13.0), COLOURS[*depth], 0.25);
        svg.styled((x(*from) + 3.0, y + 1.5), Anchor::Start, "font-size=\"11\"", name);
    }
    svg.text((LEFT - 8.0, top + HEIGHT + 20.0), Anchor::End, "scopes");
    svg.text(
        (LEFT + WIDTH / 2.0, top + HEIGHT + 80.0),
        Anchor::Middle,
        "steps: an array made, a scope that begins or ends",
    );
}
