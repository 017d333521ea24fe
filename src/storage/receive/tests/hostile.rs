//! Files that are made to fill memory, the stack, the disk or time.

use std::io::Write;

use ::parquet::{
    basic::{BrotliLevel, Compression, Encoding, GzipLevel, ZstdLevel},
    file::properties::WriterProperties,
};

use super::*;

/// In a long value.
const LETTERS: usize = 1_000_000;

async fn refusal(media: Media, body: Vec<u8>) -> String {
    let (folder, storage) = storage();
    let error = send(&storage, media, body).await.unwrap_err();
    assert!(is_empty(folder.path()));
    assert!(!error.is_of_the_storage(), "{error:?}");
    error.to_string()
}

fn varint(mut number: usize, to: &mut Vec<u8>) {
    while number > 0x7f {
        to.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    to.push(u8::try_from(number).unwrap());
}

/// A schema with these numbers of children, one element after the other, and no rows.
fn schema_of(children: &[usize]) -> Vec<u8> {
    let mut footer = vec![0x15, 2, 0x19, 0xfc];
    varint(children.len(), &mut footer);
    for &count in children {
        // A leaf is text. Its repetition, its name, and for a group the number of its children.
        footer.extend_from_slice(if count == 0 { &[0x15, 12, 0x25, 2] } else { &[0x35, 2] });
        footer.extend_from_slice(&[0x18, 1, b'a']);
        if count > 0 {
            footer.push(0x15);
            varint(2 * count, &mut footer);
        }
        footer.push(0);
    }
    footer.extend_from_slice(&[0x16, 0, 0x19, 0x0c, 0]);
    file_with(&footer)
}

fn file_with(footer: &[u8]) -> Vec<u8> {
    let mut file = b"PAR1".to_vec();
    file.extend_from_slice(footer);
    file.extend_from_slice(&u32::try_from(footer.len()).unwrap().to_le_bytes());
    file.extend_from_slice(b"PAR1");
    file
}

#[tokio::test]
async fn groups_nested_two_thousand_deep_are_refused_and_the_process_lives() {
    let mut children = vec![1; 2000];
    children.push(0);
    let message = refusal(Media::Parquet, schema_of(&children)).await;
    assert!(message.contains("nested"), "{message}");
}

#[tokio::test]
async fn columns_are_counted_before_anything_is_made_of_them() {
    let mut children = vec![0; 300_001];
    children[0] = 300_000;
    let message = refusal(Media::Parquet, schema_of(&children)).await;
    assert!(message.contains("the file has 300000 columns; the maximum is 20"), "{message}");
}

#[tokio::test]
async fn pairs_of_key_and_value_are_counted_before_anything_is_made_of_them() {
    for (count, is_refused) in [(10_000, false), (10_001, true), (5_000_000, true)] {
        // Behind the schema and the rows: a list with the id 5, of structs that end at once.
        let mut footer = vec![0x15, 2, 0x19, 0x1c, 0x35, 2, 0x18, 1, b'a', 0x15, 0, 0];
        footer.extend_from_slice(&[0x16, 0, 0x19, 0x0c, 0x19, 0xfc]);
        varint(count, &mut footer);
        footer.resize(footer.len() + count, 0);
        footer.push(0);
        let message = refusal(Media::Parquet, file_with(&footer)).await;
        let expected = format!("has {count} pairs of key and value; the maximum is 10000");
        assert_eq!(message.contains(&expected), is_refused, "{message}");
    }
}

fn written(column: ArrayRef, properties: WriterProperties) -> Vec<u8> {
    let ids = StringArray::from_iter_values((0..column.len()).map(|row| row.to_string()));
    let columns: [(&str, ArrayRef); 2] = [("CustomerId", Arc::new(ids)), ("a", column)];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[tokio::test]
async fn a_long_value_that_a_dictionary_repeats_is_there_once_and_comes_back_in_small_pages() {
    let long = "x".repeat(LETTERS);
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_dictionary_page_size_limit(4 << 20);
    let column = StringArray::from_iter_values((0..300).map(|_| &long));
    let file = written(Arc::new(column), properties.build());
    assert!(file.len() < 10_000);
    let (_folder, storage) = storage();
    let received = send(&storage, Media::Parquet, file).await.unwrap();
    let columns = WantedColumns::of(["a".to_owned()]);
    let mut pages = storage.pages(Arc::new(received.manifest), columns);
    let mut rows = 0;
    while let Some(page) = pages.try_next().await.unwrap() {
        assert!(page.num_rows() <= 4, "{} rows of a million letters at once", page.num_rows());
        rows += page.num_rows();
    }
    assert_eq!(rows, 300);
}

#[tokio::test]
async fn a_page_that_unpacks_to_more_than_there_is_room_for_is_refused_in_every_compression() {
    let column: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..70).map(|_| "x".repeat(LETTERS))));
    for codec in [
        Compression::SNAPPY,
        Compression::GZIP(GzipLevel::default()),
        Compression::BROTLI(BrotliLevel::default()),
        Compression::LZ4,
        Compression::LZ4_RAW,
        Compression::ZSTD(ZstdLevel::default()),
    ] {
        let properties = WriterProperties::builder()
            .set_compression(codec)
            .set_dictionary_enabled(false)
            .set_write_batch_size(100)
            .set_data_page_size_limit(1 << 30);
        let message = refusal(Media::Parquet, written(column.clone(), properties.build())).await;
        assert!(message.contains("its pages need too much memory"), "{codec}: {message}");
    }
}

#[tokio::test]
async fn values_that_share_their_beginnings_are_read_a_few_at_a_time() {
    let values = (0..1000).map(|row| format!("{}{row:04}", "x".repeat(20_000)));
    let column: ArrayRef = Arc::new(StringArray::from_iter_values(values));
    for encoding in [Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY] {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_dictionary_enabled(false)
            .set_encoding(encoding);
        let (_folder, storage) = storage();
        let file = written(column.clone(), properties.build());
        let received = send(&storage, Media::Parquet, file).await.unwrap();
        let rows = rows(&storage, &received, &["CustomerId", "a"]).await;
        assert_eq!(rows.len(), 1000);
        assert!(rows[999][1].as_ref().unwrap().ends_with("x0999"), "{encoding}");
    }
}

#[tokio::test]
async fn what_is_stored_has_a_limit_of_its_own() {
    let (folder, storage) = storage();
    let limits = ReceiveLimits { stored_bytes_max: 100_000, ..LIMITS };
    let rows = (0..10_000).map(|_| format!("{}\n", uuid::Uuid::new_v4()));
    let body: String = std::iter::once("CustomerId\n".to_owned()).chain(rows).collect();
    let body = stream::iter([Ok::<_, Infallible>(Bytes::from(body))]);
    let error = storage.receive("tests", Media::Csv, body, &limits).await.unwrap_err();
    assert!(error.to_string().contains("100000 bytes of storage"), "{error}");
    assert!(is_empty(folder.path()));
}

#[tokio::test]
async fn rows_are_as_long_as_they_may_be_and_no_longer() {
    let columns = (0..10)
        .map(|_| -> ArrayRef { Arc::new(StringArray::from_iter_values(["x".repeat(200_000)])) });
    let names = ["CustomerId", "a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let file = parquet_of(names.into_iter().zip(columns).collect());
    let message = refusal(Media::Parquet, file).await;
    assert!(message.contains("row 1: the values are longer than 1048576 bytes"), "{message}");
}

#[test]
fn text_that_unpacks_to_hundreds_of_times_its_size_is_refused() {
    let mut packed = zstd::Encoder::new(Vec::new(), 3).unwrap();
    packed.write_all(b"CustomerId\n").unwrap();
    let rows = format!("{}\n", "x".repeat(9999)).repeat(100);
    (0..300).for_each(|_| packed.write_all(rows.as_bytes()).unwrap());
    let packed = Bytes::from(packed.finish().unwrap());
    let chunks = Box::new(std::iter::once(Ok(packed)));
    let dialect = crate::storage::Dialect::default();
    let limits = crate::storage::csv::RecordLimits::EXTERNAL;
    let mut records = crate::storage::csv::open(chunks, limits, &dialect).unwrap();
    let refused = std::iter::from_fn(|| Some(records.advance())).find_map(Result::err);
    let message = refused.unwrap().to_string();
    assert!(message.contains("more than 200 times its size"), "{message}");
}
