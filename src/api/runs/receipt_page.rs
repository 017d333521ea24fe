//! The receipt of a run as a page to print: no script, nothing from outside.

use std::fmt::{Display, Write};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::receipts::{CountedMoment, PlanDecision, Receipt, SegmentRead, VerificationRecord};
use crate::runs::{CountsView, LeaversView};

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem}\
    table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{border-bottom:1px solid #888;padding:.25rem \
    .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}td.n{text-align:right;font-variant-numeric:\
    tabular-nums}@media print{body{margin:0;max-width:none}table,h2{break-inside:avoid}h2{break-after:avoid}}";

pub fn page(receipt: &Receipt) -> String {
    let title = format!("Receipt of the run of “{}”", escaped(&receipt.export_name));
    let body: String = [
        about(receipt),
        read(&receipt.read),
        answers(receipt),
        law(&receipt.counts),
        leavers(&receipt.counts.leavers),
        leaver_calls(receipt),
        receipt.decision.as_ref().map(decision).unwrap_or_default(),
        list(receipt),
        verifications(&receipt.verifications),
        settings(receipt),
        limits(&receipt.limits),
    ]
    .concat();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         </head><body><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
}

fn about(receipt: &Receipt) -> String {
    let reason = receipt.reason.as_ref().map_or("", |reason| reason.message.as_str());
    let rows = [
        ("Run", receipt.run_id.0.to_string()),
        ("List", receipt.list_id.as_str().to_owned()),
        ("Status", word(&receipt.status)),
        ("Reason", reason.to_owned()),
        ("Submitted by", receipt.submitted_by.clone()),
        ("Submitted", time(Some(receipt.submitted_utc))),
        ("Started", time(receipt.start_utc)),
        ("Ended", time(receipt.end_utc)),
        ("This copy made", time(Some(receipt.issued_utc))),
    ];
    table("The run", &rows.map(|(name, value)| (name.to_owned(), value)), false)
}

fn read(segments: &[SegmentRead]) -> String {
    let mut text = String::from("<h2>What was read</h2>");
    for segment in segments {
        let name = escaped(segment.segment.as_str());
        // Writing to a String does not fail.
        let _ = write!(
            text,
            "<p>{name}: {} members</p><table><tr><th>object</th><th>bytes</th><th>members</th><th>ETag</th></tr>",
            segment.members
        );
        for object in &segment.objects {
            let (path, etag) =
                (escaped(&object.path), escaped(object.etag.as_deref().unwrap_or("")));
            let (bytes, rows) = (object.bytes, object.rows);
            let _ = write!(
                text,
                "<tr><td>{path}</td><td class=\"n\">{bytes}</td><td class=\"n\">{rows}</td><td>{etag}</td></tr>"
            );
        }
        text.push_str("</table>");
    }
    text
}

fn answers(receipt: &Receipt) -> String {
    let answers = receipt.answers;
    let rows = [
        ("Batches", answers.batches),
        ("Calls to send profiles, retries included", answers.calls),
        ("New on the list", answers.created),
        ("Updated", answers.updated),
        ("Rejected, also because of an earlier no", answers.rejected),
        ("Read back without an answer", answers.inferred),
    ];
    numbers("What Campaign Monitor answered", &rows)
}

fn law(counts: &CountsView) -> String {
    let rows = [
        ("Created", counts.created),
        ("Updated", counts.updated),
        ("Of these: with a changed address", counts.changed_addresses),
        ("Of these: people who came back", counts.resubscribed),
        ("Unchanged, not sent", counts.unchanged),
        ("Rejected", counts.rejected),
        ("Duplicate", counts.duplicate),
        ("Invalid", counts.invalid),
        ("In doubt", counts.in_doubt),
        ("Remaining", counts.remaining),
        ("Selected: the sum of all", counts.selected),
    ];
    numbers("Every profile", &rows)
}

fn leavers(counts: &LeaversView) -> String {
    let rows = [
        ("Flagged", counts.flagged),
        ("Deleted", counts.deleted),
        ("Unsubscribed", counts.unsubscribed),
        ("Kept", counts.kept),
        ("Gone before", counts.gone),
        ("Failed", counts.failed),
        ("Remaining", counts.remaining),
        ("Found: the sum of all", counts.found),
    ];
    numbers("Who left the segments", &rows)
}

fn leaver_calls(receipt: &Receipt) -> String {
    let calls = receipt.leaver_calls;
    let rows = [("Made, retries included", calls.made), ("Accepted or rejected", calls.answered)];
    numbers("Calls about who left", &rows)
}

fn decision(decision: &PlanDecision) -> String {
    let rows = [
        ("Decision", word(&decision.outcome)),
        ("By", decision.decided_by.clone()),
        ("At", time(Some(decision.decided_utc))),
        ("Note", decision.note.clone().unwrap_or_default()),
        ("SHA-256 of the plan", decision.plan_hash.clone()),
    ];
    table("The plan", &rows.map(|(name, value)| (name.to_owned(), value)), false)
}

fn list(receipt: &Receipt) -> String {
    let mut text = String::from(
        "<h2>The list</h2><table><tr><th></th><th>active</th><th>unconfirmed</th><th>unsubscribed</th>\
         <th>bounced</th><th>deleted</th></tr>",
    );
    for (name, counted) in [("Before", &receipt.list.before), ("After", &receipt.list.after)] {
        text.push_str(&counted_row(name, counted.as_ref()));
    }
    text + "</table>"
}

fn counted_row(name: &str, counted: Option<&CountedMoment>) -> String {
    let Some(CountedMoment { read_utc, people, .. }) = counted else {
        return format!("<tr><td>{name}: not read</td></tr>");
    };
    let numbers =
        [people.active, people.unconfirmed, people.unsubscribed, people.bounced, people.deleted];
    let cells = numbers.map(|number| format!("<td class=\"n\">{number}</td>")).concat();
    format!("<tr><td>{name}, {}</td>{cells}</tr>", time(Some(*read_utc)))
}

fn verifications(verifications: &[VerificationRecord]) -> String {
    let mut text = String::new();
    for one in verifications {
        let title = format!("Verification: {}, {}", word(&one.level), word(&one.status));
        let number =
            |number: Option<i64>| number.map_or("unknown".into(), |number| number.to_string());
        let rows = [
            ("Confirmed", number(one.confirmed)),
            ("Missing", number(one.missing)),
            ("Changed by others", number(one.changed_by_others)),
            ("Strangers", number(one.strangers)),
            ("Unknown", number(one.unknown)),
            ("Missing at most, with 95 % certainty", number(one.bound)),
            ("From", time(one.start_utc)),
            ("To", time(one.end_utc)),
        ];
        text += &table(&title, &rows.map(|(name, value)| (name.to_owned(), value)), true);
    }
    text
}

fn settings(receipt: &Receipt) -> String {
    let shown = [
        ("Data matching", json(&receipt.mapping)),
        ("Options", json(&receipt.options)),
        ("Sync", json(&receipt.sync)),
    ];
    table("How", &shown.map(|(name, value)| (name.to_owned(), value)), false)
}

fn limits(limits: &[String]) -> String {
    let items: Vec<_> = limits.iter().map(|limit| format!("<li>{}</li>", escaped(limit))).collect();
    format!("<h2>What this receipt does not prove</h2><ul>{}</ul>", items.concat())
}

fn numbers(title: &str, rows: &[(&str, i64)]) -> String {
    let rows: Vec<_> =
        rows.iter().map(|(name, number)| ((*name).to_owned(), number.to_string())).collect();
    table(title, &rows, true)
}

fn table(title: &str, rows: &[(String, String)], are_numbers: bool) -> String {
    let class = if are_numbers { " class=\"n\"" } else { "" };
    let row = |(name, value): &(String, String)| {
        format!(
            "<tr><th scope=\"row\">{}</th><td{class}>{}</td></tr>",
            escaped(name),
            escaped(value)
        )
    };
    let rows: String = rows.iter().filter(|(_, value)| !value.is_empty()).map(row).collect();
    format!("<h2>{}</h2><table>{rows}</table>", escaped(title))
}

fn time(time: Option<DateTime<Utc>>) -> String {
    time.map(|time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
}

fn word(value: &impl Serialize) -> String {
    json(value).trim_matches('"').to_owned()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Text made safe for HTML.
fn escaped(text: impl Display) -> String {
    let text = text.to_string().replace('&', "&amp;").replace('<', "&lt;");
    text.replace('>', "&gt;").replace('"', "&quot;")
}
