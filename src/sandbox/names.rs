//! The vendor's own lists of names: countries, time zones, and the states of the United States.

/// As the vendor's sample answer lists them.
pub fn countries() -> impl Iterator<Item = &'static str> {
    include_str!("names/countries.txt").lines()
}

/// As the vendor's sample answer lists them.
pub fn timezones() -> impl Iterator<Item = &'static str> {
    include_str!("names/timezones.txt").lines()
}

pub fn us_states() -> impl Iterator<Item = &'static str> {
    include_str!("names/us_states.txt").lines()
}
