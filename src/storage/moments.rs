//! Moments as text, on the clock of the zone that their column names: `2026-03-01T08:00:00+02:00`.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, cast::AsArray};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, TimeUnit};
use jiff::tz::TimeZone;
use jiff::{Error, Timestamp};

/// A column of moments as text; null stays null.
pub(super) fn of(
    column: &ArrayRef,
    unit: TimeUnit,
    zone: &TimeZone,
) -> Result<ArrayRef, ArrowError> {
    let counts = cast(column, &DataType::Int64)?;
    let mut text = StringBuilder::with_capacity(column.len(), 25 * column.len());
    for count in counts.as_primitive::<Int64Type>() {
        let shown = count.map(|count| moment(count, unit)).transpose();
        let shown = shown.map_err(|error| ArrowError::ExternalError(Box::new(error)))?;
        text.append_option(shown.map(|moment| written(moment, zone)));
    }
    Ok(Arc::new(text.finish()))
}

/// Where the clock of a zone is that of UTC its name stands behind it (RFC 9557): it says where the moment was.
fn written(moment: Timestamp, zone: &TimeZone) -> String {
    let moment = moment.to_zoned_datetime(zone.clone());
    let is_named = moment.offset().is_zero() && zone.iana_name().is_some();
    let format = if is_named { "%Y-%m-%dT%H:%M:%S%.f%:z[%Q]" } else { "%Y-%m-%dT%H:%M:%S%.f%:z" };
    moment.strftime(format).to_string()
}

fn moment(count: i64, unit: TimeUnit) -> Result<Timestamp, Error> {
    match unit {
        TimeUnit::Second => Timestamp::from_second(count),
        TimeUnit::Millisecond => Timestamp::from_millisecond(count),
        TimeUnit::Microsecond => Timestamp::from_microsecond(count),
        TimeUnit::Nanosecond => Timestamp::from_nanosecond(i128::from(count)),
    }
}
