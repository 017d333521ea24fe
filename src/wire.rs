//! Deserializing members of a body so that an error points to the exact member.
//!
//! serde buffers the content of a tagged or untagged enum before it deserializes it, and so loses its path. These
//! functions deserialize in place.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IntoDeserializer, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// A member that may be missing, but not `null`; where `T` is an `Option`, this tells `null` from missing.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
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
