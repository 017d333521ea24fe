//! The vendor's own lists of names: countries, time zones, and the states of the United States.
//!
//! Countries and time zones are those of the vendor's sample answers.

pub fn countries() -> impl Iterator<Item = &'static str> {
    include_str!("names/countries.txt").lines()
}

pub fn timezones() -> impl Iterator<Item = &'static str> {
    include_str!("names/timezones.txt").lines()
}

pub fn us_states() -> impl Iterator<Item = &'static str> {
    include_str!("names/us_states.txt").lines()
}
