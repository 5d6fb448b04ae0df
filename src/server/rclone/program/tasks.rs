//! Work that may not be done, or not be broken off, where it was asked for.

use crate::server::rclone::error::RcloneError;

/// Does something to its end, even when the caller is gone.
pub async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, RcloneError>> + Send + 'static,
) -> Result<T, RcloneError> {
    tokio::spawn(work).await.map_err(|_| RcloneError::Broken("a task was cancelled".into()))?
}

/// Runs work on files off the async threads.
pub async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RcloneError> + Send + 'static,
) -> Result<T, RcloneError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| RcloneError::Broken("a task was cancelled".into()))?
}
