//! The codes of what is wrong at a pointer, each with the values that its sentence may name. The document has the codes
//! as an enum and `docs/ERRORS.md` both, so that a front end can say each in its own language.

/// A code, and the names in `params`.
pub type FieldCode = (&'static str, &'static [&'static str]);

/// What a file, a folder or a table can be rejected for.
const OF_STORAGE: &[&str] =
    &["cause", "dataSource", "line", "maxBytes", "maxRows", "path", "root", "roots"];

/// Every code, in the order of the alphabet. One that is not here fails every test that meets it; so does a value.
pub const FIELD_CODES: &[FieldCode] = &[
    ("consentRequired", &[]),
    ("contradictoryWord", &["word"]),
    ("invalid", &["cause", "character", "choices", "column", "expected", "line", "max", "min"]),
    ("invalidCsv", &[]),
    ("invalidMember", &["cause", "character", "field", "max", "member", "rejection"]),
    ("invalidMembers", OF_STORAGE),
    ("missing", &["choices"]),
    ("needlessFormat", &["field", "segment"]),
    ("neverComes", &[]),
    ("notAccepted", &[]),
    ("notConfigured", &[]),
    ("notEncrypted", &[]),
    ("notOfThisKind", &["kind", "mode", "recurrence"]),
    ("otherTextVersion", &["textVersion"]),
    ("outOfRange", &["max", "min"]),
    ("profileLimitExceeded", &["max", "selected"]),
    ("refusedAddress", &["cause", "why"]),
    ("refusedBefore", &[]),
    ("repeated", &[]),
    ("repeatedCustomField", &["key"]),
    ("repeatedRule", &["kind"]),
    ("sameFlag", &[]),
    ("segmentNotFound", &["segment"]),
    ("tooClose", &["minutes"]),
    ("tooMany", &["max"]),
    ("unknownChannel", &["channelId"]),
    ("unknownClient", &["clients"]),
    ("unknownConnection", &[]),
    ("unknownCustomField", &["key", "keys", "more", "near"]),
    ("unknownExport", &[]),
    ("unknownField", &["cause", "field", "file", "near", "segment"]),
    ("unknownList", &[]),
    ("unknownMember", &["cause", "members"]),
    ("unknownOption", &["options", "value"]),
    ("unknownSegment", &["segment"]),
    ("unreadableFormat", &[]),
    ("unreadableSource", OF_STORAGE),
    ("unsuitedCustomField", &["key"]),
    ("unsuitedFormat", &["dataType"]),
    ("unwritableFolder", &["cause", "root", "roots", "why"]),
    ("wrongNumber", &["max", "min"]),
    ("wrongOptions", &["max", "min"]),
    ("wrongType", &["expected"]),
];

/// The names of the values of a code; `None` for a code that is not here.
#[must_use]
pub fn params_of(code: &str) -> Option<&'static [&'static str]> {
    FIELD_CODES.iter().find(|(known, _)| *known == code).map(|(_, params)| *params)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_the_names_of_their_values_are_there_once_and_in_order() {
        assert!(FIELD_CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (code, params) in FIELD_CODES {
            assert!(params.windows(2).all(|pair| pair[0] < pair[1]), "{code}: {params:?}");
        }
    }
}
