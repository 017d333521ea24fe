//! A function has one handle of the database, or the pool to open one: who holds one and opens another waits for ever
//! where all connections are held by such.

use super::assert_clean;
use super::sources::{SOURCES, Source};

/// The functions of a text that take the pool and a handle.
fn with_both(text: &str) -> Vec<&str> {
    let signatures = text.match_indices("fn ").map(|(at, _)| {
        let rest = &text[at + 3..];
        &rest[..rest.find(['{', ';']).unwrap_or(rest.len())]
    });
    let takes_both = |signature: &&str| {
        let has = |name: &str| signature.contains(name);
        (has("&Db,") || has("&Db)")) && (has("&mut ReadHandle") || has("&mut WriteHandle"))
    };
    signatures.filter(takes_both).map(|signature| signature.split('(').next().unwrap()).collect()
}

#[test]
fn no_function_that_holds_a_handle_of_the_database_can_open_another() {
    let mut breaches = vec![];
    for Source { path, text, .. } in SOURCES.iter() {
        breaches.extend(with_both(text).into_iter().map(|name| format!("{path}: {name}")));
    }
    assert_clean(&breaches, "Read first, drop the handle, and then write.");
}

#[test]
fn a_function_with_both_is_found() {
    let bad = "async fn insert(\n    db: &Db,\n    read: &mut ReadHandle,\n) -> Result<()> {";
    assert_eq!(with_both(bad), ["insert"]);
    assert!(with_both("fn note(db: &Db) {} fn told(tx: &mut ReadHandle) {}").is_empty());
}
