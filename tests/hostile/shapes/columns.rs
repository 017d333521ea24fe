//! Parquet files with long values and large pages, in every packing and encoding.

use std::sync::Arc;

use arrow_array::{ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterVersion};

use super::{Kind, Shape};

/// How long a value is, how many rows have it, and in how many columns.
const SIZES: [(usize, usize, usize); 6] = [
    (1_000_000, 20, 1),
    (1_000_000, 200, 1),
    (50_000, 2000, 1),
    (100, 20_000, 6),
    (5_000, 1000, 20),
    (200, 2000, 199),
];
/// `None` is a dictionary.
const ENCODINGS: [Option<Encoding>; 4] = [
    None,
    Some(Encoding::PLAIN),
    Some(Encoding::DELTA_LENGTH_BYTE_ARRAY),
    Some(Encoding::DELTA_BYTE_ARRAY),
];

pub fn all() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for (length, rows, columns) in SIZES {
        for encoding in ENCODINGS {
            for packing in packings() {
                let name = format!(
                    "{rows} rows of {columns} columns of {length} letters, {packing}, {encoding:?}"
                );
                let body = move || file(length, rows, columns, encoding, packing);
                shapes.push(Shape::new(name, Kind::Parquet, body));
            }
        }
    }
    for rows in [1000, 10_000] {
        let name = format!("{rows} rows that are a megabyte by a dictionary");
        shapes.push(Shape::new(name, Kind::Parquet, move || one_value(rows)));
    }
    shapes
}

/// The file has a kilobyte or two, whatever it unpacks to.
fn one_value(rows: usize) -> Vec<u8> {
    let ids: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..rows).map(|row| row.to_string())));
    let values = StringArray::from_iter_values(["x".repeat(1_000_000)]);
    let column = DictionaryArray::new(Int32Array::from(vec![0; rows]), Arc::new(values));
    let batch =
        RecordBatch::try_from_iter([("CustomerId", ids), ("c", Arc::new(column) as ArrayRef)])
            .expect("columns fit");
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_page_size_limit(1 << 28)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties))
        .expect("the schema fits");
    writer.write(&batch).expect("memory can be written");
    writer.into_inner().expect("memory can be written")
}

fn packings() -> [Compression; 7] {
    [
        Compression::UNCOMPRESSED,
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ]
}

fn file(
    length: usize,
    rows: usize,
    columns: usize,
    encoding: Option<Encoding>,
    packing: Compression,
) -> Vec<u8> {
    let ids = StringArray::from_iter_values((0..rows).map(|row| row.to_string()));
    let long = "x".repeat(length);
    let values: ArrayRef = Arc::new(StringArray::from_iter_values((0..rows).map(|_| &long)));
    let named = (0..columns).map(|column| (format!("c{column}"), Arc::clone(&values)));
    let id: (String, ArrayRef) = ("CustomerId".into(), Arc::new(ids));
    let batch = RecordBatch::try_from_iter(std::iter::once(id).chain(named)).expect("columns fit");
    let mut properties = WriterProperties::builder()
        .set_compression(packing)
        .set_dictionary_enabled(encoding.is_none())
        .set_dictionary_page_size_limit(1 << 28)
        .set_data_page_size_limit(1 << 30)
        .set_write_batch_size(1 << 20)
        .set_writer_version(WriterVersion::PARQUET_2_0);
    if let Some(encoding) = encoding {
        properties = properties.set_encoding(encoding);
    }
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties.build()))
        .expect("the schema fits");
    writer.write(&batch).expect("memory can be written");
    writer.into_inner().expect("memory can be written")
}
