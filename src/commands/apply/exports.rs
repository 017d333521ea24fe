//! Exports of the file beside those of the instance.

use serde_json::{Map, Value, json};

use super::current::{Current, CurrentExport};
use super::file::WantedExport;
use super::harms::{self, Deciding};
use super::plan::{ExportStep, PlannedChange, Step, ThingKind};
use crate::exports::{ListId, Mapping};
use crate::names::DisplayName;
use crate::schedules::Schedule;
use crate::segments::SegmentName;

/// What there is to do for an export of the file; `found` is the one of the instance.
pub(super) fn plan(
    wanted: &WantedExport,
    found: Option<&CurrentExport>,
    current: &Current,
) -> Option<PlannedChange> {
    let from = found.map(|found| of_instance(found, current));
    let to = of_file(wanted);
    let title = (ThingKind::Export, wanted.display_name.as_str());
    let harms =
        harms::of_export(&Deciding::of_file(wanted), found.map(Deciding::of_instance).as_ref());
    PlannedChange::between(title, from.as_ref(), &to, harms, |changed| {
        Step::Export(step(wanted, found, &to, changed))
    })
}

/// With every member, so that a change also sets back what the file no longer has.
fn comparable(
    connection: Option<&DisplayName>,
    list: &ListId,
    segments: &[&SegmentName],
    mapping: &Mapping,
    deciding: &Deciding<'_>,
    schedule: &Schedule,
) -> Value {
    json!({
        "connection": connection,
        "listId": list,
        "segments": segments,
        "mapping": {
            "email": mapping.email,
            "name": mapping.name,
            "mobileNumber": mapping.mobile_number,
            "customFields": mapping.custom_fields,
            "consentToTrack": mapping.consent_to_track,
            "consentToSendSms": mapping.consent_to_send_sms,
            "timezone": mapping.timezone,
            "defaultCountry": mapping.default_country,
            "nullWords": mapping.null_words,
            "trim": mapping.trim,
        },
        "options": deciding.options,
        "sync": deciding.sync,
        "rowLog": deciding.row_log,
        "feedback": deciding.feedback,
        "schedule": {
            "kind": schedule.kind,
            "active": schedule.active,
            "timezone": schedule.timezone,
            "cron": schedule.cron,
        },
    })
}

fn of_file(wanted: &WantedExport) -> Value {
    let segments: Vec<_> = wanted.segments.iter().map(|name| &name.value).collect();
    let connection = Some(&wanted.connection.value);
    let deciding = Deciding::of_file(wanted);
    comparable(connection, &wanted.list_id, &segments, &wanted.mapping, &deciding, &wanted.schedule)
}

fn of_instance(found: &CurrentExport, current: &Current) -> Value {
    let segments: Vec<_> = found.segments.iter().collect();
    let connection = found.connection_id.and_then(|id| current.connection_name(id));
    let deciding = Deciding::of_instance(found);
    let schedule = found.schedule();
    comparable(connection, &found.list_id, &segments, &found.mapping, &deciding, &schedule)
}

/// The body has the id of the connection added when it is sent.
fn step(
    wanted: &WantedExport,
    found: Option<&CurrentExport>,
    to: &Value,
    changed: &[String],
) -> ExportStep {
    let has_changed = |name: &str| found.is_none() || changed.iter().any(|changed| changed == name);
    let members = to.as_object().into_iter().flatten();
    let members = members.filter(|(name, _)| *name != "connection" && has_changed(name));
    let mut body: Map<String, Value> =
        members.map(|(name, value)| (name.clone(), value.clone())).collect();
    if found.is_none() {
        body.insert("displayName".into(), json!(wanted.display_name));
    }
    ExportStep {
        found: found.map(|found| (found.export_id, found.version)),
        connection: has_changed("connection").then(|| wanted.connection.value.clone()),
        body,
    }
}
