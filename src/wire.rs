//! How members of a body are read where serde's own way would lose the place of what is wrong.
//!
//! serde sets the content of a tagged or untagged enum aside before it reads it, and with that forgets where it stood. What
//! is read here is read where it stands, so a refusal points at the very member.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads a member that may be left out, but not `null`: or, where `T` is an `Option`, tells `null` from left out.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads what is either a text or an object; `expected` names both.
pub fn text_or_object<'de, D, A, B, T>(
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
        A::deserialize(text.into_deserializer()).map(self.text)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<T, M::Error> {
        B::deserialize(MapAccessDeserializer::new(map)).map(self.object)
    }
}
