//! Brings the schema up to date.

use std::collections::HashMap;
use std::sync::LazyLock;

use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::{Executor, Result};

use super::handle::{ReadHandle, WriteHandle};
use crate::sql;

/// Migrations only add, so that the previous version of the program runs on a newer schema: while pods are replaced one
/// after the other, and after a rollback.
pub(super) static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_ignore_missing(true);
    migrations
});

/// One process migrates at a time; any number that means nothing else in this database.
const LOCK: i64 = 0x7365_676d_656e_7473;

/// The migrations that have been applied: version and checksum. Fails when there is no table of them yet.
pub(super) async fn applied(tx: &mut ReadHandle) -> Result<HashMap<i64, Vec<u8>>> {
    let applied: Vec<(i64, Vec<u8>)> = sql!(tx, |db| {
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success")
            .fetch_all(db)
            .await?
    });
    Ok(applied.into_iter().collect())
}

/// Applies what is missing, all of it or nothing: behind a pooler in transaction mode a lock lives no longer than the
/// transaction, where that of sqlx would stay behind in a session of somebody else.
pub(super) async fn run_in_one(mut tx: WriteHandle) -> Result<(), MigrateError> {
    lock(&mut tx).await?;
    // Another process may have migrated while this one waited.
    let applied = applied(&mut tx).await?;
    for migration in MIGRATIONS.iter() {
        match applied.get(&migration.version) {
            Some(sum) if *sum == *migration.checksum => {}
            Some(_) => return Err(MigrateError::VersionMismatch(migration.version)),
            None => apply(&mut tx, migration)
                .await
                .map_err(|error| MigrateError::ExecuteMigration(error, migration.version))?,
        }
    }
    Ok(tx.commit().await?)
}

/// Locks the migrations until the transaction ends, and makes their table as sqlx does.
async fn lock(tx: &mut WriteHandle) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(db).await?;
    });
    let table = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
        version BIGINT PRIMARY KEY, description TEXT NOT NULL, installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
        success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL)";
    sql!(tx, |db| {
        db.execute(table).await?;
    });
    Ok(())
}

async fn apply(tx: &mut WriteHandle, migration: &Migration) -> Result<()> {
    sql!(tx, |db| {
        db.execute(migration.sql.clone()).await?;
    });
    sql!(tx, |db| {
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES ($1, $2, TRUE, $3, -1)",
        )
        .bind(migration.version)
        .bind(&*migration.description)
        .bind(&*migration.checksum)
        .execute(db)
        .await?;
    });
    Ok(())
}
