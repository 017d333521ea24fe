//! JSON readers keep one of two members with the same name, and do not say so: this one finds them.

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};

/// A member that stands twice in the object `json`.
pub fn named_twice(json: &str) -> Option<String> {
    serde_json::Deserializer::from_str(json).deserialize_map(Twice).unwrap()
}

struct Twice;

impl<'de> Visitor<'de> for Twice {
    type Value = Option<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let (mut seen, mut twice) = (HashSet::new(), None);
        while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if !seen.insert(name.clone()) {
                twice.get_or_insert(name);
            }
        }
        Ok(twice)
    }
}

#[test]
fn a_member_that_stands_twice_is_found() {
    assert_eq!(
        named_twice(r#"{"status": 409, "title": "", "status": "ended"}"#),
        Some("status".into())
    );
    assert_eq!(named_twice(r#"{"status": 409, "errors": [{"code": 1}, {"code": 1}]}"#), None);
}
