//! What only some rooms may name: the web framework, and the clock.

use super::assert_clean;
use super::facts::Named;
use super::floors::room;
use super::sources::{SOURCES, Source};

/// The rooms that answer HTTP. The sandbox is a server of its own.
const SERVERS: &[&str] = &["http/", "api/", "server/", "sandbox/"];

/// Where the time is read outside of `db/`, each with its reason.
const CLOCKS: &[(&str, &str)] = &[
    ("identity/", "it compares the end of a token with the clock, on a floor below db/"),
    ("sandbox/", "it is a server of its own, with a clock that tests can set"),
];

fn named(source: &Source) -> impl Iterator<Item = &Named> {
    source.facts.uses.iter().map(|used| &used.path).chain(&source.facts.paths)
}

fn actix(tree: &[Source]) -> Vec<String> {
    let outside = tree.iter().filter(|source| !SERVERS.contains(&room(&source.path)));
    let breaches = outside.flat_map(|source| {
        let paths = named(source)
            .filter(|path| path.segments.iter().take(2).any(|segment| segment.contains("actix")));
        paths
            .map(|path| format!("{}:{} names {}", source.path, path.line, path.segments.join("::")))
    });
    breaches.collect()
}

fn reads_clock(path: &Named) -> bool {
    let clock =
        |pair: &[String]| ["Utc", "Local", "SystemTime"].contains(&&*pair[0]) && pair[1] == "now";
    path.segments.windows(2).any(clock)
}

fn clocks(tree: &[Source]) -> Vec<String> {
    let allowed =
        |room: &str| room == "db/" || CLOCKS.iter().any(|(exception, _)| *exception == room);
    let outside = tree.iter().filter(|source| !allowed(room(&source.path)));
    let breaches = outside.flat_map(|source| {
        let paths = named(source).filter(|path| reads_clock(path));
        paths.map(|path| {
            format!("{}:{} reads the clock by {}", source.path, path.line, path.segments.join("::"))
        })
    });
    breaches.collect()
}

fn unused_exceptions(tree: &[Source]) -> Vec<String> {
    let read = |exception: &str| {
        tree.iter().any(|source| room(&source.path) == exception && named(source).any(reads_clock))
    };
    let unused = CLOCKS.iter().filter(|(exception, _)| !read(exception));
    unused
        .map(|(exception, _)| {
            format!("src/{exception} reads no clock: remove it from the exceptions")
        })
        .collect()
}

#[test]
fn actix_is_named_only_where_http_is_answered() {
    let remedy = "Handlers and their wire forms stand in api/, their toolkit in http/, the routes in server/: move the \
                  call there, and pass on plain values.";
    assert_clean(&actix(&SOURCES), remedy);
}

#[test]
fn the_time_is_read_only_in_db() {
    let remedy = "Call crate::db::now(), or take `now` as a parameter: what is stored is cut to microseconds, and \
                  tests can pass their own.";
    assert_clean(&clocks(&SOURCES), remedy);
    assert_clean(
        &unused_exceptions(&SOURCES),
        "Exceptions are as few as can be: CLOCKS in tests/it/tidy/borders.rs.",
    );
}

mod tests {
    use super::super::assert_reports;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn actix_in_a_worker_is_reported_and_in_a_handler_not() {
        let tree = tree(&[
            ("src/api/a.rs", "use actix_web::web;"),
            (
                "src/worker/a.rs",
                "use ::tracing_actix_web::RequestId;\n#[actix_web::main] async fn f() {}",
            ),
        ]);
        let expected = [
            "src/worker/a.rs:1 names ::tracing_actix_web::RequestId",
            "src/worker/a.rs:2 names actix_web::main",
        ];
        assert_reports(&actix(&tree), &expected);
    }

    #[test]
    fn a_clock_outside_of_db_is_reported() {
        let tree = tree(&[
            ("src/db/mod.rs", "fn now() { chrono::Utc::now() }"),
            ("src/sandbox/a.rs", "fn now() { Utc::now() }"),
            (
                "src/runs/a.rs",
                "fn f() {\n g!(std::time::SystemTime::now()) }\n#[cfg(test)] mod t { fn f() { Utc::now() } }",
            ),
        ]);
        assert_reports(
            &clocks(&tree),
            &["src/runs/a.rs:2 reads the clock by std::time::SystemTime::now"],
        );
        assert_reports(&unused_exceptions(&tree), &["src/identity/ reads no clock"]);
    }
}
