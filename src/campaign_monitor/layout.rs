//! Which part of a subscriber comes from where.

use super::consent::{Consent, ConsentReading, ConsentWords};
use super::source::{Cells, Source};
use super::values::{Form, PhoneCountry};

/// Which column of a page holds which part of a subscriber. Columns are known by their position.
#[derive(Clone, Debug)]
pub struct Layout {
    pub email: usize,
    pub name: NameColumns,
    pub mobile_number: Option<MobileColumn>,
    pub custom_fields: Vec<CustomFieldColumn>,
    pub consent_to_track: ConsentSource,
    /// Only recorded with a mobile number.
    pub consent_to_send_sms: ConsentSource,
    /// Whether people who have unsubscribed are subscribed again.
    pub resubscribe: bool,
}

/// Where the name comes from.
#[derive(Clone, Debug)]
pub enum NameColumns {
    /// It is not sent.
    None,
    Full(Source),
    /// A first and a last name, joined with a space.
    Parts(usize, usize),
}

/// Where the mobile number comes from.
#[derive(Clone, Debug)]
pub struct MobileColumn {
    pub source: Source,
    /// The country of numbers that do not name theirs.
    pub country: Option<PhoneCountry>,
    pub if_empty: IfEmpty,
}

/// What an empty value does to the one that the list has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IfEmpty {
    /// The value of the list stays.
    #[default]
    Keep,
    /// The value of the list is removed.
    Clear,
}

/// Where a consent comes from.
#[derive(Clone, Debug)]
pub enum ConsentSource {
    /// The same for every subscriber.
    Fixed(Consent),
    /// Of each its own, in the customer's words.
    Column(usize, ConsentWords),
}

impl ConsentSource {
    /// The consent of one row, which may be unreadable.
    pub fn read(&self, page: &dyn Cells, row: usize) -> ConsentReading {
        match self {
            Self::Fixed(consent) => ConsentReading::Clear(*consent),
            Self::Column(column, words) => words.read(page.get(*column, row).map(str::trim)),
        }
    }

    /// The value that it is read from.
    pub fn text<'a>(&self, page: &'a dyn Cells, row: usize) -> &'a str {
        match self {
            Self::Fixed(_) => "",
            Self::Column(column, _) => page.get(*column, row).unwrap_or_default(),
        }
    }
}

/// What goes into a custom field.
#[derive(Clone, Debug)]
pub struct CustomFieldColumn {
    /// In the spelling of the list, without brackets.
    pub key: String,
    pub source: Source,
    pub form: Form,
    pub if_empty: IfEmpty,
}
