//! Between rooms: an import runs only down.

use std::collections::BTreeSet;

use super::assert_clean;
use super::facts::What;
use super::floors::{DECLARES, FLOORS, floor, room};
use super::imports::imports;
use super::sources::{SOURCES, Source, root};

const REMEDY: &str = "\
    A room imports only from floors below its own: move what both need further down, or what \
    needs both further up; see docs/ARCHITECTURE.md.";

fn upward(tree: &[Source]) -> Vec<String> {
    let mut breaches = vec![];
    for import in imports(tree).into_iter().filter(|import| import.direct) {
        let (from, to) = (&tree[import.from].path, &tree[import.to].path);
        let (upper, lower) = (room(from), room(to));
        let (Some(above), Some(below)) = (floor(upper), floor(lower)) else { continue };
        if upper != lower && below >= above {
            let (upper, lower) = (upper.trim_end_matches('/'), lower.trim_end_matches('/'));
            let stands = if below == above { "beside" } else { "above" };
            let (line, path) = (import.line, import.path);
            breaches.push(format!(
                "{from}:{line} imports {path}: {lower} is on floor {below}, {stands} {upper} on floor {above}"
            ));
        }
    }
    breaches
}

/// Rooms without a floor, and rooms of a floor that do not exist.
fn misplaced(tree: &[Source]) -> Vec<String> {
    let built: BTreeSet<&str> = tree
        .iter()
        .filter(|source| source.path != DECLARES)
        .map(|source| room(&source.path))
        .collect();
    let known = FLOORS.iter().flat_map(|(_, rooms)| rooms.iter().copied()).collect();
    let unknown = built.difference(&known).map(|room| {
        format!(
            "src/{room} is on no floor: add it to tests/it/tidy/floors.rs and docs/ARCHITECTURE.md"
        )
    });
    let missing = known.difference(&built).map(|room| {
        format!("src/{room} does not exist: remove it from tests/it/tidy/floors.rs and docs/ARCHITECTURE.md")
    });
    unknown.chain(missing).collect()
}

/// What lib.rs defines itself.
fn defined_in_lib(tree: &[Source]) -> Vec<String> {
    let lists = tree.iter().filter(|source| source.path == DECLARES && !source.facts.face);
    let breaches = lists.map(|source| {
        let bodies = source.facts.bodies.iter().map(|body| &*body.name);
        let types = source
            .facts
            .names
            .iter()
            .filter(|name| name.what == What::Type)
            .map(|name| &*name.text);
        let defined: Vec<_> = bodies.chain(types).collect();
        format!("{DECLARES} defines {}: move it into a room", defined.join(", "))
    });
    breaches.collect()
}

/// Differences between the table of docs/ARCHITECTURE.md and the floors of this test.
fn page_differences(page: &str) -> Vec<String> {
    let drawn: BTreeSet<(u32, String)> = table(page).flat_map(row).collect();
    let built: BTreeSet<(u32, String)> = FLOORS
        .iter()
        .flat_map(|(floor, rooms)| rooms.iter().map(|room| (*floor, (*room).to_owned())))
        .collect();
    let lacking = built.difference(&drawn).map(|(floor, room)| {
        format!("docs/ARCHITECTURE.md lacks `{room}` on floor {floor}: add it to the table `floor | folder | …`")
    });
    let surplus = drawn.difference(&built).map(|(floor, room)| {
        format!("docs/ARCHITECTURE.md shows `{room}` on floor {floor}, and tests/it/tidy/floors.rs does not")
    });
    lacking.chain(surplus).collect()
}

/// The rows below the head `floor | folder | what it is`, up to the end of that table.
fn table(page: &str) -> impl Iterator<Item = &str> {
    let head = |line: &&str| cells(line).first() == Some(&"floor");
    page.lines()
        .skip_while(move |line| !head(line))
        .take_while(|line| line.trim_start().starts_with('|'))
}

fn cells(line: &str) -> Vec<&str> {
    line.trim().trim_matches('|').split('|').map(str::trim).collect()
}

/// The floor and the rooms of one row.
fn row(line: &str) -> Vec<(u32, String)> {
    let [floor, rooms, ..] = cells(line)[..] else { return vec![] };
    let Ok(floor) = floor.parse() else { return vec![] };
    let rooms = rooms.split('`').skip(1).step_by(2);
    rooms.map(|room| (floor, room.trim_end_matches("<noun>/").to_owned())).collect()
}

#[test]
fn an_import_runs_only_to_a_lower_floor() {
    assert_clean(&upward(&SOURCES), REMEDY);
}

#[test]
fn every_room_is_on_a_floor() {
    assert_clean(&misplaced(&SOURCES), "The floors are the rooms of src, no more and no less.");
}

#[test]
fn lib_rs_only_declares_rooms() {
    assert_clean(&defined_in_lib(&SOURCES), "What lib.rs defines is on no floor.");
}

#[test]
fn the_architecture_page_shows_the_same_floors() {
    let page = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    assert_clean(&page_differences(&page), "The page and the test name the same floors.");
}

mod tests {
    use super::super::assert_reports;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn an_import_beside_and_one_upward_are_reported() {
        let tree = tree(&[
            ("src/api/mod.rs", "use crate::http::body;\npub struct Thing;"),
            ("src/http/mod.rs", "pub mod body;"),
            ("src/http/body.rs", "fn f(app: crate::server::State) {}"),
            ("src/server/mod.rs", "pub struct State;"),
            ("src/worker/execute.rs", "\nuse crate::{api::Thing, http::body};"),
        ]);
        let expected = [
            "src/http/body.rs:1 imports crate::server::State: server is on floor 10, above http on floor 8",
            "src/worker/execute.rs:2 imports crate::api::Thing: api is on floor 9, beside worker on floor 9",
        ];
        assert_reports(&upward(&tree), &expected);
    }

    #[test]
    fn a_room_without_a_floor_is_reported() {
        let tree =
            tree(&[("src/extra/mod.rs", ""), ("src/lib.rs", "mod extra; pub static X: u8 = 1;")]);
        assert!(misplaced(&tree)[0].contains("src/extra/ is on no floor"));
        assert!(misplaced(&tree)[1].contains("src/alerts/ does not exist"));
        assert_reports(&defined_in_lib(&tree), &["src/lib.rs defines X: move it into a room"]);
    }

    #[test]
    fn a_difference_between_page_and_floors_is_reported() {
        let row = |(floor, rooms): &(u32, &[&str])| {
            let rooms: Vec<_> = rooms.iter().map(|room| format!("`{room}`")).collect();
            format!("| {floor} | {} | words |\n", rooms.join(" "))
        };
        let rows: String = FLOORS.iter().map(row).collect();
        let page = format!(
            "| 2 | `no/` |\n\n| floor | folder | what it is |\n|---|---|---|\n{rows}\n| 3 | `no/` |"
        );
        assert_reports(&page_differences(&page), &[]);
        let expected = ["lacks `db/` on floor 2", "shows `db/` on floor 3"];
        assert_reports(&page_differences(&page.replace("| 2 | `db", "| 3 | `db")), &expected);
    }
}
