//! What the page of values says around its tables: its beginning, and a paragraph for each table.

/// The heading of the table of ids, which are read and not sent.
pub(super) const ID_HEADING: &str = "CustomerId";
/// The heading of the table of values that are empty.
pub(super) const EMPTY_HEADING: &str = "ifEmpty";

pub(super) const HEAD: &str = "\
# Values

What a run sends for a value, by the type of the custom field and by what the data holds. A value that cannot be sent
as it is becomes a *problem*, which has a code: it is not sent, and what the list has stays. Nothing is guessed:
`02/03/1990` is a date only when the mapping says which.

`make openapi` writes this page from `src/records/examples/` and `src/records/values_page/`. Tests send every line of it
to the offline Campaign Monitor. The vendor does not document what it does with values that do not fit, so the service
does not send them.

The data holds *text* (all of CSV; strings elsewhere), a *number*, a *boolean*, a *day*, a *moment* (a time with a zone,
such as `timestamp[us, Europe/Riga]` of Parquet), a *time* without a zone, or *nothing* (null). Each is read as the text
in the second column. *Mapping* is what stands beside `field` of the custom field, of the name and so on, or in its
place; `defaultCountry`, `nullWords` and `trim` stand in the mapping itself. `V` is the name of the field.

Days and numbers of a `model.json` with a `culture`, such as `01.02.1990` and `1.234,56` of `de-DE`, are
[read as the model says](STORAGE.md#days-and-numbers-of-a-model) before: what follows is of `1990-02-01` and `1234.56`,
and a mapping of such a field has no `format`. What the culture does not write, such as `1.5` in `de-DE`, is a problem.

A value comes from `field`, a field of the profile; from `constant`, the same text for everybody; or from `template`, a
text with fields in it: `{{FirstName}} {{LastName}}`, or `{{City|-}}` with what stands there when the field is empty. A
template whose fields are all empty and have nothing to stand there is empty. Where a field of a template is empty and
has nothing to stand there, what is left is no number and no mobile number: a problem. Of a template that is filled with
more than 8 KiB the rest is left out. `name` and `mobileNumber` have the same three as objects; a plain text is the name
of a field. A name of more than 250 characters is cut.

Blanks around texts are removed, unless `mapping.trim` is false. A value of blanks alone is *empty*, and so is a word of
`mapping.nullWords`, and what is not a number (NaN) in a column of numbers. An empty value leaves what the list has.
With `ifEmpty: clear` it removes that; a problem never does. In a consent a yes and a no come before the words of
`nullWords`, and a `CustomerId` is read without them.

";

/// By the heading of the table, in their order.
pub(super) const RULES: &[(&str, &str)] = &[
    ("Text", "Sent as it is, up to 250 characters. Longer ones are cut, with the problem `cut`."),
    (
        "Number",
        "Digits, with a point before the fraction. `format` names other marks: `decimal` (`.` or `,`) and `group` \
         (`.`, `,`, `'` or a blank, also one that does not break a line). Between groups stand three digits, with \
         commas also two as in India, and a number with groups does not begin with 0. `.5` is sent as `0.5`. A \
         number beyond ±9223372036854775808 is `outOfRange`, and so is one of more than 250 characters. Where the \
         data holds numbers, a format of numbers is rejected.",
    ),
    (
        "Date",
        "`yyyy-MM-dd` or `yyyy/MM/dd`, with a time behind it or without. `format` names another pattern of \
         `yyyy`, `M`, `MM`, `d`, `dd`, `H`, `HH`, `h`, `hh`, `mm`, `ss`, `a` (AM or PM), `XXX` (a zone) and what \
         stands between them, or one of `excelSerial`, `epochSeconds` and `epochMillis`. A time behind the day is \
         read although the pattern names none, and so is a last point where points stand in it. Campaign Monitor has \
         days from 1900/01/01 to 2076/06/06. A moment \
         becomes a day in the `timezone` of the custom field; without one in the zone that the value names \
         (`+02:00`); where it names none (`Z`, `+00:00`, UTC, `epochSeconds`) in `mapping.timezone`; and else in \
         UTC. A time without a zone stays the day that is written.",
    ),
    (
        "MultiSelectOne",
        "One option, in the spelling of the list. The case, the Unicode form and characters that nobody sees do not \
         matter, and the accents of Latin letters only where two options differ in nothing else.",
    ),
    (
        "MultiSelectMany",
        "Several options, separated by `;` or what `format` names as `separator`: `;`, `,`, `|`, or `json` for a JSON \
         array. An option that holds the separator is found, the longest first. Each option that the list lacks is a \
         problem of its own; the others are sent. One that comes again is sent once. Separators alone, `[]` and \
         `[null]` are empty.",
    ),
    (
        "Country",
        "The names and codes of ISO 3166-1, and other usual English names, in Campaign Monitor's spelling. A code has \
         no other signs in it than points: `n/a` is no country.",
    ),
    (
        "USState",
        "The name of a state, or its postal code. Others have the problem `unknownCountry`.",
    ),
    (
        "mobileNumber",
        "In E.164 (`+37120000000`), or with what people write between the digits. `mapping.defaultCountry` completes \
         numbers of that country. A number must be valid where it belongs, by Google's libphonenumber. Where the \
         plus is missing, digits that begin with the code of that country are read if they can be one number only \
         (`37120000000`); if they can be another one with the code of an area, they are a \
         problem. So is a number to count with (`1701234567.0`), and a day (`2024-01-15`).",
    ),
    (
        ID_HEADING,
        "Names the profile in everything that the service reports, and is not sent unless the mapping says so. It is \
         read as text, without blanks around it, up to 200 characters. An upload with a row without one is rejected as \
         a whole; in files of your own storage only that profile is not sent. A column of Parquet must hold text or \
         whole numbers.",
    ),
    (
        "email",
        "Characters that nobody sees are removed, and a domain in another script is sent as Punycode. Usual mistakes \
         are removed only with `repair`. A profile whose address is missing or malformed is `invalid`; the message of \
         the rejection says which rule it breaks, and where.",
    ),
    (
        "name",
        "Sent as it is, up to 250 characters. An empty one is not sent, and the name on the list stays. `first` and \
         `last` are joined with a blank, where both are there. A name cannot be cleared.",
    ),
    (
        "consentToTrack, consentToSendSms",
        "Both are read alike. A yes is `yes`, `y`, `true`, `t`, `1`, `on` or `x`; a no is `no`, `n`, `false`, `f`, `0` \
         or `off`, in any case; `yes` and `no` of the mapping add words. What is neither is not guessed: the profile \
         is `invalid`, or `otherwise` says what is sent. An empty one is `Unchanged`: what the list has stays, and \
         Campaign Monitor records a yes to tracking for people who are new there. The consent to text messages \
         is recorded with a mobile number only, and left out of the record where it is unchanged.",
    ),
    (
        EMPTY_HEADING,
        "What an empty value does to the one that the list has. Without `ifEmpty`, nothing. A value that cannot be \
         sent is not empty: it never removes anything. The address, the name and the consents have no `ifEmpty`.",
    ),
];
