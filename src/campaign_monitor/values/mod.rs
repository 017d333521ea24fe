//! The form in which each kind of custom field accepts its values, and that of mobile numbers.
//!
//! A value has at most 250 characters. What does not fit a field is silently ignored by Campaign Monitor, so it is
//! found here, left out, and counted. Nothing is guessed: a value that could mean two things is a problem.

mod choice;
mod date;
mod decimal;
mod fit;
mod form;
mod format;
mod location;
mod moment;
mod pattern;
mod phone;
mod pieces;
mod scan;
mod text;
mod zones;

pub(super) use choice::key;
pub use date::DateFormat;
pub use decimal::NumberFormat;
pub use fit::Fit;
pub use form::Form;
pub use format::{Notation, Reading};
pub use phone::{PhoneCountry, mobile_number};
pub use pieces::Separator;
pub(crate) use text::VALUE_CHARS_MAX;
pub use zones::Zones;
