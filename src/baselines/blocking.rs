//! Work on layers, on a thread that may block.

use tokio_util::sync::CancellationToken;

use super::error::Error;
use crate::storage::{OwnObject, OwnReader, Storage, run_blocking};

/// Does `work`, which does not end when the caller leaves.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    run_blocking(move || Ok(work())).await.unwrap_or_else(|error| Err(Error::Storage(error)))
}

/// Does `work` with readers of these layers, and says what its errors mean. When the caller leaves, reading fails.
pub(super) async fn with_layers<T: Send + 'static>(
    storage: &Storage,
    layers: &[OwnObject],
    work: impl FnOnce(Vec<OwnReader>) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let cancelled = CancellationToken::new();
    let readers = storage.open_own(layers, &cancelled);
    let _guard = cancelled.drop_guard();
    match blocking(move || work(readers)).await {
        Err(error) => Err(error.explained(storage, layers).await),
        done => done,
    }
}
