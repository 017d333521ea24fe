//! Columns of every type: what has a text is read, and the others refuse no file.

use arrow_array::{
    Array, BinaryArray, DurationSecondArray, FixedSizeBinaryArray, IntervalDayTimeArray,
    LargeBinaryArray, MapArray, StructArray, Time32SecondArray, Time64MicrosecondArray,
    UInt64Array, builder::MapBuilder, builder::StringBuilder, types::IntervalDayTimeType,
};
use parquet::{
    basic::{LogicalType, Repetition, Type as Physical},
    data_type::{ByteArrayType, FixedLenByteArray, FixedLenByteArrayType},
    file::writer::SerializedFileWriter,
    schema::types::Type,
};

use super::*;

fn ids(count: usize) -> ArrayRef {
    Arc::new(StringArray::from_iter_values((0..count).map(|id| id.to_string())))
}

/// One column, as it comes back, and why it cannot be mapped.
async fn read_back(column: ArrayRef) -> (Vec<Option<String>>, Option<String>) {
    let (_folder, storage) = storage();
    let body = parquet_of(vec![("CustomerId", ids(column.len())), ("a", column)]);
    let received = send(&storage, Media::Parquet, body).await.unwrap();
    if let Some(why) = &received.fields[1].unmappable {
        return (vec![], Some(why.clone()));
    }
    let rows = rows(&storage, &received, &["a"]).await;
    (rows.into_iter().flatten().collect(), None)
}

fn dictionary(values: &ArrayRef) -> ArrayRef {
    let data_type = DataType::Dictionary(DataType::Int32.into(), values.data_type().clone().into());
    arrow_cast::cast(values, &data_type).unwrap()
}

#[tokio::test]
async fn what_has_a_text_is_read() {
    let times: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![49_530_000_001, 0]));
    let money: ArrayRef =
        Arc::new(Decimal128Array::from(vec![1250, -5]).with_precision_and_scale(9, 2).unwrap());
    let cases: [(ArrayRef, [&str; 2]); 9] = [
        (times.clone(), ["13:45:30.000001", "00:00:00"]),
        (dictionary(&times), ["13:45:30.000001", "00:00:00"]),
        (Arc::new(Time32SecondArray::from(vec![49_530, 0])), ["13:45:30", "00:00:00"]),
        (Arc::new(DurationSecondArray::from(vec![5400, -1])), ["PT5400S", "-PT1S"]),
        (Arc::new(BinaryArray::from(vec!["Rīga".as_bytes(), b"x"])), ["Rīga", "x"]),
        (Arc::new(LargeBinaryArray::from(vec!["Rīga".as_bytes(), b"x"])), ["Rīga", "x"]),
        (dictionary(&money), ["12.50", "-0.05"]),
        (Arc::new(Float64Array::from(vec![1e300, 0.1])), ["1e300", "0.1"]),
        (
            Arc::new(UInt64Array::from(vec![u64::MAX, 9_223_372_036_854_775_807])),
            ["18446744073709551615", "9223372036854775807"],
        ),
    ];
    for (column, expected) in cases {
        let what = column.data_type().clone();
        let (found, why) = read_back(column).await;
        assert_eq!(why, None, "{what}");
        assert_eq!(found, expected.map(|text| Some(text.to_owned())), "{what}");
    }
}

#[tokio::test]
async fn what_has_no_text_is_left_out_and_says_why() {
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>([Some([Some(1), None]), None]);
    let records = StructArray::from(vec![(
        Arc::new(arrow_schema::Field::new("b", DataType::Utf8, true)),
        ids(2),
    )]);
    let cases: [(ArrayRef, &str); 6] = [
        (Arc::new(lists), "it holds lists"),
        (Arc::new(records), "it holds records"),
        (Arc::new(maps()), "it holds maps"),
        (
            Arc::new(BinaryArray::from(vec![b"a".as_slice(), b"\xff\xfe"])),
            "bytes that are not text",
        ),
        (
            Arc::new(
                FixedSizeBinaryArray::try_from_iter([[1_u8; 16], [2; 16]].into_iter()).unwrap(),
            ),
            "it holds bytes",
        ),
        (
            Arc::new(IntervalDayTimeArray::from(vec![IntervalDayTimeType::make_value(1, 2); 2])),
            "it holds intervals",
        ),
    ];
    for (column, expected) in cases {
        let (_, why) = read_back(column).await;
        assert!(why.as_ref().is_some_and(|why| why.contains(expected)), "{expected}: {why:?}");
    }
}

fn maps() -> MapArray {
    let mut maps = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    maps.keys().append_value("k");
    maps.values().append_value("v");
    maps.append(true).unwrap();
    maps.append(false).unwrap();
    maps.finish()
}

/// As other writers do: the type stands in the schema of Parquet alone.
#[tokio::test]
async fn a_uuid_is_written_as_people_write_it() {
    let column = Type::primitive_type_builder("CustomerId", Physical::FIXED_LEN_BYTE_ARRAY)
        .with_repetition(Repetition::REQUIRED)
        .with_length(16)
        .with_logical_type(Some(LogicalType::Uuid))
        .build()
        .unwrap();
    let schema =
        Type::group_type_builder("schema").with_fields(vec![Arc::new(column)]).build().unwrap();
    let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::default()).unwrap();
    let mut group = file.next_row_group().unwrap();
    let mut chunk = group.next_column().unwrap().unwrap();
    let id = uuid::Uuid::from_u128(0x6f96_19ff_8b86_d011_b42d_00cf_4fc9_64ff);
    let values = [FixedLenByteArray::from(id.as_bytes().to_vec())];
    chunk.typed::<FixedLenByteArrayType>().write_batch(&values, None, None).unwrap();
    chunk.close().unwrap();
    group.close().unwrap();
    let (_folder, storage) = storage();

    let received = send(&storage, Media::Parquet, file.into_inner().unwrap()).await.unwrap();

    let found = rows(&storage, &received, &["CustomerId"]).await;
    assert_eq!(found, [row(["6f9619ff-8b86-d011-b42d-00cf4fc964ff"])]);
}

/// Its type is newer than others, and the footer says it in another form.
#[tokio::test]
async fn a_column_of_places_on_a_map_refuses_no_file() {
    let column = |name, logical| {
        let column = Type::primitive_type_builder(name, Physical::BYTE_ARRAY)
            .with_repetition(Repetition::REQUIRED)
            .with_logical_type(Some(logical));
        Arc::new(column.build().unwrap())
    };
    let columns = vec![
        column("CustomerId", LogicalType::String),
        column("Shop", LogicalType::geometry(None)),
        column("Way", LogicalType::geography(None, None)),
    ];
    let schema = Type::group_type_builder("schema").with_fields(columns).build().unwrap();
    let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::default()).unwrap();
    let mut group = file.next_row_group().unwrap();
    while let Some(mut chunk) = group.next_column().unwrap() {
        chunk.typed::<ByteArrayType>().write_batch(&["7".into()], None, None).unwrap();
        chunk.close().unwrap();
    }
    group.close().unwrap();
    let (_folder, storage) = storage();

    let received = send(&storage, Media::Parquet, file.into_inner().unwrap()).await.unwrap();

    assert_eq!(rows(&storage, &received, &["CustomerId"]).await, [row(["7"])]);
}
