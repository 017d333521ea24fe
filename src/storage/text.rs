//! Any column as text, the way people write it: `42`, `true`, `2026-03-01`, `2026-03-01T06:00:00Z`.

use std::{fmt::Write, sync::Arc};

use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray,
    builder::StringBuilder,
    cast::AsArray,
    make_array,
    types::{Float32Type, Float64Type, Int64Type},
};
use arrow_cast::{CastOptions, cast, cast_with_options, display::FormatOptions};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef, TimeUnit};
use jiff::tz::{Offset, TimeZone};

use super::field::FieldType;
use super::{moments, unmarked};

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

/// A column as text; null stays null, and what is not a number (NaN) in a column of numbers becomes null.
///
/// A moment is shown with the offset of the zone that its column names, and with `Z` in UTC. A time of no zone is shown
/// without one: nobody knows which moment it is. Durations are shown as `PT5400S` (ISO 8601).
pub(super) fn of(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    match column.data_type() {
        DataType::Utf8 => Ok(Arc::clone(column)),
        DataType::Dictionary(_, value) => of(&exactly(column, value)?),
        DataType::Float16 => of(&exactly(column, &DataType::Float32)?),
        DataType::Float32 => Ok(numbers(column.as_primitive::<Float32Type>())),
        DataType::Float64 => Ok(numbers(column.as_primitive::<Float64Type>())),
        DataType::Date64 => of(&exactly(column, &DataType::Date32)?),
        DataType::FixedSizeBinary(_) => Ok(unmarked::uuids(column.as_fixed_size_binary())),
        DataType::BinaryView => unmarked::text(column),
        DataType::Timestamp(_, None) => written(column, "%Y-%m-%dT%H:%M:%S%.f"),
        DataType::Timestamp(unit, Some(zone)) => match offsets_of(zone) {
            Some(zone) => moments::of(column, *unit, &zone),
            None => written(&without_zone(column, *unit)?, "%Y-%m-%dT%H:%M:%S%.fZ"),
        },
        DataType::Duration(_) => in_range(exactly(column, &DataType::Utf8)?),
        _ => exactly(column, &DataType::Utf8),
    }
}

/// A column in another type. A value that has no place there is an error, because null would lose it.
pub(super) fn exactly(column: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(column, to, &CastOptions { safe: false, ..CastOptions::default() })
}

/// The library writes a word for a duration that is out of range, which would be sent as it is.
fn in_range(durations: ArrayRef) -> Result<ArrayRef, ArrowError> {
    if durations.as_string::<i32>().iter().flatten().any(|text| !text.contains('P')) {
        return Err(ArrowError::CastError("a duration is out of range".into()));
    }
    Ok(durations)
}

/// Floats without an exponent where people would write none, and whole ones without a fraction.
fn numbers<T: ArrowPrimitiveType>(column: &PrimitiveArray<T>) -> ArrayRef
where
    T::Native: Into<f64> + std::fmt::Display + std::fmt::LowerExp,
{
    let mut text = StringBuilder::with_capacity(column.len(), 12 * column.len());
    for value in column {
        let Some(value) = value.filter(|&value| !value.into().is_nan()) else {
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

/// Names of UTC in the database of zones; others with the clock of UTC have it for a part of the year.
const UTC_NAMES: [&str; 6] = ["UTC", "Etc/UTC", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal"];

/// The rules of a zone that is not UTC; one that nobody knows is shown in UTC, which is the same moment.
fn offsets_of(name: &str) -> Option<TimeZone> {
    let fixed = || jiff::fmt::temporal::DateTimeParser::new().parse_time_zone(name).ok();
    let zone = TimeZone::get(name).ok().or_else(fixed)?;
    let is_named_utc = UTC_NAMES.iter().any(|utc| utc.eq_ignore_ascii_case(name));
    let is_utc = is_named_utc || zone.to_fixed_offset().is_ok_and(Offset::is_zero);
    (!is_utc).then_some(zone)
}

/// Moments count from 1970 in UTC whatever their zone is.
fn without_zone(column: &ArrayRef, unit: TimeUnit) -> Result<ArrayRef, ArrowError> {
    let plain = DataType::Timestamp(unit, None);
    Ok(make_array(column.to_data().into_builder().data_type(plain).build()?))
}

fn written(column: &ArrayRef, format: &str) -> Result<ArrayRef, ArrowError> {
    let format_options = FormatOptions::new().with_timestamp_format(Some(format));
    cast_with_options(column, &DataType::Utf8, &CastOptions { safe: false, format_options })
}

/// The same in a file of others, of which a moment beyond all calendars ends no run: it is shown as what it counts,
/// which is no date.
pub(super) fn of_foreign(column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    of(column).or_else(|error| match column.data_type() {
        DataType::Timestamp(unit, _) => one_by_one(column, *unit),
        _ => Err(error),
    })
}

fn one_by_one(column: &ArrayRef, unit: TimeUnit) -> Result<ArrayRef, ArrowError> {
    let counts = cast(column, &DataType::Int64)?;
    let counts = counts.as_primitive::<Int64Type>();
    let mut text = StringBuilder::with_capacity(column.len(), 24 * column.len());
    for row in 0..column.len() {
        match of(&column.slice(row, 1)) {
            Ok(one) if one.is_null(0) => text.append_null(),
            Ok(one) => text.append_value(one.as_string::<i32>().value(0)),
            Err(_) => text.append_value(format!("{} {unit:?}s since 1970", counts.value(row))),
        }
    }
    Ok(Arc::new(text.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{
        Date32Array, Date64Array, DurationMillisecondArray, DurationSecondArray, Float32Array,
        Float64Array, Time32SecondArray, Time64NanosecondArray, TimestampSecondArray,
    };

    fn texts(column: &ArrayRef) -> Vec<Option<String>> {
        let text = of(column).unwrap();
        text.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect()
    }

    #[test]
    fn a_value_that_is_out_of_range_is_an_error_and_never_a_word_or_nothing() {
        let columns: [ArrayRef; 9] = [
            Arc::new(DurationSecondArray::from(vec![5400, i64::MAX])),
            Arc::new(DurationSecondArray::from(vec![i64::MIN])),
            Arc::new(DurationMillisecondArray::from(vec![i64::MIN])),
            Arc::new(Time32SecondArray::from(vec![86_400])),
            Arc::new(Time32SecondArray::from(vec![-1])),
            Arc::new(Time64NanosecondArray::from(vec![i64::MAX])),
            Arc::new(Date32Array::from(vec![i32::MAX])),
            Arc::new(Date64Array::from(vec![i64::MAX])),
            Arc::new(TimestampSecondArray::from(vec![i64::MAX])),
        ];
        for column in columns {
            assert!(of(&column).is_err(), "{:?}: {:?}", column, texts(&column));
        }
        let durations: ArrayRef = Arc::new(DurationSecondArray::from(vec![Some(-5400), None]));
        assert_eq!(texts(&durations), [Some("-PT5400S".to_owned()), None]);
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
            (f64::INFINITY, Some("inf")),
            (f64::NEG_INFINITY, Some("-inf")),
        ] {
            let column: ArrayRef = Arc::new(Float64Array::from(vec![number]));
            assert_eq!(texts(&column), [expected.map(str::to_owned)]);
        }
        let single: ArrayRef = Arc::new(Float32Array::from(vec![Some(0.1), None]));
        assert_eq!(texts(&single), [Some("0.1".into()), None]);
    }

    #[test]
    fn a_moment_beyond_all_calendars_is_no_moment_and_leaves_the_others_as_they_are() {
        for zone in [None, Some("UTC"), Some("Europe/Riga")] {
            let moments = vec![Some(0), None, Some(i64::MAX / 2)];
            let column = TimestampSecondArray::from(moments).with_timezone_opt(zone);
            let column: ArrayRef = Arc::new(column);
            assert!(of(&column).is_err());
            let shown = of_foreign(&column).unwrap();
            let shown: Vec<_> = shown.as_string::<i32>().iter().collect();
            assert!(shown[0].unwrap().starts_with("1970-01-01T") && shown[1].is_none());
            assert_eq!(shown[2], Some("4611686018427387903 Seconds since 1970"));
        }
    }

    #[test]
    fn a_moment_is_shown_on_the_clock_of_its_zone_and_a_time_of_no_zone_without_one() {
        for (zone, expected) in [
            (None, "2026-02-25T06:13:20"),
            (Some("UTC"), "2026-02-25T06:13:20Z"),
            (Some("Etc/UTC"), "2026-02-25T06:13:20Z"),
            (Some("+00:00"), "2026-02-25T06:13:20Z"),
            (Some("+02:00"), "2026-02-25T08:13:20+02:00"),
            (Some("Europe/Riga"), "2026-02-25T08:13:20+02:00"),
            (Some("America/St_Johns"), "2026-02-25T02:43:20-03:30"),
            (Some("Europe/London"), "2026-02-25T06:13:20+00:00[Europe/London]"),
            (Some("Nowhere/Else"), "2026-02-25T06:13:20Z"),
        ] {
            let column = TimestampSecondArray::from(vec![Some(1_772_000_000), None]);
            let column: ArrayRef = Arc::new(column.with_timezone_opt(zone));
            assert_eq!(texts(&column), [Some(expected.into()), None], "{zone:?}");
        }
    }
}
