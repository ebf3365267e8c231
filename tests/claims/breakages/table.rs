//! The changes, and the invariants without one.

use crate::invariants::Invariant;

/// A change of one place in the sources that breaks an invariant.
#[derive(Debug)]
pub(crate) struct Breakage {
    pub(crate) module: &'static str,
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    /// What is there once.
    pub(crate) from: &'static str,
    /// What is put in its place.
    pub(crate) to: &'static str,
    /// Which tests are run, as `cargo test` is told.
    pub(crate) by: &'static [&'static str],
}

impl Breakage {
    pub(crate) fn invariant(&self) -> Invariant {
        Invariant { module: self.module.to_owned(), name: self.name.to_owned() }
    }
}

const MEMORY: &[&str] = &["--lib", "memory::"];
const SCOPES: &[&str] = &["--test", "scopes", "--features", "huge-pages"];
const GROWTH: &[&str] = &["--test", "scopes", "growth::"];
const ARRAYS: &[&str] = &["--test", "arrays"];
const ARENAS: &[&str] = &["--test", "arenas", "--features", "global"];
const GLOBAL: &[&str] = &["--lib", "--features", "global", "global::"];
const LOOM: &[&str] = &["--release", "--lib", "--features", "global", "global::interleavings"];
const LINALG: &[&str] = &["-p", "ndarena-linalg"];
const COMPILER: &[&str] = &["--test", "compiler", "each_case_gives_its_error"];

macro_rules! breakages {
    ($($module:literal $name:literal $file:literal $by:ident { $from:literal } { $to:literal })+) => {
        &[$(Breakage { module: $module, name: $name, file: $file, from: $from, to: $to, by: $by }),+]
    };
}

/// One for each invariant, or several.
pub(crate) const BREAKAGES: &[Breakage] = breakages! {
    "linalg/matrices" "Seen" "src/linalg/matrices.rs" LINALG
        { "columns, strides[0], strides[1])" } { "columns, strides[1], strides[0])" }
    "memory/block" "Owned" "src/memory/block.rs" SCOPES
        { "Source::Custom(own) => unsafe { own.deallocate(self.chunk) }," } { "Source::Custom(_) => {}" }
    "memory/block" "Owned" "src/memory/level.rs" SCOPES
        { "let mut longer = Vec::new();\n            if longer.try_reserve_exact(2 * len + 2).is_err() {" } { "let mut longer = Vec::new();\n            let taken = self.outgrown.take();\n            let none = longer.try_reserve_exact(2 * len + 2).is_err();\n            self.outgrown.set(taken);\n            if none {" }
    "memory/region" "Memory" "src/memory/region.rs" MEMORY
        { "self.end.set(unsafe { start.add(size) });" } { "self.end.set(unsafe { start.add(size + LINE * usize::from(size > 0)) });" }
    "memory/region" "Order" "src/memory/region.rs" MEMORY
        { "self.init.set(self.init.get().min(self.size() - reach));" } { "" }
    "memory/region" "Initialised" "src/memory/region.rs" MEMORY
        { "unsafe { fresh.write_bytes(0, bytes) }" } { "()" }
    "memory/region" "Disjoint" "src/memory/region.rs" MEMORY
        { "self.low.set(reach);" } { "" }
    "memory/region" "Idle" "src/memory/level.rs" SCOPES
        { "let unused = region.used() == 0;" } { "let unused = true;" }
    "memory/region" "Idle" "src/memory/growing.rs" SCOPES
        { "level.reset_bump();" } { "" }
    "memory/region" "Shut" "src/memory/share.rs" MEMORY
        { "region.init.set(low);" } { "" }
    "memory/stack" "Made" "src/memory/stack.rs" SCOPES
        { "self.made.set(None);" } { "" }
    "memory/stack" "Free" "src/memory/stack.rs" SCOPES
        { "self.free.set(entered.region().next_free.get());" } { "" }
    "memory/stack" "Free" "src/memory/stack.rs" GROWTH
        { "region.next_free.set(self.stack.free.get());" } { "" }
    "memory/stack" "One thread" "src/threads.rs" COMPILER
        { "pub trait SharedWithThreads<'a> {}" } { "pub trait SharedWithThreads<'a> {}\nimpl<T: ?Sized> SharedWithThreads<'_> for T {}" }
    "threads" "Never" "src/threads.rs" COMPILER
        { "pub trait SharedWithThreads<'a> {}" } { "pub trait SharedWithThreads<'a> {}\nimpl<T: ?Sized> SharedWithThreads<'_> for T {}" }
    "memory/lending" "Own" "src/memory/lending.rs" SCOPES
        { "self.own.set(Some(NonNull::from(own)));" } { "if self.own.get().is_none() { self.own.set(Some(NonNull::from(own))) }" }
    "memory/lending" "Chain" "src/memory/lending.rs" SCOPES
        { "self.at(own, lender).take_back_fast(share);\n        self.innermost.set(lender);" } { "self.at(own, lender).take_back_fast(share);" }
    "memory/lending" "Rest" "src/memory/share.rs" MEMORY
        { "borrower.lender_high.set(ended.lender_high.get());" } { "" }
    "memory/lending" "Pinned" "src/memory/share.rs" MEMORY
        { "pins.low = span.to;" } { "" }
    "memory/lending" "Gap" "src/memory/share.rs" MEMORY
        { "self.set_pins(Pins { gap: rest, ..pins });" } { "let _ = rest;" }
    "memory/lending" "Return" "src/memory/share.rs" MEMORY
        { "inner.region.add_at_end(AtEnd::CLEANUP);" } { "" }
    "memory/lending" "First" "src/memory/stack.rs" SCOPES
        { "self.free.set(Some(NonNull::from(&own.first).cast()));" } { "" }
    "array/raw" "Contents" "src/array/raw.rs" SCOPES
        { "type Element = T;\n    const END: End = End::Low;" } { "type Element = T;\n    const END: End = End::High;" }
    "array/raw" "Ready" "src/array/raw.rs" SCOPES
        { "let (bytes, align) = (len * size_of::<C::Element>(), align_of::<C::Element>());" } { "let (bytes, align) = (len, align_of::<C::Element>());" }
    "array/filling" "Rest" "src/array/filling.rs" ARRAYS
        { "self.advance(count);" } { "self.advance(self.rest.len());" }
    "array/filling" "Whole" "src/array/filling.rs" ARRAYS
        { "Some(elements) => elements.fill(MaybeUninit::new(element))," } { "Some(elements) => elements.iter_mut().skip(1).for_each(|to| *to = MaybeUninit::new(element))," }
    "array/walk" "Inside" "src/array/walk.rs" ARRAYS
        { "at[k] -= steps[k] * (len as isize - 1)" } { "at[k] -= steps[k] * len as isize" }
    "array/runs" "Steps" "src/array/runs.rs" ARRAYS
        { "if self.step != 1 && self.len != 1 {" } { "if self.step == 0 {" }
    "shape/regrouped" "Regrouped" "src/shape/regrouped.rs" ARRAYS
        { "axes.next_if(|outer| outer.stride == step.wrapping_mul(left as isize))" } { "axes.next()" }
    "array/integers" "Integer" "src/array/integers.rs" ARRAYS
        { "typeid::of::<T>() == TypeId::of::<I>()" } { "size_of::<T>() == size_of::<I>() && typeid::of::<I>() == TypeId::of::<I>()" }
    "array/products/small" "Bits" "src/array/products/small.rs" ARRAYS
        { "possible.iter().copied().find(|&kernel| gives_the_same::<A>(kernel))" } { "possible.iter().copied().find(|&kernel| kernel == Kernel::Twice || !gives_the_same::<A>(kernel))" }
    "buffer/huge_pages" "Pages" "src/buffer/huge_pages.rs" SCOPES
        { "bytes.checked_next_multiple_of(HUGE_PAGE)?, HUGE_PAGE)" } { "bytes.checked_next_multiple_of(64)?, 64)" }
    "detached" "Alive" "src/memory/level.rs" SCOPES
        { "outgrown: self.outgrown.take() };" } { "outgrown: core::mem::take(&mut self.outgrown.take().split_off(0)).split_off(0) };\n        drop(blocks.outgrown.last().map(|block| block.memory()));\n        let blocks = Blocks { outgrown: Vec::new(), ..blocks };" }
    "buffer/thread" "Current" "src/buffer/thread.rs" SCOPES
        { "let _restore = Restore(CURRENT.replace(buffer));" } { "let _restore = Restore(CURRENT.replace(buffer));\n    CURRENT.set(ptr::null());" }
    "global/alloc" "Large" "src/global/alloc.rs" ARENAS
        { "if size >= self.min_size && unsafe { resize(" } { "if unsafe { resize(" }
    "global/bins" "Both ways" "src/global/bins.rs" GLOBAL
        { "unsafe { next.as_mut() }.previous = previous;" } { "unsafe { next.as_mut() }.previous = ptr::null_mut();" }
    "global/bins" "Marked" "src/global/bins.rs" GLOBAL
        { "self.marks.unmark(span.start().addr().get(), span.end());" } { "" }
    "global/arena" "Ready" "src/global/reservation.rs" ARENAS
        { "unsafe { arena.init(self.place_of(index)) };" } { "let _ = self.place_of(index);" }
    "global/arena" "Given out" "src/global/arena.rs" GLOBAL
        { "self.remote_frees.push(unsafe { Span::new(block, Class::of(size).bytes) }, false);" } { "self.remote_frees.push(unsafe { Span::new(block, Class::of(size + 1).bytes) }, false);" }
    "global/arena" "Counted" "src/global/arena.rs" GLOBAL
        { "if owned.recycler.used() == 0 && !owned" } { "if owned.recycler.used() < 4096 && !owned" }
    "global/ownership" "One owner" "src/global/ownership.rs" LOOM
        { "State::Owned as u8, Ordering::Acquire, Ordering::Relaxed)" } { "State::Owned as u8, Ordering::Relaxed, Ordering::Relaxed)" }
    "global/remote_frees" "Taken whole" "src/global/remote_frees.rs" LOOM
        { "self.first.swap(ptr::null_mut(), Ordering::Acquire)" } { "self.first.swap(ptr::null_mut(), Ordering::Relaxed)" }
    "global/reservation" "Partitioned" "src/global/reservation.rs" ARENAS
        { "self.memory.add(index * self.stride)" } { "self.memory.add(index / 2 * self.stride)" }
    "global/reservation" "By address" "src/global/reservation.rs" ARENAS
        { "block.addr().wrapping_sub(START.load(Ordering::Relaxed)) < bytes" } { "block.addr().wrapping_sub(START.load(Ordering::Relaxed)) < bytes.min(4096)" }
    "global/span" "Exclusive" "src/global/span.rs" GLOBAL
        { "self.bytes = rest;" } { "let _ = rest;" }
    "global/span" "Granular" "src/global/class.rs" GLOBAL
        { "bytes: ((leading + 1) << doubling) * GRANULE }" } { "bytes: ((leading + 1) << doubling) * GRANULE + 8 }" }
    "global/span" "Linked" "src/global/span.rs" GLOBAL
        { "Self { start: node.cast(), bytes: links.bytes }" } { "Self { start: node.cast(), bytes: links.bytes + GRANULE }" }
    "global/pages" "Own" "src/global/pages.rs" GLOBAL
        { "self.place.groups.cast::<u8>().add(self.groups_committed)" } { "self.place.start.cast::<u8>().add(self.groups_committed)" }
    "global/pages" "Prefix" "src/global/pages.rs" GLOBAL
        { "self.committed = from;" } { "let _ = from;" }
    "global/thread" "Current" "src/global/thread.rs" ARENAS
        { "if let Some(arena) = thread.current.take() {" } { "if let Some(arena) = thread.current.get() {" }
};

/// The invariants without such a change: module, name, and why.
pub(crate) const WITHOUT: &[(&str, &str, &str)] = &[
    ("lib", "Caller", "What a function asks is shown where it is called."),
    ("lib", "Borrowed", "Rust's own promise."),
    ("lib", "Allocator", "The promise of whoever writes a global allocator."),
    ("lib", "System", "The operating system's promise."),
    ("lib", "Test", "A promise of tests, not of the library."),
    (
        "memory/stack",
        "Shared",
        "All fields of a level are `Cell`s, which the compiler lets nobody write to in another way.",
    ),
    ("memory/level", "Still", "There is one function that takes `&Detached`, and it reads."),
    (
        "array/products/dot",
        "Same",
        "`TypeId` is compared in one line; no element of the tests has padding that would show.",
    ),
    (
        "array/products/small",
        "Fused",
        "All processors that the tests run on have these operations; a debug assertion looks.",
    ),
    ("global/alloc", "Contract", "The promise of whoever calls a global allocator."),
    (
        "global/arena",
        "Owner only",
        "It follows from One owner of `ownership` and Current of `thread`, which have rows.",
    ),
    ("global/reservation", "Reserved", "The range is stored once, in a `OnceLock`, and no function gives it back."),
    ("global/thread", "No destructor", "The thread-local's type has no `Drop`, and its value is a `const`."),
];
