//! The formats that are proposed, by the names that a mapping has.

use serde::Serialize;
use utoipa::ToSchema;

use crate::campaign_monitor::values::{DateFormat, Notation, NumberFormat, Separator};

/// A format as a mapping has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ProposedFormat {
    Date(ProposedDate),
    Number(ProposedNumber),
    Options(ProposedOptions),
}

/// How dates are written, by the name that a mapping has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum ProposedDate {
    #[serde(rename = "dd/MM/yyyy")]
    DayMonthSlash,
    #[serde(rename = "MM/dd/yyyy")]
    MonthDaySlash,
    #[serde(rename = "dd.MM.yyyy")]
    DayMonthDot,
    #[serde(rename = "MM.dd.yyyy")]
    MonthDayDot,
    #[serde(rename = "dd-MM-yyyy")]
    DayMonthDash,
    #[serde(rename = "MM-dd-yyyy")]
    MonthDayDash,
    #[serde(rename = "yyyyMMdd")]
    Compact,
    #[serde(rename = "ddMMyyyy")]
    DayMonthCompact,
    #[serde(rename = "MMddyyyy")]
    MonthDayCompact,
    #[serde(rename = "yyyy.MM.dd")]
    YearDot,
    #[serde(rename = "d/M/yyyy")]
    ShortDayMonth,
    #[serde(rename = "M/d/yyyy")]
    ShortMonthDay,
    #[serde(rename = "excelSerial")]
    ExcelSerial,
    #[serde(rename = "epochSeconds")]
    EpochSeconds,
    #[serde(rename = "epochMillis")]
    EpochMillis,
}

/// What stands in numbers beside digits and their sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposedNumber {
    /// Before the decimals.
    #[schema(value_type = String, min_length = 1, max_length = 1, example = ",")]
    pub decimal: char,
    /// Between groups of three digits.
    #[schema(value_type = String, min_length = 1, max_length = 1, example = ".")]
    pub group: char,
}

/// What separates several options in one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProposedOptions {
    pub separator: ProposedSeparator,
}

/// What separates several options in one value, by the name that a mapping has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub enum ProposedSeparator {
    #[serde(rename = ";")]
    Semicolon,
    #[serde(rename = ",")]
    Comma,
    #[serde(rename = "|")]
    Bar,
    #[serde(rename = "json")]
    Json,
}

use ProposedDate::{
    Compact, DayMonthCompact, DayMonthDash, DayMonthDot, DayMonthSlash, EpochMillis, EpochSeconds,
    ExcelSerial, MonthDayCompact, MonthDayDash, MonthDayDot, MonthDaySlash, ShortDayMonth,
    ShortMonthDay, YearDot,
};

/// Formats of dates. Each of the last three is of use only where none before it is: nearly every number is a moment
/// since 1970.
pub(super) const DATES: [ProposedDate; 13] = [
    DayMonthSlash,
    MonthDaySlash,
    DayMonthDot,
    MonthDayDot,
    DayMonthDash,
    MonthDayDash,
    YearDot,
    Compact,
    DayMonthCompact,
    MonthDayCompact,
    ExcelSerial,
    EpochSeconds,
    EpochMillis,
];

/// Formats of numbers. Of those with one mark of decimals the first is proposed that fits.
pub(super) const NUMBERS: [ProposedNumber; 6] = [
    ProposedNumber { decimal: ',', group: '.' },
    ProposedNumber { decimal: ',', group: ' ' },
    ProposedNumber { decimal: ',', group: '\'' },
    ProposedNumber { decimal: '.', group: ',' },
    ProposedNumber { decimal: '.', group: ' ' },
    ProposedNumber { decimal: '.', group: '\'' },
];

pub(super) const OPTIONS: [ProposedOptions; 4] = [
    ProposedOptions { separator: ProposedSeparator::Semicolon },
    ProposedOptions { separator: ProposedSeparator::Comma },
    ProposedOptions { separator: ProposedSeparator::Bar },
    ProposedOptions { separator: ProposedSeparator::Json },
];

impl ProposedFormat {
    /// What a mapping with this format means.
    pub(super) fn notation(self) -> Option<Notation> {
        Some(match self {
            Self::Date(date) => Notation::Date(DateFormat::parse(&date.name())?),
            Self::Number(ProposedNumber { decimal, group }) => {
                Notation::Number(NumberFormat { decimal, group: Some(group) })
            }
            Self::Options(options) => Notation::Options(options.separator.meaning()),
        })
    }

    /// Whether it reads numbers of any size, and so fits much that is meant otherwise.
    pub(super) const fn is_vague(self) -> bool {
        matches!(self, Self::Date(ExcelSerial | EpochSeconds | EpochMillis))
    }

    /// The name for values that write a day or a month with one digit. It means the same.
    pub(super) const fn short(self) -> Self {
        match self {
            Self::Date(DayMonthSlash) => Self::Date(ShortDayMonth),
            Self::Date(MonthDaySlash) => Self::Date(ShortMonthDay),
            other => other,
        }
    }

    /// The format in which day and month have changed places.
    pub(super) const fn swapped(self) -> Option<Self> {
        Some(Self::Date(match self {
            Self::Date(DayMonthSlash) => MonthDaySlash,
            Self::Date(MonthDaySlash) => DayMonthSlash,
            Self::Date(DayMonthDot) => MonthDayDot,
            Self::Date(MonthDayDot) => DayMonthDot,
            Self::Date(DayMonthDash) => MonthDayDash,
            Self::Date(MonthDayDash) => DayMonthDash,
            Self::Date(DayMonthCompact) => MonthDayCompact,
            Self::Date(MonthDayCompact) => DayMonthCompact,
            _ => return None,
        }))
    }

    /// Whether it reads every number as the other one does, but for what stands between thousands.
    pub(super) fn has_the_decimals_of(self, other: Self) -> bool {
        matches!((self, other), (Self::Number(one), Self::Number(other)) if one.decimal == other.decimal)
    }
}

impl ProposedDate {
    fn name(self) -> String {
        let name = serde_json::to_value(self).unwrap_or_default();
        name.as_str().unwrap_or_default().to_owned()
    }
}

impl ProposedSeparator {
    const fn meaning(self) -> Separator {
        match self {
            Self::Semicolon => Separator::Letter(';'),
            Self::Comma => Separator::Letter(','),
            Self::Bar => Separator::Letter('|'),
            Self::Json => Separator::Json,
        }
    }
}
