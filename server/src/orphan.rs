//! Notices that the editor is gone, though nobody has said so.
//!
//! Usually standard input ends with the editor. Not if another process inherited the other end of it.

use std::sync::Arc;
use std::time::Duration;

use crate::session::Session;

const INTERVAL: Duration = Duration::from_secs(1);

/// Returns when the process that `initialize` named is gone.
pub(crate) async fn wait(session: Option<&Arc<Session>>) {
    let Some(session) = session else { return std::future::pending().await };
    loop {
        tokio::time::sleep(INTERVAL).await;
        if session.parent().is_some_and(|parent| !parent.is_alive()) {
            return;
        }
    }
}

/// The process that started this one, or that the editor calls its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parent {
    id: u32,
    is_ours: bool,
}

#[cfg(unix)]
impl Parent {
    pub(crate) fn new(id: u32) -> Self {
        Self { id, is_ours: Some(id) == our_parent() }
    }

    /// A parent that ended has handed its children on, even while it is a zombie itself.
    fn is_alive(self) -> bool {
        if self.is_ours {
            return our_parent() == Some(self.id);
        }
        let id = i32::try_from(self.id).ok().and_then(rustix::process::Pid::from_raw);
        // Not being allowed to signal it means that it is there.
        id.is_none_or(|id| rustix::process::test_kill_process(id) != Err(rustix::io::Errno::SRCH))
    }
}

#[cfg(unix)]
fn our_parent() -> Option<u32> {
    rustix::process::getppid().and_then(|id| u32::try_from(id.as_raw_nonzero().get()).ok())
}

/// Elsewhere the end of standard input has to do.
#[cfg(not(unix))]
impl Parent {
    pub(crate) fn new(id: u32) -> Self {
        Self { id, is_ours: true }
    }

    fn is_alive(self) -> bool {
        let _ = (self.id, self.is_ours);
        true
    }
}
