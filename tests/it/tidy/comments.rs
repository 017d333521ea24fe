//! A documentation comment says more than the name of what it stands on.

use super::assert_clean;
use super::bodies::Doc;
use super::sources::{SOURCES, Source};
use super::words::parts;

/// So few words seldom say more than a name does.
const SHORT: usize = 4;
/// So many words may still only repeat one.
const REPEATS: usize = 8;

/// Words by which a short comment states a unit, a condition or an invariant.
const INFORMATIVE: &str = "\
    after always as at because before bytes camelcase case days each else empty except \
    exclusive first from hours if inclusive json last least lowercase microseconds \
    milliseconds minutes most must never newest no none not oldest once only optional or order \
    per percent rows seconds since sorted stable unique unless unset until utc when without";

fn short(tree: &[Source]) -> Vec<String> {
    report(tree, |doc| words(doc).len() <= SHORT && !informs(doc), "says too little")
}

fn repeating(tree: &[Source]) -> Vec<String> {
    report(
        tree,
        |doc| words(doc).len() <= REPEATS && !informs(doc) && repeats(doc),
        "repeats the name",
    )
}

fn report(tree: &[Source], breaks: impl Fn(&Doc) -> bool, what: &str) -> Vec<String> {
    let mut breaches = vec![];
    for source in tree {
        let docs = source.facts.docs.iter().filter(|doc| breaks(doc));
        breaches.extend(docs.map(|doc| {
            let name = doc.known.first().map_or("", |name| name);
            format!("{}:{} \"{}\" on {name} {what}", source.path, doc.line, doc.text)
        }));
    }
    breaches
}

fn words(doc: &Doc) -> Vec<String> {
    let words = doc.text.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    words.filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// It names a thing in code, a number, a source, or one of the informative words.
fn informs(doc: &Doc) -> bool {
    let marked = doc.text.contains(|letter: char| letter == '`' || letter.is_ascii_digit())
        || doc.text.contains("://");
    marked
        || words(doc)
            .iter()
            .any(|word| INFORMATIVE.split(' ').any(|informative| informative == word))
}

/// Every word of more than three letters is one of the name, of what it stands in, or of its type.
fn repeats(doc: &Doc) -> bool {
    let known: Vec<String> =
        doc.known.iter().flat_map(|name| parts(name)).map(|part| stem(&part)).collect();
    words(doc).iter().filter(|word| word.len() > 3).all(|word| known.contains(&stem(word)))
}

/// Enough to find `closes` and `connections` in `close` and `connection`.
fn stem(word: &str) -> String {
    let stem =
        ["ies", "ing", "ed", "es", "s", "e", "y"].iter().find_map(|end| word.strip_suffix(end));
    stem.filter(|stem| stem.len() > 2).unwrap_or(word).to_owned()
}

const REMEDY: &str = "\
    Say a unit, an invariant, a reason or a source; or delete the comment, and make the item \
    pub(crate) if nobody outside of the crate needs it.";

#[test]
fn no_comment_of_four_words_says_too_little() {
    assert_clean(&short(&SOURCES), REMEDY);
}

#[test]
fn no_comment_only_repeats_the_name() {
    assert_clean(&repeating(&SOURCES), REMEDY);
}

mod tests {
    use super::super::assert_reports;
    use super::super::sources::tree;
    use super::*;

    #[test]
    fn a_comment_that_says_no_more_than_the_name_is_reported() {
        let code = "/// The pool of connections.\nstruct Pool {\n/// Its size, in bytes.\nsize: usize,\n\
                    /// The limit.\nlimit: Option<u8>,\n}\nimpl Pool {\n\
                    /// Closes every one of the connections of this pool.\nfn close(connections: Vec<u8>) {}\n\
                    /// Empty when closed.\nfn left() {}\n}";
        let tree = tree(&[("src/a.rs", code)]);
        let expected = [
            "src/a.rs:1 \"The pool of connections.\" on Pool says too little",
            "src/a.rs:5 \"The limit.\" on limit says",
        ];
        assert_reports(&short(&tree), &expected);
        let expected = ["src/a.rs:5 \"The limit.\" on limit repeats"];
        assert_reports(&repeating(&tree), &expected);
    }

    #[test]
    fn a_longer_comment_that_repeats_the_name_is_reported() {
        let code = "impl Pool {\n/// Closes all of the connections of the pool.\n\
                    fn close(connections: Vec<Connection>) {}\n}";
        assert_reports(
            &repeating(&tree(&[("src/a.rs", code)])),
            &["src/a.rs:2 \"Closes all of the connections"],
        );
    }
}
