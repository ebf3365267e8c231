//! Scopes, guards and buffers: where their memory comes from, how far it goes, and when it is taken back.

mod bumper;
mod default_buffer;
mod detached;
mod fixed;
mod fixed_guards;
mod fixed_outer;
mod growth;
mod guards;
mod guards_model;
mod hostile;
mod lending;
mod limits;
mod model;
mod profile;
mod programs;
mod reentry;
mod scopes;
mod sources;

/// It counts, and refuses, for each thread by itself.
#[global_allocator]
static ALLOCATOR: ndarena_testing::Counting = ndarena_testing::Counting;
