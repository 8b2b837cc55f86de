//! Work-done progress of the first scan.

use std::path::Path;
use std::sync::Arc;

use lsp_types::ProgressToken;
use tokio::sync::watch;

use crate::session::Session;

/// Tells the client how far an analysis is, from any thread and without waiting for the client.
pub(crate) struct Progress;

impl Progress {
    /// A function to report to. The progress ends when it is dropped.
    pub(crate) fn begin(
        session: &Arc<Session>,
        root: &Path,
        is_first: bool,
    ) -> impl Fn(usize, usize) + Send + Sync + 'static {
        let (percent, percents) = watch::channel(0);
        if is_first && session.features().progress {
            let token = ProgressToken::String(format!("midflight/scan{}", root.display()));
            tokio::spawn(report(Arc::clone(session), token, percents));
        }
        move |done, total| {
            let now = u32::try_from(done * 100 / total.max(1)).unwrap_or(100);
            percent.send_if_modified(|percent| std::mem::replace(percent, now.max(*percent)) < now);
        }
    }
}

async fn report(session: Arc<Session>, token: ProgressToken, mut percents: watch::Receiver<u32>) {
    let client = session.client();
    if client.create_work_done_progress(token.clone()).await.is_err() {
        return;
    }
    let progress =
        client.progress(token, "Midflight: reading the workspace").with_percentage(0).begin().await;
    while percents.changed().await.is_ok() {
        let percent = *percents.borrow_and_update();
        progress.report(percent).await;
    }
    progress.finish().await;
}
