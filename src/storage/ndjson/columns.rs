//! Which columns the lines of an NDJSON file have, and of what type.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use arrow_schema::{DataType, Schema, SchemaRef};
use serde_json::value::RawValue;

use super::{
    super::{column_names::ColumnNames, field::CUSTOMER_ID},
    strings::text,
};

/// What a value is, by how it is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonType {
    Null,
    Text,
    Boolean,
    /// Whole, and exact as a float too.
    Integer,
    /// Whole, and exact only in 64 bits.
    LongInteger,
    /// With a fraction, and written the same as a float.
    Decimal,
    /// A number that would change as an integer of 64 bits or as a float, or would be written otherwise.
    Exact,
}

impl JsonType {
    /// `None` for an object or array.
    pub(super) fn of(raw: &str) -> Option<Self> {
        match raw.as_bytes().first()? {
            b'"' => Some(Self::Text),
            b't' | b'f' => Some(Self::Boolean),
            b'n' => Some(Self::Null),
            b'{' | b'[' => None,
            _ => Some(Self::of_number(raw)),
        }
    }

    fn of_number(raw: &str) -> Self {
        match raw.parse::<i64>() {
            Ok(value) if value.unsigned_abs() <= 1 << 53 => Self::Integer,
            Ok(_) => Self::LongInteger,
            Err(_) if survives_as_float(raw) => Self::Decimal,
            Err(_) => Self::Exact,
        }
    }
}

/// Whether a float is written in the same digits: `1.10` would become `1.1`, and only where no other value is a text.
fn survives_as_float(raw: &str) -> bool {
    let is_plain = raw.contains('.') && !raw.contains(['e', 'E']) && !raw.ends_with('0');
    let Some(value) = raw.parse::<f64>().ok().filter(|_| is_plain) else { return false };
    // Smaller ones are written with an exponent. Fifteen digits are always the same; more only by luck.
    let digits = raw.bytes().filter(u8::is_ascii_digit).count();
    value.abs() >= 1e-7 && (digits <= 15 || value.to_string() == raw)
}

/// Which values of a column are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Numbers {
    None,
    Some,
    All,
}

impl Numbers {
    fn of(types: u8) -> Self {
        let texts = bit(JsonType::Text) | bit(JsonType::Boolean);
        let others = types & !bit(JsonType::Null) & !texts;
        match (others, types & texts) {
            (0, _) => Self::None,
            (_, 0) => Self::All,
            _ => Self::Some,
        }
    }
}

const fn bit(json_type: JsonType) -> u8 {
    1 << json_type as u8
}

/// The columns of all lines so far.
pub(super) struct InferredColumns {
    index: HashMap<String, usize>,
    names: Vec<String>,
    /// For each column one bit per [`JsonType`] of its values.
    types: Vec<u8>,
    /// For each column the object in which it was last seen, to notice duplicates in one object.
    seen: Vec<u64>,
    objects: u64,
    fields_max: usize,
    checked: ColumnNames,
}

impl InferredColumns {
    pub(super) fn new(fields_max: usize) -> Self {
        Self {
            index: HashMap::new(),
            names: Vec::new(),
            types: Vec::new(),
            seen: Vec::new(),
            objects: 0,
            fields_max,
            checked: ColumnNames::of("field"),
        }
    }

    pub(super) fn add(&mut self, members: &[(Cow<'_, str>, &RawValue)]) -> Result<(), String> {
        self.objects += 1;
        for (index, (name, value)) in members.iter().enumerate() {
            let column = self.column(name)?;
            if std::mem::replace(&mut self.seen[column], self.objects) == self.objects {
                return Err(format!("field {} of the object has the name of another", index + 1));
            }
            let json_type = JsonType::of(value.get()).ok_or_else(|| {
                format!("{name:?} contains an object or array; only flat values are accepted")
            })?;
            if json_type == JsonType::Text {
                text(value, name)?;
            }
            self.types[column] |= 1 << json_type as u8;
        }
        Ok(())
    }

    fn column(&mut self, name: &str) -> Result<usize, String> {
        if let Some(&column) = self.index.get(name) {
            return Ok(column);
        }
        if self.names.len() == self.fields_max {
            return Err(format!("there are more than {} fields, the maximum", self.fields_max));
        }
        self.checked.add(name)?;
        self.index.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.types.push(0);
        self.seen.push(0);
        Ok(self.names.len() - 1)
    }

    /// For each column whether its values are numbers.
    pub(super) fn numbers(&self) -> Vec<Numbers> {
        self.types.iter().map(|types| Numbers::of(*types)).collect()
    }

    pub(super) fn schema(&mut self) -> SchemaRef {
        if self.names.is_empty() {
            self.names.push(CUSTOMER_ID.to_owned());
            self.types.push(0);
        }
        let field = |(name, types): (&String, &u8)| {
            let data_type = if name == CUSTOMER_ID { DataType::Utf8 } else { column_type(*types) };
            arrow_schema::Field::new(name, data_type, true)
        };
        Arc::new(Schema::new(self.names.iter().zip(&self.types).map(field).collect::<Vec<_>>()))
    }
}

/// The narrowest type in which no value of these types is lost.
fn column_type(types: u8) -> DataType {
    let types = types & !bit(JsonType::Null);
    let within = |allowed: u8| types != 0 && types & !allowed == 0;
    if within(bit(JsonType::Boolean)) {
        DataType::Boolean
    } else if within(bit(JsonType::Integer) | bit(JsonType::LongInteger)) {
        DataType::Int64
    } else if within(bit(JsonType::Integer) | bit(JsonType::Decimal)) {
        DataType::Float64
    } else {
        DataType::Utf8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(values: &[&str]) -> DataType {
        let types = values.iter().map(|raw| 1 << JsonType::of(raw).unwrap() as u8);
        column_type(types.fold(0, |types, json_type: u8| types | json_type))
    }

    #[test]
    fn a_column_is_as_narrow_as_its_values_allow_and_no_narrower() {
        for (values, expected) in [
            (&["1", "-2", "9223372036854775807"][..], DataType::Int64),
            (&["1", "2.5", "null"], DataType::Float64),
            (&["-1.5", "0.30000000000000004"], DataType::Float64),
            (&["1e3", "0.5"], DataType::Utf8),
            (&["1.10", "2.5"], DataType::Utf8),
            (&["true", "false"], DataType::Boolean),
            (&["null"], DataType::Utf8),
            (&["\"a\"", "1"], DataType::Utf8),
            (&["true", "1"], DataType::Utf8),
            (&["9223372036854775808"], DataType::Utf8),
            (&["9007199254740993", "0.5"], DataType::Utf8),
            (&["0.1234567890123456789"], DataType::Utf8),
            (&["1e999"], DataType::Utf8),
        ] {
            assert_eq!(inferred(values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_column_says_whether_its_values_are_numbers_however_they_are_kept() {
        let numbers = |values: &[&str]| {
            let types = values.iter().map(|raw| bit(JsonType::of(raw).unwrap()));
            Numbers::of(types.fold(0, |types, json_type| types | json_type))
        };
        for (values, expected) in [
            (&["1", "2.5", "null"][..], Numbers::All),
            (&["1.10"], Numbers::All),
            (&["\"1.234\"", "1.234"], Numbers::Some),
            (&["true", "1"], Numbers::Some),
            (&["\"1\"", "null"], Numbers::None),
            (&["null"], Numbers::None),
        ] {
            assert_eq!(numbers(values), expected, "{values:?}");
        }
    }
}
