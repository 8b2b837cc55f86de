//! Threads with room for deep recursion: the parser recurses on what it reads, and an editor's worker thread may have
//! little stack. How deep a text may go is bounded before it is parsed; these stacks hold that depth with room to spare.

use std::sync::OnceLock;

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Address space only: pages are taken when they are used.
const STACK: usize = 256 << 20;

/// Runs `work` on a thread with a deep stack, and its parallel parts on others.
pub(crate) fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let name = |index| format!("midflight-parse-{index}");
        ThreadPoolBuilder::new().stack_size(STACK).thread_name(name).build().ok()
    });
    match pool {
        Some(pool) => pool.install(work),
        // No threads to be had: better the stack at hand than no answer.
        None => work(),
    }
}
