//! The page `docs/VALUES.md`: which value of the data is sent in which form.

mod texts;

use std::fmt::Write;

use self::texts::{EMPTY_HEADING, HEAD, ID_HEADING, RULES};
use super::examples::{
    DataKind, EMPTY, Example, ExampleOutcome, LONG, LONG_ADDRESS, OPTIONS, tables,
};
use crate::campaign_monitor::{ProblemCode, all_shown};

/// The page `docs/VALUES.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(HEAD);
    for (heading, examples) in tables() {
        page.push_str(&section(heading));
        let end = if *heading == ID_HEADING { "read as" } else { "sent" };
        // Writing to a String does not fail.
        let _ = writeln!(page, "| the data holds | value | mapping | {end} |\n|---|---|---|---|");
        examples.iter().for_each(|example| page.push_str(&line(example)));
        page.push('\n');
    }
    page.push_str(&section(EMPTY_HEADING));
    page.push_str("| field | the data holds | value | mapping | sent |\n|---|---|---|---|---|\n");
    for (field, example) in EMPTY {
        // Writing to a String does not fail.
        let _ = write!(page, "| {field} {}", line(example));
    }
    page
}

/// A heading, and what goes for all examples below it.
fn section(heading: &str) -> String {
    let rule = RULES.iter().find(|(of, _)| *of == heading).map_or("", |(_, rule)| rule);
    let mut section = format!("## {heading}\n\n{}\n\n", wrapped(rule));
    if heading.starts_with("Multi") {
        let options = OPTIONS.join("`, `");
        // Writing to a String does not fail.
        let _ = writeln!(section, "The options of the examples are `{options}`.\n");
    }
    section
}

fn line((held, value, mapping, outcome): &Example) -> String {
    let mapping = if mapping.is_empty() { String::new() } else { code(mapping) };
    format!("| {} | {} | {mapping} | {} |\n", word(*held), shown(value), sent(*outcome))
}

fn shown(value: &str) -> String {
    match value {
        "" => String::new(),
        LONG => "251 letters `a`".to_owned(),
        LONG_ADDRESS => "251 letters `a` and `@example.com`".to_owned(),
        value => code(&all_shown(value)),
    }
}

fn sent(outcome: ExampleOutcome) -> String {
    match outcome {
        ExampleOutcome::Sent(values) => {
            values.iter().map(|value| code(value)).collect::<Vec<_>>().join(" ")
        }
        ExampleOutcome::SentWith(value, problem) => {
            format!("{}, {}", code(value), named(problem))
        }
        ExampleOutcome::Cut => format!("250 letters `a`, {}", named(ProblemCode::Cut)),
        ExampleOutcome::Problem(problem) => named(problem),
        ExampleOutcome::Refused(reason) => format!("profile not sent: {}", code(&reason.word())),
        ExampleOutcome::FileRefused => "the file is rejected".to_owned(),
        ExampleOutcome::Kept => "nothing".to_owned(),
        ExampleOutcome::Cleared => "the removal of what is there".to_owned(),
    }
}

fn named(problem: ProblemCode) -> String {
    format!("problem {}", code(problem.word()))
}

const fn word(held: DataKind) -> &'static str {
    match held {
        DataKind::Nothing => "nothing",
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
