//! The exports that use a connection or a segment: while there are any, it cannot be removed.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::views::ExportState;
use crate::db::ReadHandle;
use crate::exports::Export;
use crate::exports::store::{self, ExportQuery};
use crate::http::problem::{Member, Problem, ProblemKind};
use crate::names::{DisplayName, ExportId};

/// An export that depends on a connection or a segment.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependant {
    pub export_id: ExportId,
    pub display_name: DisplayName,
    pub state: ExportState,
}

/// The most exports that a problem names.
const DEPENDANTS_MAX: i64 = 200;

/// Why something cannot be removed: at least `count` exports use it.
fn in_use(what: &str, remedy: &str, count: usize) -> String {
    let least = if i64::try_from(count).is_ok_and(|count| count < DEPENDANTS_MAX) {
        ""
    } else {
        "At least "
    };
    match count {
        1 => format!("An export uses this {what}. {remedy} or remove it first."),
        _ => format!("{least}{count} exports use this {what}. {remedy} or remove them first."),
    }
}

/// Rejects the removal of a `what` that exports use; `remedy` is what to do with them, as in "Detach".
pub async fn refuse_in_use(
    tx: &mut ReadHandle,
    instance: Uuid,
    filter: &ExportQuery,
    (kind, what, remedy): (ProblemKind, &str, &str),
) -> Result<(), Problem> {
    let dependants = store::list(tx, instance, filter, None, DEPENDANTS_MAX).await?;
    if dependants.is_empty() {
        return Ok(());
    }
    let dependants: Vec<_> = dependants.into_iter().map(Dependant::of).collect();
    let detail = in_use(what, remedy, dependants.len());
    Err(Problem::new(kind, detail).with(Member::Dependants, dependants))
}

impl Dependant {
    /// Without its configuration.
    #[must_use]
    pub fn of(export: Export) -> Self {
        Self {
            state: ExportState::of(&export),
            export_id: export.id,
            display_name: export.display_name,
        }
    }
}
