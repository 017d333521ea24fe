//! SQL of the table `alerts` for those who read them: each sees the alerts about what they see.

use sqlx::Result;
use uuid::Uuid;

use super::alert::{Alert, AlertStatus};
use super::rule_kind::RuleKind;
use crate::db::ReadHandle;
use crate::names::{AlertId, ExportId};
use crate::sql;

/// Alerts about which connections and channels somebody sees: those that they see the connections of. Channels are for
/// who sees every connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenConnections {
    All,
    /// Those that are shared with contributors.
    Shared,
    None,
}

impl SeenConnections {
    const fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Shared => "shared",
            Self::None => "none",
        }
    }
}

/// Which alerts to list; every one when empty.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlertQuery {
    pub status: Option<AlertStatus>,
    pub kind: Option<RuleKind>,
    pub export: Option<ExportId>,
}

/// Newest first.
pub async fn list(
    tx: &mut ReadHandle,
    instance: Uuid,
    (filter, sees): (AlertQuery, SeenConnections),
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Alert>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM alerts WHERE instance_id = $1 AND ($2 IS NULL OR id < $2) AND ($3 IS NULL OR status = $3)
                 AND ($4 IS NULL OR kind = $4) AND ($5 IS NULL OR export_id = $5)
                 AND ((connection_id IS NULL AND channel_id IS NULL) OR $7 = 'all' OR ($7 = 'shared' AND EXISTS (
                     SELECT 1 FROM connections WHERE connections.id = alerts.connection_id
                         AND allowed_roles = 'adminsAndContributors')))
             ORDER BY id DESC LIMIT $6",
        )
        .bind(instance)
        .bind(after)
        .bind(filter.status)
        .bind(filter.kind)
        .bind(filter.export)
        .bind(limit)
        .bind(sees.word())
        .fetch_all(db)
        .await
    })
}

/// `None` also when it is about a connection or a channel that the caller does not see.
pub async fn get(
    tx: &mut ReadHandle,
    instance: Uuid,
    id: AlertId,
    sees: SeenConnections,
) -> Result<Option<Alert>> {
    sql!(tx, |db| {
        sqlx::query_as(
            "SELECT * FROM alerts WHERE instance_id = $1 AND id = $2
                 AND ((connection_id IS NULL AND channel_id IS NULL) OR $3 = 'all' OR ($3 = 'shared' AND EXISTS (
                     SELECT 1 FROM connections WHERE connections.id = alerts.connection_id
                         AND allowed_roles = 'adminsAndContributors')))",
        )
        .bind(instance)
        .bind(id)
        .bind(sees.word())
        .fetch_optional(db)
        .await
    })
}
