//! Any column as text, the way people write it: `42`, `true`, `2026-03-01`, `2026-03-01T06:00:00Z`.

use std::{fmt::Write, sync::Arc};

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray,
    builder::StringBuilder,
    cast::AsArray,
    make_array,
    types::{Float32Type, Float64Type},
};
use arrow_cast::{CastOptions, cast, cast_with_options, display::FormatOptions};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef};

use super::FieldType;

/// A schema of nullable text columns.
pub(super) fn schema(names: &[String]) -> SchemaRef {
    let field = |name: &String| arrow_schema::Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(names.iter().map(field).collect::<Vec<_>>()))
}

/// What a column's values are to people; `None` for kinds that are not taken.
pub(super) fn field_type(kind: &DataType) -> Option<FieldType> {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Null => {
            Some(FieldType::String)
        }
        DataType::Boolean => Some(FieldType::Boolean),
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Some(FieldType::Date),
        DataType::Dictionary(_, value) => field_type(value),
        kind if kind.is_numeric() => Some(FieldType::Number),
        _ => None,
    }
}

/// A column as text; null stays null, and so does what is not a number in a column of numbers.
///
/// Moments are shown in UTC, those without a zone as if they were UTC.
pub(super) fn of(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.data_type() {
        DataType::Utf8 => Ok(Arc::clone(column)),
        DataType::Dictionary(_, value) => of(&cast(column, value)?),
        DataType::Float16 => of(&cast(column, &DataType::Float32)?),
        DataType::Float32 => Ok(numbers(column.as_primitive::<Float32Type>())),
        DataType::Float64 => Ok(numbers(column.as_primitive::<Float64Type>())),
        DataType::Date64 => of(&cast(column, &DataType::Date32)?),
        DataType::Timestamp(unit, _) => moments(column, DataType::Timestamp(*unit, None)),
        _ => cast(column, &DataType::Utf8),
    }
}

/// Floats without an exponent where people would write none, and whole ones without a fraction.
fn numbers<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>) -> ArrayRef
where
    T::Native: Into<f64> + std::fmt::Display + std::fmt::LowerExp,
{
    let mut text = StringBuilder::with_capacity(column.len(), 12 * column.len());
    for value in column {
        let Some(value) = value.filter(|&value| value.into().is_finite()) else {
            text.append_null();
            continue;
        };
        let size = value.into().abs();
        let plain = size == 0.0 || (1e-7..1e21).contains(&size);
        let written = if plain {
            write!(text, "{value}")
        } else {
            write!(text, "{value:e}")
        };
        written.expect("memory takes whatever is written to it");
        text.append_value("");
    }
    Arc::new(text.finish())
}

/// Moments count from 1970 in UTC whatever their zone is, so the zone is only put aside.
fn moments(column: &ArrayRef, plain: DataType) -> Result<ArrayRef, ArrowError> {
    let column = make_array(column.to_data().into_builder().data_type(plain).build()?);
    let options = CastOptions {
        safe: false,
        format_options: FormatOptions::new().with_timestamp_format(Some("%Y-%m-%dT%H:%M:%S%.fZ")),
    };
    cast_with_options(&column, &DataType::Utf8, &options)
}
