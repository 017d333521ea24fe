//! Keeps the code tidy: it reads `src` and the documents, and each test is one rule of docs/ARCHITECTURE.md.
//!
//! A failure lists every breach with its file, its line and the remedy. Every rule also has a test that feeds it a
//! small breach, so that the rule itself is tested. `TIDY_ROOT=/some/copy cargo test --test it tidy` reads another
//! tree.

mod bodies;
mod borders;
mod circles;
mod comments;
mod facts;
mod floors;
mod handles;
mod imports;
mod items;
mod links;
mod phrases;
mod reader;
mod rooms;
mod sizes;
mod sources;
mod sql;
mod stores;
mod tokens;
mod types;
mod uses;
mod words;

/// Fails with a line for each breach.
fn assert_clean(breaches: &[String], remedy: &str) {
    let count = breaches.len();
    assert!(breaches.is_empty(), "{count} breaches. {remedy}\n{}\n", breaches.join("\n"));
}

/// For the tests of a rule: it reports these breaches, and each report contains this text.
fn assert_reports(breaches: &[String], expected: &[&str]) {
    assert_eq!(breaches.len(), expected.len(), "{breaches:#?}");
    for (breach, expected) in breaches.iter().zip(expected) {
        assert!(breach.contains(expected), "{breach}\nlacks: {expected}");
    }
}
