//! How the customer's data writes the values of a field.

use super::date::DateFormat;
use super::decimal::NumberFormat;
use super::pieces::Separator;
use super::zones::Zones;

/// The format of one kind of values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notation {
    Date(DateFormat),
    Number(NumberFormat),
    Options(Separator),
}

/// How the values of a field are read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    pub format: Option<Notation>,
    pub zones: Zones,
}

impl Reading {
    pub(super) fn date(self) -> (DateFormat, Zones) {
        match self.format {
            Some(Notation::Date(format)) => (format, self.zones),
            _ => (DateFormat::Iso, self.zones),
        }
    }

    pub(super) fn numbers(&self) -> NumberFormat {
        match self.format {
            Some(Notation::Number(format)) => format,
            _ => NumberFormat::default(),
        }
    }

    pub(super) fn separator(&self) -> Separator {
        match self.format {
            Some(Notation::Options(separator)) => separator,
            _ => Separator::default(),
        }
    }
}
