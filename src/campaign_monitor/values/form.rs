//! What values a custom field accepts, and in which spelling.

use std::borrow::Cow;

use super::choice::Choices;
use super::date::{self, DateFormat};
use super::decimal::{self, NumberFormat};
use super::fit::Fit;
use super::format::{Notation, Reading};
use super::pieces::Pieces;
use super::zones::Zones;
use super::{location, text};
use crate::campaign_monitor::lists::{CustomField, DataType};
use crate::campaign_monitor::problem::ProblemCode;

/// What values a custom field accepts, and how the data writes them.
#[derive(Clone, Debug)]
pub enum Form {
    Text,
    /// Written with digits, one point at most, and `-` before it.
    Number(NumberFormat),
    /// A day, written `yyyy/MM/dd`, from 1900/01/01 to 2076/06/06.
    Date(DateFormat, Zones),
    /// Exactly one of these options.
    One(Choices),
    /// Any of these options, several in one value.
    Many(Choices, Pieces),
    /// One of these countries or states.
    Location(Choices),
}

impl Form {
    pub fn of(field: &CustomField, reading: Reading) -> Self {
        let options = &field.field_options;
        match field.data_type {
            DataType::Number => Self::Number(reading.numbers()),
            DataType::Date => {
                let (format, zones) = reading.date();
                Self::Date(format, zones)
            }
            DataType::MultiSelectMany => {
                let choices = Choices::of(options);
                let pieces = Pieces::of(reading.separator(), &choices);
                Self::Many(choices, pieces)
            }
            DataType::Country => Self::Location(location::countries(options)),
            DataType::USState => Self::Location(location::states(options)),
            DataType::MultiSelectOne if !options.is_empty() => Self::One(Choices::of(options)),
            _ => Self::Text,
        }
    }

    /// The same field, whose data is written otherwise; `None` where it has no such values.
    pub fn in_notation(&self, notation: Notation) -> Option<Self> {
        Some(match (self, notation) {
            (Self::Date(_, zones), Notation::Date(format)) => Self::Date(format, zones.clone()),
            (Self::Number(_), Notation::Number(format)) => Self::Number(format),
            (Self::Many(choices, _), Notation::Options(separator)) => {
                Self::Many(choices.clone(), Pieces::of(separator, choices))
            }
            _ => return None,
        })
    }

    /// The values in `text`, which is not blank: one, or several where the field accepts several.
    pub fn values<'a>(&self, text: &'a str) -> impl Iterator<Item = Cow<'a, str>> + use<'a> {
        let (one, several) = match self {
            Self::Many(choices, pieces) => (None, pieces.split(choices, text.trim())),
            Self::Text => (Some(Cow::Borrowed(text)), vec![]),
            _ => (Some(Cow::Borrowed(text.trim())), vec![]),
        };
        one.into_iter().chain(several)
    }

    pub fn fit<'a>(&'a self, value: &'a str) -> Fit<'a> {
        match self {
            Self::Text => text::fit(value),
            Self::Number(format) => decimal::fit(*format, value),
            Self::Date(format, zones) => date::fit(format, zones, value),
            Self::One(choices) | Self::Many(choices, _) => {
                chosen(choices, value, ProblemCode::UnknownOption)
            }
            Self::Location(choices) => chosen(choices, value, ProblemCode::UnknownCountry),
        }
    }
}

fn chosen<'a>(choices: &'a Choices, value: &str, otherwise: ProblemCode) -> Fit<'a> {
    match choices.find(value) {
        Some(option) => Fit::Complete(Cow::Borrowed(option)),
        None => Fit::Unfit(otherwise),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(data_type: &str, options: &[&str]) -> Form {
        let field =
            json!({"FieldName": "F", "Key": "[F]", "DataType": data_type, "FieldOptions": options});
        Form::of(&serde_json::from_value(field).unwrap(), Reading::default())
    }

    #[test]
    fn a_field_has_one_value_unless_it_accepts_several() {
        let values =
            |form: &Form| form.values("Tea; Coffee").map(Cow::into_owned).collect::<Vec<_>>();
        assert_eq!(values(&form("MultiSelectMany", &["Tea"])), ["Tea", "Coffee"]);
        assert_eq!(values(&form("MultiSelectOne", &["Tea"])), ["Tea; Coffee"]);
        assert_eq!(values(&form("Text", &[])), ["Tea; Coffee"]);
    }

    #[test]
    fn what_is_no_option_is_a_problem_and_of_a_country_one_of_its_own() {
        let one = form("MultiSelectOne", &["Bread; Butter"]);
        assert_eq!(one.fit("bread; butter"), Fit::Complete("Bread; Butter".into()));
        assert_eq!(one.fit("Bread"), Fit::Unfit(ProblemCode::UnknownOption));
        let country = form("Country", &["Latvia"]);
        assert_eq!(country.fit("LVA"), Fit::Complete("Latvia".into()));
        assert_eq!(country.fit("Norway"), Fit::Unfit(ProblemCode::UnknownCountry));
        let state = form("USState", &["Ohio"]);
        assert_eq!(state.fit("OH"), Fit::Complete("Ohio".into()));
        assert_eq!(state.fit("Riga"), Fit::Unfit(ProblemCode::UnknownCountry));
    }

    #[test]
    fn a_format_of_another_type_is_not_used() {
        let field = json!({"FieldName": "F", "Key": "[F]", "DataType": "Date"});
        let format = Some(Notation::Number(NumberFormat { decimal: ',', group: None }));
        let reading = Reading { format, ..Reading::default() };
        let form = Form::of(&serde_json::from_value(field).unwrap(), reading);
        assert_eq!(form.fit("1990-02-02"), Fit::Complete("1990/02/02".into()));
        assert_eq!(form.fit("1,5"), Fit::Unfit(ProblemCode::NotADate));
    }
}
