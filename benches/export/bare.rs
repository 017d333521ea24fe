//! The limit: a loop that reads the same file, encodes the same bodies and posts them at the same concurrency, and
//! does nothing else. No checks, no de-duplication, no counts, no database; libraries only, none of our code.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use arrow_array::cast::AsArray;
use arrow_array::{RecordBatch, RecordBatchReader, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde::Serialize;
use serde::ser::{SerializeSeq, Serializer};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::data::{COLUMNS, Format};

const PAGE_ROWS: usize = 1000;
const IN_FLIGHT: usize = 8;

/// Exports `file` to `sink`, and tells how long it took.
pub async fn run(file: &Path, format: Format, sink: &str) -> Result<Duration> {
    let url = format!("{sink}/api/v3.3/subscribers/{LIST_ID}/import.json");
    let http = reqwest::Client::builder().tcp_nodelay(true).build()?;
    let started = Instant::now();
    let (sender, receiver) = mpsc::channel(2);
    let file = file.to_owned();
    let reading = tokio::task::spawn_blocking(move || -> Result<()> {
        for page in open(&file, format)? {
            sender.blocking_send(encode(&page?)?).context("the posts have failed")?;
        }
        Ok(())
    });
    ReceiverStream::new(receiver)
        .map(|body| {
            let post = post(http.clone(), url.clone(), body);
            async { tokio::spawn(post).await? }
        })
        .buffered(IN_FLIGHT)
        .try_for_each(|()| async { Ok(()) })
        .await?;
    reading.await??;
    Ok(started.elapsed())
}

async fn post(http: reqwest::Client, url: String, body: Bytes) -> Result<()> {
    let request = http.post(url).basic_auth(API_KEY, Some("x")).body(body);
    request.send().await?.error_for_status()?.bytes().await?;
    Ok(())
}

/// Reads `file` and does nothing with it: how long that took, and how many rows there are.
pub fn read(file: &Path, format: Format) -> Result<(Duration, usize)> {
    let (started, mut rows) = (Instant::now(), 0);
    for page in open(file, format)? {
        rows += page?.num_rows();
    }
    Ok((started.elapsed(), rows))
}

type Pages = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

fn open(file: &Path, format: Format) -> Result<Pages> {
    let file = File::open(file)?;
    Ok(match format {
        Format::Parquet => {
            let reader = ParquetRecordBatchReaderBuilder::try_new(file)?;
            let reader = reader.with_batch_size(PAGE_ROWS).build()?;
            debug_assert_eq!(reader.schema().fields().len(), COLUMNS.len());
            Box::new(reader)
        }
        Format::Csv => {
            let fields = COLUMNS.map(|name| Field::new(name, DataType::Utf8, true));
            let schema = Arc::new(Schema::new(fields.to_vec()));
            let reader = arrow_csv::ReaderBuilder::new(schema).with_header(true);
            Box::new(reader.with_batch_size(PAGE_ROWS).build(file)?)
        }
    })
}

fn encode(page: &RecordBatch) -> Result<Bytes> {
    let mut bytes = Vec::with_capacity(PAGE_ROWS * 320);
    serde_json::to_writer(&mut bytes, &Import::of(page))?;
    Ok(bytes.into())
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Import<'a> {
    subscribers: Subscribers<'a>,
    resubscribe: bool,
    queue_subscription_based_auto_responders: bool,
    restart_subscription_based_autoresponders: bool,
}

impl<'a> Import<'a> {
    const fn of(page: &'a RecordBatch) -> Self {
        Self {
            subscribers: Subscribers(page),
            resubscribe: false,
            queue_subscription_based_auto_responders: false,
            restart_subscription_based_autoresponders: false,
        }
    }
}

struct Subscribers<'a>(&'a RecordBatch);

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Record<'a> {
    email_address: &'a str,
    #[serde(serialize_with = "joined")]
    name: (&'a str, &'a str),
    custom_fields: [Pair<'a>; 2],
    consent_to_track: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pair<'a> {
    key: &'a str,
    value: &'a str,
}

fn joined<S: Serializer>(name: &(&str, &str), serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{} {}", name.0, name.1))
}

impl Serialize for Subscribers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns: Vec<&StringArray> = self.0.columns().iter().map(AsArray::as_string).collect();
        let mut records = serializer.serialize_seq(Some(self.0.num_rows()))?;
        for row in 0..self.0.num_rows() {
            let value = |column: usize| columns[column].value(row);
            records.serialize_element(&Record {
                email_address: value(1),
                name: (value(2), value(3)),
                custom_fields: [
                    Pair { key: "city", value: value(4) },
                    Pair { key: "points", value: value(5) },
                ],
                consent_to_track: "Unchanged",
            })?;
        }
        records.end()
    }
}
