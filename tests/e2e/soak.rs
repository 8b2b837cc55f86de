//! Short soaks; `cargo xtask soak` makes the long ones.

use midflight_tests::{crowd, soak};

#[test]
fn state_breakpoints_and_threads_live_through_many_random_swaps() {
    let swaps = 40;
    let outcome = soak::run(swaps, 1, |_| {});
    assert!(outcome.is_right(swaps), "{outcome}");
}

#[test]
fn two_hundred_breakpoints_stay_with_their_statements_through_many_reloads() {
    let reloads = 20;
    let outcome = crowd::run(reloads, 1, |_| {});
    assert!(outcome.is_right(reloads), "{outcome}");
}
