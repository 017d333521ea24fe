//! Segments of the file beside those of the instance.

use reqwest::Method;
use serde_json::json;

use super::current::{Current, CurrentSegment};
use super::file::WantedSegment;
use super::plan::{PlannedChange, Step, ThingKind};
use super::service::Call;
use crate::segments::SegmentSource;

const OTHER_MEMBERS: &str = "The members of the segment come from elsewhere. Whom the new source lacks has left the \
    segment, for every export that uses it.";

/// What there is to do for a segment of the file.
pub(super) fn plan(wanted: &WantedSegment, current: &Current) -> Option<PlannedChange> {
    let found = current.segment(&wanted.name);
    let from =
        found.map(|found| json!({"displayName": found.display_name, "source": found.source}));
    let source = wanted.source.clone();
    let source = source.or_else(|| found.map(|found| found.source.clone())).unwrap_or_default();
    let to = json!({"displayName": wanted.display_name, "source": source});
    let title = (ThingKind::Segment, wanted.name.as_str());
    PlannedChange::between(title, from.as_ref(), &to, harms(found, &source), |changed| {
        Step::Plain(call(wanted, found, changed))
    })
}

fn harms(found: Option<&CurrentSegment>, source: &SegmentSource) -> Vec<String> {
    let is_other = found.is_some_and(|found| found.source != *source);
    is_other.then(|| OTHER_MEMBERS.to_owned()).into_iter().collect()
}

/// Without a source that changed the call reads no files again.
fn call(wanted: &WantedSegment, found: Option<&CurrentSegment>, changed: &[String]) -> Call {
    let has_source = found.is_none() || changed.iter().any(|name| name == "source");
    let mut body = json!({"displayName": wanted.display_name});
    if let (true, Some(source)) = (has_source, &wanted.source) {
        body["source"] = json!(source);
    }
    Call {
        method: Method::PUT,
        path: format!("/segments/{}", wanted.name.as_str()),
        body: Some(body),
        version: found.map(|found| found.version),
    }
}
