//! SQL stands in the files `store*.rs`, and each table is written by one folder.

use std::collections::{BTreeMap, BTreeSet};

use super::assert_clean;
use super::sources::{SOURCES, Source};

/// Whether a file may hold SQL.
pub fn is_store(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with("store"))
}

/// The tables that a statement writes.
pub fn written(sql: &str) -> BTreeSet<String> {
    let words: Vec<&str> =
        sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_').collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let tables = words.windows(3).filter_map(|words| match words {
        ["INSERT" | "REPLACE" | "IGNORE", "INTO", table]
        | ["DELETE", "FROM", table]
        | ["UPDATE", table, "SET"] => Some((*table).to_owned()),
        _ => None,
    });
    tables
        .filter(|table| table.chars().all(|letter| letter.is_lowercase() || letter == '_'))
        .collect()
}

fn is_sql(text: &str) -> bool {
    let text = text.trim_start();
    !written(text).is_empty() || (text.starts_with("SELECT ") && text.contains(" FROM "))
}

fn names_sql(segments: &[String]) -> bool {
    let query = |pair: &[String]| {
        pair[0] == "sqlx" && (pair[1].starts_with("query") || pair[1] == "raw_sql")
    };
    segments.windows(2).any(query)
        || segments.iter().any(|segment| segment == "QueryBuilder")
        || matches!(segments, [root, name] if (root == "crate" || root == "segment_export") && name == "sql")
}

fn outside_of_stores(tree: &[Source]) -> Vec<String> {
    let mut breaches = vec![];
    for Source { path, facts, .. } in tree {
        if is_store(path) || path.starts_with("src/db/") {
            continue;
        }
        let named = facts.uses.iter().map(|used| &used.path).chain(&facts.paths);
        let named = named.filter(|path| names_sql(&path.segments));
        breaches.extend(
            named.map(|name| format!("{path}:{} names {}", name.line, name.segments.join("::"))),
        );
        let literals = facts.literals.iter().filter(|literal| is_sql(&literal.text));
        breaches.extend(
            literals.map(|literal| {
                format!("{path}:{} holds SQL: {}", literal.line, literal.text.trim())
            }),
        );
    }
    breaches
}

/// Tables that the stores of two folders write.
fn shared_tables(tree: &[Source]) -> Vec<String> {
    let mut owners: BTreeMap<String, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    for source in tree.iter().filter(|source| is_store(&source.path)) {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for literal in &source.facts.literals {
            for table in written(&literal.text) {
                let places = owners.entry(table).or_default().entry(folder).or_default();
                places.push(format!("{}:{}", source.path, literal.line));
            }
        }
    }
    let shared = owners.into_iter().filter(|(_, folders)| folders.len() > 1);
    shared
        .map(|(table, folders)| {
            let places: Vec<String> = folders.into_values().flatten().collect();
            format!("the table {table} is written by {}", places.join(", "))
        })
        .collect()
}

#[test]
fn sql_stands_only_in_files_named_store() {
    assert_clean(
        &outside_of_stores(&SOURCES),
        "Move the statement into a store*.rs of its room, and call that.",
    );
}

#[test]
fn every_table_is_written_by_one_folder() {
    let remedy = "One table, one owner: move the statement into a store*.rs of the folder whose noun the table is.";
    assert_clean(&shared_tables(&SOURCES), remedy);
}

mod tests {
    use super::super::assert_reports;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn sql_outside_of_a_store_is_reported() {
        let tree = tree(&[
            ("src/db/mod.rs", "fn f() { sqlx::query(\"SELECT 1 FROM a\") }"),
            (
                "src/runs/store_batches.rs",
                "use crate::sql;\nfn f() { sqlx::query(\"DELETE FROM runs\") }",
            ),
            (
                "src/runs/start.rs",
                "use sqlx::types::Json;\nfn f() {\n sqlx::query_as(A) }\nconst A: &str = \"UPDATE runs SET a = 1\";",
            ),
            ("src/runs/stop.rs", "use crate::sql;\nfn f(q: sqlx::QueryBuilder) {}"),
        ]);
        let expected = [
            "src/runs/start.rs:3 names sqlx::query_as",
            "src/runs/start.rs:4 holds SQL: UPDATE runs SET a = 1",
            "src/runs/stop.rs:1 names crate::sql",
            "src/runs/stop.rs:2 names sqlx::QueryBuilder",
        ];
        assert_reports(&outside_of_stores(&tree), &expected);
    }

    #[test]
    fn a_table_with_two_owners_is_reported() {
        let conflict = "INSERT INTO runs (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = $1";
        let runs = format!("const A: &str = \"{conflict}\";");
        let tree = tree(&[
            ("src/runs/store.rs", &runs),
            ("src/runs/store_more.rs", "const A: &str = \"DELETE FROM runs\";"),
            (
                "src/exports/store.rs",
                "const A: &str = \"UPDATE exports SET run = (SELECT id FROM runs)\";",
            ),
            (
                "src/schedules/store.rs",
                "fn f() { sql!(tx, |db| sqlx::query(\"UPDATE exports SET next = 1\")) }",
            ),
        ]);
        let expected =
            "the table exports is written by src/exports/store.rs:1, src/schedules/store.rs:1";
        assert_reports(&shared_tables(&tree), &[expected]);
    }
}
