//! What is read of a profile beside its custom fields: who it is, how the person is called, and what they consent to.

use super::example::DataKind::{Boolean, Day, Moment, Nothing, Number, Text, Time};
use super::example::ExampleOutcome::{Cut, FileRefused, Kept, Refused, Sent, SentWith};
use super::example::{ExampleTable, LONG, LONG_ADDRESS};
use crate::campaign_monitor::ProblemCode::{self, Repaired};
use crate::records::rejection::RejectionCode::{
    AddressIsLink, AddressMalformed, AddressMissing, AddressTooLong, AddressTrailingCharacter,
    AddressWithName, ConsentUnreadable, CustomerIdMissing, SeveralAddresses,
};

const NULL: &str = r#""nullWords": ["NULL"]"#;
const REPAIR: &str = r#""repair": true"#;
const UNREADABLE: ProblemCode = ProblemCode::ConsentUnreadable;

/// By the member of the mapping.
pub(super) const TABLES: &[ExampleTable] = &[
    (
        "CustomerId",
        &[
            (Text, "007", "", Sent(&["007"])),
            (Text, " 7 ", r#""trim": false"#, Sent(&["7"])),
            (Text, "NULL", NULL, Sent(&["NULL"])),
            (Text, "  ", "", Refused(CustomerIdMissing)),
            (Nothing, "", "", Refused(CustomerIdMissing)),
            (Number, "9007199254740993", "", Sent(&["9007199254740993"])),
            (Number, "7.5", "", FileRefused),
            (Boolean, "true", "", FileRefused),
            (Day, "1990-02-02", "", FileRefused),
            (Moment, "1990-02-02T00:00:00+02:00", "", FileRefused),
            (Time, "1990-02-02T00:00:00", "", FileRefused),
        ],
    ),
    (
        "email",
        &[
            (Text, "ann@example.com", "", Sent(&["ann@example.com"])),
            (Text, " Ann@Example.com ", r#""trim": false"#, Sent(&["Ann@Example.com"])),
            (Text, "\u{200b}ann@example.com", "", Sent(&["ann@example.com"])),
            (Text, "ann@bücher.example", "", Sent(&["ann@xn--bcher-kva.example"])),
            (Text, "ann@EXAMPLE.XN--P1AI", "", Sent(&["ann@EXAMPLE.XN--P1AI"])),
            (Text, "mailto:ann@example.com", "", Refused(AddressIsLink)),
            (Text, "mailto:ann@example.com", REPAIR, SentWith("ann@example.com", Repaired)),
            (Text, "Ann <ann@example.com>", "", Refused(AddressWithName)),
            (Text, "Ann <ann@example.com>", REPAIR, SentWith("ann@example.com", Repaired)),
            (Text, "ann@example.com.", "", Refused(AddressTrailingCharacter)),
            (Text, "ann@example.com.", REPAIR, SentWith("ann@example.com", Repaired)),
            (Text, "ann@example.com; bob@example.com", "", Refused(SeveralAddresses)),
            (Text, "ann@example.com; bob@example.com", REPAIR, Refused(SeveralAddresses)),
            (Text, "ann@example", "", Refused(AddressMalformed)),
            (Text, "\"ann\"@example.com", "", Refused(AddressMalformed)),
            (Text, LONG_ADDRESS, "", Refused(AddressTooLong)),
            (Text, "NULL", NULL, Refused(AddressMissing)),
            (Text, "  ", "", Refused(AddressMissing)),
            (Nothing, "", "", Refused(AddressMissing)),
            (Number, "1234.5", "", Refused(AddressMalformed)),
            (Boolean, "true", "", Refused(AddressMalformed)),
            (Day, "1990-02-02", "", Refused(AddressMalformed)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Refused(AddressMalformed)),
            (Time, "1990-02-02T00:00:00", "", Refused(AddressMalformed)),
        ],
    ),
    (
        "name",
        &[
            (Text, "Rūta O’Brien", "", Sent(&["Rūta O’Brien"])),
            (Text, " Ann ", "", Sent(&["Ann"])),
            (Text, " Ann ", r#""trim": false"#, Sent(&[" Ann "])),
            (Text, LONG, "", Cut),
            (Text, "Ann", r#""first": "V", "last": "V""#, Sent(&["Ann Ann"])),
            (Text, "Ann", r#""template": "Dear {{V}}""#, Sent(&["Dear Ann"])),
            (Text, "Ann", r#""constant": "Friend""#, Sent(&["Friend"])),
            (Text, "  ", "", Kept),
            (Text, "NULL", NULL, Kept),
            (Nothing, "", "", Kept),
            (Nothing, "", r#""template": "Dear {{V}}""#, Kept),
            (Nothing, "", r#""template": "Dear {{V|friend}}""#, Sent(&["Dear friend"])),
            (Number, "1234.5", "", Sent(&["1234.5"])),
            (Boolean, "true", "", Sent(&["true"])),
            (Day, "1990-02-02", "", Sent(&["1990-02-02"])),
            (Moment, "1990-02-02T00:00:00+02:00", "", Sent(&["1990-02-02T00:00:00+02:00"])),
            (Time, "1990-02-02T00:00:00", "", Sent(&["1990-02-02T00:00:00"])),
        ],
    ),
    (
        "consentToTrack, consentToSendSms",
        &[
            (Text, "Y", "", Sent(&["Yes"])),
            (Text, "x", "", Sent(&["Yes"])),
            (Text, "N", "", Sent(&["No"])),
            (Text, "Off", "", Sent(&["No"])),
            (Text, "0.0", "", Sent(&["No"])),
            (Text, "n\u{200b}o", "", Sent(&["No"])),
            (Text, "maybe", "", Refused(ConsentUnreadable)),
            (Text, "maybe", r#""otherwise": "no""#, SentWith("No", UNREADABLE)),
            (Text, "maybe", r#""otherwise": "unchanged""#, SentWith("Unchanged", UNREADABLE)),
            (Text, "opted in", "", Refused(ConsentUnreadable)),
            (Text, "Opted In", r#""yes": ["opted in"]"#, Sent(&["Yes"])),
            (Text, "Nē", r#""no": ["nē"]"#, Sent(&["No"])),
            (Text, "1", r#""no": ["1"]"#, Sent(&["No"])),
            (Text, "NULL", "", Refused(ConsentUnreadable)),
            (Text, "NULL", NULL, Sent(&["Unchanged"])),
            (Text, "NULL", r#""no": ["null"], "nullWords": ["NULL"]"#, Sent(&["No"])),
            (Text, "  ", "", Sent(&["Unchanged"])),
            (Nothing, "", "", Sent(&["Unchanged"])),
            (Nothing, "", r#""otherwise": "no""#, Sent(&["Unchanged"])),
            (Number, "1", "", Sent(&["Yes"])),
            (Number, "0", "", Sent(&["No"])),
            (Number, "2", "", Refused(ConsentUnreadable)),
            (Boolean, "true", "", Sent(&["Yes"])),
            (Boolean, "false", "", Sent(&["No"])),
            (Day, "1990-02-02", "", Refused(ConsentUnreadable)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Refused(ConsentUnreadable)),
            (Time, "1990-02-02T00:00:00", "", Refused(ConsentUnreadable)),
        ],
    ),
];
