//! What keeps the house tidy: it reads `src` and the documents, and each test is one rule of docs/ARCHITECTURE.md.
//!
//! A breach is told with its place and its remedy. Each rule is also fed a small breach, so that it is known to see one.
//! `TIDY_ROOT=/some/copy cargo test --test it tidy` reads another tree.

mod bodies;
mod circles;
//mod clock;
//mod comments;
mod facts;
mod floors;
mod imports;
//mod links;
//mod phrases;
mod rooms;
//mod sizes;
mod sources;
//mod sql;
//mod stores;
mod tokens;
//mod types;
//mod words;

/// Fails with all of them, a line each.
fn none(breaches: &[String], remedy: &str) {
    let count = breaches.len();
    assert!(breaches.is_empty(), "{count} breaches. {remedy}\n{}\n", breaches.join("\n"));
}

/// That a rule sees a small breach, and says this of it.
fn sees(breaches: &[String], told: &[&str]) {
    assert_eq!(breaches.len(), told.len(), "{breaches:#?}");
    for (breach, told) in breaches.iter().zip(told) {
        assert!(breach.contains(told), "{breach}\nlacks: {told}");
    }
}
