//! The zones of columns of moments that are stored in another unit than they had.
//!
//! A footer names the zone in an Arrow schema beside the columns. The library heeds it only where the units are the
//! same, and else reads UTC (parquet 60.1): a day would be another one. Of plain numbers it heeds all of it, so it is
//! asked as if the moments were numbers. A test fails when the library does better.

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
    if footer.key_value_metadata().is_none() || !read.fields().iter().any(is_moment) {
        return Ok(None);
    }
    let columns = footer.schema_descr().root_schema().get_fields();
    let numbers = columns.iter().map(as_number).collect::<Result<_, _>>()?;
    let root = Type::group_type_builder("schema").with_fields(numbers).build()?;
    let root = SchemaDescriptor::new(Arc::new(root));
    let told = parquet_to_arrow_schema(&root, footer.key_value_metadata())?;
    let fields = read.fields().iter().zip(told.fields());
    let fields: Vec<_> = fields.map(|(read, told)| zoned(read, told.data_type())).collect();
    let schema = Schema::new_with_metadata(fields, read.metadata().clone());
    Ok((schema.fields() != read.fields()).then(|| Arc::new(schema)))
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
    let (DataType::Timestamp(unit, _), DataType::Timestamp(_, Some(zone))) =
        (read.data_type(), told)
    else {
        return read.clone();
    };
    let data_type = DataType::Timestamp(*unit, Some(zone.clone()));
    Arc::new(read.as_ref().clone().with_data_type(data_type))
}

#[cfg(test)]
mod tests {
    use arrow_schema::TimeUnit;
    use bytes::Bytes;
    use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};

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

    #[test]
    fn the_library_still_loses_such_a_zone() {
        let read = read(file(TimeUnit::Second, "Europe/Riga"));
        assert_eq!(zone(read.schema()), "UTC", "the library is mended: remove this file");
    }
}
