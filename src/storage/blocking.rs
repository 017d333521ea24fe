//! Work that keeps a processor or a disk busy, away from the async threads.

use super::error::Error;

/// Runs work on a thread that may block; a panic there is an error here.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(Error::unavailable(panic)))
}
