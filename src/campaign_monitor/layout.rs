//! Which part of a subscriber comes from where.

use std::borrow::Cow;

use super::address::{self, Flaw};
use super::consent::{Consent, ConsentReading, ConsentWords};
use super::problem::ProblemCode;
use super::source::{Cells, Source};
use super::values::{Fit, Form, PhoneCountry};

/// Which column of a page holds which part of a subscriber. Columns are known by their position.
#[derive(Clone, Debug)]
pub struct Layout {
    pub email: EmailColumn,
    pub name: NameColumns,
    pub mobile_number: Option<MobileColumn>,
    pub custom_fields: Vec<CustomFieldColumn>,
    pub consent_to_track: ConsentSource,
    /// Only recorded with a mobile number.
    pub consent_to_send_sms: ConsentSource,
    /// Whether people who have unsubscribed are subscribed again.
    pub resubscribe: bool,
}

/// Where the address comes from.
#[derive(Clone, Copy, Debug)]
pub struct EmailColumn {
    pub column: usize,
    /// Whether usual mistakes are removed.
    pub repair: bool,
}

impl EmailColumn {
    /// The address to send, or what is wrong with the value.
    pub fn read<'a>(&self, page: &'a dyn Cells, row: usize) -> Result<Cow<'a, str>, Flaw> {
        let text = page.get(self.column, row).unwrap_or_default();
        let repaired = |flaw| match address::repaired(text).filter(|_| self.repair) {
            Some(address) => Ok(Cow::Owned(address)),
            None => Err(flaw),
        };
        address::check(text).or_else(repaired)
    }
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
            Self::Column(column, words) => {
                let reading = if page.is_unreadable(*column, row) {
                    words.unreadable()
                } else {
                    words.read(page.written(*column, row))
                };
                // A word that stands for nothing is empty, unless it is a yes or a no.
                let is_nothing = !matches!(reading, ConsentReading::Clear(_))
                    && page.get(*column, row).is_none();
                if is_nothing { ConsentReading::Clear(Consent::Unchanged) } else { reading }
            }
        }
    }

    /// The value that it is read from.
    pub fn text<'a>(&self, page: &'a dyn Cells, row: usize) -> &'a str {
        match self {
            Self::Fixed(_) => "",
            Self::Column(column, _) => page.written(*column, row).unwrap_or_default(),
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

impl CustomFieldColumn {
    /// What becomes of a value of a row. What is left of a number or a day whose template lacks a part is another one.
    pub(super) fn fit<'a>(&'a self, value: &'a str, page: &dyn Cells, row: usize) -> Fit<'a> {
        let flaw = match self.form {
            Form::Number(_) => ProblemCode::NotANumber,
            Form::Date(..) => ProblemCode::NotADate,
            _ => return self.form.fit(value),
        };
        if self.source.is_doubtful(page, row) {
            return Fit::Unfit(flaw);
        }
        self.form.fit(value)
    }
}
