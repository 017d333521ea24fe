//! Whether an answer is the one that the document shows: the same members, of the same types, with the same values, but
//! for ids, times, and what differs from machine to machine.

use serde_json::{Value, json};
use uuid::Uuid;

/// Members whose values differ from machine to machine or from run to run, of all operations or of one. (A run's
/// version grows with each heartbeat.)
const VARIES: [(&str, &str); 58] = [
    ("", "ageHours"),
    ("list_expectations", "delaySeconds"),
    ("", "authorizeUrl"),
    ("", "clientAddress"),
    ("", "daysLeft"),
    ("", "durationMs"),
    ("", "profilesPerSecond"),
    // A canceled run has made a call more or less.
    ("", "places/9/found"),
    ("", "places/9/removed"),
    ("approve_run", "version"),
    ("cancel_run", "version"),
    ("create_channel", "secret"),
    ("create_list", "listId"),
    ("decline_run", "version"),
    ("get_erasure", "remark"),
    ("get_erasure", "version"),
    ("get_erasure_receipt", "remark"),
    ("lift_tombstones", "remark"),
    ("lift_tombstones", "version"),
    ("list_erasures", "remark"),
    ("list_erasures", "version"),
    ("start_erasure", "remark"),
    ("follow_run", "id"),
    ("follow_run", "version"),
    ("get_receipt", "bytes"),
    ("get_receipt", "etag"),
    ("get_receipt", "path"),
    // What a process has done depends on its age.
    ("get_overview", "notifiedUtc"),
    ("get_overview", "scheduledUtc"),
    ("get_plan", "calls"),
    ("get_plan", "estimatedSeconds"),
    ("get_run", "version"),
    ("get_timeline", "encoding"),
    ("get_timeline", "encodingMs"),
    ("get_timeline", "made"),
    ("get_timeline", "preparing"),
    ("get_timeline", "queued"),
    ("get_timeline", "reading"),
    ("get_timeline", "stored"),
    ("get_timeline", "throttled"),
    ("get_timeline", "throttledMs"),
    ("get_timeline", "uploading"),
    ("get_timeline", "uploadingMs"),
    ("get_timeline", "verifying"),
    ("get_timeline", "waitingForSlot"),
    ("get_timeline", "waitingForSlotMs"),
    ("get_timeline", "writing"),
    ("issue_event_ticket", "url"),
    ("list_public_keys", "x"),
    ("list_requests", "number"),
    ("list_requests", "requestBody"),
    ("list_requests", "requestBytes"),
    ("list_requests", "responseBody"),
    ("list_requests", "responseBytes"),
    ("list_runs", "version"),
    ("replace_secret", "secret"),
    ("test_export", "Date"),
    ("test_export", "ListJoinedDate"),
];

/// Answers of which the document shows the beginning.
const BEGUN: [&str; 3] = [
    "get_receipt text/html",
    "get_receipt application/jose",
    "get_erasure_receipt application/jose",
];

/// Which texts of the examples stand for which here.
#[derive(Default)]
pub struct Known(Vec<(String, String)>);

impl Known {
    /// Whether one of them stands for something else already.
    fn has(&self, example: &str, real: &str) -> bool {
        self.0.iter().any(|(known, other)| known == example || other == real)
    }

    pub fn learn(&mut self, example: &str, real: &str) {
        assert!(
            !self.has(example, real),
            "{example} and {real}: one of them stands for something else already"
        );
        self.0.push((example.to_owned(), real.to_owned()));
    }

    pub fn to_real(&self, text: &str) -> String {
        let texts = self.0.iter();
        texts.fold(text.to_owned(), |text, (example, real)| text.replace(example, real))
    }

    pub fn to_example(&self, text: &str) -> String {
        let texts = self.0.iter();
        texts.fold(text.to_owned(), |text, (example, real)| text.replace(real, example))
    }
}

/// Where examples and answers differ; learns which id stands for which.
#[derive(Default)]
pub struct Comparison {
    pub known: Known,
    pub differences: Vec<String>,
}

impl Comparison {
    pub fn compare(&mut self, place: &str, example: &Value, actual: &Value) {
        match (example, actual) {
            // Of the metrics, the document shows a few lines.
            (Value::Array(shown), Value::Array(lines)) if place.starts_with("metrics") => {
                let is_subset = shown.iter().all(|line| lines.contains(line));
                self.check(is_subset, place, example, actual);
            }
            (Value::Object(shown), Value::Object(members)) => {
                self.check(shown.keys().eq(members.keys()), place, example, actual);
                for (name, value) in shown {
                    let member = members.get(name).unwrap_or(value);
                    self.compare(&format!("{place}/{name}"), value, member);
                }
            }
            (Value::Array(shown), Value::Array(items)) => {
                self.check(shown.len() == items.len(), place, example, actual);
                for (index, (shown, item)) in shown.iter().zip(items).enumerate() {
                    self.compare(&format!("{place}/{index}"), shown, item);
                }
            }
            (Value::String(shown), Value::String(text)) if is_id(shown) && is_id(text) => {
                if shown != text && self.known.has(shown, text) {
                    self.check(false, place, example, actual);
                } else if shown != text {
                    self.known.learn(shown, text);
                }
            }
            _ => self.check(is_alike(place, example, actual), place, example, actual),
        }
    }

    fn check(&mut self, is_alike: bool, place: &str, example: &Value, actual: &Value) {
        if !is_alike {
            self.differences.push(format!("{place}\n  example {example}\n  answer  {actual}"));
        }
    }
}

fn is_alike(place: &str, example: &Value, actual: &Value) -> bool {
    let varies = VARIES.iter().any(|(operation, member)| {
        place.starts_with(operation) && place.ends_with(&format!("/{member}"))
    });
    match (example, actual) {
        (Value::Number(_), Value::Number(_))
        | (Value::Null, Value::String(_))
        | (Value::String(_), Value::Null)
            if varies =>
        {
            true
        }
        (Value::String(shown), Value::String(text)) => {
            let is_begun = BEGUN.iter().any(|begun| place.starts_with(begun));
            shown == text
                || varies
                || is_time(shown) && is_time(text)
                || is_begun && text.starts_with(shown)
        }
        _ => example == actual,
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 36 && Uuid::parse_str(text).is_ok()
}

fn is_time(text: &str) -> bool {
    chrono::DateTime::parse_from_rfc3339(text).is_ok()
}

/// What a body says, as JSON.
pub fn parse(media: &str, text: &str) -> Value {
    match media {
        "application/json" => serde_json::from_str(text).unwrap(),
        "application/x-ndjson" => text.lines().map(json_or_text).collect(),
        "text/csv" => csv(text),
        "text/plain" => text.lines().collect(),
        "text/event-stream" => text.split_terminator("\n\n").map(event).collect(),
        _ => json!(text),
    }
}

fn json_or_text(text: &str) -> Value {
    serde_json::from_str(text).ok().filter(Value::is_object).unwrap_or_else(|| json!(text))
}

fn event(text: &str) -> Value {
    let lines = text.lines().filter_map(|line| line.split_once(": "));
    lines.map(|(name, value)| (name.to_owned(), json_or_text(value))).collect()
}

/// The lines of a CSV, each as an object.
fn csv(text: &str) -> Value {
    let mut lines = text.split_terminator("\r\n").map(fields);
    let names = lines.next().unwrap();
    let object = |values: Vec<String>| -> Value {
        assert_eq!(values.len(), names.len(), "{values:?}");
        names.iter().cloned().zip(values.iter().map(|value| json_or_text(value))).collect()
    };
    lines.map(object).collect()
}

/// The fields of a line, in which a quote stands twice.
fn fields(line: &str) -> Vec<String> {
    let (mut fields, mut is_quoted) = (vec![String::new()], false);
    for piece in line.split_inclusive(['"', ',']) {
        let (text, end) = piece.split_at(piece.trim_end_matches(['"', ',']).len());
        let field = fields.last_mut().unwrap();
        field.push_str(text);
        match end {
            "\"" => is_quoted = !is_quoted,
            "," if is_quoted => field.push(','),
            "," => fields.push(String::new()),
            _ => {}
        }
    }
    fields
}
