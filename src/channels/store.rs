//! SQL of the table `channels`.

use sqlx::types::Json;
use sqlx::{QueryBuilder, Result};
use uuid::Uuid;

use super::channel::{Channel, ChannelKind, NewSecret, SignatureScheme};
use super::recipient::Recipients;
use crate::db::{ReadHandle, Time, WriteHandle};
use crate::names::{ChannelId, DisplayName};
use crate::sql;

/// A channel that is to be added.
#[derive(Clone, Debug)]
pub struct NewChannel<'a> {
    pub id: ChannelId,
    pub instance: Uuid,
    /// Unique in the instance: a unique violation says that it is in use.
    pub display_name: &'a DisplayName,
    pub kind: ChannelKind,
    pub recipients: Recipients,
    pub target: Option<NewTarget>,
    pub by: &'a str,
    pub now: Time,
}

/// The sealed URL of a channel, and what may be seen of it.
#[derive(Clone, Debug)]
pub struct NewTarget {
    pub sealed: String,
    pub url_hint: String,
    /// `None` unless it is a webhook.
    pub signature: Option<SignatureScheme>,
    pub public_key: Option<String>,
}

/// What callers change of a channel.
#[derive(Clone, Debug)]
pub struct ChangedChannel<'a> {
    pub display_name: &'a DisplayName,
    pub recipients: &'a Recipients,
    pub target_sealed: Option<&'a str>,
    pub url_hint: Option<&'a str>,
    /// Since when nothing is sent, and why.
    pub disabled: Option<(Time, &'a str)>,
}

pub async fn insert(tx: &mut WriteHandle, new: &NewChannel<'_>) -> Result<Channel> {
    let target = new.target.as_ref();
    sql!(tx, |db| {
        sqlx::query_as(
            "INSERT INTO channels (id, instance_id, display_name, kind, recipients, target_sealed, url_hint, signature,
                 public_key, version, created_by, created_utc, updated_by, updated_utc)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10, $11, $10, $11) RETURNING *",
        )
        .bind(new.id)
        .bind(new.instance)
        .bind(new.display_name)
        .bind(new.kind)
        .bind(Json(&new.recipients))
        .bind(target.map(|target| target.sealed.as_str()))
        .bind(target.map(|target| target.url_hint.as_str()))
        .bind(target.and_then(|target| target.signature))
        .bind(target.and_then(|target| target.public_key.as_deref()))
        .bind(new.by)
        .bind(new.now)
        .fetch_one(db)
        .await
    })
}

/// How many the instance has. Until the transaction ends nobody else creates one.
pub async fn count_to_create(tx: &mut WriteHandle, instance: Uuid) -> Result<i64> {
    sql!(&mut *tx, |db| {
        sqlx::query(
            "INSERT INTO channel_quotas (instance_id) VALUES ($1)
             ON CONFLICT (instance_id) DO UPDATE SET instance_id = $1",
        )
        .bind(instance)
        .execute(db)
        .await
        .map(drop)
    })?;
    sql!(tx, |db| {
        sqlx::query_scalar("SELECT COUNT(*) FROM channels WHERE instance_id = $1")
            .bind(instance)
            .fetch_one(db)
            .await
    })
}

pub async fn get(tx: &mut ReadHandle, instance: Uuid, id: ChannelId) -> Result<Option<Channel>> {
    sql!(tx, |db| sqlx::query_as("SELECT * FROM channels WHERE instance_id = $1 AND id = $2")
        .bind(instance)
        .bind(id)
        .fetch_optional(db)
        .await)
}

/// Locks the row: until the transaction ends, nobody else changes it.
pub async fn get_to_change(
    tx: &mut WriteHandle,
    instance: Uuid,
    id: ChannelId,
) -> Result<Option<Channel>> {
    sql!(tx, |db| sqlx::query_as(
        "UPDATE channels SET version = version WHERE instance_id = $1 AND id = $2 RETURNING *"
    )
    .bind(instance)
    .bind(id)
    .fetch_optional(db)
    .await)
}

/// Channels, newest first.
pub async fn list(
    tx: &mut ReadHandle,
    instance: Uuid,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Channel>> {
    sql!(tx, |db| {
        sqlx::query_as(
        "SELECT * FROM channels WHERE instance_id = $1 AND ($2 IS NULL OR id < $2) ORDER BY id DESC LIMIT $3"
    )
    .bind(instance)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await
    })
}

/// The channels of an instance to which something may be sent: these, or every one.
pub async fn active(
    tx: &mut ReadHandle,
    instance: Uuid,
    ids: Option<&[ChannelId]>,
) -> Result<Vec<Channel>> {
    if ids.is_some_and(<[_]>::is_empty) {
        return Ok(vec![]); // `PostgreSQL` knows no empty list.
    }
    sql!(tx, |db| {
        let mut select = QueryBuilder::new(
            "SELECT * FROM channels WHERE disabled_utc IS NULL AND instance_id = ",
        );
        select.push_bind(instance);
        if let Some(ids) = ids {
            let mut list = select.push(" AND id IN (").separated(", ");
            for id in ids {
                list.push_bind(*id);
            }
            select.push(")");
        }
        select.push(" ORDER BY id").build_query_as().fetch_all(db).await
    })
}

pub async fn update(
    tx: &mut WriteHandle,
    id: ChannelId,
    new: &ChangedChannel<'_>,
    by: &str,
    now: Time,
) -> Result<Channel> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE channels SET display_name = $2, recipients = $3, target_sealed = $4, url_hint = $5,
                 disabled_utc = $6, disabled_because = $7, version = version + 1, updated_by = $8, updated_utc = $9
             WHERE id = $1 RETURNING *",
        )
        .bind(id)
        .bind(new.display_name)
        .bind(Json(new.recipients))
        .bind(new.target_sealed)
        .bind(new.url_hint)
        .bind(new.disabled.map(|(since, _)| since))
        .bind(new.disabled.map(|(_, why)| why))
        .bind(by)
        .bind(now)
        .fetch_one(db)
        .await
    })
}

/// Replaces the secret that signs.
pub async fn set_secret(
    tx: &mut WriteHandle,
    id: ChannelId,
    new: &NewSecret,
    by: &str,
    now: Time,
) -> Result<Channel> {
    sql!(tx, |db| {
        sqlx::query_as(
            "UPDATE channels SET target_sealed = $2, public_key = $3, previous_until_utc = $4, version = version + 1,
                 updated_by = $5, updated_utc = $6
             WHERE id = $1 RETURNING *",
        )
        .bind(id)
        .bind(&new.target_sealed)
        .bind(&new.public_key)
        .bind(new.previous_until)
        .bind(by)
        .bind(now)
        .fetch_one(db)
        .await
    })
}

/// Sends nothing more to a channel. False: nothing was sent to it already.
pub async fn disable(tx: &mut WriteHandle, id: ChannelId, why: &str, now: Time) -> Result<bool> {
    let done = sql!(tx, |db| {
        sqlx::query(
            "UPDATE channels SET disabled_utc = $3, disabled_because = $2, version = version + 1
             WHERE id = $1 AND disabled_utc IS NULL",
        )
        .bind(id)
        .bind(why)
        .bind(now)
        .execute(db)
        .await?
        .rows_affected()
    });
    Ok(done == 1)
}

/// Removes a channel, its secrets and its messages.
pub async fn delete(tx: &mut WriteHandle, id: ChannelId) -> Result<()> {
    sql!(tx, |db| sqlx::query("DELETE FROM channels WHERE id = $1")
        .bind(id)
        .execute(db)
        .await
        .map(drop))
}
