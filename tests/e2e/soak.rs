//! A short soak; `cargo xtask soak` is the long one.

use midflight_tests::soak;

#[test]
fn state_breakpoints_and_threads_live_through_many_random_swaps() {
    let swaps = 40;
    let outcome = soak::run(swaps, 1, |_| {});
    assert!(outcome.is_right(swaps), "{outcome}");
}
