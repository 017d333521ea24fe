//! The zones of columns of moments that are stored in another unit than they had, or in the old form of Spark.
//!
//! A footer names the zone in an Arrow schema beside the columns. The library heeds it only where the units are the
//! same, and else reads UTC (parquet 60.1): a day would be another one. Of plain numbers it heeds all of it, so it is
//! asked as if the moments were numbers. A test fails when the library does better.
//!
//! Spark writes moments as `INT96` by default (`spark.sql.parquet.outputTimestampType`), always in UTC, and nothing in
//! the file says so but the name of its library, parquet-mr. Others write times without a zone so.

use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema, SchemaRef};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::Type as Physical;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::schema::types::{SchemaDescriptor, Type, TypePtr};

/// The schema with the zones that `read` lacks; `None` when it lacks none.
pub(super) fn complete(
    footer: &ParquetMetaData,
    read: &Schema,
) -> Result<Option<SchemaRef>, ParquetError> {
    let is_moment = |field: &Arc<Field>| matches!(field.data_type(), DataType::Timestamp(..));
    let footer = footer.file_metadata();
    let is_of_spark = footer.created_by().is_some_and(|writer| writer.starts_with(SPARKS_WRITER));
    if !read.fields().iter().any(is_moment)
        || (footer.key_value_metadata().is_none() && !is_of_spark)
    {
        return Ok(None);
    }
    let columns = footer.schema_descr().root_schema().get_fields();
    let numbers = columns.iter().map(as_number).collect::<Result<_, _>>()?;
    let root = Type::group_type_builder("schema").with_fields(numbers).build()?;
    let root = SchemaDescriptor::new(Arc::new(root));
    let told = parquet_to_arrow_schema(&root, footer.key_value_metadata())?;
    let fields = read.fields().iter().zip(told.fields()).zip(columns);
    let zone = |((read, told), column): ((&Arc<Field>, &Arc<Field>), &TypePtr)| {
        let is_in_utc = is_of_spark && is_int96(column);
        if is_in_utc { in_zone(read, &"UTC".into()) } else { zoned(read, told.data_type()) }
    };
    let fields: Vec<_> = fields.map(zone).collect();
    let schema = Schema::new_with_metadata(fields, read.metadata().clone());
    Ok((schema.fields() != read.fields()).then(|| Arc::new(schema)))
}

/// How the library of Spark and Hive names itself.
const SPARKS_WRITER: &str = "parquet-mr";

fn is_int96(column: &TypePtr) -> bool {
    !column.is_group() && column.get_physical_type() == Physical::INT96
}

/// A column of moments as one of plain numbers, any other as it is.
fn as_number(column: &TypePtr) -> Result<TypePtr, ParquetError> {
    if column.is_group() || column.get_physical_type() != Physical::INT64 {
        return Ok(column.clone());
    }
    let info = column.get_basic_info();
    let number = Type::primitive_type_builder(info.name(), Physical::INT64)
        .with_repetition(info.repetition())
        .build()?;
    Ok(Arc::new(number))
}

fn zoned(read: &Arc<Field>, told: &DataType) -> Arc<Field> {
    match told {
        DataType::Timestamp(_, Some(zone)) => in_zone(read, zone),
        _ => read.clone(),
    }
}

fn in_zone(read: &Arc<Field>, zone: &Arc<str>) -> Arc<Field> {
    let DataType::Timestamp(unit, _) = read.data_type() else { return read.clone() };
    let data_type = DataType::Timestamp(*unit, Some(zone.clone()));
    Arc::new(read.as_ref().clone().with_data_type(data_type))
}

#[cfg(test)]
mod tests {
    use arrow_array::cast::AsArray;
    use arrow_array::types::TimestampNanosecondType;
    use arrow_schema::TimeUnit;
    use bytes::Bytes;
    use parquet::arrow::arrow_reader::{
        ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
    };
    use parquet::data_type::{ByteArrayType, Int96, Int96Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;
    use crate::storage::tests::moments_stored_in_millis as file;

    fn read(file: Vec<u8>) -> ArrowReaderMetadata {
        ArrowReaderMetadata::load(&Bytes::from(file), ArrowReaderOptions::new()).unwrap()
    }

    fn zone(schema: &Schema) -> String {
        match schema.field(1).data_type() {
            DataType::Timestamp(TimeUnit::Millisecond, Some(zone)) => zone.to_string(),
            other => other.to_string(),
        }
    }

    #[test]
    fn a_zone_is_kept_whatever_the_unit_is_in_which_moments_are_stored() {
        for unit in [TimeUnit::Second, TimeUnit::Microsecond, TimeUnit::Nanosecond] {
            for name in ["Europe/Riga", "+02:00"] {
                let read = read(file(unit, name));
                let complete = complete(read.metadata(), read.schema()).unwrap().unwrap();
                assert_eq!(zone(&complete), name, "{unit:?}");
                let options = ArrowReaderOptions::new().with_schema(complete);
                ArrowReaderMetadata::try_new(read.metadata().clone(), options).unwrap();
            }
        }
        let same = read(file(TimeUnit::Millisecond, "Europe/Riga"));
        assert!(complete(same.metadata(), same.schema()).unwrap().is_none());
    }

    /// 1990-02-02 00:00 in Riga, as Spark and as other programs write it.
    fn written_as_int96_by(writer: &str) -> Vec<u8> {
        let schema = "message members { required binary CustomerId (UTF8); optional int96 Born; }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let settings = WriterProperties::builder().set_created_by(writer.to_owned()).build();
        let mut file = SerializedFileWriter::new(Vec::new(), schema, Arc::new(settings)).unwrap();
        let mut rows = file.next_row_group().unwrap();
        let mut ids = rows.next_column().unwrap().unwrap();
        ids.typed::<ByteArrayType>().write_batch(&["1".into()], None, None).unwrap();
        ids.close().unwrap();
        // Nanoseconds of the day, and the Julian day of 1990-02-01.
        let (nanoseconds, day) = (22 * 3600 * 1_000_000_000_u64, 2_447_924);
        let moment = Int96::from(vec![
            u32::try_from(nanoseconds & 0xffff_ffff).unwrap(),
            u32::try_from(nanoseconds >> 32).unwrap(),
            day,
        ]);
        let mut moments = rows.next_column().unwrap().unwrap();
        moments.typed::<Int96Type>().write_batch(&[moment], Some(&[1]), None).unwrap();
        moments.close().unwrap();
        rows.close().unwrap();
        file.into_inner().unwrap()
    }

    #[test]
    fn a_moment_of_spark_is_one_in_utc_and_a_time_of_others_has_no_zone() {
        for (writer, zone) in [
            (
                "parquet-mr version 1.13.1 (build db4183109d5b734ec5930d870cdae161e408ddba)",
                Some("UTC"),
            ),
            ("parquet-cpp-arrow version 15.0.0", None),
            ("impala version 4.1.0", None),
        ] {
            let read = read(written_as_int96_by(writer));
            let complete = complete(read.metadata(), read.schema()).unwrap();
            let schema = complete.clone().unwrap_or_else(|| read.schema().clone());
            let expected = DataType::Timestamp(TimeUnit::Nanosecond, zone.map(Into::into));
            assert_eq!(schema.field(1).data_type(), &expected, "{writer}");
            let file = Bytes::from(written_as_int96_by(writer));
            let options = complete.map_or_else(ArrowReaderOptions::new, |schema| {
                ArrowReaderOptions::new().with_schema(schema)
            });
            let rows = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options);
            let rows = rows.unwrap().build().unwrap().next().unwrap().unwrap();
            let moment = rows.column(1).as_primitive::<TimestampNanosecondType>().value(0);
            assert_eq!(moment, 633_909_600_000_000_000, "{writer}");
        }
    }

    #[test]
    fn the_library_still_loses_such_a_zone() {
        let read = read(file(TimeUnit::Second, "Europe/Riga"));
        assert_eq!(zone(read.schema()), "UTC", "the library is mended: remove this file");
    }
}
