//! Many random programs of [`program`]: `NDARENA_PROGRAMS` says how many, `NDARENA_SEED` with which to begin. And those that a
//! fuzzer found, each of which runs code that the others do not (`.ci/fuzz`).

mod program;

use std::env;

use ndarena_testing::{corpus, panic_of};

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

#[test]
fn every_array_of_random_programs_keeps_what_was_written() {
    let seed = number("NDARENA_SEED").unwrap_or(1);
    let programs = number("NDARENA_PROGRAMS").unwrap_or(if cfg!(miri) { 5 } else { 1000 });
    let mut made = 0;
    for seed in seed..seed + programs {
        // Xorshift, from a number that is not 0.
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut byte = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        let length = usize::from(byte()) + if seed % 16 == 0 { 1000 } else { 8 };
        let bytes: Vec<u8> = (0..length).map(|_| byte()).collect();
        // Panics of refused requests are part of the programs, so nothing is printed of them.
        made += panic_of(|| program::run(&bytes)).unwrap_or_else(|panic| {
            panic!("NDARENA_SEED={seed} NDARENA_PROGRAMS=1 is a program that fails: {panic:?}")
        });
    }
    println!("{programs} programs made {made} arrays");
    assert!(made as u64 > programs);
}

#[test]
fn programs_that_a_fuzzer_found() {
    let mut made = 0;
    let found = corpus("programs");
    for (name, bytes) in found.iter().take(if cfg!(miri) { 3 } else { usize::MAX }) {
        made += panic_of(|| program::run(bytes)).unwrap_or_else(|panic| panic!("{name}: {panic:?}"));
    }
    assert!(made > 0 && found.len() > 20);
}
