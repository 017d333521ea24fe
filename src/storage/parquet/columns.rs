//! Which columns of a file can be read as text, and why the others cannot.

use arrow_array::cast::AsArray;
use arrow_schema::{DataType, Schema};
use parquet::{
    arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::LogicalType,
};

use super::super::{
    column_names::ColumnNames,
    error::Error,
    field::{CUSTOMER_ID, Field, FieldType},
    text,
    union::PartField,
    unmarked,
    windows::Windows,
};
use super::{batches::Batches, footer::value_type};

type File = ParquetRecordBatchReaderBuilder<Windows>;

/// The fields of a file; those that cannot be read say why. Reads columns of bytes to their ends: only the data shows
/// whether they are text. Rejects files without a usable `CustomerId`.
pub(in super::super) fn fields(file: &File, windows: &Windows) -> Result<Vec<PartField>, Error> {
    let schema = file.schema();
    require_names(schema)?;
    let mut fields = Vec::with_capacity(schema.fields().len());
    for (index, column) in schema.fields().iter().enumerate() {
        let (name, data_type) = (column.name(), value_type(column.data_type()));
        let field = match unreadable(file, windows, index, data_type)? {
            Some(why) => Field::unmappable(name, why),
            None => Field::new(name, text::field_type(data_type).unwrap_or(FieldType::String)),
        };
        fields.push(PartField { field, is_empty: data_type.is_null() });
    }
    require_customer_id(schema, &fields)?;
    Ok(fields)
}

/// The columns that can be read.
pub(in super::super) fn readable(file: &File, fields: &[PartField]) -> ProjectionMask {
    let readable = (0..fields.len()).filter(|&index| fields[index].field.is_mappable());
    ProjectionMask::roots(file.parquet_schema(), readable)
}

/// A name says which column is meant.
fn require_names(schema: &Schema) -> Result<(), Error> {
    let names = schema.fields().iter().map(|field| field.name().as_str());
    ColumnNames::check("column", names).map_err(|message| Error::invalid(None, message))
}

fn require_customer_id(schema: &Schema, fields: &[PartField]) -> Result<(), Error> {
    let Some(index) = fields.iter().position(|part| part.field.name == CUSTOMER_ID) else {
        let names = fields.iter().map(|part| part.field.name.as_str());
        return Err(Error::no_customer_id(None, names));
    };
    let field = &fields[index].field;
    let is_integer = value_type(schema.field(index).data_type()).is_integer();
    if field.is_mappable() && (is_integer || field.r#type == FieldType::String) {
        return Ok(());
    }
    let message = format!("column {CUSTOMER_ID} must contain text or whole numbers");
    Err(Error::invalid(None, message))
}

/// Why a column cannot be read as text; `None` when it can.
fn unreadable(
    file: &File,
    windows: &Windows,
    index: usize,
    data_type: &DataType,
) -> Result<Option<&'static str>, Error> {
    Ok(match data_type {
        DataType::FixedSizeBinary(unmarked::UUID_BYTES) if is_uuid(file, index) => None,
        DataType::FixedSizeBinary(_) => Some("it holds bytes; only text can be mapped"),
        bytes if unmarked::may_be_text(bytes) => {
            let is_text = holds_text(file, windows, index)?;
            (!is_text).then_some("it holds bytes that are not text")
        }
        DataType::Interval(_) => Some("it holds intervals, which have no text"),
        DataType::Struct(_) => Some("it holds records; only single values can be mapped"),
        DataType::Map(..) => Some("it holds maps; only single values can be mapped"),
        nested if nested.is_nested() => Some("it holds lists; only single values can be mapped"),
        other => text::field_type(other).is_none().then_some("its type cannot be read as text"),
    })
}

fn is_uuid(file: &File, index: usize) -> bool {
    let column = &file.parquet_schema().root_schema().get_fields()[index];
    matches!(column.get_basic_info().logical_type_ref(), Some(LogicalType::Uuid))
}

/// Reads a column of bytes until one value is not text.
fn holds_text(file: &File, windows: &Windows, index: usize) -> Result<bool, Error> {
    let mask = ProjectionMask::roots(file.parquet_schema(), [index]);
    for batch in Batches::open(file, windows, mask)? {
        if !unmarked::is_text(batch?.column(0).as_binary_view()) {
            return Ok(false);
        }
    }
    Ok(true)
}
