//! The type of the handle says whether a function of a store writes.

use std::collections::BTreeSet;

use super::assert_clean;
use super::bodies::Body;
use super::sources::{SOURCES, Source};
use super::sql::{is_store, written};

/// Stores of other databases, each with its reason.
const FOREIGN: &[(&str, &str)] = &[(
    "src/storage/table/store.rs",
    "it reads tables of the customer's own database, on a connection of its own",
)];

const READS: &str = "ReadHandle";
const WRITES: &str = "WriteHandle";

fn breaches(tree: &[Source]) -> Vec<String> {
    let own = |source: &&Source| {
        is_store(&source.path) && FOREIGN.iter().all(|(path, _)| *path != source.path)
    };
    let mut breaches = vec![];
    for Source { path, facts, .. } in tree.iter().filter(own) {
        for body in facts.bodies.iter().filter(|body| runs_sql(body)) {
            let (does, handle) = if writes(body, &facts.bodies) {
                ("writes", WRITES)
            } else {
                ("only reads", READS)
            };
            let others: Vec<_> = body.handles.iter().filter(|other| is_handle(other)).collect();
            if others != [handle] {
                let taken = others
                    .iter()
                    .map(|other| format!("&mut {other}"))
                    .collect::<Vec<_>>()
                    .join(" and ");
                let taken = if taken.is_empty() { "no handle" } else { &taken };
                let (line, name) = (body.line, &body.name);
                breaches.push(format!(
                    "{path}:{line} {name} {does} and takes {taken}: take &mut {handle}"
                ));
            }
        }
    }
    breaches
}

/// A function that runs SQL itself.
fn runs_sql(body: &Body) -> bool {
    let queries =
        body.words.contains("sqlx") && body.words.iter().any(|word| word.starts_with("query"));
    body.lines > 0 && (body.words.contains("sql") || queries)
}

/// Whether its SQL writes: its own text, or that of a constant or of a function without a handle in the same file.
fn writes(body: &Body, all: &[Body]) -> bool {
    let mut seen = BTreeSet::from([&body.name]);
    let mut next = vec![body];
    while let Some(body) = next.pop() {
        if body.literals.iter().any(|literal| !written(literal).is_empty()) {
            return true;
        }
        let named =
            all.iter().filter(|other| body.words.contains(&other.name) && other.handles.is_empty());
        next.extend(named.filter(|other| seen.insert(&other.name)));
    }
    false
}

fn is_handle(name: &str) -> bool {
    name.ends_with("Handle")
        || name == "Tx"
        || name.ends_with("Connection")
        || name.ends_with("Transaction")
}

#[test]
fn a_store_function_takes_the_handle_that_says_whether_it_writes() {
    assert_clean(
        &breaches(&SOURCES),
        "What only reads then cannot run where it would write, and the reverse.",
    );
}

mod tests {
    use super::super::assert_reports;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn a_wrong_handle_is_reported() {
        let store = r#"
            const NEW: &str = "INSERT INTO runs (id) VALUES ($1)";
            fn clean() -> String { format!("DELETE FROM runs {}", 1) }
            fn get(db: &mut ReadHandle) { sql!(db, |c| sqlx::query("SELECT 1")) }
            fn insert(db: &mut crate::db::WriteHandle) { sql!(db, |c| sqlx::query(NEW)) }
            fn list(db: &mut WriteHandle) { sql!(db, |c| sqlx::query("SELECT 1")) }
            fn add(db: &mut ReadHandle, n: &mut u8) { sql!(db, |c| sqlx::query(NEW)) }
            fn forget(tx: &mut Tx) { sqlx::query(clean()) }
            fn both(db: &mut WriteHandle) { get(db); insert(db) }"#;
        let expected = [
            "src/runs/store.rs:6 list only reads and takes &mut WriteHandle: take &mut ReadHandle",
            "src/runs/store.rs:7 add writes and takes &mut ReadHandle: take &mut WriteHandle",
            "src/runs/store.rs:8 forget writes and takes &mut Tx: take &mut WriteHandle",
        ];
        assert_reports(&breaches(&tree(&[("src/runs/store.rs", store)])), &expected);
    }
}
