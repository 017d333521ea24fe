//! Finds segments for callers of the API, who see only those of their own instance.

use uuid::Uuid;

use crate::db::{ReadHandle, WriteHandle};
use crate::http::problem::{Problem, ProblemKind};
use crate::segments::{Segment, SegmentName, store};

/// The segment `name` of `instance`, or 404.
pub async fn find(
    tx: &mut ReadHandle,
    instance: Uuid,
    name: &SegmentName,
) -> Result<Segment, Problem> {
    store::get(tx, instance, name).await?.ok_or_else(unknown)
}

/// The same, to change it: nobody else can change it until the transaction ends.
pub async fn find_to_change(
    tx: &mut WriteHandle,
    instance: Uuid,
    name: &SegmentName,
) -> Result<Segment, Problem> {
    let found = store::get_to_change(tx, instance, name).await?;
    found.ok_or_else(unknown)
}

fn unknown() -> Problem {
    let detail = "This instance has no segment with this name. Register it first, with `PUT /segments/{name}`.";
    Problem::new(ProblemKind::NotFound, detail)
}
