//! The files of a tree: `src` as read by `syn`, and texts as they are.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use walkdir::WalkDir;

use super::facts::Facts;

/// One file of `src`.
pub struct Source {
    /// From the root of the tree, with slashes.
    pub path: String,
    pub text: String,
    pub facts: Facts,
}

/// A text that is no Rust.
pub struct Text {
    pub path: String,
    pub text: String,
}

/// Every file of `src` that is not for tests alone, parsed once for all rules.
pub static SOURCES: LazyLock<Vec<Source>> =
    LazyLock::new(|| parsed(texts(&["src"], &["rs"]).into_iter().map(|one| (one.path, one.text))));

/// Where the tree lies: `TIDY_ROOT` when it is set, else this package.
pub fn root() -> PathBuf {
    std::env::var_os("TIDY_ROOT").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from)
}

/// The files of these folders with these extensions, in order.
pub fn texts(folders: &[&str], extensions: &[&str]) -> Vec<Text> {
    let root = root();
    let files =
        folders.iter().flat_map(|folder| WalkDir::new(root.join(folder)).sort_by_file_name());
    let files = files.filter_map(Result::ok).map(walkdir::DirEntry::into_path);
    let wanted = |path: &PathBuf| {
        let extension = path.extension().and_then(|extension| extension.to_str());
        path.is_file() && extension.is_some_and(|extension| extensions.contains(&extension))
    };
    files.filter(wanted).map(|path| read(&root, &path)).collect()
}

fn read(root: &Path, path: &Path) -> Text {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    Text { path, text }
}

/// A tree of these files, for the rules' own tests.
pub fn tree(files: &[(&str, &str)]) -> Vec<Source> {
    parsed(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
}

fn parsed(files: impl Iterator<Item = (String, String)>) -> Vec<Source> {
    let sources: Vec<Source> = files
        .map(|(path, text)| {
            let facts = Facts::of(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            Source { path, text, facts }
        })
        .collect();
    let tests: Vec<Vec<String>> = sources.iter().flat_map(test_modules).collect();
    sources
        .into_iter()
        .filter(|source| !tests.iter().any(|test| module(&source.path).starts_with(test)))
        .collect()
}

fn test_modules(source: &Source) -> Vec<Vec<String>> {
    let own = module(&source.path);
    source
        .facts
        .test_modules
        .iter()
        .map(|name| [own.clone(), vec![name.clone()]].concat())
        .collect()
}

/// The module that a file holds: `src/a/b.rs` and `src/a/b/mod.rs` hold `a::b`; `src/lib.rs` holds the root.
pub fn module(path: &str) -> Vec<String> {
    let path = path.trim_start_matches("src/").trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { vec![] } else { path.split('/').map(str::to_owned).collect() }
}

#[test]
fn a_file_that_only_tests_declare_is_no_part_of_the_tree() {
    let tree = tree(&[
        ("src/lib.rs", "mod a;"),
        ("src/a/mod.rs", "#[cfg(test)] mod tests;"),
        ("src/a/tests/mod.rs", "mod more;"),
        ("src/a/tests/more.rs", ""),
    ]);
    let paths: Vec<_> = tree.iter().map(|source| &*source.path).collect();
    assert_eq!(paths, ["src/lib.rs", "src/a/mod.rs"]);
}
