//! How the customer's data writes the values of a field, in the words of callers.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::campaign_monitor::{DataType, DateFormat, Notation, NumberFormat, Separator};
use crate::wire::text_or_object;

/// How the data writes the values of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ValueFormat {
    /// How days are written.
    Date(DatePattern),
    /// What stands in and before numbers beside digits.
    Number(NumberMarks),
    /// What separates several options in one value.
    Options(OptionsMarks),
}

impl<'de> Deserialize<'de> for ValueFormat {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "a date pattern, {\"decimal\": …, \"group\": …}, or {\"separator\": …}";
        text_or_object(deserializer, expected, Self::Date, |marks: MarksOf| marks.0)
    }
}

/// A pattern of days, or `excelSerial`, `epochSeconds`, `epochMillis`. Saving checks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(value_type = String, min_length = 1, max_length = 60, pattern = r"^[^\x00]+$", example = "dd/MM/yyyy")]
pub struct DatePattern(String);

impl TryFrom<String> for DatePattern {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (1..=60).contains(&text.chars().count()) && !text.contains('\0');
        fits.then_some(Self(text)).ok_or("a date pattern has 1 to 60 characters")
    }
}

/// What stands before the fraction of a number, and between its thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberMarks {
    /// Before the fraction.
    #[serde(default)]
    pub decimal: DecimalMark,
    /// Between thousands; nothing when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupMark>,
}

/// What stands before the fraction of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum DecimalMark {
    #[default]
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
}

/// What stands between the thousands of a number. A blank is any of those that people use there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum GroupMark {
    #[serde(rename = ".")]
    Point,
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = " ", alias = "\u{a0}", alias = "\u{202f}")]
    Blank,
    #[serde(rename = "'", alias = "’")]
    Apostrophe,
}

/// What separates the options in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OptionsMarks {
    /// Stands between two options, or is the form of all.
    pub separator: SeparatorMark,
}

/// What separates the options in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum SeparatorMark {
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = "|")]
    Bar,
    /// The value is a JSON array.
    #[serde(rename = "json")]
    Json,
}

/// An object that says the marks of numbers or of options, and not of both.
#[derive(Deserialize)]
#[serde(try_from = "MarksForm")]
struct MarksOf(ValueFormat);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarksForm {
    decimal: Option<DecimalMark>,
    group: Option<GroupMark>,
    separator: Option<SeparatorMark>,
}

impl TryFrom<MarksForm> for MarksOf {
    type Error = &'static str;

    fn try_from(form: MarksForm) -> Result<Self, Self::Error> {
        match form {
            MarksForm { decimal: None, group: None, separator: Some(separator) } => {
                Ok(Self(ValueFormat::Options(OptionsMarks { separator })))
            }
            MarksForm { separator: None, decimal, group }
                if decimal.is_some() || group.is_some() =>
            {
                let decimal = decimal.unwrap_or_default();
                Ok(Self(ValueFormat::Number(NumberMarks { decimal, group })))
            }
            _ => Err("a format has a separator, or a decimal and a group"),
        }
    }
}

impl ValueFormat {
    /// Whether a field of this type has such formats, whether this one means something or not.
    #[must_use]
    pub const fn suits(&self, data_type: DataType) -> bool {
        match self {
            Self::Date(_) => matches!(data_type, DataType::Date),
            Self::Number(_) => matches!(data_type, DataType::Number),
            Self::Options(_) => matches!(data_type, DataType::MultiSelectMany),
        }
    }

    /// What it means, or why it means nothing and what is possible.
    pub fn meaning(&self) -> Result<Notation, &'static str> {
        match self {
            Self::Date(pattern) => DateFormat::parse(&pattern.0).map(Notation::Date).ok_or(
                "A format that is a text is a date pattern, and this is not one. Write the day as d or dd, the month \
                 as M or MM and the year as yyyy, such as dd/MM/yyyy, M/d/yyyy or yyyyMMdd, a time as HH:mm:ss, or one \
                 of excelSerial, epochSeconds and epochMillis.",
            ),
            Self::Number(marks) => marks.meaning().map(Notation::Number).ok_or(
                "The same mark stands before the fraction and between thousands. Choose two different ones.",
            ),
            Self::Options(marks) => Ok(Notation::Options(marks.separator.meaning())),
        }
    }
}

impl NumberMarks {
    fn meaning(self) -> Option<NumberFormat> {
        let decimal = match self.decimal {
            DecimalMark::Point => '.',
            DecimalMark::Comma => ',',
        };
        let group = self.group.map(|group| match group {
            GroupMark::Point => '.',
            GroupMark::Comma => ',',
            GroupMark::Blank => ' ',
            GroupMark::Apostrophe => '\'',
        });
        (group != Some(decimal)).then_some(NumberFormat { decimal, group })
    }
}

impl SeparatorMark {
    const fn meaning(self) -> Separator {
        match self {
            Self::Semicolon => Separator::Letter(';'),
            Self::Comma => Separator::Letter(','),
            Self::Bar => Separator::Letter('|'),
            Self::Json => Separator::Json,
        }
    }
}

#[cfg(test)]
mod tests;
