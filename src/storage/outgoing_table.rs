//! A table for others to read, as Parquet. Its metadata says the version of its columns, whose names and order are
//! promised.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterPropertiesBuilder;

/// A complete file. `version`: the key of the metadata, and the version. Every column may be empty, so that later
/// versions may leave one out.
pub(crate) fn encode_table(
    (key, version): (&str, &str),
    columns: Vec<(&str, ArrayRef)>,
    properties: WriterPropertiesBuilder,
) -> Result<Bytes, ParquetError> {
    let field =
        |(name, array): &(&str, ArrayRef)| Field::new(*name, array.data_type().clone(), true);
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    let batch = RecordBatch::try_new(schema.clone(), arrays)?;
    let properties = properties
        .set_compression(Compression::SNAPPY)
        .set_key_value_metadata(Some(vec![KeyValue::new(key.to_owned(), version.to_owned())]));
    // Else readers would see how the texts were held in memory here.
    let options = ArrowWriterOptions::new()
        .with_properties(properties.build())
        .with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema, options)?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?.into())
}
