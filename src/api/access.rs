//! Who may do what to which export: contributors manage everything over connections that are shared with them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::connections;
use crate::db::ReadHandle;
use crate::http::auth::Caller;
use crate::http::problem::{Problem, ProblemKind};
use crate::identity::Role;
use crate::names::ConnectionId;

/// What the caller may do with an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Permissions {
    /// Change, run and remove it.
    Edit,
    /// Only read it and its runs.
    View,
}

/// What the caller may do with exports and runs over `connection`: contributors manage everything over connections
/// that are shared with them, no matter who made it.
pub async fn permissions<R>(
    tx: &mut ReadHandle,
    caller: &Caller<R>,
    connection: Option<ConnectionId>,
) -> Result<Permissions, Problem> {
    match (caller.identity.role, connection) {
        (Role::Admin, _) => Ok(Permissions::Edit),
        (Role::Operator | Role::Viewer, _) | (Role::Contributor, None) => Ok(Permissions::View),
        (Role::Contributor, Some(id)) => {
            let connection = connections::store::get(tx, caller.instance, id).await?;
            let is_shared = connection.is_some_and(|connection| connection.is_shared());
            Ok(if is_shared { Permissions::Edit } else { Permissions::View })
        }
    }
}

/// Rejects a caller who may only read what uses `connection`.
pub async fn may_edit<R>(
    tx: &mut ReadHandle,
    caller: &Caller<R>,
    connection: Option<ConnectionId>,
) -> Result<(), Problem> {
    match permissions(tx, caller, connection).await? {
        Permissions::Edit => Ok(()),
        Permissions::View => Err(Problem::new(
            ProblemKind::Forbidden,
            "The connection of this export is not shared with contributors. Ask an administrator to share it.",
        )),
    }
}
