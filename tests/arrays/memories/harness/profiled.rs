//! Programs on buffers that are profiled.

use std::mem::MaybeUninit;

use ndarena::{FixedBuffer, prelude::*};

use super::{BESIDE_THE_PEAK, MORE_THAN_ITS_PEAK, POISON, Program, excepted, most_of_guards};

/// While it is profiled; and on what the profile says is enough.
pub(super) fn check(p: &Program<'_>) {
    let (buffer, what) = (Buffer::new(), "a buffer that is profiled");
    buffer.profile(|| p.in_every_way(&buffer, what));
    let profile = buffer.profile(|| buffer.scope(|s| p.check(s, what, "once")));
    if !excepted(p, &BESIDE_THE_PEAK) {
        Buffer::with_limit(profile.limit).scope(|s| p.check(s, "the limit that its profile says", "once"));
    }
    if !excepted(p, &MORE_THAN_ITS_PEAK) {
        let mut memory = vec![MaybeUninit::new(POISON); profile.fixed_size + most_of_guards(p) + 1];
        FixedBuffer::new(&mut memory[1..])
            .scope(|s| p.check(s, "fixed memory of the size that its profile says", "once"));
    }
}
