//! Between rooms: an import runs only down.

use std::collections::BTreeSet;

use super::facts::What;
use super::floors::{DECLARES, FLOORS, floor, room};
use super::imports::imports;
use super::none;
use super::sources::{SOURCES, Source, root};

const REMEDY: &str = "A room imports only from floors below its own: move what both need further down, or what needs \
                      both further up; see docs/ARCHITECTURE.md.";

fn upward(tree: &[Source]) -> Vec<String> {
    let mut breaches = vec![];
    for import in imports(tree).into_iter().filter(|import| import.direct) {
        let (from, to) = (&tree[import.from].path, &tree[import.to].path);
        let (importer, imported) = (room(from), room(to));
        let (Some(above), Some(below)) = (floor(importer), floor(imported)) else { continue };
        if importer != imported && below >= above {
            let (importer, imported) =
                (importer.trim_end_matches('/'), imported.trim_end_matches('/'));
            let stands = if below == above { "beside" } else { "above" };
            let (line, path) = (import.line, import.path);
            breaches.push(format!(
                "{from}:{line} imports {path}: {imported} is on floor {below}, {stands} {importer} on floor {above}"
            ));
        }
    }
    breaches
}

/// Rooms that stand on no floor, and rooms on a floor that are not built.
fn homeless(tree: &[Source]) -> Vec<String> {
    let built: BTreeSet<&str> = tree
        .iter()
        .filter(|source| source.path != DECLARES)
        .map(|source| room(&source.path))
        .collect();
    let known = FLOORS.iter().flat_map(|(_, rooms)| rooms.iter().copied()).collect();
    let homeless = built.difference(&known).map(|room| {
        format!("src/{room} stands on no floor: give it one in tests/it/tidy/floors.rs and docs/ARCHITECTURE.md")
    });
    let missing = known.difference(&built).map(|room| {
        format!("src/{room} is not there: take it out of tests/it/tidy/floors.rs and docs/ARCHITECTURE.md")
    });
    homeless.chain(missing).collect()
}

/// What the list of rooms defines itself.
fn defined_by_the_list(tree: &[Source]) -> Vec<String> {
    let lists = tree.iter().filter(|source| source.path == DECLARES && !source.facts.face);
    let breaches = lists.map(|source| {
        let bodies = source.facts.bodies.iter().map(|body| &*body.name);
        let types = source
            .facts
            .names
            .iter()
            .filter(|name| name.what == What::Type)
            .map(|name| &*name.name);
        let defined: Vec<_> = bodies.chain(types).collect();
        format!("{DECLARES} defines {}: move it into a room", defined.join(", "))
    });
    breaches.collect()
}

/// The floors that the table of docs/ARCHITECTURE.md names, where they are others than those of the test.
fn drawn_otherwise(page: &str) -> Vec<String> {
    let drawn: BTreeSet<(u32, String)> = page.lines().flat_map(row).collect();
    let built: BTreeSet<(u32, String)> = FLOORS
        .iter()
        .flat_map(|(floor, rooms)| rooms.iter().map(|room| (*floor, (*room).to_owned())))
        .collect();
    let lacking = built.difference(&drawn).map(|(floor, room)| {
        format!("docs/ARCHITECTURE.md lacks `{room}` on floor {floor}: add it to its table `floor | folder | what it is`")
    });
    let surplus = drawn.difference(&built).map(|(floor, room)| {
        format!("docs/ARCHITECTURE.md draws `{room}` on floor {floor}, and tests/it/tidy/floors.rs does not")
    });
    lacking.chain(surplus).collect()
}

/// The floor and the rooms of one row of the table `floor | folder | what it is`.
fn row(line: &str) -> Vec<(u32, String)> {
    let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
    let [floor, rooms, _, ..] = cells[..] else { return vec![] };
    let Ok(floor) = floor.parse() else { return vec![] };
    rooms
        .split('`')
        .skip(1)
        .step_by(2)
        .map(|room| (floor, room.trim_end_matches("<noun>/").to_owned()))
        .collect()
}

#[test]
fn an_import_runs_only_to_a_lower_floor() {
    none(&upward(&SOURCES), REMEDY);
}

#[test]
fn every_room_stands_on_a_floor() {
    none(&homeless(&SOURCES), "The floors are the rooms of src, no more and no less.");
}

#[test]
fn lib_rs_only_declares_rooms() {
    none(&defined_by_the_list(&SOURCES), "What lib.rs defines has no floor.");
}

#[test]
fn the_architecture_page_draws_the_same_floors() {
    let page = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    none(&drawn_otherwise(&page), "The page and the test show one house.");
}

mod tests {
    use super::super::sees;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn an_import_beside_and_one_upward_are_seen() {
        let tree = tree(&[
            ("src/api/mod.rs", "use crate::http::body;\npub struct Thing;"),
            ("src/http/mod.rs", "pub mod body;"),
            ("src/http/body.rs", "fn f(app: crate::server::State) {}"),
            ("src/server/mod.rs", "pub struct State;"),
            ("src/worker/execute.rs", "\nuse crate::{api::Thing, http::body};"),
        ]);
        let told = [
            "src/http/body.rs:1 imports crate::server::State: server is on floor 10, above http on floor 8",
            "src/worker/execute.rs:2 imports crate::api::Thing: api is on floor 9, beside worker on floor 9",
        ];
        sees(&upward(&tree), &told);
    }

    #[test]
    fn a_room_without_a_floor_is_seen() {
        let tree =
            tree(&[("src/attic/mod.rs", ""), ("src/lib.rs", "mod attic; pub static X: u8 = 1;")]);
        assert!(homeless(&tree)[0].contains("src/attic/ stands on no floor"));
        assert!(homeless(&tree)[1].contains("src/api/ is not there"));
        sees(&defined_by_the_list(&tree), &["src/lib.rs defines X: move it into a room"]);
    }

    #[test]
    fn a_floor_that_is_drawn_otherwise_is_seen() {
        let row = |(floor, rooms): &(u32, &[&str])| {
            let rooms: Vec<_> = rooms.iter().map(|room| format!("`{room}`")).collect();
            format!("| {floor} | {} | words |\n", rooms.join(" "))
        };
        let page: String = FLOORS.iter().map(row).collect();
        sees(&drawn_otherwise(&page), &[]);
        let told = ["lacks `db/` on floor 2", "draws `db/` on floor 3"];
        sees(&drawn_otherwise(&page.replace("| 2 |", "| 3 |")), &told);
    }
}
