//! How text is encoded: UTF-8, UTF-16, or a code page, by the names that the web uses.

use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use serde::{Deserialize, Serialize};

/// The encoding of a text; a byte order mark in the file counts for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Encoding(&'static encoding_rs::Encoding);

/// Names of this service, beside those of the web: <https://encoding.spec.whatwg.org/#names-and-labels>
const NAMES: [(&str, &encoding_rs::Encoding); 4] =
    [("utf8", UTF_8), ("utf16le", UTF_16LE), ("utf16be", UTF_16BE), ("windows1252", WINDOWS_1252)];

impl Encoding {
    pub(in super::super) const fn encoding(self) -> &'static encoding_rs::Encoding {
        self.0
    }
}

impl Default for Encoding {
    fn default() -> Self {
        Self(UTF_8)
    }
}

impl From<&'static encoding_rs::Encoding> for Encoding {
    fn from(encoding: &'static encoding_rs::Encoding) -> Self {
        Self(encoding)
    }
}

impl TryFrom<String> for Encoding {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let own = NAMES.iter().find(|(own, _)| *own == name).map(|(_, encoding)| *encoding);
        let known =
            own.or_else(|| encoding_rs::Encoding::for_label_no_replacement(name.as_bytes()));
        // This one has no characters of its own for half of the bytes.
        let known = known.filter(|encoding| *encoding != X_USER_DEFINED);
        known
            .map(Self)
            .ok_or("an encoding must be utf-8, utf-16le, or a code page such as windows-1257")
    }
}

impl From<Encoding> for String {
    fn from(Encoding(encoding): Encoding) -> Self {
        let own = NAMES.iter().find(|(_, own)| *own == encoding);
        own.map_or_else(|| encoding.name().to_ascii_lowercase(), |(name, _)| (*name).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_is_known_by_its_names_and_kept_by_one() {
        for (name, kept) in [
            ("utf8", Some("utf8")),
            ("UTF-8", Some("utf8")),
            ("utf16be", Some("utf16be")),
            ("utf-16", Some("utf16le")),
            ("windows1252", Some("windows1252")),
            ("ISO-8859-1", Some("windows1252")),
            ("windows-1257", Some("windows-1257")),
            ("cp1257", Some("windows-1257")),
            ("iso-8859-13", Some("iso-8859-13")),
            ("Shift_JIS", Some("shift_jis")),
            ("iso-2022-kr", None),
            ("x-user-defined", None),
            ("ansi", None),
            ("", None),
        ] {
            let read = Encoding::try_from(name.to_owned()).ok().map(String::from);
            assert_eq!(read.as_deref(), kept, "{name}");
            if let Some(read) = read {
                assert!(Encoding::try_from(read).is_ok(), "{name}");
            }
        }
    }
}
