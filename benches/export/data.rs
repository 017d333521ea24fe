//! The profiles of the bench: six columns, every address once, so that all of them are sent.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// What a profile is made of; the address is the second column.
pub const COLUMNS: [&str; 6] = ["CustomerId", "Email", "FirstName", "LastName", "City", "Points"];

const FIRST_NAMES: [&str; 8] =
    ["Anna", "Jānis", "Zoë", "Mohammed", "Wei", "Siobhán", "Olga", "José"];
const LAST_NAMES: [&str; 8] =
    ["Bērziņa", "O’Brien", "van der Berg", "Nguyễn", "Smith", "Ivanova", "García", "Li"];
const CITIES: [&str; 8] =
    ["Rīga", "São Paulo", "Tokyo", "Zürich", "New York", "Kraków", "Cape Town", "Oslo"];
const BATCH_ROWS: usize = 8192;

/// How the profiles are stored.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Parquet,
    Csv,
}

impl Format {
    /// The word for it in the API and in file names.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        }
    }
}

/// Writes `rows` profiles into `folder`, and tells where.
pub fn write(folder: &Path, format: Format, rows: u32) -> Result<PathBuf> {
    write_with(folder, format, rows, u32::MAX)
}

/// The same, where one profile in so many has other points.
pub fn write_with(folder: &Path, format: Format, rows: u32, changed_every: u32) -> Result<PathBuf> {
    let changed = if changed_every == u32::MAX { "" } else { "-changed" };
    let path = folder.join(format!("{rows}{changed}.{}", format.word()));
    let file = File::create(&path)?;
    let batch = |first| batch(first, rows.min(first + 8192), changed_every);
    let batches = (0..rows).step_by(BATCH_ROWS).map(batch);
    match format {
        Format::Parquet => write_parquet(file, batches)?,
        Format::Csv => write_csv(file, batches)?,
    }
    Ok(path)
}

fn write_parquet(file: File, batches: impl Iterator<Item = Result<RecordBatch>>) -> Result<()> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(100_000))
        .build();
    let mut writer = ArrowWriter::try_new(file, batch(0, 0, u32::MAX)?.schema(), Some(properties))?;
    for batch in batches {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(())
}

fn write_csv(file: File, batches: impl Iterator<Item = Result<RecordBatch>>) -> Result<()> {
    let mut writer = arrow_csv::Writer::new(std::io::BufWriter::new(file));
    for batch in batches {
        writer.write(&batch?)?;
    }
    Ok(())
}

fn batch(first: u32, end: u32, changed_every: u32) -> Result<RecordBatch> {
    let column = |value: fn(u32) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values((first..end).map(value)))
    };
    let values: [fn(u32) -> String; 5] = [
        |n| format!("{:08x}-{n:08}", n.wrapping_mul(2_654_435_761)),
        |n| format!("{}.{n}@mail{}.example.com", pick(&["ann", "bob", "cid"], n), n % 97),
        |n| pick(&FIRST_NAMES, n).to_owned(),
        |n| pick(&LAST_NAMES, n / 3).to_owned(),
        |n| pick(&CITIES, n / 7).to_owned(),
    ];
    // Points of people whose record is changed are above those that anybody has.
    let points = |n: u32| n % 10_000 + u32::from(n % changed_every == changed_every - 1) * 10_000;
    let points = (first..end).map(|n| points(n).to_string());
    let points: ArrayRef = Arc::new(StringArray::from_iter_values(points));
    let columns = values.map(column).into_iter().chain([points]);
    Ok(RecordBatch::try_from_iter(COLUMNS.into_iter().zip(columns))?)
}

fn pick(from: &[&'static str], n: u32) -> &'static str {
    from[n as usize % from.len()]
}
