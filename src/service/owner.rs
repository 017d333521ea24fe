//! One process owns an embedded database: what it does at its start, because the one before it has ended.

use anyhow::Context;

use crate::app::App;
use crate::config::Config;
use crate::db::{self, FileLock};
use crate::runs::store_work;

/// Makes this process the owner of an embedded database, for as long as the lock is held; `None` on `PostgreSQL`.
pub fn own_database(config: &Config) -> anyhow::Result<Option<FileLock>> {
    let url = config.data.database_url()?;
    create_folder(url)?;
    FileLock::take(url).map_err(|error| match error.kind() {
        std::io::ErrorKind::WouldBlock => anyhow::anyhow!(
            "another process of this service uses the database in the same folder, and an embedded one is for one \
             process. Stop the other one, or set SEGMENT_EXPORT_DATABASE_URL to a PostgreSQL for both"
        ),
        _ => anyhow::anyhow!("the database cannot be locked ({error}); check SEGMENT_EXPORT_DATABASE_URL"),
    })
}

/// Removes the uploads that the process before this one left unfinished. The lock proves that nobody writes them.
pub async fn remove_unfinished_uploads(app: &App, _owned: &FileLock) {
    match app.storage.remove_unfinished(db::now().into()).await {
        Ok(0) => {}
        Ok(count) => tracing::warn!(count, "removed uploads that a killed process left unfinished"),
        Err(error) => tracing::warn!(
            error = format!("{:#}", anyhow::Error::from(error)),
            "uploads that a killed process left unfinished could not be removed; the janitor retries"
        ),
    }
}

/// Makes the runs that the process before this one left behind due at once. The lock proves that it has ended.
pub async fn take_over_runs(app: &App, _owned: &FileLock) -> sqlx::Result<()> {
    let mut tx = app.db.write().await?;
    let runs = store_work::end_leases(&mut tx, db::now()).await?;
    tx.commit().await?;
    if runs > 0 {
        tracing::warn!(
            runs,
            "the process before this one ended in the middle of runs; they resume now"
        );
    }
    Ok(())
}

/// Creates the folder of an embedded database.
pub(super) fn create_folder(url: &str) -> anyhow::Result<()> {
    if let Some(file) = url.strip_prefix("sqlite://")
        && let Some(folder) = std::path::Path::new(file).parent()
    {
        std::fs::create_dir_all(folder).with_context(|| {
            format!("the folder of {file} cannot be created; check SEGMENT_EXPORT_DATABASE_URL")
        })?;
    }
    Ok(())
}
