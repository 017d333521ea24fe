//! Lines, functions and files are short, and every file says what it is.

use super::assert_clean;
use super::sources::{SOURCES, Source, Text, texts};

const COLUMNS_MAX: usize = 120;
const FILE_LINES_MAX: usize = 350;
const FUNCTION_LINES_MAX: usize = 65;

fn long_lines(texts: &[Text]) -> Vec<String> {
    let mut breaches = vec![];
    for Text { path, text } in texts {
        let lines = text.lines().zip(1..).map(|(line, number)| (line.chars().count(), number));
        let long = lines.filter(|(columns, _)| *columns > COLUMNS_MAX);
        breaches
            .extend(long.map(|(columns, number)| format!("{path}:{number} has {columns} columns")));
    }
    breaches
}

fn long_files(texts: &[Text]) -> Vec<String> {
    let lines = texts.iter().map(|text| (&text.path, text.text.lines().count()));
    let long = lines.filter(|(_, lines)| *lines > FILE_LINES_MAX);
    long.map(|(path, lines)| format!("{path} has {lines} lines")).collect()
}

fn long_functions(tree: &[Source]) -> Vec<String> {
    let mut breaches = vec![];
    for Source { path, facts, .. } in tree {
        let long = facts.bodies.iter().filter(|body| body.lines > FUNCTION_LINES_MAX);
        breaches.extend(
            long.map(|body| format!("{path}:{} {} has {} lines", body.line, body.name, body.lines)),
        );
    }
    breaches
}

fn undocumented_files(texts: &[Text]) -> Vec<String> {
    let undocumented = texts.iter().filter(|text| !text.text.starts_with("//! "));
    undocumented.map(|text| format!("{} does not open with `//! `", text.path)).collect()
}

#[test]
fn no_line_is_longer_than_120_columns() {
    let texts = texts(&["src", "tests", "benches"], &["rs"]);
    assert_clean(&long_lines(&texts), "Break the line; a string goes on after a `\\`.");
}

#[test]
fn no_file_of_src_is_longer_than_350_lines() {
    assert_clean(
        &long_files(&texts(&["src"], &["rs"])),
        "Cut the file where its parts know least of each other.",
    );
}

#[test]
fn no_function_is_longer_than_65_lines() {
    assert_clean(&long_functions(&SOURCES), "Give a step of the function a name of its own.");
}

#[test]
fn every_file_opens_with_what_it_is() {
    assert_clean(
        &undocumented_files(&texts(&["src"], &["rs"])),
        "Say on the first line, after `//!`, what the file is and why.",
    );
}

mod tests {
    use super::super::assert_reports;
    use super::super::sources::tree;
    use super::*;

    fn text(text: &str) -> [Text; 1] {
        [Text { path: "src/a.rs".to_owned(), text: text.to_owned() }]
    }

    #[test]
    fn what_is_too_long_or_undocumented_is_reported() {
        assert_reports(
            &long_lines(&text(&format!("a\n{}\n{}", "é".repeat(120), "é".repeat(121)))),
            &["src/a.rs:3 has 121"],
        );
        assert_reports(&long_files(&text(&"\n".repeat(351))), &["src/a.rs has 351 lines"]);
        assert_reports(
            &undocumented_files(&text("use a;\n//! too late")),
            &["src/a.rs does not open"],
        );
        let function =
            |lines: usize| format!("impl A {{\nfn f() {{{}}} }}", "\n".repeat(lines - 1));
        let code = function(66);
        assert_reports(
            &long_functions(&tree(&[("src/a.rs", &code)])),
            &["src/a.rs:2 f has 66 lines"],
        );
        let code = function(65);
        assert_reports(&long_functions(&tree(&[("src/a.rs", &code)])), &[]);
    }
}
