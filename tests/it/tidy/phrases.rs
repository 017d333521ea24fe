//! Sentences are plain: in texts of the program, in comments, in the documents and in the chart.

use super::assert_clean;
use super::sources::{SOURCES, Source, Text, root, texts};

/// A phrase, and what replaces it.
const PHRASES: &[(&str, &str)] = &[
    ("is taken", "is accepted, is claimed; a name is in use"),
    ("are taken", "are accepted, are claimed, are used"),
    ("be taken", "be accepted, be claimed, be used"),
    ("is away", "is unavailable"),
    ("are away", "are unavailable"),
    ("was away", "was unavailable"),
    ("be away", "be unavailable"),
    ("refused as such", "rejected because …"),
    ("says nothing", "does not respond"),
    ("said nothing", "did not respond"),
    ("is told", "is reported, receives"),
    ("are told", "are reported, receive"),
    ("was told", "was reported, received"),
    ("be told", "be reported, receive"),
    ("in hand", "active"),
    ("goes on", "resumes, continues"),
    ("went on", "resumed, continued"),
    ("put aside", "postponed"),
    ("could not be told", "is unknown; could not check"),
    ("there is no such", "not found"),
    ("of somebody's own", "its own"),
    ("whoever", "the caller, the one who …"),
    ("looked at", "inspected"),
    ("read by that", "inspected"),
    ("packed", "compressed"),
    ("unpacked", "decompressed"),
    ("reckon", "estimate"),
    ("reckons", "estimates"),
    ("reckoned", "estimated"),
    ("became of", "Profiles processed, by outcome"),
    ("has been due for the longest", "Age of the oldest due run, in seconds"),
    ("in the address is none", "This is not a valid segment name"),
    ("if it stays", "if it happens again, send this traceId to your operator"),
    ("house could not be kept", "retention failed; retrying in 60 s"),
    ("house-keeping", "retention"),
    ("housekeeping", "retention"),
    ("a thing is done", "delete the sentence; say the thing"),
    ("keeper", "janitor"),
    ("leftovers", "orphans"),
    ("overtaken", "changed meanwhile; conflict"),
    ("standstill", "stalled"),
    ("wind down", "drain"),
    ("winds down", "drains"),
];

fn breaches(texts: &[Text]) -> Vec<String> {
    texts.iter().flat_map(|text| report(&text.path, found(1, &text.text))).collect()
}

/// In the order of lines; a text that is a comment and a string is reported once.
fn report(path: &str, mut found: Vec<(usize, String)>) -> Vec<String> {
    found.sort();
    found.dedup();
    found.into_iter().map(|(line, breach)| format!("{path}:{line} {breach}")).collect()
}

/// The comments and the strings of the program.
fn breaches_of_code(tree: &[Source]) -> Vec<String> {
    let breaches = tree.iter().flat_map(|Source { path, text, facts }| {
        let comments = comments(text).into_iter().flat_map(|(line, text)| found(line, &text));
        let strings = facts.literals.iter().flat_map(|literal| found(literal.line, &literal.text));
        report(path, comments.chain(strings).collect())
    });
    breaches.collect()
}

/// Lines of comment that follow each other are one text.
fn comments(text: &str) -> Vec<(usize, String)> {
    let mut comments: Vec<(usize, String)> = vec![];
    let mut open = false;
    for (line, number) in text.lines().zip(1..) {
        let comment = line.trim_start().strip_prefix("//");
        match (comment, comments.last_mut()) {
            (Some(comment), Some((_, text))) if open => text.extend(["\n", comment]),
            (Some(comment), _) => comments.push((number, comment.to_owned())),
            (None, _) => (),
        }
        open = comment.is_some();
    }
    comments
}

/// The phrases of a text, with their lines.
fn found(line: usize, text: &str) -> Vec<(usize, String)> {
    let (text, lines) = flat(text, line);
    let mut breaches = vec![];
    for (phrase, remedy) in PHRASES {
        for (at, _) in text.match_indices(phrase) {
            let letter = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
            if !letter(text[..at].chars().next_back())
                && !letter(text[at + phrase.len()..].chars().next())
            {
                breaches.push((lines[at], format!("says \"{phrase}\": say {remedy}")));
            }
        }
    }
    breaches
}

/// The text in small letters, every gap (a new line of a comment too) as one space; and the line of each byte.
fn flat(text: &str, first: usize) -> (String, Vec<usize>) {
    let (mut flat, mut lines) = (String::new(), vec![]);
    for (line, number) in text.lines().zip(first..) {
        let line = line.trim_start_matches([' ', '/', '!', '#', '>', '*']);
        for word in line.split_whitespace() {
            flat += &word.to_lowercase().replace('’', "'");
            flat.push(' ');
            lines.resize(flat.len(), number);
        }
    }
    (flat, lines)
}

const REMEDY: &str = "\
    Short, active, present tense: what happened, why, what to do. The words are in \
    tests/it/tidy/phrases.rs.";

#[test]
fn the_program_speaks_plainly() {
    assert_clean(&breaches_of_code(&SOURCES), REMEDY);
}

#[test]
fn the_documents_and_the_chart_speak_plainly() {
    let mut pages =
        texts(&["docs", "README.md", "helm"], &["md", "yaml", "yml", "tpl", "txt", "json"]);
    let files = ["CHANGELOG.md", "Makefile"].map(|path| Text {
        path: path.to_owned(),
        text: std::fs::read_to_string(root().join(path)).unwrap(),
    });
    pages.extend(files);
    pages.retain(|page| !page.path.starts_with("docs/decisions/")); // They describe the past.
    assert_clean(&breaches(&pages), REMEDY);
}

mod tests {
    use super::super::assert_reports;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn a_phrase_is_reported_in_strings_and_comments_also_across_lines() {
        let code = "//! Unpacked, or the engine is\n//! away.\nfn f() {\n    // It goes on.\n\
                    let x = \"Is\\n away\";\n    json!({\"a\": \"Whoever\"});\n}\n\
                    // Goes on and aways, is awayside.\n#[cfg(test)] mod t { fn f() { \"in hand\" } }";
        let expected = [
            "src/a.rs:1 says \"is away\": say is unavailable",
            "src/a.rs:1 says \"unpacked\"",
            "src/a.rs:4 says \"goes on\"",
            "src/a.rs:5 says \"is away\"",
            "src/a.rs:6 says \"whoever\"",
            "src/a.rs:8 says \"goes on\"",
        ];
        assert_reports(&breaches_of_code(&tree(&[("src/a.rs", code)])), &expected);
    }

    #[test]
    fn a_phrase_is_reported_in_a_page_across_lines() {
        let text = "# Title\n\nWhat is not\nlooked  at".to_owned();
        assert_reports(
            &breaches(&[Text { path: "docs/A.md".to_owned(), text }]),
            &["docs/A.md:4 says \"looked at\": say inspected"],
        );
    }
}
