//! Somebody writes to the database beside the service: it is found, and the event is named.

use chrono::TimeDelta;
use segment_export::audit::adopt;
use segment_export::audit::verify::{self, Fault};
use segment_export::{db, sql};
use sqlx::Row;

use super::chain::{QUIET, execute, remove_before, uuid, verify};
use super::events;
use crate::support::{TestApp, people, refused, text};

const TABLES: [&str; 3] = ["audit_events", "audit_chain", "audit_chain_head"];
const SOMEBODY: &str = "0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01";

/// Some changes, a refusal, and a copy of what the tables of the audit hold then.
async fn recorded() -> TestApp {
    let app = TestApp::start_with(QUIET).await;
    app.segment("People", &people(1)).await;
    app.connection().await;
    let path = "/segments/Unknown";
    refused(app.request("Admin", reqwest::Method::DELETE, path).send().await.unwrap(), 404).await;
    for table in TABLES {
        let copy = format!("CREATE TABLE copy_of_{table} AS SELECT * FROM {table}");
        execute(&app, &copy).await.unwrap();
    }
    assert!(verify(&app, None).await.is_clean());
    app
}

async fn restore(app: &TestApp) {
    for table in TABLES {
        execute(app, &format!("DELETE FROM {table}")).await.unwrap();
        execute(app, &format!("INSERT INTO {table} SELECT * FROM copy_of_{table}")).await.unwrap();
    }
}

/// Other values for every column: expressions in SQL, those of the events first.
fn others(uuid: &str) -> [Vec<(&'static str, Vec<String>)>; 2] {
    let texts =
        |column: &str| vec![format!("COALESCE({column}, '') || 'x'"), "''".into(), "NULL".into()];
    let number = |column: &str| vec![format!("COALESCE({column}, 0) + 1"), "NULL".into()];
    let either = |column: &str, one: &str, other: &str| {
        vec![format!("CASE {column} WHEN '{one}' THEN '{other}' ELSE '{one}' END")]
    };
    let time = || vec!["'2001-01-01T00:00:00+00:00'".to_owned(), "NULL".into()];
    let id = || vec![uuid.to_owned()];
    let json = || vec![r#"'{"a":1}'"#.to_owned(), r#"'{"a":null}'"#.into(), "'{}'".into()];
    let flag = |column: &str| vec![format!("NOT {column}")];
    let of_texts = |columns: &[&'static str]| {
        columns.iter().map(|column| (*column, texts(column))).collect::<Vec<_>>()
    };
    let mut events = of_texts(&[
        "actor_subject",
        "actor_name",
        "actor_role",
        "request_id",
        "client_address",
        "user_agent",
        "action",
        "object_id",
        "object_name",
        "error_code",
        "trace_id",
    ]);
    events.extend([
        ("id", id()),
        ("instance_id", id()),
        ("occurred_utc", time()),
        ("actor_kind", either("actor_kind", "user", "system")),
        ("actor_verified", flag("actor_verified")),
        ("outcome", either("outcome", "success", "refused")),
        ("status", number("status")),
        ("more_left_out", flag("more_left_out")),
        ("\"before\"", json()),
        ("\"after\"", json()),
    ]);
    let mut links = of_texts(&["digest", "removed_hash", "hash", "key_id", "mark"]);
    links.extend([
        ("position", vec!["position + 1000".into()]),
        ("kind", either("kind", "event", "adopted")),
        ("event_id", [id(), vec!["NULL".into()]].concat()),
        ("occurred_utc", time()),
        ("removed_before", time()),
        ("removed_position", number("removed_position")),
    ]);
    [events, links]
}

/// The columns of a table that has a copy.
async fn columns(app: &TestApp, table: &str) -> usize {
    let mut tx = app.app().db.read().await.unwrap();
    let rows: Vec<usize> = sql!(&mut tx, |db| {
        let all = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT * FROM {table}")));
        all.fetch_all(db).await.unwrap().iter().map(Row::len).collect()
    });
    rows[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn any_change_of_any_column_of_any_row_is_found() {
    let app = recorded().await;
    let all = others(&uuid(&app, SOMEBODY).await);
    let rows = events(&app, "").await.len();
    let mut found = 0;
    for ((table, order), columns_of) in
        [("audit_events", "id"), ("audit_chain", "position")].into_iter().zip(all)
    {
        assert_eq!(
            columns(&app, table).await,
            columns_of.len(),
            "a column of {table} is not tried"
        );
        for (column, values) in &columns_of {
            for (row, value) in
                (0..rows).flat_map(|row| values.iter().map(move |value| (row, value)))
            {
                let one =
                    format!("(SELECT {order} FROM {table} ORDER BY {order} LIMIT 1 OFFSET {row})");
                let change = format!(
                    "UPDATE {table} SET {column} = {value} WHERE {order} = {one}
                    AND {column} IS DISTINCT FROM {value}"
                );
                // The engine itself refuses what breaks a rule of the table.
                if execute(&app, &change).await.unwrap_or_default() == 0 {
                    continue;
                }
                let report = verify(&app, None).await;
                assert!(!report.is_clean(), "not found: {change}");
                found += 1;
                restore(&app).await;
            }
        }
    }
    assert!(found > rows * 40, "{found}");
    assert!(verify(&app, None).await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_a_missing_and_an_inserted_event_are_named() {
    let app = recorded().await;
    let event = &events(&app, "&action=connection.create").await[0];
    let id = text(event, "auditEventId");
    let literal = uuid(&app, &id).await;
    let names = |report: &segment_export::audit::verify::Report| report.to_string().contains(&id);

    execute(&app, &format!("UPDATE audit_events SET actor_name = 'Bob' WHERE id = {literal}"))
        .await
        .unwrap();
    let (succeeds, said) = app.command(&["audit", "verify"], &[]).await;
    let second = &text(event, "occurredUtc")[..19];
    let line = format!("changed: event {id} of {second}");
    assert!(!succeeds && said.contains(&line), "{said}");
    restore(&app).await;

    execute(&app, &format!("DELETE FROM audit_events WHERE id = {literal}")).await.unwrap();
    let report = verify(&app, None).await;
    assert!(matches!(report.faults[..], [Fault::Missing { .. }]) && names(&report), "{report}");
    restore(&app).await;

    execute(&app, &format!("DELETE FROM audit_chain WHERE event_id = {literal}")).await.unwrap();
    let report = verify(&app, None).await;
    assert!(
        matches!(report.faults[..], [Fault::MissingLinks { .. }, Fault::Inserted { .. }]),
        "{report}"
    );
    assert!(names(&report), "{report}");
    restore(&app).await;

    let new = uuid(&app, SOMEBODY).await;
    let copy =
        format!("INSERT INTO audit_events SELECT * FROM copy_of_audit_events WHERE id = {literal}");
    for statement in [
        format!("UPDATE copy_of_audit_events SET id = {new} WHERE id = {literal}"),
        copy.replace(&literal, &new),
    ] {
        execute(&app, &statement).await.unwrap();
    }
    let report = verify(&app, None).await;
    assert!(matches!(report.faults[..], [Fault::Inserted { .. }]), "{report}");
    assert!(report.to_string().contains(SOMEBODY), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_cut_off_with_its_links_is_found_by_the_head_that_was_noted() {
    let app = recorded().await;
    let noted = verify(&app, None).await.head;
    let last = noted.position;
    for statement in [
        format!(
            "DELETE FROM audit_events WHERE id = (SELECT event_id FROM audit_chain WHERE position = {last})"
        ),
        format!("DELETE FROM audit_chain WHERE position = {last}"),
    ] {
        execute(&app, &statement).await.unwrap();
    }
    let truncated = Fault::Truncated { end: last - 1, noted: last };
    assert_eq!(verify(&app, None).await.faults[0], truncated);
    let end = format!(
        "UPDATE audit_chain_head SET position = {0}, hash = (SELECT hash FROM audit_chain
        WHERE position = {0})",
        last - 1
    );
    execute(&app, &end).await.unwrap();
    assert!(verify(&app, None).await.is_clean(), "without a noted head nobody can tell");
    assert_eq!(verify(&app, Some(&noted)).await.faults, [truncated]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_without_a_chain_does_not_fit() {
    let app = recorded().await;
    for table in TABLES {
        execute(&app, &format!("DELETE FROM {table}")).await.unwrap();
    }
    assert_eq!(verify(&app, None).await.faults, [Fault::NoChain]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_not_noted_any_more_is_missing_and_no_link_is_called_another() {
    let app = recorded().await;
    let noted = verify(&app, None).await.head;
    execute(&app, "DELETE FROM audit_chain_head").await.unwrap();
    for noted in [None, Some(&noted)] {
        let report = verify(&app, noted).await;
        let end = report.head.position;
        assert_eq!(report.faults, [Fault::NoHead { end }]);
        let said = report.to_string();
        assert!(said.starts_with("missing: the row of audit_chain_head"), "{said}");
        assert!(said.contains(&format!("its links go up to {end}")), "{said}");
    }
}

/// Any time that retention has passed.
const LONG_AGO: &str = "2001-01-01T00:00:00+00:00";

#[tokio::test(flavor = "multi_thread")]
async fn retention_removes_and_signs_nothing_on_the_word_of_a_link_that_somebody_changed() {
    let app = recorded().await;
    let (now, last) = (db::now(), verify(&app, None).await.head.position);
    let old_event = format!(
        "UPDATE audit_events SET occurred_utc = '{LONG_AGO}'
         WHERE id = (SELECT id FROM audit_events ORDER BY id LIMIT 1)"
    );
    let claims_a_removal = format!(
        "UPDATE audit_chain SET kind = 'removal', removed_before = '{}', removed_position = 0, removed_hash = ''
         WHERE position = {last}",
        now.to_rfc3339()
    );
    let seems_old =
        format!("UPDATE audit_chain SET occurred_utc = '{LONG_AGO}' WHERE position < {last}");
    for change in [claims_a_removal, seems_old] {
        for statement in [&old_event, &change] {
            assert!(execute(&app, statement).await.unwrap() > 0, "{statement}");
        }
        assert_eq!(remove_before(&app, now - TimeDelta::days(1)).await, 0, "{change}");
        let report = verify(&app, None).await;
        assert!(!report.is_clean() && report.head.position == last, "{change}: {report}");
        restore(&app).await;
    }
    assert!(verify(&app, None).await.is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_claims_a_removal_hides_nothing() {
    let app = recorded().await;
    let head = verify(&app, None).await.head;
    for through in [head.clone(), verify::Head::default()] {
        let change = format!(
            "UPDATE audit_chain SET kind = 'removal', removed_before = '2100-01-01T00:00:00+00:00',
                 removed_position = {}, removed_hash = '{}' WHERE position = {}",
            through.position, through.hash, head.position
        );
        execute(&app, &change).await.unwrap();
        execute(&app, "DELETE FROM audit_events").await.unwrap();
        let faults = verify(&app, None).await.faults;
        let is_named = |position| {
            faults.iter().any(
                |fault| matches!(fault, Fault::Missing { position: at, .. } if *at == position),
            )
        };
        assert!((2..head.position).all(is_named), "{faults:?}");
        let is_last = |fault: &Fault| matches!(fault, Fault::Link { position, .. } if *position == head.position);
        assert!(faults.iter().any(is_last), "{faults:?}");
        restore(&app).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_somebody_inserts_into_a_new_database_gets_no_link_on_its_first_day_either() {
    let app = recorded().await;
    let (shared, now) = (app.app(), db::now());
    let new = uuid(&app, SOMEBODY).await;
    let one = "(SELECT id FROM copy_of_audit_events ORDER BY id LIMIT 1)";
    for statement in [
        format!("UPDATE copy_of_audit_events SET id = {new} WHERE id = {one}"),
        format!("INSERT INTO audit_events SELECT * FROM copy_of_audit_events WHERE id = {new}"),
    ] {
        execute(&app, &statement).await.unwrap();
    }
    for begin in ["occurred_utc", "digest = 'adopting', occurred_utc"] {
        let change =
            format!("UPDATE audit_chain SET {begin} = '{}' WHERE position = 1", now.to_rfc3339());
        assert_eq!(adopt::adopt(&shared.db, &shared.keys, now).await.unwrap(), 0);
        let report = verify::verify(&shared.db, &shared.keys, None, now).await.unwrap();
        let is_named = report.faults.iter().any(|fault| matches!(fault, Fault::Inserted { .. }));
        assert!(is_named && report.waiting == 0, "{report}");
        execute(&app, &change).await.unwrap();
    }
    assert_eq!(adopt::adopt(&shared.db, &shared.keys, now).await.unwrap(), 0);
}
