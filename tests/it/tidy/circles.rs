//! Inside a room: no two files import each other, directly or round.

use std::collections::{BTreeMap, BTreeSet};

use super::floors::room;
use super::imports::{Import, imports};
use super::none;
use super::sources::{SOURCES, Source};

const REMEDY: &str = "Files of a room import in one direction: move what both need into a file of its own. A mod.rs that \
                      holds types is imported by its children and calls none of them; one that only declares and \
                      re-exports is imported by none of them.";

/// Every circle of imports within a room, with the imports that tie it.
fn circles(tree: &[Source]) -> Vec<String> {
    let mut imports = imports(tree);
    imports.retain(|import| room(&tree[import.from].path) == room(&tree[import.to].path));
    let reached: Vec<BTreeSet<usize>> =
        (0..tree.len()).map(|file| reached(file, &imports)).collect();
    let round =
        |one: usize, other: usize| reached[one].contains(&other) && reached[other].contains(&one);
    let mut told = BTreeSet::new();
    let mut breaches = vec![];
    for file in 0..tree.len() {
        let circle: BTreeSet<usize> = (0..tree.len()).filter(|other| round(file, *other)).collect();
        if told.insert(file) && circle.len() > 1 {
            breaches.push(tell(tree, &circle, &imports));
            told.extend(circle);
        }
    }
    breaches
}

fn reached(file: usize, imports: &[Import]) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut next = vec![file];
    while let Some(file) = next.pop() {
        let to = imports.iter().filter(|import| import.from == file).map(|import| import.to);
        next.extend(to.filter(|to| reached.insert(*to)));
    }
    reached
}

fn tell(tree: &[Source], circle: &BTreeSet<usize>, imports: &[Import]) -> String {
    let paths: Vec<_> = circle.iter().map(|file| &*tree[*file].path).collect();
    let mut arrows: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
    for import in imports {
        if circle.contains(&import.from) && circle.contains(&import.to) {
            let names = arrows.entry((import.from, import.to)).or_default();
            if import.direct || names.is_empty() {
                names.push(format!("{} ({})", import.path, import.line));
            }
        }
    }
    let lines = arrows.iter().map(|((from, to), names)| {
        let (from, to) = (&tree[*from].path, &tree[*to].path);
        format!("\n    {from} imports {to}: {}", names.join(", "))
    });
    format!("{} import each other:{}", paths.join(" and "), lines.collect::<String>())
}

/// Siblings that are named through the face of their own room.
fn through_a_face(tree: &[Source]) -> Vec<String> {
    let told = imports(tree).into_iter().filter_map(|import| {
        let (from, to, face) =
            (&tree[import.from].path, &tree[import.to].path, &tree[import.through?].path);
        Some(format!(
            "{from}:{} names {} through {face}: name {to} itself",
            import.line, import.path
        ))
    });
    told.collect()
}

#[test]
fn no_two_files_of_a_room_import_each_other() {
    none(&circles(&SOURCES), REMEDY);
}

#[test]
fn a_file_names_its_siblings_themselves() {
    none(&through_a_face(&SOURCES), "What a mod.rs re-exports is for those outside of its folder.");
}

mod tests {
    use super::super::sees;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn two_files_and_three_files_in_a_circle_are_seen() {
        let tree = tree(&[
            ("src/a/mod.rs", "mod b; mod c; mod d; mod e; mod f;\npub use b::B;"),
            ("src/a/b.rs", "use super::c::C;\npub struct B;"),
            ("src/a/c.rs", "pub struct C(super::b::B);"),
            ("src/a/d.rs", "use super::e;"),
            ("src/a/e.rs", "use super::f;"),
            ("src/a/f.rs", "use super::d;"),
        ]);
        let told = [
            "src/a/b.rs and src/a/c.rs import each other:\n    src/a/b.rs imports src/a/c.rs: super::c::C (1)",
            "src/a/d.rs and src/a/e.rs and src/a/f.rs import each other",
        ];
        sees(&circles(&tree), &told);
    }

    #[test]
    fn a_mod_rs_with_types_that_calls_its_child_is_seen() {
        let tree = tree(&[
            ("src/a/mod.rs", "mod b;\npub struct A;\nfn f() { b::g() }"),
            ("src/a/b.rs", "use super::A;\npub fn g() {}"),
        ]);
        sees(&circles(&tree), &["src/a/mod.rs imports src/a/b.rs: b::g (3)"]);
    }

    #[test]
    fn a_sibling_named_through_the_face_is_seen() {
        let tree = tree(&[
            ("src/a/mod.rs", "mod b; mod c;\npub use b::B;"),
            ("src/a/b.rs", "pub struct B;"),
            ("src/a/c.rs", "use super::B;"),
        ]);
        let told = "src/a/c.rs:1 names super::B through src/a/mod.rs: name src/a/b.rs itself";
        sees(&through_a_face(&tree), &[told]);
    }
}
