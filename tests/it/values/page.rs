//! Every line of `docs/VALUES.md`, sent by a run and read back.

mod empty;
mod fields;
mod people;

use std::sync::Arc;

use arrow_array::{
    ArrayRef, RecordBatch, StringArray, cast::AsArray, new_null_array,
    types::TimestampMicrosecondType,
};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::ArrowWriter;
use serde_json::{Map, Value, json};

use crate::support::TestApp;

/// Members of a mapping that do not stand beside a field.
const OF_MAPPING: [&str; 3] = ["defaultCountry", "nullWords", "trim"];

/// A line of the page.
#[derive(Debug)]
struct Line {
    /// The part of a subscriber.
    part: String,
    held: String,
    value: String,
    mapping: Map<String, Value>,
    sent: Vec<String>,
    /// The code of the value problem.
    problem: Option<String>,
    /// Why the profile is not sent.
    refused: Option<String>,
    /// Whether the list loses what it has.
    clears: bool,
    /// Whether no profile of the file is read.
    is_rejected: bool,
}

impl Line {
    fn of(part: &str, [held, value, mapping, sent]: [&str; 4]) -> Self {
        let mapping = format!("{{{}}}", mapping.trim_matches('`').replace("\\|", "|"));
        let code = |words: &str| {
            let (_, rest) = sent.split_once(words)?;
            Some(rest.trim_matches('`').to_owned())
        };
        Self {
            part: part.to_owned(),
            held: held.to_owned(),
            value: visible(value),
            mapping: serde_json::from_str(&mapping).unwrap(),
            sent: values(sent),
            problem: code("problem "),
            refused: code("profile not sent: "),
            clears: sent.starts_with("the removal"),
            is_rejected: sent == "the file is rejected",
        }
    }

    /// What the mapping says beside the field or in its place, and what it says itself.
    fn mappings(&self) -> (Map<String, Value>, Map<String, Value>) {
        let is_outer = |member: &str| OF_MAPPING.contains(&member);
        let all = self.mapping.clone().into_iter();
        let (outer, mut own): (Map<_, _>, Map<_, _>) = all.partition(|(name, _)| is_outer(name));
        let is_other = ["template", "constant", "first"].iter().any(|one| own.contains_key(*one));
        if !is_other {
            own.insert("field".into(), "V".into());
        }
        (own, outer)
    }

    /// A mapping with the field `V` in this member.
    fn mapping_of(&self, member: &str) -> Value {
        let (own, outer) = self.mappings();
        let mut mapping = json!({"email": "Email"});
        mapping[member] = own.into();
        mapping.as_object_mut().unwrap().extend(outer);
        mapping
    }
}

/// The lines of the page, those of the table of empty values too.
fn lines() -> Vec<Line> {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/VALUES.md"));
    let mut heading = String::new();
    let mut lines = vec![];
    for row in page.unwrap().lines() {
        if let Some(next) = row.strip_prefix("## ") {
            next.clone_into(&mut heading);
        }
        let cells: Vec<&str> = row.split(" | ").map(|cell| cell.trim_matches(['|', ' '])).collect();
        match cells[..] {
            ["the data holds", ..] | [_, "the data holds", ..] => {}
            [held, value, mapping, sent] => {
                lines.push(Line::of(&heading, [held, value, mapping, sent]));
            }
            [part, held, value, mapping, sent] => {
                lines.push(Line::of(&format!("{heading} {part}"), [held, value, mapping, sent]));
            }
            _ => {}
        }
    }
    lines
}

fn lines_of(part: &str) -> Vec<Line> {
    lines().into_iter().filter(|line| line.part == part).collect()
}

/// A value of the page, in which many letters are counted, and what nobody sees is named.
fn visible(cell: &str) -> String {
    if let Some((count, rest)) = cell.split_once(" letters `a`") {
        let rest = rest.trim_start_matches(" and ").trim_matches('`');
        return "a".repeat(count.parse().unwrap()) + rest;
    }
    cell.trim_matches('`').replace("<U+200B>", "\u{200b}")
}

/// What is sent by the page; nothing where there is a problem.
fn values(cell: &str) -> Vec<String> {
    let cell = cell.split(", problem").next().unwrap();
    if ["problem ", "profile ", "nothing", "the "].iter().any(|word| cell.starts_with(word)) {
        return vec![];
    }
    if cell.contains(" letters ") {
        return vec![visible(cell)];
    }
    cell.trim_matches('`').split("` `").map(str::to_owned).collect()
}

/// A column of one value of the type that the line names.
fn column(line: &Line) -> ArrayRef {
    let text: ArrayRef = Arc::new(StringArray::from(vec![line.value.as_str()]));
    let cast = |data_type: DataType| arrow_cast::cast(&text, &data_type).unwrap();
    let micros =
        |zone: Option<&str>| cast(DataType::Timestamp(TimeUnit::Microsecond, zone.map(Into::into)));
    match line.held.as_str() {
        "nothing" => new_null_array(&DataType::Utf8, 1),
        "number" if line.value.contains(['.', 'N']) => cast(DataType::Float64),
        "number" => cast(DataType::Int64),
        "boolean" => cast(DataType::Boolean),
        "day" => cast(DataType::Date32),
        "time" => micros(None),
        "moment" => {
            let moments = micros(Some("+00:00"));
            let moments = moments.as_primitive::<TimestampMicrosecondType>().clone();
            Arc::new(moments.with_timezone("Europe/Riga"))
        }
        _ => text,
    }
}

/// The same text for the only profile.
fn text_column(text: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![text]))
}

/// One profile with these columns, as Parquet.
fn parquet(columns: Vec<(String, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, column)| (name, column, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// The source that is a file of one profile: its id and address, and more.
fn file(app: &TestApp, (id, email): (ArrayRef, ArrayRef), more: Vec<(String, ArrayRef)>) -> Value {
    let mut columns = vec![("CustomerId".to_owned(), id), ("Email".to_owned(), email)];
    columns.extend(more);
    std::fs::write(app.storage().join("person.parquet"), parquet(columns)).unwrap();
    let url = app.storage_url("person.parquet");
    json!({"kind": "files", "format": "parquet", "url": url})
}

/// A segment of such a file.
async fn profile(app: &TestApp, ids: (ArrayRef, ArrayRef), more: Vec<(String, ArrayRef)>) {
    let source = file(app, ids, more);
    app.put("/segments/People", &json!({"displayName": "People", "source": source})).await;
}

/// A segment of Ann, whose field `V` has the value of the line.
async fn ann_with(app: &TestApp, line: &Line) {
    let ids = (text_column("1"), text_column("ann@example.com"));
    profile(app, ids, vec![("V".to_owned(), column(line))]).await;
}
