//! The codes of what is wrong at a pointer. The document has them as an enum, so that a front end can say each in its
//! own language.

/// Every code, in the order of the alphabet. One that is not here fails every test that meets it.
pub const FIELD_CODES: &[&str] = &[
    "consentRequired",
    "contradictoryWord",
    "invalid",
    "invalidCsv",
    "invalidMember",
    "invalidMembers",
    "missing",
    "needlessFormat",
    "neverComes",
    "notAccepted",
    "notConfigured",
    "notEncrypted",
    "notOfThisKind",
    "otherTextVersion",
    "outOfRange",
    "profileLimitExceeded",
    "refusedAddress",
    "refusedBefore",
    "repeated",
    "repeatedCustomField",
    "repeatedRule",
    "sameFlag",
    "segmentNotFound",
    "tooClose",
    "tooMany",
    "unknownChannel",
    "unknownClient",
    "unknownConnection",
    "unknownCustomField",
    "unknownExport",
    "unknownField",
    "unknownList",
    "unknownMember",
    "unknownOption",
    "unknownSegment",
    "unreadableFormat",
    "unreadableSource",
    "unsuitedCustomField",
    "unsuitedFormat",
    "wrongNumber",
    "wrongOptions",
    "wrongType",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_there_once_and_in_order() {
        assert!(FIELD_CODES.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
