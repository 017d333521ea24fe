//! The page `docs/VALUES.md`: which value of the data is sent in which form.

use std::fmt::Write;

use super::examples::{DataKind, EXAMPLES, Example, ExampleOutcome, LONG, OPTIONS};
use crate::campaign_monitor::ProblemCode;

const HEAD: &str = "\
# Values

What a run sends for a value, by the type of the custom field and by what the data holds. A value that cannot be sent
as it is becomes a *problem*, which has a code: it is not sent, and what the list has stays. Nothing is guessed:
`02/03/1990` is a date only when the mapping says which.

`make openapi` writes this page from `src/records/examples.rs` and `values_page.rs`. Tests send every line of it to the
offline Campaign Monitor. The vendor does not document what it does with values that do not fit, so the service does not
send them.

The data holds *text* (all of CSV; strings elsewhere), a *number*, a *boolean*, a *day*, a *moment* (a time with a zone,
such as `timestamp[us, Europe/Riga]` of Parquet) or a *time* without a zone. Each is read as the text in the second
column. *Mapping* is what stands beside `field` and `key` of the custom field, or beside `mobileNumber`.

Days and numbers of a `model.json` with a `culture`, such as `01.02.1990` and `1.234,56` of `de-DE`, are
[read as the model says](STORAGE.md#days-and-numbers-of-a-model) before: what follows is of `1990-02-01` and `1234.56`,
and a mapping of such a field has no `format`.

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

const RULES: &[(&str, &str)] = &[
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
];

/// The page `docs/VALUES.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(HEAD);
    for ((field, examples), (_, rule)) in EXAMPLES.iter().zip(RULES) {
        // Writing to a String does not fail.
        let _ = writeln!(page, "## {field}\n\n{}\n", wrapped(rule));
        if field.starts_with("Multi") {
            let _ = writeln!(page, "The options of the examples are `{}`.\n", OPTIONS.join("`, `"));
        }
        page.push_str("| the data holds | value | mapping | sent |\n|---|---|---|---|\n");
        examples.iter().for_each(|example| page.push_str(&line(example)));
        page.push('\n');
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

fn line((held, value, mapping, outcome): &Example) -> String {
    let value = if *value == LONG { "251 letters `a`".to_owned() } else { code(value) };
    let mapping = if mapping.is_empty() { String::new() } else { code(mapping) };
    let sent = match outcome {
        ExampleOutcome::Sent(values) => {
            values.iter().map(|value| code(value)).collect::<Vec<_>>().join(" ")
        }
        ExampleOutcome::Problem(problem) => format!("problem {}", code(problem.word())),
        ExampleOutcome::Cut => {
            format!("250 letters `a`, problem {}", code(ProblemCode::Cut.word()))
        }
    };
    format!("| {} | {value} | {mapping} | {sent} |\n", word(*held))
}

const fn word(held: DataKind) -> &'static str {
    match held {
        DataKind::Text => "text",
        DataKind::Number => "number",
        DataKind::Boolean => "boolean",
        DataKind::Day => "day",
        DataKind::Moment => "moment",
        DataKind::Time => "time",
    }
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// A paragraph in lines of up to 120 characters.
fn wrapped(text: &str) -> String {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().expect("there is one");
        if last.chars().count() + 1 + word.chars().count() > 120 {
            lines.push(word.to_owned());
        } else {
            last.push_str(if last.is_empty() { "" } else { " " });
            last.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_page_of_values_is_up_to_date() {
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/VALUES.md"));
        let page = page.unwrap();
        assert!(page == super::page(), "docs/VALUES.md is stale: run `make openapi`");
    }
}
