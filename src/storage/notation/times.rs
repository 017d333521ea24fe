//! Times behind days, and both together in the form of ISO 8601.

use jiff::{
    civil::{Date, Time},
    fmt::strtime::{self, BrokenDownTime},
    tz::Offset,
};

/// Times of a day: with seconds or without, on a clock of 24 hours or of 12.
const TIMES: [&str; 6] =
    ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S%.f %p", "%I:%M %p", "%H.%M.%S", "%H.%M"];

/// A zone as it is written: a difference from UTC. A name of a zone is none, because days may change with its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Zone {
    Utc,
    Offset(Offset),
}

/// What stands behind a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Clock {
    pub(super) time: Option<Time>,
    pub(super) zone: Option<Zone>,
}

/// Nothing, or a time with a zone or without. Blanks are those of the keyboard here.
pub(super) fn read(text: &str) -> Option<Clock> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Clock::default());
    }
    let (text, zone) = without_zone(text);
    let time = TIMES.iter().find_map(|format| strtime::parse(format, text).ok()?.to_time().ok())?;
    Some(Clock { time: Some(time), zone })
}

/// A text without the zone at its end: `Z`, `+02:00`, `+0200`.
pub(super) fn without_zone(text: &str) -> (&str, Option<Zone>) {
    if let Some(rest) = text.strip_suffix(['Z', 'z']) {
        return (rest.trim_end(), Some(Zone::Utc));
    }
    let sign = text.rfind(['+', '-']).filter(|sign| text[..*sign].contains(':'));
    let parsed = sign.and_then(|sign| Some((sign, offset(&text[sign..])?)));
    match parsed {
        Some((sign, offset)) => (text[..sign].trim_end(), Some(Zone::Offset(offset))),
        None => (text, None),
    }
}

fn offset(text: &str) -> Option<Offset> {
    let read = |format| strtime::parse(format, text).ok();
    read("%:z").or_else(|| read("%z")).as_ref().and_then(BrokenDownTime::offset)
}

/// A day, alone or with its time, as everything above reads it.
pub(super) fn written(day: Date, clock: Clock) -> String {
    let day = day.strftime("%Y-%m-%d");
    let Some(time) = clock.time else { return day.to_string() };
    let time = time.strftime("%H:%M:%S%.f");
    match clock.zone {
        None => format!("{day}T{time}"),
        Some(Zone::Utc) => format!("{day}T{time}Z"),
        Some(Zone::Offset(offset)) => format!("{day}T{time}{}", signed(offset)),
    }
}

fn signed(offset: Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}
