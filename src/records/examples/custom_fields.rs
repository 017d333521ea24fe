//! What goes into custom fields and into the mobile number, by the type of the field.

use super::example::DataKind::{Boolean, Day, Moment, Number, Text, Time};
use super::example::ExampleOutcome::{Cut, Problem, Sent};
use super::example::{ExampleTable, LONG};
use crate::campaign_monitor::ProblemCode::{
    NotADate, NotANumber, NotAPhoneNumber, OutOfRange, UnknownCountry, UnknownOption,
};

const LV: &str = r#""defaultCountry": "LV""#;
const DE: &str = r#""defaultCountry": "DE""#;
const SLASHES: &str = r#""format": "dd/MM/yyyy""#;
const GERMAN: &str = r#""format": {"decimal": ",", "group": "."}"#;
const RIGA: &str = r#""timezone": "Europe/Riga""#;
const JSON: &str = r#""format": {"separator": "json"}"#;
const COMMA: &str = r#""format": {"separator": ","}"#;

/// By the type of the field; the mobile number is one of its own.
pub(super) const TABLES: &[ExampleTable] = &[
    (
        "Text",
        &[
            (Text, "R&amp;D", "", Sent(&["R&amp;D"])),
            (Text, "007", "", Sent(&["007"])),
            (Text, LONG, "", Cut),
            (Number, "1234.5", "", Sent(&["1234.5"])),
            (Boolean, "true", "", Sent(&["true"])),
            (Day, "1990-02-02", "", Sent(&["1990-02-02"])),
            (Moment, "1990-02-02T00:00:00+02:00", "", Sent(&["1990-02-02T00:00:00+02:00"])),
            (Time, "1990-02-02T00:00:00", "", Sent(&["1990-02-02T00:00:00"])),
        ],
    ),
    (
        "Number",
        &[
            (Text, "1.234", "", Sent(&["1.234"])),
            (Text, "1.234,56", "", Problem(NotANumber)),
            (Text, "1.234,56", GERMAN, Sent(&["1234.56"])),
            (Text, "1.23", GERMAN, Problem(NotANumber)),
            (Text, "1e3", "", Sent(&["1000"])),
            (Text, "1.2e3", GERMAN, Problem(NotANumber)),
            (Text, "1e300", "", Problem(OutOfRange)),
            (Text, "€12", "", Problem(NotANumber)),
            (Text, ".5", "", Sent(&["0.5"])),
            (Text, "0,125", r#""format": {"group": ","}"#, Problem(NotANumber)),
            (Number, "-12.5", "", Sent(&["-12.5"])),
            (Boolean, "true", "", Problem(NotANumber)),
            (Day, "1990-02-02", "", Problem(NotANumber)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(NotANumber)),
            (Time, "1990-02-02T00:00:00", "", Problem(NotANumber)),
        ],
    ),
    (
        "Date",
        &[
            (Text, "1990-02-02", "", Sent(&["1990/02/02"])),
            (Text, "1990/02/02", "", Sent(&["1990/02/02"])),
            (Text, "1990-02-02T00:00:00+02:00", "", Sent(&["1990/02/02"])),
            (Text, "1990-02-01T22:00:00Z", "", Sent(&["1990/02/01"])),
            (Text, "1990-02-01T22:00:00Z", RIGA, Sent(&["1990/02/02"])),
            (Text, "31/12/1990", "", Problem(NotADate)),
            (Text, "31/12/1990", SLASHES, Sent(&["1990/12/31"])),
            (Text, "31/12/1990 23:59:59", SLASHES, Sent(&["1990/12/31"])),
            (Text, "12/31/1990 11:59 PM", r#""format": "M/d/yyyy""#, Sent(&["1990/12/31"])),
            (Text, "31.12.1990.", r#""format": "dd.MM.yyyy""#, Sent(&["1990/12/31"])),
            (Text, "1990-12-31", SLASHES, Problem(NotADate)),
            (Text, "02/03/1990", "", Problem(NotADate)),
            (Text, "1899-12-31", "", Problem(OutOfRange)),
            (Text, "2076-06-07", "", Problem(OutOfRange)),
            (Text, "32905", r#""format": "excelSerial""#, Sent(&["1990/02/01"])),
            (Number, "32905", r#""format": "excelSerial""#, Sent(&["1990/02/01"])),
            (Number, "633909600", r#""format": "epochSeconds""#, Sent(&["1990/02/01"])),
            (
                Number,
                "633909600000",
                r#""format": "epochMillis", "timezone": "Europe/Riga""#,
                Sent(&["1990/02/02"]),
            ),
            (Number, "32905", "", Problem(NotADate)),
            (Boolean, "true", "", Problem(NotADate)),
            (Day, "1990-02-02", "", Sent(&["1990/02/02"])),
            (Moment, "1990-02-02T00:00:00+02:00", "", Sent(&["1990/02/02"])),
            (Moment, "1990-02-02T00:00:00+02:00", r#""timezone": "UTC""#, Sent(&["1990/02/01"])),
            (Time, "1990-02-02T00:00:00", "", Sent(&["1990/02/02"])),
            (Time, "1990-02-02T00:00:00", r#""timezone": "UTC""#, Sent(&["1990/02/02"])),
        ],
    ),
    (
        "MultiSelectOne",
        &[
            (Text, "tea", "", Sent(&["Tea"])),
            (Text, "Bread; Butter", "", Sent(&["Bread; Butter"])),
            (Text, "cafe", "", Sent(&["Café"])),
            (Text, "Gin", "", Problem(UnknownOption)),
            (Number, "1", "", Problem(UnknownOption)),
            (Boolean, "true", "", Problem(UnknownOption)),
            (Day, "1990-02-02", "", Problem(UnknownOption)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(UnknownOption)),
            (Time, "1990-02-02T00:00:00", "", Problem(UnknownOption)),
        ],
    ),
    (
        "MultiSelectMany",
        &[
            (Text, "tea;Bread; Butter", "", Sent(&["Tea", "Bread; Butter"])),
            (Text, "tea;TEA", "", Sent(&["Tea"])),
            (Text, "Tea,Café", COMMA, Sent(&["Tea", "Café"])),
            (Text, r#"["Tea", "Café"]"#, JSON, Sent(&["Tea", "Café"])),
            (Text, "Gin", "", Problem(UnknownOption)),
            (Number, "1", "", Problem(UnknownOption)),
            (Boolean, "true", "", Problem(UnknownOption)),
            (Day, "1990-02-02", "", Problem(UnknownOption)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(UnknownOption)),
            (Time, "1990-02-02T00:00:00", "", Problem(UnknownOption)),
        ],
    ),
    (
        "Country",
        &[
            (Text, "LV", "", Sent(&["Latvia"])),
            (Text, "LVA", "", Sent(&["Latvia"])),
            (Text, "latvia", "", Sent(&["Latvia"])),
            (Text, "UK", "", Sent(&["United Kingdom"])),
            (Text, "Côte d’Ivoire", "", Sent(&["Cote D'Ivoire"])),
            (Text, "Türkiye", "", Sent(&["Turkey"])),
            (Text, "U.K.", "", Sent(&["United Kingdom"])),
            (Text, "n/a", "", Problem(UnknownCountry)),
            (Text, "Atlantis", "", Problem(UnknownCountry)),
            (Number, "371", "", Problem(UnknownCountry)),
            (Boolean, "true", "", Problem(UnknownCountry)),
            (Day, "1990-02-02", "", Problem(UnknownCountry)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(UnknownCountry)),
            (Time, "1990-02-02T00:00:00", "", Problem(UnknownCountry)),
        ],
    ),
    (
        "USState",
        &[
            (Text, "OH", "", Sent(&["Ohio"])),
            (Text, "ohio", "", Sent(&["Ohio"])),
            (Text, "Riga", "", Problem(UnknownCountry)),
            (Number, "39", "", Problem(UnknownCountry)),
            (Boolean, "true", "", Problem(UnknownCountry)),
            (Day, "1990-02-02", "", Problem(UnknownCountry)),
            (Moment, "1990-02-02T00:00:00+02:00", "", Problem(UnknownCountry)),
            (Time, "1990-02-02T00:00:00", "", Problem(UnknownCountry)),
        ],
    ),
    (
        "mobileNumber",
        &[
            (Text, "+44 (0)20 7946 0958", "", Sent(&["+442079460958"])),
            (Text, "20000000", LV, Sent(&["+37120000000"])),
            (Text, "37120000000", LV, Sent(&["+37120000000"])),
            (Text, "20000000", "", Problem(NotAPhoneNumber)),
            (Text, "+371 20000000 ext. 5", "", Problem(NotAPhoneNumber)),
            (Text, "49 170 1234567", DE, Problem(NotAPhoneNumber)),
            (Text, "1701234567.0", DE, Problem(NotAPhoneNumber)),
            (Text, "2024-01-15", DE, Problem(NotAPhoneNumber)),
            (Number, "20000000", LV, Sent(&["+37120000000"])),
            (Boolean, "true", LV, Problem(NotAPhoneNumber)),
            (Day, "1990-02-02", LV, Problem(NotAPhoneNumber)),
            (Moment, "1990-02-02T00:00:00+02:00", LV, Problem(NotAPhoneNumber)),
            (Time, "1990-02-02T00:00:00", LV, Problem(NotAPhoneNumber)),
        ],
    ),
];
