//! Migrations only add, so that an older program runs on a newer schema (decision 16).

use std::path::Path;

/// The one that takes away and renames; it came before the first release, when nothing older could run.
const EXCEPTION: &str = "0004_schedules.sql";

/// The words of a statement, in upper case and without comments.
fn statements(sql: &str) -> Vec<String> {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join(" ").to_uppercase();
    let words = text.split(';').map(|one| one.split_whitespace().collect::<Vec<_>>().join(" "));
    words.filter(|one| !one.is_empty()).collect()
}

/// What an older program could stumble over in a statement.
fn harm(statement: &str) -> Option<&'static str> {
    let word = |wanted: &str| statement.split(' ').any(|word| word == wanted);
    let adds_column = statement.contains(" ADD COLUMN ") || statement.contains(" ADD ");
    let is_added = statement.starts_with("ALTER TABLE") && adds_column;
    if word("DROP") {
        Some("it takes something away")
    } else if word("RENAME") {
        Some("it renames something")
    } else if statement.starts_with("ALTER TABLE") && !is_added {
        Some("it changes what is there")
    } else if is_added && statement.contains("NOT NULL") && !word("DEFAULT") {
        Some("an older program does not fill the new column")
    } else {
        None
    }
}

#[test]
fn no_migration_takes_away_renames_or_demands_what_an_older_program_does_not_write() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut exceptions = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let sql = std::fs::read_to_string(&path).unwrap();
        let harm = statements(&sql).iter().find_map(|statement| harm(statement));
        if name == EXCEPTION {
            assert!(harm.is_some(), "{name} is an exception no more");
            exceptions += 1;
        } else {
            assert_eq!(harm, None, "{name}");
        }
    }
    assert_eq!(exceptions, 1);
}

#[test]
fn what_an_older_program_stumbles_over_is_found() {
    for statement in [
        "drop table runs;",
        "ALTER TABLE runs -- it is long gone\n DROP\n COLUMN status;",
        "DROP INDEX runs_due;",
        "ALTER TABLE runs RENAME COLUMN a TO b;",
        "ALTER TABLE runs ADD COLUMN a BIGINT NOT NULL;",
        "ALTER TABLE runs ALTER COLUMN a SET NOT NULL;",
    ] {
        let found = statements(statement);
        assert!(harm(&found[0]).is_some(), "{statement}");
    }
    for statement in [
        "-- nothing is dropped; or renamed\nCREATE TABLE a (b TEXT NOT NULL);",
        "ALTER TABLE runs ADD COLUMN a BIGINT;",
        "ALTER TABLE runs ADD COLUMN a BIGINT NOT NULL DEFAULT 0;",
        "CREATE INDEX a ON runs (b);",
    ] {
        for found in statements(statement) {
            assert_eq!(harm(&found), None, "{statement}");
        }
    }
}
