//! SQL of signing in by OAuth: sign-ins that have begun, and the lease to renew an access token.

use sqlx::Result;
use uuid::Uuid;

use super::connection::Connection;
use super::credential::SealedCredential;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::ConnectionId;
use crate::sql;

/// A sign-in that an administrator has begun.
#[derive(Clone, Debug, sqlx::FromRow)]
#[expect(
    missing_docs,
    reason = "most columns are named so that they say it all; the others are explained"
)]
pub struct SignIn {
    /// The public half of `state`.
    pub id: Uuid,
    /// Hash of the secret half, and of what it is bound to.
    pub state_hash: String,
    pub instance_id: Uuid,
    /// The connection that will get the tokens.
    pub connection_id: ConnectionId,
    /// The subject of the administrator.
    pub started_by: String,
    /// The administrator's name, for the audit.
    pub started_name: String,
    /// After this time the sign-in is rejected.
    pub expires_utc: Time,
}

/// Begins a sign-in; it replaces the administrator's older one on the same connection.
pub async fn begin_sign_in(tx: &mut WriteHandle, sign_in: &SignIn) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
        "INSERT INTO sign_ins (id, state_hash, instance_id, connection_id, started_by, started_name, expires_utc)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (connection_id, started_by) DO UPDATE SET id = excluded.id, state_hash = excluded.state_hash,
             instance_id = excluded.instance_id, started_name = excluded.started_name,
             expires_utc = excluded.expires_utc"
    )
    .bind(sign_in.id)
    .bind(&sign_in.state_hash)
    .bind(sign_in.instance_id)
    .bind(sign_in.connection_id)
    .bind(&sign_in.started_by)
    .bind(&sign_in.started_name)
    .bind(sign_in.expires_utc)
    .execute(db)
    .await
    .map(drop)
    })
}

/// The sign-in with this id.
pub async fn sign_in(tx: &mut ReadHandle, id: Uuid) -> Result<Option<SignIn>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM sign_ins WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// Uses up a sign-in. False: it was used just before.
pub async fn use_sign_in(tx: &mut WriteHandle, id: Uuid) -> Result<bool> {
    sql!(tx, |db| sqlx::query("DELETE FROM sign_ins WHERE id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1))
}

/// Removes at most `limit` sign-ins that expired before `before`, and returns how many.
pub async fn remove_expired_sign_ins(
    tx: &mut WriteHandle,
    before: Time,
    limit: i64,
) -> Result<u64> {
    sql!(tx, |db| sqlx::query(
        "DELETE FROM sign_ins WHERE id IN
         (SELECT id FROM sign_ins WHERE expires_utc < $1 LIMIT $2)"
    )
    .bind(before)
    .bind(limit)
    .execute(db)
    .await
    .map(|done| done.rows_affected()))
}

/// Takes the lease to renew the tokens of this generation, until `until`. False: another process has it, or they are
/// renewed already.
pub async fn lease_renewal(
    tx: &mut WriteHandle,
    id: ConnectionId,
    generation: i64,
    now: Time,
    until: Time,
) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query(
        "UPDATE connections SET renewal_until = $4
         WHERE id = $1 AND credential_generation = $2 AND (renewal_until IS NULL OR renewal_until < $3)"
    )
    .bind(id)
    .bind(generation)
    .bind(now)
    .bind(until)
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
    })
}

/// Releases the lease that was taken until `until`.
pub async fn release_renewal(tx: &mut WriteHandle, id: ConnectionId, until: Time) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE connections SET renewal_until = NULL WHERE id = $1 AND renewal_until = $2",
        )
        .bind(id)
        .bind(until)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Replaces the tokens of `generation` with renewed ones. False: they were replaced meanwhile, by a sign-in or an API
/// key, and those stay.
pub async fn renew(
    tx: &mut WriteHandle,
    id: ConnectionId,
    generation: i64,
    renewed: &SealedCredential,
) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query(
        "UPDATE connections SET credential_sealed = $3, credential_expires_utc = $4, credential_verified_utc = $5,
             refused_message = NULL, renewal_until = NULL, credential_generation = credential_generation + 1,
             alerts_due = alerts_due OR refused_message IS NOT NULL, version = version + 1
         WHERE id = $1 AND credential_generation = $2"
    )
    .bind(id)
    .bind(generation)
    .bind(&renewed.sealed)
    .bind(renewed.expires_utc)
    .bind(renewed.verified_utc)
    .execute(db)
    .await
    .map(|done| done.rows_affected() == 1)
    })
}

/// A connection by its id alone: the caller has read it in its instance before.
pub async fn reread(tx: &mut ReadHandle, id: ConnectionId) -> Result<Option<Connection>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM connections WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await)
}
