//! What operations give, to be compared, timed or counted.

use ndarray::{ArrayBase, Data, Dimension};

use super::operands::Element;

/// What can be said of an array, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    shape: Vec<usize>,
    /// Those of axes along which one goes anywhere.
    strides: Vec<isize>,
    /// The elements, in the order of their indices.
    bytes: Vec<u8>,
}

impl Seen {
    /// The number of elements' bytes.
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }
}

/// What an operation gives.
pub trait Outcome {
    /// All that there is to see of it.
    fn seen(&self) -> Seen;
}

impl<T: Element, S: Data<Elem = T>, D: Dimension> Outcome for ArrayBase<S, D> {
    fn seen(&self) -> Seen {
        let goes = |len: usize| len > 1 && !self.is_empty();
        Seen {
            shape: self.shape().to_vec(),
            strides: self
                .shape()
                .iter()
                .zip(self.strides())
                .filter(|&(&len, _)| goes(len))
                .map(|(_, &by)| by)
                .collect(),
            bytes: self.iter().flat_map(bytemuck::bytes_of).copied().collect(),
        }
    }
}

macro_rules! numbers {
    ($($T:ty)+) => {$(
        impl Outcome for $T {
            fn seen(&self) -> Seen {
                Seen { shape: Vec::new(), strides: Vec::new(), bytes: bytemuck::bytes_of(self).to_vec() }
            }
        }
    )+};
}

numbers! { f64 f32 i32 num_complex::Complex64 }
