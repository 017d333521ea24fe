//! Moments: how a time and its zone are written behind a day, and which day a moment is.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::scan::Scan;
use super::zones::Zones;

/// The zone that a value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// `Z` or `+00:00`: the moment is known, and not where it was (RFC 9557). So programs store moments of anywhere.
    Utc,
    Offset(Offset),
}

/// A day, with the time and the zone that the value has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub written: DateTime,
    pub zone: Option<Named>,
}

impl Moment {
    /// The day as it is written, or that in the zone where the moment becomes a day.
    pub fn day(&self, zones: &Zones) -> Option<Date> {
        let (offset, zone) = match (self.zone, &zones.field, &zones.mapping) {
            (Some(Named::Utc), Some(zone), _) | (Some(Named::Utc), None, Some(zone)) => {
                (Offset::UTC, zone)
            }
            (Some(Named::Offset(offset)), Some(zone), _) => (offset, zone),
            _ => return Some(self.written.date()),
        };
        let instant = offset.to_timestamp(self.written).ok()?;
        Some(zone.to_datetime(instant).date())
    }
}

/// The zone in which a moment that names none becomes a day.
pub(super) fn zone_of(zones: &Zones) -> TimeZone {
    zones.field.clone().or_else(|| zones.mapping.clone()).unwrap_or(TimeZone::UTC)
}

/// The hour of a clock of twelve hours.
pub(super) fn afternoon(hour: i16, scan: &mut Scan<'_>) -> Option<i16> {
    let is_afternoon = scan.accept_word("pm");
    if !is_afternoon && !scan.accept_word("am") {
        return None;
    }
    (1..=12).contains(&hour).then_some(hour % 12 + if is_afternoon { 12 } else { 0 })
}

/// A time to the end of the value: `10:00`, `10:00:00.5`, `10:00 PM`, each with a zone or without.
pub(super) fn time_and_zone(scan: &mut Scan<'_>) -> Option<(Time, Option<Named>)> {
    let mut hour = scan.digits(1, 2)?;
    let minute = scan.accept(':').then(|| scan.digits(2, 2))??;
    let second = if scan.accept(':') { scan.digits(2, 2)? } else { 0 };
    skip_fraction(scan)?;
    scan.skip_blanks();
    if scan
        .0
        .get(..2)
        .is_some_and(|next| next.eq_ignore_ascii_case("am") || next.eq_ignore_ascii_case("pm"))
    {
        hour = afternoon(hour, scan)?;
    }
    Some((time(hour, minute, second)?, zone(scan)?))
}

/// A fraction of a second does not change the day.
pub(super) fn skip_fraction(scan: &mut Scan<'_>) -> Option<()> {
    if scan.accept_if(|next| matches!(next, '.' | ',')) {
        let count = scan.count_digits();
        scan.0 = &scan.0[count..];
        return (count > 0).then_some(());
    }
    Some(())
}

pub(super) fn time(hour: i16, minute: i16, second: i16) -> Option<Time> {
    let small = |part: i16| i8::try_from(part).ok();
    // A leap second is the last one of its minute.
    Time::new(small(hour)?, small(minute)?, small(second)?.min(59), 0).ok()
}

/// The zone at the end of a value: none, `Z`, `UTC`, `+02:00`, `+0200`, `+02`, and a name in brackets behind it.
#[expect(clippy::option_option, reason = "no zone and one that cannot be read are two things")]
pub(super) fn zone(scan: &mut Scan<'_>) -> Option<Option<Named>> {
    scan.skip_blanks();
    if scan.is_at_end() {
        return Some(None);
    }
    let named = if ["utc", "gmt", "z"].iter().any(|word| scan.accept_word(word)) {
        Named::Utc
    } else {
        Named::Offset(offset(scan)?)
    };
    match (scan.is_at_end(), is_zone_name(scan.0)) {
        (true, _) if named == Named::Offset(Offset::UTC) => Some(Some(Named::Utc)),
        (true, _) | (_, true) => Some(Some(named)),
        _ => None,
    }
}

/// Whether this is the name of a zone, as it stands behind its difference from UTC: `[Europe/Riga]`.
pub(super) fn is_zone_name(text: &str) -> bool {
    text.strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'))
        .is_some_and(|name| !name.is_empty() && !name.contains(['[', ']']))
}

fn offset(scan: &mut Scan<'_>) -> Option<Offset> {
    let is_behind = scan.accept_if(|next| matches!(next, '-' | '\u{2212}'));
    if !is_behind && !scan.accept('+') {
        return None;
    }
    let hours = i32::from(scan.first_digits(2)?);
    let is_apart = scan.accept(':');
    let minutes = if is_apart || scan.count_digits() > 0 { scan.digits(2, 2)? } else { 0 };
    let seconds = (hours * 60 + i32::from(minutes)) * 60;
    let is_offset = hours < 24 && minutes < 60;
    Offset::from_seconds(if is_behind { -seconds } else { seconds }).ok().filter(|_| is_offset)
}
