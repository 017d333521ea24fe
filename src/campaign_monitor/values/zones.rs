//! The zones in which the moments of a field become days.

use jiff::tz::TimeZone;

/// Where moments become days.
#[derive(Clone, Debug, Default)]
pub struct Zones {
    /// That of the field: every moment is a day there.
    pub field: Option<TimeZone>,
    /// That of the mapping: for moments that name no zone of their own. UTC when there is none.
    pub mapping: Option<TimeZone>,
}
