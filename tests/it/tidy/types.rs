//! No two types of the crate have one name, where a reader could take one for the other.

use std::collections::BTreeMap;

use super::assert_clean;
use super::facts::What;
use super::floors::room;
use super::sources::{SOURCES, Source};

/// Names that each room may have, with the reason.
const SHARED: &[(&str, &str)] = &[
    ("Error", "the custom of the language: always named with its module, as in `storage::Error`"),
    ("Result", "the custom of the language, beside `Error`"),
];

/// Rooms with names of their own, with the reason.
const APART: &[(&str, &str)] = &[(
    "sandbox/",
    "it is the other end of the API: it uses the vendor's nouns, and imports nothing that has them too",
)];

fn breaches(tree: &[Source]) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let apart = |source: &&Source| APART.iter().any(|(folder, _)| *folder == room(&source.path));
    for source in tree.iter().filter(|source| !apart(source)) {
        let types = source.facts.names.iter().filter(|name| name.what == What::Type && name.public);
        for name in types.filter(|name| SHARED.iter().all(|(shared, _)| *shared != name.text)) {
            places.entry(&name.text).or_default().push(format!("{}:{}", source.path, name.line));
        }
    }
    let twice = places.into_iter().filter(|(_, places)| places.len() > 1);
    twice.map(|(name, places)| format!("{name} is a type of {}", places.join(" and of "))).collect()
}

#[test]
fn no_two_types_of_the_crate_have_one_name() {
    let remedy = "Give each the name of what it is (`UploadSource`, `TableSource`), or make it pub(super) or private; \
                  a custom goes into SHARED in tests/it/tidy/types.rs with its reason.";
    assert_clean(&breaches(&SOURCES), remedy);
}

mod tests {
    use super::super::assert_reports;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn a_name_of_two_types_is_reported() {
        let tree = tree(&[
            ("src/a.rs", "pub struct Held; struct Own; pub enum Error {}"),
            ("src/b.rs", "\npub(crate) enum Held {} pub(super) struct Own; pub enum Error {}"),
            ("src/sandbox/mod.rs", "pub struct Held;"),
        ]);
        assert_reports(&breaches(&tree), &["Held is a type of src/a.rs:1 and of src/b.rs:2"]);
    }
}
