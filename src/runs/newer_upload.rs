//! Whether a run is about members of before: others were uploaded since it read them.

use sqlx::Result;

use super::store;
use crate::db::ReadHandle;
use crate::names::RunId;
use crate::segments::{self, SegmentName, SegmentSource};

/// A segment of the run with members that were uploaded since. Somebody who came back there would be removed by what
/// the run has read. What lies in a storage or a database changes without a call.
pub async fn newer_upload(tx: &mut ReadHandle, run: RunId) -> Result<Option<SegmentName>> {
    for chosen in store::segments(tx, run).await? {
        let segment = segments::store::get_by_id(tx, chosen.segment_id).await?;
        let uploaded = segment.filter(|segment| segment.source.0 == SegmentSource::Upload);
        let is_newer = |now: &segments::Segment| now.manifest != chosen.manifest;
        if chosen.manifest.is_some() && uploaded.as_ref().is_some_and(is_newer) {
            return Ok(Some(chosen.name));
        }
    }
    Ok(None)
}
