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

use super::{field::FieldType, unmarked};

/// A schema of nullable text columns.
pub(super) fn schema(names: &[String]) -> SchemaRef {
    let field = |name: &String| arrow_schema::Field::new(name, DataType::Utf8, true);
    Arc::new(Schema::new(names.iter().map(field).collect::<Vec<_>>()))
}

/// `None` for types whose values cannot be shown as text.
pub(super) fn field_type(data_type: &DataType) -> Option<FieldType> {
    match data_type {
        DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Null
        | DataType::Time32(_)
        | DataType::Time64(_)
        | DataType::Duration(_)
        | DataType::FixedSizeBinary(unmarked::UUID_BYTES) => Some(FieldType::String),
        DataType::Boolean => Some(FieldType::Boolean),
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => Some(FieldType::Date),
        bytes if unmarked::may_be_text(bytes) => Some(FieldType::String),
        DataType::Dictionary(_, value) => field_type(value),
        other if other.is_numeric() => Some(FieldType::Number),
        _ => None,
    }
}

/// A column as text; null stays null, and so does what is not a number in a column of numbers.
///
/// Moments are shown in UTC, those without a zone as if they were UTC; durations as `PT5400S` (ISO 8601).
pub(super) fn of(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.data_type() {
        DataType::Utf8 => Ok(Arc::clone(column)),
        DataType::Dictionary(_, value) => of(&cast(column, value)?),
        DataType::Float16 => of(&cast(column, &DataType::Float32)?),
        DataType::Float32 => Ok(numbers(column.as_primitive::<Float32Type>())),
        DataType::Float64 => Ok(numbers(column.as_primitive::<Float64Type>())),
        DataType::Date64 => of(&cast(column, &DataType::Date32)?),
        DataType::FixedSizeBinary(_) => Ok(unmarked::uuids(column.as_fixed_size_binary())),
        DataType::BinaryView => unmarked::text(column),
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
        let written = if plain { write!(text, "{value}") } else { write!(text, "{value:e}") };
        written.expect("writing to memory cannot fail");
        text.append_value("");
    }
    Arc::new(text.finish())
}

/// Moments count from 1970 in UTC whatever their zone is, so the zone is left out.
fn moments(column: &ArrayRef, plain: DataType) -> Result<ArrayRef, ArrowError> {
    let column = make_array(column.to_data().into_builder().data_type(plain).build()?);
    let options = CastOptions {
        safe: false,
        format_options: FormatOptions::new().with_timestamp_format(Some("%Y-%m-%dT%H:%M:%S%.fZ")),
    };
    cast_with_options(&column, &DataType::Utf8, &options)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Float32Array, Float64Array, TimestampSecondArray};

    fn texts(column: &ArrayRef) -> Vec<Option<String>> {
        let text = of(column).unwrap();
        text.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect()
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (number, expected) in [
            (42.0, Some("42")),
            (-0.5, Some("-0.5")),
            (0.0, Some("0")),
            (12_345_678_901_234_567.0, Some("12345678901234568")),
            (0.000_001, Some("0.000001")),
            (1e21, Some("1e21")),
            (1.5e-8, Some("1.5e-8")),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            let column: ArrayRef = Arc::new(Float64Array::from(vec![number]));
            assert_eq!(texts(&column), [expected.map(str::to_owned)]);
        }
        let single: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.1), None]));
        assert_eq!(texts(&single), [Some("0.1".into()), None]);
    }

    #[test]
    fn a_moment_is_shown_in_utc_whatever_its_zone() {
        for zone in [None, Some("UTC"), Some("+02:00"), Some("Europe/Riga")] {
            let column = TimestampSecondArray::from(vec![1_772_000_000]);
            let column: ArrayRef = Arc::new(column.with_timezone_opt(zone));
            assert_eq!(texts(&column), [Some("2026-02-25T06:13:20Z".into())]);
        }
    }
}
