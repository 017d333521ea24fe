//! SQL of signing in by OAuth: sign-ins that have begun, and whose turn it is to renew an access token.

use sqlx::Result;
use uuid::Uuid;

use super::{Connection, SealedCredential};
use crate::db::{Time, Tx};
use crate::names::ConnectionId;
use crate::sql;

/// A sign-in that an administrator has begun.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SignIn {
    /// The public half of `state`.
    pub id: Uuid,
    /// Hash of the secret half, and of what it is bound to.
    pub state_hash: String,
    /// The instance of the connection.
    pub instance_id: Uuid,
    /// The connection that will get the tokens.
    pub connection_id: ConnectionId,
    /// The administrator's subject.
    pub started_by: String,
    /// The administrator's name, for the audit.
    pub started_name: String,
    /// After that it is too late.
    pub expires_utc: Time,
}

/// Begins a sign-in; it takes the place of the administrator's older one on the same connection.
pub async fn begin_sign_in(tx: &mut Tx, sign_in: &SignIn) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
        "INSERT INTO sign_ins (id, state_hash, instance_id, connection_id, started_by, started_name, expires_utc)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (connection_id, started_by) DO UPDATE SET id = excluded.id, state_hash = excluded.state_hash,
             instance_id = excluded.instance_id, started_name = excluded.started_name, expires_utc = excluded.expires_utc"
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
pub async fn sign_in(tx: &mut Tx, id: Uuid) -> Result<Option<SignIn>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM sign_ins WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// Uses a sign-in up. False: somebody else did, just before.
pub async fn use_sign_in(tx: &mut Tx, id: Uuid) -> Result<bool> {
    sql!(tx, |db| sqlx::query("DELETE FROM sign_ins WHERE id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(|done| done.rows_affected() == 1))
}

/// Removes up to `limit` sign-ins that ended before `before`; how many these were.
pub async fn forget_sign_ins(tx: &mut Tx, before: Time, limit: i64) -> Result<u64> {
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

/// Takes the turn to renew the tokens of this generation, until `until`. False: somebody else has it, or they are
/// renewed already.
pub async fn take_renewal(
    tx: &mut Tx,
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

/// Gives the turn back that was taken until `until`.
pub async fn give_renewal_back(tx: &mut Tx, id: ConnectionId, until: Time) -> Result<()> {
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

/// Stores renewed tokens in the place of those of `generation`. False: those were replaced meanwhile, by somebody who
/// signed in or typed in a key; that counts.
pub async fn renew(
    tx: &mut Tx,
    id: ConnectionId,
    generation: i64,
    renewed: &SealedCredential,
) -> Result<bool> {
    sql!(tx, |db| {
        sqlx::query(
        "UPDATE connections SET credential_sealed = $3, credential_expires_utc = $4, credential_verified_utc = $5,
             refused_message = NULL, renewal_until = NULL, credential_generation = credential_generation + 1,
             version = version + 1
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

/// A connection by its id alone, for those who hold it already.
pub async fn reread(tx: &mut Tx, id: ConnectionId) -> Result<Option<Connection>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM connections WHERE id = $1")
        .bind(id)
        .fetch_optional(db)
        .await)
}
