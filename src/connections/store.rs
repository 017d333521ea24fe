//! SQL of the `connections` table.

use sqlx::Result;
use uuid::Uuid;

use super::connection::{AllowedRoles, Connection, ConnectionType};
use super::consent_text::{CONSENT_VERSION, ConsentLang, ConsentText};
use super::credential::SealedCredential;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::{ConnectionId, DisplayName};
use crate::sql;

pub struct NewConnection<'a> {
    pub id: ConnectionId,
    pub instance: Uuid,
    /// Unique in the instance: a unique violation says that it is in use.
    pub display_name: &'a DisplayName,
    pub r#type: ConnectionType,
    pub allowed_roles: AllowedRoles,
    /// In which language the text of the consent was shown, as far as the caller says.
    pub consent_lang: Option<ConsentLang>,
    /// Who made it, and agreed to the transfer of data.
    pub by: &'a str,
    pub now: Time,
}

/// Adds a connection without credentials.
pub async fn insert(tx: &mut WriteHandle, new: &NewConnection<'_>) -> Result<Connection> {
    let shown = new.consent_lang.and_then(|lang| ConsentText::find(CONSENT_VERSION, lang));
    sql!(tx, |db| {
        sqlx::query_as(
        "INSERT INTO connections (id, instance_id, display_name, type, allowed_roles, consent_by, consent_utc,
             consent_version, consent_lang, consent_hash, version, created_by, created_utc, updated_by, updated_utc)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $6, $7, $6, $7) RETURNING *"
    )
    .bind(new.id)
    .bind(new.instance)
    .bind(new.display_name)
    .bind(new.r#type)
    .bind(new.allowed_roles)
    .bind(new.by)
    .bind(new.now)
    .bind(CONSENT_VERSION)
    .bind(new.consent_lang.and_then(ConsentLang::stored))
    .bind(shown.map(|text| text.hash()))
    .fetch_one(db)
    .await
    })
}

/// How many the instance has.
pub async fn count(tx: &mut ReadHandle, instance: Uuid) -> Result<i64> {
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT COUNT(*) FROM connections WHERE instance_id = $1")
            .bind(instance)
            .fetch_one(db)
            .await
    })
}

pub async fn get(
    tx: &mut ReadHandle,
    instance: Uuid,
    id: ConnectionId,
) -> Result<Option<Connection>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM connections WHERE instance_id = $1 AND id = $2")
        .bind(instance)
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// Locks the row: until the transaction ends, nobody else changes it.
pub async fn get_to_change(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: ConnectionId,
) -> Result<Option<Connection>> {
    sql!(tx, |db| sqlx::query_as(
        "UPDATE connections SET version = version WHERE instance_id = $1 AND id = $2 RETURNING *"
    )
    .bind(instance)
    .bind(id)
    .fetch_optional(db)
    .await)
}

/// Connections, newest first; `shared_only` as contributors see them.
pub async fn list(
    tx: &mut ReadHandle,
    instance: Uuid,
    shared_only: bool,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Connection>> {
    sql!(tx, |db| sqlx::query_as(
        "SELECT * FROM connections WHERE instance_id = $1 AND ($2 IS NULL OR id < $2)
             AND (NOT $3 OR allowed_roles = 'adminsAndContributors')
         ORDER BY id DESC LIMIT $4"
    )
    .bind(instance)
    .bind(after)
    .bind(shared_only)
    .bind(limit)
    .fetch_all(db)
    .await)
}

pub async fn update(
    tx: &mut WriteHandle,
    id: ConnectionId,
    name: &DisplayName,
    allowed: AllowedRoles,
    by: &str,
    now: Time,
) -> Result<Connection> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE connections SET display_name = $2, allowed_roles = $3, version = version + 1,
             updated_by = $4, updated_utc = $5
         WHERE id = $1 RETURNING *",
        )
        .bind(id)
        .bind(name)
        .bind(allowed)
        .bind(by)
        .bind(now)
        .fetch_one(db)
        .await
    })
}

/// Replaces the credential, and clears the refusal of the old one. `None`: the connection was removed.
pub async fn set_credential(
    tx: &mut WriteHandle,
    id: ConnectionId,
    credential: &SealedCredential,
    by: &str,
    now: Time,
) -> Result<Option<Connection>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "UPDATE connections SET credential_kind = $2, credential_sealed = $3, credential_last_four = $4,
             credential_expires_utc = $5, credential_verified_utc = $6, refused_message = NULL, renewal_until = NULL,
             credential_generation = credential_generation + 1, version = version + 1, updated_by = $7,
             updated_utc = $8, alerts_due = TRUE
         WHERE id = $1 RETURNING *"
    )
    .bind(id)
    .bind(credential.kind)
    .bind(&credential.sealed)
    .bind(&credential.last_four)
    .bind(credential.expires_utc)
    .bind(credential.verified_utc)
    .bind(by)
    .bind(now)
    .fetch_optional(db)
    .await
    })
}

/// Records that Campaign Monitor accepted the credential of this generation, unless it was replaced meanwhile. The
/// version rises only when the status changes: an editor who read it before must not be refused.
pub async fn set_verified(
    tx: &mut WriteHandle,
    id: ConnectionId,
    generation: i64,
    now: Time,
) -> Result<()> {
    sql!(tx, |db| {
        sqlx::query(
            "UPDATE connections SET credential_verified_utc = $3, refused_message = NULL,
             version = version + CASE WHEN refused_message IS NULL THEN 0 ELSE 1 END,
             alerts_due = alerts_due OR refused_message IS NOT NULL
         WHERE id = $1 AND credential_generation = $2",
        )
        .bind(id)
        .bind(generation)
        .bind(now)
        .execute(db)
        .await
        .map(drop)
    })
}

/// Records that Campaign Monitor rejected the credential of this generation. `None`: it was replaced meanwhile, or that
/// is recorded already.
pub async fn set_refused(
    tx: &mut WriteHandle,
    id: ConnectionId,
    generation: i64,
    message: &str,
) -> Result<Option<Connection>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE connections SET refused_message = $3, version = version + 1, alerts_due = TRUE
         WHERE id = $1 AND credential_generation = $2 AND refused_message IS NULL RETURNING *",
        )
        .bind(id)
        .bind(generation)
        .bind(message)
        .fetch_optional(db)
        .await
    })
}

/// Connections of all instances whose credentials have been rejected.
pub async fn count_refused(tx: &mut ReadHandle) -> Result<i64> {
    sql!(tx, |db| {
        sqlx::query_scalar(
            "SELECT count(*) FROM connections WHERE credential_sealed IS NOT NULL AND refused_message IS NOT NULL",
        )
        .fetch_one(db)
        .await
    })
}

/// Records the user that scheduled runs act as, or that there is none.
pub async fn set_export_user(
    tx: &mut WriteHandle,
    id: ConnectionId,
    user: Option<(&str, &str)>,
    by: &str,
    now: Time,
) -> Result<Connection> {
    sql!(tx, |db| {
        sqlx::query_as(
        "UPDATE connections SET export_user_subject = $2, export_user_name = $3, export_user_utc = $4,
             version = version + 1, updated_by = $5, updated_utc = $6
         WHERE id = $1 RETURNING *"
    )
    .bind(id)
    .bind(user.map(|(subject, _)| subject))
    .bind(user.map(|(_, name)| name))
    .bind(user.map(|_| now))
    .bind(by)
    .bind(now)
    .fetch_one(db)
    .await
    })
}

/// Removes a connection and its secret; a reference violation says that exports use it.
pub async fn delete(tx: &mut WriteHandle, id: ConnectionId) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM connections WHERE id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop))
}
