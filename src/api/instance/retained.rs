//! Every kind of personal data that this service keeps: where, for how long, and what removes it earlier. A test goes
//! through everything that the service has written, and fails when an address is somewhere else.

use super::retained_elsewhere::elsewhere;
use super::retention_item::{
    AgeUnit, DataSubjects, LocationKind, RetentionAge, RetentionItem, RetentionLocation,
};
use crate::config::Config;
use crate::row_logs::OutgoingFolders;

fn tables(names: &[&'static str]) -> Vec<RetentionLocation> {
    names.iter().map(|name| RetentionLocation::named(LocationKind::Table, *name)).collect()
}

fn folder(name: &'static str) -> Vec<RetentionLocation> {
    vec![RetentionLocation::named(LocationKind::Folder, name)]
}

const fn days(number: u32) -> Option<RetentionAge> {
    age(number, AgeUnit::Days)
}

const fn hours(number: u32) -> Option<RetentionAge> {
    age(number, AgeUnit::Hours)
}

/// 0 is for ever.
const fn age(number: u32, unit: AgeUnit) -> Option<RetentionAge> {
    if number == 0 { None } else { Some(RetentionAge { number, unit }) }
}

const RUNS: &str = "SEGMENT_EXPORT_KEEP_RUNS_DAYS";
const UNUSED: &str = "SEGMENT_EXPORT_KEEP_UNUSED_UPLOADS_HOURS";
const IDEMPOTENCY: &str = "SEGMENT_EXPORT_IDEMPOTENCY_HOURS";

/// Every kind, those of members first.
pub fn items(config: &Config, outgoing: &OutgoingFolders) -> Vec<RetentionItem> {
    let mut items = of_segments(config);
    items.extend(of_runs(config));
    items.extend(of_erasures(config));
    items.extend(elsewhere(outgoing));
    items.extend(of_users(config));
    items.extend(of_calls(config));
    items
}

fn of_segments(config: &Config) -> Vec<RetentionItem> {
    let unused = hours(config.limits.keep_unused_uploads_hours);
    vec![
        RetentionItem {
            kind: "uploads",
            whose: DataSubjects::Members,
            what: "The members of segments that were uploaded, with all of their fields.",
            locations: folder("uploads"),
            kept_until: "A new upload replaces the members, or the segment is removed; then as long as an open run \
                reads them. What no segment names is removed at this age.",
            age: unused,
            setting: Some(UNUSED),
            removed_earlier_by: vec!["PUT /segments/{name}/members", "DELETE /segments/{name}"],
        },
        RetentionItem {
            kind: "uploadBodies",
            whose: DataSubjects::Members,
            what: "The body of an upload while it comes in, and members while they are sorted.",
            locations: vec![RetentionLocation::unnamed(LocationKind::TemporaryFile)],
            kept_until: "The call or the run ends, or the process.",
            age: None,
            setting: None,
            removed_earlier_by: vec![],
        },
        RetentionItem {
            kind: "baselines",
            whose: DataSubjects::Members,
            what: "Address, CustomerId, state and two hashes of everybody whom an export sent to a list, also to one \
                that it had before.",
            locations: folder("baselines"),
            kept_until: "The export is removed. The version before is removed so long after it was replaced.",
            age: unused,
            setting: Some(UNUSED),
            removed_earlier_by: vec!["DELETE /exports/{id}"],
        },
        RetentionItem {
            kind: "readmissions",
            whose: DataSubjects::Members,
            what: "Address of somebody who may be sent again although they left, and why.",
            locations: tables(&["readmissions"]),
            kept_until: "The export is removed.",
            age: None,
            setting: None,
            removed_earlier_by: vec!["DELETE /exports/{id}/readmissions/{readmissionId}"],
        },
        RetentionItem {
            kind: "feedback",
            whose: DataSubjects::Members,
            what: "A keyed hash of everybody whom a file of who left has, so that nobody is in two of them.",
            locations: tables(&["feedback_people"]),
            kept_until: "The export is removed, or writes no such files any more.",
            age: None,
            setting: None,
            removed_earlier_by: vec!["PATCH /exports/{id}", "DELETE /exports/{id}"],
        },
    ]
}

fn of_runs(config: &Config) -> Vec<RetentionItem> {
    let limits = &config.limits;
    let rejections = match (limits.keep_rejections_days, limits.keep_runs_days) {
        (0, runs) => (days(runs), RUNS),
        (own, _) => (days(own), "SEGMENT_EXPORT_KEEP_REJECTIONS_DAYS"),
    };
    let of_run = |kind, what, table| RetentionItem {
        kind,
        whose: DataSubjects::Members,
        what,
        locations: tables(&[table]),
        kept_until: "The end of the run; no longer than the run itself.",
        age: rejections.0,
        setting: Some(rejections.1),
        removed_earlier_by: vec![],
    };
    vec![
        of_run(
            "rejections",
            "CustomerId and address of every profile that a run did not put on the list.",
            "rejections",
        ),
        of_run(
            "valueProblems",
            "CustomerId, address and the first 100 characters of each value that could not be sent as it is.",
            "value_problems",
        ),
        of_run(
            "verificationDifferences",
            "Address, CustomerId and state of people of whom a verification found something else than was sent.",
            "verification_differences",
        ),
        of_run(
            "requests",
            "Calls to Campaign Monitor; of some the first 16 KiB of their bodies, with addresses and values.",
            "run_requests",
        ),
    ]
}

/// Of whom an erasure was asked for, and what keeps them from being sent afterwards.
fn of_erasures(config: &Config) -> Vec<RetentionItem> {
    let limits = &config.limits;
    let of_members = |kind, what, table, kept_until| RetentionItem {
        kind,
        whose: DataSubjects::Members,
        what,
        locations: tables(&[table]),
        kept_until,
        age: None,
        setting: None,
        removed_earlier_by: vec![],
    };
    let tombstones = of_members(
        "tombstones",
        "Keyed hashes of the addresses and ids of people who were erased, so that no run sends them.",
        "tombstones",
        "The request to erase them.",
    );
    let tombstones = RetentionItem {
        age: days(limits.tombstone_days),
        setting: Some("SEGMENT_EXPORT_TOMBSTONE_DAYS"),
        removed_earlier_by: vec!["POST /erasures/{id}/lift-tombstones"],
        ..tombstones
    };
    let sealed = of_members(
        "erasures",
        "Addresses and ids of people who are to be erased, sealed.",
        "erasures",
        "The erasure is completed.",
    );
    vec![tombstones, sealed]
}

/// Data of users, in these tables.
fn of_user(
    kind: &'static str,
    what: &'static str,
    names: &[&'static str],
    kept_until: &'static str,
    age: Option<RetentionAge>,
    setting: Option<&'static str>,
) -> RetentionItem {
    RetentionItem {
        kind,
        whose: DataSubjects::Users,
        what,
        locations: tables(names),
        kept_until,
        age,
        setting,
        removed_earlier_by: vec![],
    }
}

fn of_users(config: &Config) -> Vec<RetentionItem> {
    let limits = &config.limits;
    vec![
        of_user(
            "audit",
            "Subject, name, role, address in the network and program of everybody who changed something or read \
             personal data. Of tests of an export: the CustomerId of the member that was sent.",
            &["audit_events"],
            "The event.",
            days(limits.audit_days),
            Some("SEGMENT_EXPORT_AUDIT_DAYS"),
        ),
        of_user(
            "makers",
            "Subject, and for consents and export users the name, of who made or changed an object last.",
            &[
                "connections",
                "segments",
                "exports",
                "refresh_schedules",
                "channels",
                "alert_rules",
                "pauses",
            ],
            "The object is removed.",
            None,
            None,
        ),
        of_user(
            "runParticipants",
            "Subject of who started, approved or declined a run, asked for a verification, and made its settings.",
            &["runs", "run_segments", "plans", "verifications", "refreshes"],
            "The end of the run.",
            days(limits.keep_runs_days),
            Some(RUNS),
        ),
        of_user(
            "erasureRequests",
            "Subject of who asked for an erasure, and of who lifted its tombstones.",
            &["erasures"],
            "The erasure is completed, and its tombstones have expired or were lifted.",
            days(limits.audit_days),
            Some("SEGMENT_EXPORT_AUDIT_DAYS"),
        ),
    ]
}

fn of_calls(config: &Config) -> Vec<RetentionItem> {
    vec![
        of_user(
            "signIns",
            "Subject of who began to sign in at Campaign Monitor.",
            &["sign_ins"],
            "An hour after it began.",
            None,
            None,
        ),
        of_user(
            "idempotencyAnswers",
            "Subject of the caller, and the answer to a call with an `Idempotency-Key`.",
            &["idempotency_keys"],
            "The call.",
            hours(config.limits.idempotency_hours),
            Some(IDEMPOTENCY),
        ),
        of_user(
            "alertMessages",
            "Addresses of the people whom a channel writes to, and who acknowledged an alert.",
            &["channels", "deliveries", "alerts"],
            "The alert is over, or the message was delivered or given up. A channel is kept until it is removed.",
            days(config.channels.keep_alerts_days),
            Some("SEGMENT_EXPORT_KEEP_ALERTS_DAYS"),
        ),
    ]
}
