//! Custom fields of a list: their keys, their types and the values they accept.

use std::borrow::Cow;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::member::{FIRST_FIELD, Slot};
use super::names::{countries, us_states};

/// Longest value of a field, in characters; a longer one is truncated.
pub const MAX_VALUE_CHARS: usize = 250;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DataType {
    Text,
    Number,
    MultiSelectOne,
    MultiSelectMany,
    Date,
    Country,
    USState,
}

impl DataType {
    pub fn has_own_options(self) -> bool {
        matches!(self, Self::MultiSelectOne | Self::MultiSelectMany)
    }

    /// The case does not matter.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [
            ("Text", Self::Text),
            ("Number", Self::Number),
            ("MultiSelectOne", Self::MultiSelectOne),
            ("MultiSelectMany", Self::MultiSelectMany),
            ("Date", Self::Date),
            ("Country", Self::Country),
            ("USState", Self::USState),
        ];
        let found = all.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, data_type)| *data_type)
    }
}

#[derive(Clone, Debug)]
pub struct Field {
    /// Where a subscriber stores the value; never reused in a list, so that a renamed field keeps its values.
    pub slot: Slot,
    pub name: String,
    /// The key without its brackets.
    pub key: String,
    pub data_type: DataType,
    pub options: Vec<String>,
    pub visible: bool,
}

impl Field {
    /// The value as it is stored, or the code with which a strict service would reject it.
    pub fn accept<'a>(&self, value: &'a str) -> Result<Cow<'a, str>, u16> {
        match self.data_type {
            DataType::Text => Ok(Cow::Borrowed(value)),
            DataType::Number => finite_number(value).ok_or(259),
            DataType::Date => date(value).ok_or(5),
            DataType::MultiSelectOne | DataType::MultiSelectMany => {
                one_of(self.options.iter().map(String::as_str), value)
            }
            DataType::Country => one_of(countries(), value),
            DataType::USState => one_of(us_states(), value),
        }
    }

    /// As a reader of the list sees them: countries and states have options too.
    pub fn shown_options(&self) -> Vec<&str> {
        match self.data_type {
            DataType::Country => countries().collect(),
            DataType::USState => us_states().collect(),
            _ => self.options.iter().map(String::as_str).collect(),
        }
    }
}

/// The first [`MAX_VALUE_CHARS`] characters.
pub fn truncate(value: &str) -> &str {
    if value.len() <= MAX_VALUE_CHARS {
        return value;
    }
    let end = value.char_indices().nth(MAX_VALUE_CHARS);
    end.map_or(value, |(end, _)| &value[..end])
}

/// The option that equals the value, whatever the case.
fn one_of<'o>(
    mut options: impl Iterator<Item = &'o str>,
    value: &str,
) -> Result<Cow<'static, str>, u16> {
    let found = options.find(|option| option.eq_ignore_ascii_case(value));
    found.map(|option| Cow::Owned(option.to_owned())).ok_or(259)
}

fn finite_number(value: &str) -> Option<Cow<'_, str>> {
    let value = value.trim();
    let finite = value.parse::<f64>().is_ok_and(f64::is_finite);
    (finite && value.len() <= MAX_VALUE_CHARS).then_some(Cow::Borrowed(value))
}

/// Reads `yyyy/mm/dd` or `yyyy-mm-dd` between 1900/01/01 and 2076/06/06.
fn date(value: &str) -> Option<Cow<'_, str>> {
    let parse = |format| NaiveDate::parse_from_str(value.trim(), format).ok();
    let date = parse("%Y/%m/%d").or_else(|| parse("%Y-%m-%d"))?;
    let first = NaiveDate::from_ymd_opt(1900, 1, 1)?;
    let last = NaiveDate::from_ymd_opt(2076, 6, 6)?;
    let text = || Cow::Owned(date.format("%Y-%m-%d").to_string());
    (first..=last).contains(&date).then(text)
}

/// All custom fields of a list, in the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    all: Vec<Field>,
    added: u16,
}

impl Fields {
    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.all.iter()
    }

    /// By key, with or without brackets, or by name; the case does not matter.
    pub fn find(&self, key: &str) -> Option<&Field> {
        let bare = bare_key(key).unwrap_or(key);
        let by_key = self.all.iter().find(|f| f.key.eq_ignore_ascii_case(bare));
        by_key.or_else(|| self.all.iter().find(|f| f.name.eq_ignore_ascii_case(bare)))
    }

    pub fn by_slot(&self, slot: Slot) -> Option<&Field> {
        self.all.iter().find(|field| field.slot == slot)
    }

    pub fn by_key(&mut self, bare: &str) -> Option<&mut Field> {
        self.all.iter_mut().find(|f| f.key.eq_ignore_ascii_case(bare))
    }

    pub fn has_key(&self, bare: &str) -> bool {
        self.all.iter().any(|f| f.key.eq_ignore_ascii_case(bare))
    }

    /// The caller has checked that the key is free.
    pub fn add(
        &mut self,
        name: &str,
        data_type: DataType,
        options: Vec<String>,
        visible: bool,
    ) -> &Field {
        let slot = FIRST_FIELD + self.added;
        self.added += 1;
        let (name, key) = (name.to_owned(), key_of(name));
        self.all.push(Field { slot, name, key, data_type, options, visible });
        self.all.last().expect("a field was just pushed")
    }

    pub fn remove(&mut self, bare: &str) {
        self.all.retain(|field| !field.key.eq_ignore_ascii_case(bare));
    }
}

/// The key of a field with this name: its ASCII letters and digits.
pub fn key_of(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The key as answers write it.
pub fn bracketed(key: &str) -> String {
    format!("[{key}]")
}

/// The key without its brackets; none when it has no brackets.
pub fn bare_key(key: &str) -> Option<&str> {
    key.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(data_type: DataType) -> Field {
        let options = vec!["Bronze".into(), "Silver".into()];
        Fields::default().add("tier", data_type, options, true).clone()
    }

    #[test]
    fn every_type_accepts_its_own_values_only() {
        let cases = [
            (DataType::Text, "anything", Ok("anything")),
            (DataType::Number, "-12.5", Ok("-12.5")),
            (DataType::Number, "twelve", Err(259)),
            (DataType::Number, "inf", Err(259)),
            (DataType::Date, "1999/12/31", Ok("1999-12-31")),
            (DataType::Date, "1999-12-31", Ok("1999-12-31")),
            (DataType::Date, "31/12/1999", Err(5)),
            (DataType::Date, "1899/12/31", Err(5)),
            (DataType::Date, "2076/06/07", Err(5)),
            (DataType::MultiSelectOne, "silver", Ok("Silver")),
            (DataType::MultiSelectMany, "Gold", Err(259)),
            (DataType::Country, "latvia", Ok("Latvia")),
            (DataType::USState, "Ohio", Ok("Ohio")),
            (DataType::USState, "Riga", Err(259)),
        ];
        for (data_type, value, expected) in cases {
            let got = field(data_type).accept(value);
            assert_eq!(got.as_deref().map_err(|code| *code), expected, "{data_type:?} {value}");
        }
    }

    #[test]
    fn a_value_is_truncated_by_characters_and_not_by_bytes() {
        assert_eq!(truncate(&"ä".repeat(251)).chars().count(), 250);
        assert_eq!(truncate("short"), "short");
    }

    #[test]
    fn a_field_is_found_by_bracketed_key_bare_key_and_name() {
        let mut fields = Fields::default();
        fields.add("subscription date", DataType::Date, vec![], true);
        for key in ["[subscriptiondate]", "SubscriptionDate", "Subscription Date"] {
            assert!(fields.find(key).is_some(), "{key}");
        }
        assert!(fields.find("subscription").is_none());
    }
}
