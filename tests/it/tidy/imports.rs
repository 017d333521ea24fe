//! Which file takes what from which: every path of every file, followed to the file that defines what it names.

use std::collections::BTreeMap;

use super::facts::{Named, Use};
use super::sources::{Source, module};

/// `from` names something that `to` defines. Both are places in the tree.
pub struct Import {
    pub from: usize,
    pub to: usize,
    pub line: usize,
    pub path: String,
    /// The `mod.rs` above `from` through whose re-export it is named.
    pub through: Option<usize>,
    /// Named by `use` or by its full path, not by a name that a `use` brought.
    pub direct: bool,
}

/// Every import of a tree, once a line, in order.
pub fn imports(tree: &[Source]) -> Vec<Import> {
    let modules =
        tree.iter().enumerate().map(|(file, source)| (module(&source.path), file)).collect();
    let resolver = Resolver { tree, modules };
    let mut imports: Vec<Import> = (0..tree.len()).flat_map(|file| resolver.of(file)).collect();
    imports.sort_by_key(|import| (import.from, import.line, import.to));
    imports.dedup_by_key(|import| (import.from, import.line, import.to, import.through));
    imports
}

struct Resolver<'a> {
    tree: &'a [Source],
    modules: BTreeMap<Vec<String>, usize>,
}

/// So many re-exports of re-exports are followed.
const FOLLOWED: usize = 8;

impl Resolver<'_> {
    fn of(&self, from: usize) -> Vec<Import> {
        let facts = &self.tree[from].facts;
        let uses = facts.uses.iter().filter(|used| !self.shows_a_child(from, used));
        let paths = uses.map(|used| &used.path).chain(&facts.paths);
        paths.filter_map(|path| self.import(from, path)).collect()
    }

    /// A face only shows what its children define: that is no import.
    fn shows_a_child(&self, from: usize, used: &Use) -> bool {
        let face = &self.tree[from];
        let own = module(&face.path);
        let target = self.absolute(from, &used.path, FOLLOWED);
        face.facts.face
            && used.public
            && target.is_some_and(|target| target.len() > own.len() && target.starts_with(&own))
    }

    fn import(&self, from: usize, path: &Named) -> Option<Import> {
        let target = self.absolute(from, path, FOLLOWED)?;
        let (first, _) = self.longest(&target)?;
        let to = self.definer(&target, FOLLOWED)?;
        if to == from {
            return None;
        }
        let face = &self.tree[first];
        let own = module(&self.tree[from].path);
        let direct =
            path.segments.first().and_then(|first| self.used(from, &path.inside, first)).is_none();
        let above = direct
            && first != from
            && face.path.ends_with("/mod.rs")
            && own.starts_with(&module(&face.path));
        let through = (above && first != to).then_some(first);
        Some(Import { from, to, line: path.line, path: path.segments.join("::"), through, direct })
    }

    /// The path from the root of the crate, if it is of this crate.
    fn absolute(&self, from: usize, path: &Named, left: usize) -> Option<Vec<String>> {
        let mut base = [module(&self.tree[from].path), path.inside.clone()].concat();
        let mut rest = &path.segments[..];
        while let [first, after @ ..] = rest {
            match &**first {
                "crate" | "segment_export" => base.clear(),
                "self" => (),
                "super" => drop(base.pop()),
                _ => break,
            }
            rest = after;
        }
        if rest.len() < path.segments.len() {
            return Some([base, rest.to_vec()].concat());
        }
        let (first, after) = rest.split_first()?;
        if let Some(used) = self.used(from, &path.inside, first) {
            let left = left.checked_sub(1)?;
            return Some([self.absolute(from, &used.path, left)?, after.to_vec()].concat());
        }
        if after.is_empty() {
            return None; // A variable may be called like a child.
        }
        base.push(first.clone());
        self.modules.contains_key(&base).then(|| [base, after.to_vec()].concat())
    }

    fn used(&self, file: usize, inside: &[String], name: &str) -> Option<&Use> {
        let mut uses = self.tree[file].facts.uses.iter();
        uses.find(|used| {
            used.name == name
                && used.path.inside == inside
                && used.path.segments.first().is_none_or(|first| first != name)
        })
    }

    /// The innermost module that is a file, and how much of the path that is.
    fn longest(&self, target: &[String]) -> Option<(usize, usize)> {
        (0..=target.len())
            .rev()
            .find_map(|length| Some((*self.modules.get(&target[..length])?, length)))
    }

    /// The file that defines it, through every re-export.
    fn definer(&self, target: &[String], left: usize) -> Option<usize> {
        let (file, length) = self.longest(target)?;
        let Some(name) = target.get(length) else { return Some(file) };
        let Some(left) = left.checked_sub(1) else { return Some(file) };
        if let Some(used) = self.used(file, &[], name)
            && let Some(next) = self.absolute(file, &used.path, left)
        {
            return self.definer(&[next, target[length + 1..].to_vec()].concat(), left);
        }
        if length == 0
            && let Some(file) = self.exports_macro(name)
        {
            return Some(file);
        }
        let globs =
            self.tree[file].facts.uses.iter().filter(|used| used.name == "*" && used.public);
        let shown = globs.filter_map(|used| self.longest(&self.absolute(file, &used.path, left)?));
        Some(
            shown
                .map(|(file, _)| file)
                .find(|file| self.tree[*file].facts.declares(name))
                .unwrap_or(file),
        )
    }

    fn exports_macro(&self, name: &String) -> Option<usize> {
        self.tree.iter().position(|source| source.facts.exported_macros.contains(name))
    }
}

mod tests {
    use super::super::sources::tree;
    use super::imports;

    fn shown(files: &[(&str, &str)]) -> Vec<String> {
        let tree = tree(files);
        let shown = |file: usize| tree[file].path.trim_start_matches("src/").to_owned();
        let imports = imports(&tree);
        imports
            .iter()
            .map(|import| format!("{}:{} {}", shown(import.from), import.line, shown(import.to)))
            .collect()
    }

    #[test]
    fn a_path_leads_to_the_file_that_defines_what_it_names() {
        let face = "mod c;\npub use c::{C, d::D as E};\npub struct B;";
        let found = shown(&[
            ("src/lib.rs", "pub mod a; pub mod b;"),
            (
                "src/a.rs",
                "use crate::b::{B,\n C};\nfn f() -> crate::b::E { g!(x, crate::b::c::d::D) }",
            ),
            ("src/b/mod.rs", face),
            ("src/b/c/mod.rs", "pub mod d;\npub struct C(super::B);"),
            ("src/b/c/d.rs", "#[serde(with = \"crate::a\")] pub struct D;"),
        ]);
        let expected = [
            "a.rs:1 b/mod.rs",
            "a.rs:2 b/c/mod.rs",
            "a.rs:3 b/c/d.rs",
            "b/mod.rs:2 b/c/mod.rs",
            "b/mod.rs:2 b/c/d.rs",
            "b/c/mod.rs:2 b/mod.rs",
            "b/c/d.rs:1 a.rs",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_a_face_shows_is_no_import_and_neither_is_what_tests_use() {
        let tests = "#[cfg(test)]\nmod tests { use crate::a; }";
        let found = shown(&[
            ("src/lib.rs", "pub mod a; pub mod b;"),
            ("src/a.rs", "pub fn f() { serde_json::json!(1) }"),
            ("src/b/mod.rs", "mod c;\npub use c::*;"),
            ("src/b/c.rs", tests),
        ]);
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_name_that_was_imported_is_followed() {
        let found = shown(&[
            ("src/lib.rs", "pub mod a; pub mod b;"),
            ("src/a.rs", "use crate::b as other;\nfn f() { other::c::g(); }"),
            ("src/b/mod.rs", "pub mod c;"),
            (
                "src/b/c.rs",
                "pub fn g() { crate::sql!(1) }\n#[macro_export] macro_rules! sql { () => {} }",
            ),
        ]);
        assert_eq!(found, ["a.rs:1 b/mod.rs", "a.rs:2 b/c.rs"]);
    }
}
