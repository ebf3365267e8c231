//! The rows.

use super::Operation;

mod axes;
mod elementwise;
mod made;
mod parts;

/// Every operation of the table, on every element and kind of axes that it is for.
pub fn operations() -> Vec<Operation> {
    let mut all = Vec::with_capacity(1024);
    [elementwise::operations, parts::operations, axes::operations, made::operations]
        .iter()
        .for_each(|rows| rows(&mut all));
    all
}
