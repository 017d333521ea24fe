//! Everybody who may be sent again by an export.

use super::readmission::Readmission;
use super::store;
use crate::db::ReadHandle;
use crate::names::ExportId;

/// Readmissions that are read at a time.
const STEP: i64 = 1000;

/// All readmissions of an export, newest first.
pub async fn readmitted(tx: &mut ReadHandle, export: ExportId) -> sqlx::Result<Vec<Readmission>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let some = store::list(tx, export, after, STEP).await?;
        let Some(last) = some.last() else { return Ok(all) };
        after = Some(last.id.0);
        all.extend(some);
    }
}
