//! What the allocators are compared on.

use std::hint::black_box;

use ndarena::global::{arena, par_map_arena};
use ndarena_benches::paired::{Batch, timed, timed_on_all_threads};
use ndarray::Array1;
use unaware::{bfgs, chain, median, search};

use super::solvers;

/// How a workload is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Style {
    /// As it is.
    Plain,
    /// As it is, in `arena`.
    Arena,
    /// The version with its memory preallocated.
    ByHand,
}

impl Style {
    pub(crate) fn named(name: &str) -> Self {
        [Style::Plain, Style::Arena, Style::ByHand].into_iter().find(|s| format!("{s:?}") == name).expect("a style")
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Workload {
    Chain(usize),
    TwoChains(usize),
    Median,
    Search,
    Bfgs(usize),
    Heat,
    Fit,
    /// Allocates small blocks and large ones, and does nothing with them.
    Churn,
    /// `arena(|| ())`, or nothing.
    Nothing,
    /// A million calls, each with a temporary of 64 KiB; of each 1000 bytes are kept, until there are so many.
    Kept(usize),
    /// [`Chain`] 200 times, by so many workers of `par_map_arena`; each one's share of the time counts.
    Workers(usize),
}

use Workload::{Bfgs, Chain, Churn, Fit, Heat, Kept, Median, Nothing, Search, TwoChains, Workers};

impl Workload {
    /// As one word.
    pub(crate) fn name(self) -> String {
        format!("{self:?}")
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let sized = [Chain, TwoChains, Bfgs, Kept, Workers];
        let number = name.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
        let all = [Median, Search, Heat, Fit, Churn, Nothing].into_iter().chain(sized.map(|sized| sized(number)));
        all.into_iter().find(|workload| workload.name() == name)
    }

    /// What it is, for the table.
    pub(crate) fn title(self) -> String {
        match self {
            Chain(n) => format!("(&d * 2.0) + 1.0, 10^{} elements", n.ilog10()),
            TwoChains(n) => format!("&d * &d + &d * 2.0, 10^{} elements", n.ilog10()),
            Median => "median of 5·10⁶".to_owned(),
            Search => "param_search".to_owned(),
            Bfgs(n) => format!("argmin's BFGS, n = {n}"),
            Heat => "ode_solvers' Dopri5".to_owned(),
            Fit => "levenberg-marquardt".to_owned(),
            Churn => "allocations only".to_owned(),
            Nothing => "arena(|| ())".to_owned(),
            Kept(_) => "10^6 calls, results kept".to_owned(),
            Workers(_) => "par_map_arena, time per item and worker".to_owned(),
        }
    }

    pub(crate) fn batch(self, style: Style) -> Batch {
        let by_hand = style == Style::ByHand;
        match self {
            Chain(n) => {
                let (d, mut t) = (Array1::linspace(0.0, 1.0, n), Array1::zeros(if by_hand { n } else { 0 }));
                run(style, move || match by_hand {
                    true => chain::sum_of_line_into(black_box(&d), &mut t),
                    false => chain::sum_of_line(black_box(&d)),
                })
            }
            TwoChains(n) => {
                let (d, size) = (Array1::linspace(0.0, 1.0, n), if by_hand { n } else { 0 });
                let (mut t, mut u) = (Array1::zeros(size), Array1::zeros(size));
                run(style, move || match by_hand {
                    true => chain::sum_of_parabola_into(black_box(&d), &mut t, &mut u),
                    false => chain::sum_of_parabola(black_box(&d)),
                })
            }
            Median => {
                let values = median::numbers(5_000_000, 7);
                let mut copy = if by_hand { values.clone() } else { Vec::new() };
                run(style, move || match by_hand {
                    true => median::median_into(black_box(&values), &mut copy),
                    false => median::median(black_box(&values)),
                })
            }
            Search => {
                let ((x, y), grid) = (search::data(100_000), [0.5, 1.0, 1.5, 2.0, 2.5]);
                let mut room = search::Room::new(if by_hand { x.len() } else { 0 });
                run(style, move || match by_hand {
                    true => search::search_in(black_box(&x), &y, &grid, &mut room)[0],
                    false => search::search(black_box(&x), &y, &grid)[0],
                })
            }
            Bfgs(n) => run(style, move || bfgs::minimum(black_box(n), 60).expect("a minimum")[0]),
            Heat => run(style, || solvers::heat(black_box(300))),
            Fit => run(style, || solvers::fit(black_box(500))),
            Churn => run(style, churn),
            Nothing => run(style, || 0.0),
            Kept(limit) => {
                let mut kept: Vec<Box<[u8]>> = Vec::with_capacity(limit);
                timed(move |times| {
                    for _ in 0..times * 1_000_000 / limit as u64 {
                        kept.extend((0..limit).map(|_| arena(|| black_box(vec![1; 64 << 10])[..1000].into())));
                        kept.clear();
                    }
                })
            }
            Workers(workers) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(workers).build().expect("threads");
                let d = Array1::linspace(0.0, 1.0, 100_000);
                let mut batch = timed_on_all_threads(move |times| {
                    for _ in 0..times {
                        pool.install(|| black_box(par_map_arena(0..200, |_| chain::sum_of_line(black_box(&d)))));
                    }
                });
                Box::new(move |times| workers as f64 * batch(times))
            }
        }
    }
}

fn run(style: Style, mut once: impl FnMut() -> f64 + 'static) -> Batch {
    timed(move |times| {
        for _ in 0..times {
            black_box(match style {
                Style::Arena => arena(&mut once),
                Style::Plain | Style::ByHand => once(),
            });
        }
    })
}

/// Blocks of 16 bytes to 32 KiB, up to 64 at a time, in no order: each is written to once.
fn churn() -> f64 {
    let mut blocks: [Vec<u8>; 64] = [const { Vec::new() }; 64];
    let mut state = 1_u64;
    for _ in 0..10_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = 16 << ((state >> 60) % 12);
        let mut block = Vec::with_capacity(size);
        block.push(1);
        blocks[(state >> 40) as usize % 64] = black_box(block);
    }
    blocks.len() as f64
}
