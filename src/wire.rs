//! Deserializing members of a body so that an error points to the exact member.
//!
//! serde buffers the content of a tagged or untagged enum before it deserializes it, and so loses its path. These
//! functions deserialize in place.

use std::fmt;
use std::marker::PhantomData;

use chrono::{DateTime, Datelike, Utc};
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A member that may be missing, but not `null`; where `T` is an `Option`, this tells `null` from missing.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A list of which no more than `MAX + 1` items are kept, so that a check of its length sees that it is too long.
///
/// A body full of small items would fill memory otherwise.
pub(crate) fn list<'de, const MAX: usize, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Beginning::<T, MAX>(PhantomData))
}

/// The same for a list that may be missing, but not `null`.
pub(crate) fn present_list<'de, const MAX: usize, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    list::<MAX, T, D>(deserializer).map(Some)
}

struct Beginning<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Beginning<T, MAX> {
    type Value = Vec<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        while items.len() <= MAX {
            let Some(item) = list.next_element()? else { return Ok(items) };
            items.push(item);
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(items)
    }
}

/// A moment that every database can keep, if there is one.
pub(crate) fn moment<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let moment = DateTime::<Utc>::deserialize(deserializer)?;
    if (0..=9999).contains(&moment.year()) {
        return Ok(Some(moment));
    }
    Err(serde::de::Error::custom("a time is of the years 0 to 9999"))
}

/// A value that is either a string or an object; `expected` names both.
pub(crate) fn text_or_object<'de, D, A, B, T>(
    deserializer: D,
    expected: &'static str,
    text: fn(A) -> T,
    object: fn(B) -> T,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    A: Deserialize<'de>,
    B: Deserialize<'de>,
{
    deserializer.deserialize_any(TextOrObject { expected, text, object, read: PhantomData })
}

struct TextOrObject<A, B, T> {
    expected: &'static str,
    text: fn(A) -> T,
    object: fn(B) -> T,
    read: PhantomData<(A, B)>,
}

impl<'de, A: Deserialize<'de>, B: Deserialize<'de>, T> Visitor<'de> for TextOrObject<A, B, T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.expected)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        let read = A::deserialize(text.into_deserializer()).map(self.text);
        // An unknown word may have been meant as the object: both are possible.
        read.map_err(|error: E| {
            let is_unknown = error.to_string().starts_with("unknown variant ");
            if is_unknown { E::invalid_value(Unexpected::Str(text), &self.expected) } else { error }
        })
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<T, M::Error> {
        B::deserialize(MapAccessDeserializer::new(map)).map(self.object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(json: &str) -> serde_json::Result<Vec<u8>> {
        list::<3, _, _>(&mut serde_json::Deserializer::from_str(json))
    }

    #[test]
    fn of_a_list_that_is_too_long_one_item_more_than_allowed_is_kept() {
        assert_eq!(kept("[]").unwrap(), Vec::<u8>::new());
        assert_eq!(kept("[1,2,3]").unwrap(), [1, 2, 3]);
        let long = format!("[1,2,3{}]", ",4".repeat(100_000));
        assert_eq!(kept(&long).unwrap(), [1, 2, 3, 4]);
        assert!(kept("[1,2,3,4,5").is_err(), "it is read to its end");
        assert!(kept("7").is_err());
    }

    #[test]
    fn a_time_has_a_year_of_four_digits() {
        for (time, is_accepted) in [
            ("2026-11-24T06:00:00Z", true),
            ("0000-01-01T00:00:00Z", true),
            ("9999-12-31T23:59:59Z", true),
            ("-9999-01-01T00:00:00Z", false),
            ("-262142-01-01T00:00:00Z", false),
            ("+10000-01-01T00:00:00Z", false),
        ] {
            let json = serde_json::Value::String(time.into());
            assert_eq!(moment(json).is_ok(), is_accepted, "{time}");
        }
    }
}
