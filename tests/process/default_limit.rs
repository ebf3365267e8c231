//! `set_default_limit`, which is the process's.

use ndarena::{default_buffer, prelude::*, scope, set_default_limit};

#[test]
fn it_holds_for_buffers_not_yet_created() {
    let limit = || default_buffer(|b| b.stats().limit.unwrap());
    let before = std::thread::spawn(move || {
        let before = limit();
        set_default_limit(1 << 16);
        assert_eq!(limit(), before, "this thread's buffer exists");
        before
    });
    let before = before.join().unwrap();
    assert_ne!(before, 1 << 16);
    std::thread::spawn(move || {
        assert_eq!(limit(), 1 << 16);
        scope(|s| {
            assert!(s.try_alloc_array::<f64>(8193).is_err());
            assert!(s.try_alloc_array::<f64>(8000).is_ok());
        });
    })
    .join()
    .unwrap();
}
