//! The system refresh of the file beside that of the instance.

use reqwest::Method;
use serde_json::json;

use super::current::CurrentRefresh;
use super::plan::{PlannedChange, Step, ThingKind};
use super::service::Call;
use crate::schedules::refresh::RefreshSchedule;

/// What there is to do for the schedule of the file.
pub(super) fn plan(
    wanted: &RefreshSchedule,
    current: Option<&CurrentRefresh>,
) -> Option<PlannedChange> {
    let (from, to) = (current.map(|current| json!(current.schedule())), json!(wanted));
    let title = (ThingKind::Schedule, "system refresh");
    PlannedChange::between(title, from.as_ref(), &to, vec![], |_| {
        Step::Plain(Call {
            method: Method::PUT,
            path: "/schedule".into(),
            body: Some(to.clone()),
            // Version 0 is that of a schedule that nobody has set.
            version: current.map(|current| current.version).filter(|version| *version > 0),
        })
    })
}
