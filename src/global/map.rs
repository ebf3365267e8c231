//! Arenas around each item of an iterator, and the way out of them.

use super::{arena, no_arena};

/// A copy that lies outside any arena: `a.to_owned()`, made by the wrapped allocator. Of an array, a vector, anything that
/// is `Clone`, that is a clone, and of a slice a `Vec`.
///
/// For what is made in an arena and kept for long. Nothing is wrong with keeping the original, but enough of them fill an
/// arena. A clone of a *view* is a view of the same memory: for a copy of what it shows, `no_arena(|| view.to_owned())`.
///
/// ```
/// use ndarena::global::{arena, copy_out};
/// use ndarray::Array1;
///
/// let kept: Array1<f64> = arena(|| {
///     let table = Array1::linspace(0.0, 1.0, 10_001);
///     copy_out(&table)
/// });
/// assert_eq!(kept[5000], 0.5);
/// ```
///
/// # Panics
///
/// If cloning does.
pub fn copy_out<T: ToOwned + ?Sized>(a: &T) -> T::Owned {
    no_arena(|| a.to_owned())
}

/// Calls `f` with each item, in an [`arena`] each, and collects the results, which leave the arena without a copy.
///
/// The vector of results itself is made outside these arenas, and the iterator runs there.
///
/// ```
/// use ndarena::global::map_arena;
/// use ndarray::Array1;
///
/// let norms = map_arena(1..4, |n| (Array1::<f64>::ones(1000 * n) * 2.0).sum());
/// assert_eq!(norms, [2000.0, 4000.0, 6000.0]);
/// ```
///
/// # Panics
///
/// If `f` does.
pub fn map_arena<I: IntoIterator, R>(iter: I, mut f: impl FnMut(I::Item) -> R) -> Vec<R> {
    iter.into_iter().map(|item| arena(|| f(item))).collect()
}

/// [`map_arena`] on rayon's threads, each with an arena of its own. The results are in the order of the items. Feature
/// `rayon`.
///
/// ```
/// use ndarena::global::par_map_arena;
/// use ndarray::Array1;
///
/// let norms = par_map_arena(1..4, |n| (Array1::<f64>::ones(1000 * n) * 2.0).sum());
/// assert_eq!(norms, [2000.0, 4000.0, 6000.0]);
/// ```
///
/// # Panics
///
/// If `f` does.
#[cfg(feature = "rayon")]
pub fn par_map_arena<I, R>(iter: I, f: impl Fn(I::Item) -> R + Send + Sync) -> Vec<R>
where
    I: rayon::iter::IntoParallelIterator,
    R: Send,
{
    use rayon::iter::ParallelIterator;

    iter.into_par_iter().map(|item| arena(|| f(item))).collect()
}
