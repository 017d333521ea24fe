//! What formats cost: the same profiles with a plain mapping, and with one that reads days, numbers, options, countries
//! and mobile numbers as people write them, beside a constant and a template.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use crate::data::Format;
use crate::engines::Engines;
use crate::figures::median;
use crate::service::Service;
use crate::sink::Sink;

const PROFILES: u32 = 1_000_000;
/// The mappings take turns this often; the median counts.
const ROUNDS: usize = 5;
const ROWS_AT_ONCE: u32 = 100_000;

/// A column, and what it holds of each profile.
type Column = (&'static str, fn(u32) -> String);

const COLUMNS: [Column; 9] = [
    ("CustomerId", |n| format!("{:08x}-{n:08}", n.wrapping_mul(2_654_435_761))),
    ("Email", |n| {
        format!("{}.{n}@mail{}.example.com", ["ann", "bob", "cid"][n as usize % 3], n % 97)
    }),
    ("FirstName", |n| ["Anna", "Jānis", "Zoë", "Wei"][n as usize % 4].to_owned()),
    ("LastName", |n| ["Bērziņa", "O’Brien", "Smith", "Li"][n as usize / 3 % 4].to_owned()),
    ("Birthday", |n| format!("{:02}.{:02}.{}", n % 28 + 1, n % 12 + 1, 1930 + n % 80)),
    ("Spent", |n| format!("{}.{:03},{:02}", n % 99 + 1, n % 1000, n % 100)),
    ("Likes", |n| ["Coffee|Tea", "Pastry", "Tea|Brewing|Coffee", "Tea"][n as usize % 4].to_owned()),
    ("Country", |n| ["LV", "Germany", "FRA", "Côte d'Ivoire"][n as usize % 4].to_owned()),
    ("Phone", |n| format!("2{} {:03} {:03}", n % 10, n % 1000, n / 7 % 1000)),
];

/// Measures on the embedded default; the sink answers at once.
pub async fn measure(folder: &Path, sink: &Sink, less: usize) -> Result<()> {
    sink.set_latency(Duration::ZERO);
    let rows = PROFILES / u32::try_from(less)?;
    let file = write(folder, rows)?;
    let service = Service::start(folder, &sink.url, &Engines::Embedded, "api,worker").await?;
    let segment = service.add_segment(&file, Format::Parquet).await?;
    let mappings = [
        ("two texts", two_texts()),
        ("four texts", four_texts()),
        ("with formats", with_formats()),
        ("with formats and a mobile number", with_mobile_number()),
    ];
    let mut exports = Vec::new();
    for (name, mapping) in mappings {
        let id = service.add_export_of(name, &service.connection, &segment, mapping).await?;
        exports.push((name, id, Vec::with_capacity(ROUNDS)));
    }
    for _ in 0..ROUNDS {
        for (name, export, seconds) in &mut exports {
            seconds.push(service.run(export).await?.0.as_secs_f64());
            ensure!(sink.taken().records == u64::from(rows), "{name}: not every profile arrived");
        }
    }
    println!("| mapping | profiles | seconds | beside two texts | beside four texts |");
    println!("|---|--:|--:|--:|--:|");
    let medians: Vec<f64> = exports.iter().map(|(.., seconds)| median(seconds.clone())).collect();
    for ((name, ..), seconds) in exports.iter().zip(&medians) {
        let (two, four) = (seconds / medians[0], seconds / medians[1]);
        println!("| {name} | {rows} | {seconds:.2} | {two:.2} × | {four:.2} × |");
    }
    Ok(())
}

/// As in the other parts.
fn two_texts() -> Value {
    json!({"email": "Email", "name": {"first": "FirstName", "last": "LastName"},
        "customFields": [{"field": "Country", "key": "city"}, {"field": "LastName", "key": "lastname"}]})
}

/// The same columns, each sent as it is.
fn four_texts() -> Value {
    let fields = [
        ("Birthday", "firstname"),
        ("Spent", "lastname"),
        ("Likes", "city"),
        ("Phone", "customerid"),
    ];
    let fields = fields.map(|(field, key)| json!({"field": field, "key": key}));
    json!({"email": "Email", "name": {"first": "FirstName", "last": "LastName"}, "customFields": fields})
}

/// The same, and mobile numbers that are completed with their country.
fn with_mobile_number() -> Value {
    let mut mapping = with_formats();
    mapping["mobileNumber"] = "Phone".into();
    mapping["defaultCountry"] = "LV".into();
    mapping
}

/// Custom fields of different types, beside a constant and templates.
fn with_formats() -> Value {
    json!({
        "email": "Email",
        "name": {"template": "{{FirstName}} {{LastName|-}}"},
        "customFields": [
            {"field": "Birthday", "key": "birthday", "format": "dd.MM.yyyy"},
            {"field": "Spent", "key": "points", "format": {"decimal": ",", "group": "."}},
            {"field": "Likes", "key": "interests", "format": {"separator": "|"}},
            {"field": "Country", "key": "country"},
            {"constant": "Gold", "key": "tier"},
            {"template": "{{Country}} {{CustomerId}}", "key": "customerid"},
        ],
    })
}

fn write(folder: &Path, rows: u32) -> Result<PathBuf> {
    let path = folder.join("as-people-write.parquet");
    let mut writer = ArrowWriter::try_new(File::create(&path)?, batch(0, 0)?.schema(), None)?;
    for first in (0..rows).step_by(ROWS_AT_ONCE as usize) {
        writer.write(&batch(first, rows.min(first + ROWS_AT_ONCE))?)?;
    }
    writer.close()?;
    Ok(path)
}

fn batch(first: u32, end: u32) -> Result<RecordBatch> {
    let column = |value: fn(u32) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((first..end).map(value)))
    };
    Ok(RecordBatch::try_from_iter(COLUMNS.map(|(name, value)| (name, column(value))))?)
}
