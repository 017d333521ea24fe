//! Names use the field's own words: these words were replaced, and must not come back.

use super::assert_clean;
use super::facts::{Name, What};
use super::sources::{SOURCES, Source};

/// A word, and what replaces it. Two words are two parts of a name in a row.
const WORDS: &[(&str, &str)] = &[
    ("again", "retry"),
    ("overtaken", "conflict"),
    ("keeper", "janitor"),
    ("keep house", "retention"),
    ("believed", "token_cache, cached"),
    ("leftover", "orphan"),
    ("leftovers", "orphans"),
    ("turn", "yield, fairness"),
    ("turns", "fairness"),
    ("carry", "execute (a run), transfer (batches), continue_trace"),
    ("carries", "executes, transfers"),
    ("carrier", "runs_client, executor"),
    ("beat", "heartbeat"),
    ("beats", "heartbeats"),
    ("whole", "download, complete"),
    ("standstill", "stalled"),
    ("announce", "notify, enqueue"),
    ("look", "peek, read, inspect; look_up: find"),
    ("looks", "reads"),
    ("place", "permit, slot, position, location"),
    ("places", "permits, slots, positions, locations"),
    ("wind down", "drain"),
    ("in hand", "active"),
];

/// Names that are refused as a complete name, not as a part of one.
const NAMES: &[(&str, &[What], &str)] = &[
    ("once", &[What::Function, What::Type, What::Module], "idempotent"),
    ("number", &[What::Function], "to_i64, or try_from at the edge"),
];

/// Names of others, each with its reason.
const FOREIGN: &[(&str, &str, &str)] =
    &[("src/telemetry/", "carrier", "OpenTelemetry calls the headers so that carry a trace")];

fn breaches(tree: &[Source]) -> Vec<String> {
    let mut breaches = vec![];
    for source in tree {
        for name in &source.facts.names {
            if let Some((word, remedy)) = refused(name)
                && !foreign(&source.path, word)
            {
                breaches.push(format!(
                    "{}:{} {} uses `{word}`: use {remedy}",
                    source.path, name.line, name.text
                ));
            }
        }
    }
    breaches.dedup();
    breaches
}

fn foreign(path: &str, word: &str) -> bool {
    FOREIGN.iter().any(|(folder, foreign, _)| path.starts_with(folder) && *foreign == word)
}

fn refused(name: &Name) -> Option<(&'static str, &'static str)> {
    let parts = parts(&name.text);
    let within = |word: &str| {
        let word: Vec<&str> = word.split(' ').collect();
        parts.windows(word.len()).any(|window| window == word)
    };
    let complete =
        NAMES.iter().find(|(word, whats, _)| parts == [*word] && whats.contains(&name.what));
    let part = WORDS.iter().find(|(word, _)| within(word)).copied();
    part.or_else(|| complete.map(|(word, _, remedy)| (*word, *remedy)))
}

/// The words of a name: `HeldBack`, `held_back` and `HELD_BACK` are `held` and `back`.
pub fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = '_';
    for letter in name.chars() {
        if letter == '_' || (letter.is_uppercase() && !before.is_uppercase()) {
            parts.push(String::new());
        }
        if letter != '_'
            && let Some(part) = parts.last_mut()
        {
            part.extend(letter.to_lowercase());
        }
        before = letter;
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[test]
fn no_name_uses_a_word_that_was_replaced() {
    assert_clean(
        &breaches(&SOURCES),
        "A reader who knows queues, HTTP or GDPR recognises the word on the right.",
    );
}

mod tests {
    use super::super::assert_reports;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn a_word_that_was_replaced_is_reported_in_every_kind_of_name() {
        let code = "mod keeper;\nstruct Turns { heartbeat: u8, beat: u8 }\n\
                    enum E { InHand, Replaced }\nfn keep_house() {}\n\
                    struct Once(std::sync::OnceLock<u8>);\n\
                    fn number(at_once: u8) { let again = iter::once(\"whole\"); }\n\
                    const LOOK_MAX: u8 = 1;\n#[test] fn told_again() {}";
        let expected = [
            "src/a.rs:1 keeper uses `keeper`: use janitor",
            "src/a.rs:2 Turns uses `turns`",
            "src/a.rs:2 beat uses `beat`: use heartbeat",
            "src/a.rs:3 InHand uses `in hand`",
            "src/a.rs:4 keep_house uses `keep house`",
            "src/a.rs:5 Once uses `once`: use idempotent",
            "src/a.rs:6 number uses `number`",
            "src/a.rs:6 again uses `again`",
            "src/a.rs:7 LOOK_MAX uses `look`",
        ];
        assert_reports(&breaches(&tree(&[("src/a.rs", code)])), &expected);
    }
}
