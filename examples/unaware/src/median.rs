//! The median, by a partial sort of a copy.

/// The upper median of `values`, of which there is at least one.
pub fn median(values: &[f64]) -> f64 {
    select(&mut values.to_vec())
}

/// The same, with room for the copy given.
pub fn median_into(values: &[f64], copy: &mut [f64]) -> f64 {
    copy.copy_from_slice(values);
    select(copy)
}

#[inline(never)]
fn select(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Numbers from 0 to 1 without order, the same for each seed. Marsaglia's xorshift.
pub fn numbers(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    std::iter::repeat_with(next).take(n).collect()
}
