//! How external files are found, inspected, pinned and read.

mod content;
mod files;
mod folders;
mod locations;
mod pinned;

use std::{fs, sync::Arc};

use ::parquet::{
    arrow::{
        ARROW_SCHEMA_META_KEY, ArrowWriter, arrow_writer::ArrowWriterOptions, encode_arrow_schema,
    },
    basic::{BrotliLevel, Compression, GzipLevel, ZstdLevel},
    file::{metadata::KeyValue, properties::WriterProperties},
};
use arrow_array::{
    ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray, cast::AsArray,
};
use arrow_schema::{DataType, Schema, TimeUnit};
use futures::TryStreamExt;
use uuid::Uuid;

use super::{roots::Location, *};

/// A storage in a temporary folder.
struct Fixture {
    folder: tempfile::TempDir,
    storage: Storage,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = url::Url::from_directory_path(folder.path()).unwrap();
        let storage = Storage::open(&[RootSettings::default_at(url.as_str())]).unwrap();
        Self { folder, storage }
    }

    fn with(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.write(path, content);
        self
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn locate(&self, path: &str) -> Result<Location, Error> {
        let root = self.folder.path().display();
        self.storage.locate(&format!("file://{root}/{path}"), Uuid::nil())
    }

    async fn inspect(&self, path: &str, format: Format) -> Result<Inspection, Error> {
        let data =
            ExternalData::Files { at: self.locate(path)?, format, dialect: Dialect::default() };
        self.storage.inspect(&data, None).await
    }

    async fn read(&self, pinned: &Manifest, columns: &[&str]) -> Result<Vec<RecordBatch>, Error> {
        let columns: Vec<String> = columns.iter().map(ToString::to_string).collect();
        let pages = self.storage.pages(Arc::new(pinned.clone()), WantedColumns::of(columns));
        pages.try_collect().await
    }
}

fn column(pages: &[RecordBatch], name: &str) -> Vec<String> {
    let values = pages.iter().flat_map(|page| page[name].as_string::<i32>());
    values.map(|value| value.unwrap_or("null").to_owned()).collect()
}

/// A file of one row group.
pub(in crate::storage) fn parquet_with(ids: &[i64], other: &str) -> Vec<u8> {
    parquet_compressed(ids, other, Compression::UNCOMPRESSED)
}

fn parquet_compressed(ids: &[i64], other: &str, compression: Compression) -> Vec<u8> {
    let emails = ids.iter().map(|id| format!("{id}@example.com"));
    let columns: [(&str, ArrayRef); 2] = [
        ("CustomerId", Arc::new(Int64Array::from(ids.to_vec()))),
        (other, Arc::new(StringArray::from_iter_values(emails))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// A file as other writers store a moment that had another unit: in milliseconds, and the Arrow schema says what it
/// was. The moment is the beginning of 1970 in UTC.
pub(in crate::storage) fn moments_stored_in_millis(unit: TimeUnit, zone: &str) -> Vec<u8> {
    let moments: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![0]).with_timezone("UTC"));
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["1"]));
    let batch = RecordBatch::try_from_iter([("CustomerId", ids), ("At", moments)]).unwrap();
    let field = |name: &str, of| arrow_schema::Field::new(name, of, false);
    let had = DataType::Timestamp(unit, Some(zone.into()));
    let told = Schema::new(vec![field("CustomerId", DataType::Utf8), field("At", had)]);
    let told = KeyValue::new(ARROW_SCHEMA_META_KEY.to_owned(), encode_arrow_schema(&told));
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![told])).build();
    let options =
        ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer =
        ArrowWriter::try_new_with_options(Vec::new(), batch.schema(), options).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}
