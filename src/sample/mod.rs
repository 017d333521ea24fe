//! Synthetic members with realistic defects, for demonstrations, tests and measurements.
//!
//! The same seed gives the same bytes, on every machine and in every run: a profile is a function of the seed and the
//! index of its row. No real person is in it: addresses end in `example.com`, `.org`, `.net` or `.example`, and
//! telephone numbers come from ranges that regulators reserve for fiction.
//!
//! | defect | share of the rows |
//! |---|---|
//! | the address of an earlier row, in different case | 1 % |
//! | no address (null, or spaces only) | 0.5 % |
//! | a broken address: no `@`, two dots, a space, no top-level domain, a local part beyond ASCII | 0.5 % |
//! | quotes and a comma in the name | 0.1 % |
//! | an emoji in the name | 0.3 % |
//! | a line break in the city | 0.05 % |
//! | a city of more than 250 characters | 0.2 % |
//! | an invalid telephone number | 3 % |
//! | null: first name, last name | 2 %, 3 % |
//! | null: phone, city, birthday | 15 %, 5 %, 20 % |
//! | null: points, consent, interests | 3 %, 30 %, 1/16 |

pub mod command;
mod people;
mod profile;
mod random;
#[cfg(test)]
mod tests;

use std::{
    io::{Error, Result, Write},
    sync::Arc,
};

use arrow_array::{ArrayRef, BooleanArray, Date32Array, Int64Array, RecordBatch, StringArray};
use arrow_json::{WriterBuilder, writer::LineDelimited};
use parquet::{arrow::ArrowWriter, basic::Compression, file::properties::WriterProperties};

use crate::storage::Media;
use profile::Profile;

const BATCH_ROWS: u64 = 8192;
const GROUP_ROWS: usize = 50_000;

/// A set of synthetic members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// At least 1.
    pub rows: u64,
    /// Another seed gives other members.
    pub seed: u64,
}

impl Sample {
    /// The members with all their columns, in batches, of which the first comes even when there are no members.
    pub fn batches(&self) -> impl Iterator<Item = RecordBatch> + use<> {
        let Self { rows, seed } = *self;
        (0..rows.div_ceil(BATCH_ROWS).max(1)).map(move |index| {
            let first = index * BATCH_ROWS;
            let profiles = (first..rows.min(first + BATCH_ROWS)).map(|row| Profile::new(seed, row));
            batch(&profiles.collect::<Vec<_>>())
        })
    }

    /// Writes the members as a file. An error of `to` is returned as it is.
    pub fn write(&self, media: Media, to: impl Write + Send) -> Result<()> {
        let mut out = ErrorCatcher { to, error: None };
        let written = match media {
            Media::Csv => self.write_csv(&mut out),
            Media::Ndjson => self.write_ndjson(&mut out),
            Media::Parquet => self.write_parquet(&mut out),
        };
        written.map_err(|error| out.error.unwrap_or(error))
    }

    fn write_csv(&self, out: impl Write) -> Result<()> {
        let mut writer = arrow_csv::Writer::new(out);
        self.batches().try_for_each(|batch| writer.write(&batch)).map_err(Error::other)?;
        writer.into_inner().flush()
    }

    fn write_ndjson(&self, out: impl Write) -> Result<()> {
        let mut writer =
            WriterBuilder::new().with_explicit_nulls(true).build::<_, LineDelimited>(out);
        self.batches().try_for_each(|batch| writer.write(&batch)).map_err(Error::other)?;
        writer.finish().map_err(Error::other)?;
        writer.into_inner().flush()
    }

    fn write_parquet(&self, out: impl Write + Send) -> Result<()> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(GROUP_ROWS))
            .build();
        let schema = batch(&[]).schema();
        let mut writer =
            ArrowWriter::try_new(out, schema, Some(properties)).map_err(Error::other)?;
        self.batches().try_for_each(|batch| writer.write(&batch)).map_err(Error::other)?;
        writer.into_inner().map_err(Error::other)?.flush()
    }
}

/// Keeps the last error: the writers of the formats turn it into text.
struct ErrorCatcher<W> {
    to: W,
    error: Option<Error>,
}

impl<W> ErrorCatcher<W> {
    fn keep(&mut self, error: Error) -> Error {
        let kind = error.kind();
        self.error = Some(error);
        kind.into()
    }
}

impl<W: Write> Write for ErrorCatcher<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.to.write(bytes).map_err(|error| self.keep(error))
    }

    fn flush(&mut self) -> Result<()> {
        self.to.flush().map_err(|error| self.keep(error))
    }
}

fn batch(profiles: &[Profile]) -> RecordBatch {
    let columns = [
        ("CustomerId", texts(profiles, |profile| Some(&profile.customer_id))),
        ("Email", texts(profiles, |profile| profile.email.as_deref())),
        ("FirstName", texts(profiles, |profile| profile.first_name.as_deref())),
        ("LastName", texts(profiles, |profile| profile.last_name.as_deref())),
        ("FullName", texts(profiles, |profile| profile.full_name.as_deref())),
        ("Phone", texts(profiles, |profile| profile.phone.as_deref())),
        ("City", texts(profiles, |profile| profile.city.as_deref())),
        ("Country", texts(profiles, |profile| Some(profile.country))),
        (
            "Birthday",
            Arc::new(profiles.iter().map(|profile| profile.birthday).collect::<Date32Array>()),
        ),
        ("Points", Arc::new(profiles.iter().map(|profile| profile.points).collect::<Int64Array>())),
        ("Tier", texts(profiles, |profile| profile.tier)),
        ("Interests", texts(profiles, |profile| profile.interests.as_deref())),
        (
            "EmailConsent",
            Arc::new(profiles.iter().map(|profile| profile.consent).collect::<BooleanArray>()),
        ),
    ];
    let columns = columns.into_iter().map(|(name, column)| (name, column, name != "CustomerId"));
    RecordBatch::try_from_iter_with_nullable(columns)
        .expect("all columns come from the same profiles")
}

fn texts<'a>(profiles: &'a [Profile], value: impl Fn(&'a Profile) -> Option<&'a str>) -> ArrayRef {
    Arc::new(profiles.iter().map(value).collect::<StringArray>())
}
