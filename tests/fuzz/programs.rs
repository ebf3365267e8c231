//! Programs of scopes, guards and arrays, of whatever bytes find new code: `tests/scopes/programs/program.rs`.
#![no_main]

use std::panic;

use libfuzzer_sys::fuzz_target;

#[path = "../scopes/programs/program.rs"]
mod program;

fuzz_target!(
    init: {
        // The fuzzer's hook ends the process at each panic; but that of a request that is refused is part of a program.
        let end = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let refused = info.payload().downcast_ref::<String>().is_some_and(|said| said.starts_with("ndarena: "));
            if !refused {
                end(info);
            }
        }));
    },
    |bytes: &[u8]| {
        program::run(bytes);
    }
);
