//! The documents: every link and every file that they name exists, and every page is linked.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::assert_clean;
use super::sources::{Text, root, texts};

const README_LINES_MAX: usize = 120;

/// The pages of a tree, and a way to ask which files exist.
struct Pages<'a> {
    pages: &'a [Text],
    exists: &'a dyn Fn(&str) -> bool,
}

/// What stands in a page, with lines.
#[derive(Default)]
struct Page {
    links: Vec<(usize, String)>,
    anchors: BTreeSet<String>,
    codes: Vec<(usize, String)>,
}

impl Page {
    fn of(text: &str) -> Self {
        let mut page = Self::default();
        let mut heading: Option<String> = None;
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
            let line = text[..range.start].matches('\n').count() + 1;
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push((line, dest_url.into_string()));
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    let slug = slug(&heading.take().unwrap_or_default());
                    let count =
                        seen.entry(slug.clone()).and_modify(|count| *count += 1).or_default();
                    page.anchors.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
                }
                Event::Html(html) | Event::InlineHtml(html) => page.anchors.extend(ids(&html)),
                Event::Code(code) => {
                    add(&mut heading, &code);
                    page.codes.push((line, code.into_string()));
                }
                Event::Text(words) => add(&mut heading, &words),
                _ => (),
            }
        }
        page
    }
}

fn add(heading: &mut Option<String>, text: &str) {
    if let Some(heading) = heading {
        heading.push_str(text);
    }
}

/// The anchor that GitHub gives a heading.
fn slug(heading: &str) -> String {
    let kept = heading
        .trim()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || [' ', '-', '_'].contains(letter));
    kept.flat_map(char::to_lowercase)
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

fn ids(html: &str) -> Vec<String> {
    let parts = html.split(['"', '\'']).collect::<Vec<_>>();
    let pairs =
        parts.windows(2).filter(|pair| pair[0].ends_with("id=") || pair[0].ends_with("name="));
    pairs.map(|pair| pair[1].to_owned()).collect()
}

/// `docs/a.md` and `../b` are `b`.
fn joined(page: &str, link: &str) -> String {
    let folder = page.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> =
        if link.starts_with('/') { vec![] } else { folder.split('/').collect() };
    for part in link.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." => (),
            _ => parts.push(part),
        }
    }
    parts.retain(|part| !part.is_empty());
    parts.join("/")
}

impl Pages<'_> {
    fn broken(&self) -> Vec<String> {
        let anchors: BTreeMap<&str, BTreeSet<String>> =
            self.pages.iter().map(|page| (&*page.path, Page::of(&page.text).anchors)).collect();
        let mut breaches = vec![];
        for page in self.pages {
            for (line, link) in
                Page::of(&page.text).links.into_iter().filter(|(_, link)| is_relative(link))
            {
                let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
                let target =
                    if file.is_empty() { page.path.clone() } else { joined(&page.path, file) };
                let anchored =
                    || anchors.get(&*target).is_none_or(|anchors| anchors.contains(anchor));
                if !(self.exists)(&target) {
                    breaches.push(format!(
                        "{}:{line} links {link}: {target} does not exist",
                        page.path
                    ));
                } else if !anchor.is_empty() && !anchored() {
                    breaches.push(format!(
                        "{}:{line} links {link}: {target} has no heading #{anchor}",
                        page.path
                    ));
                }
            }
        }
        breaches
    }

    /// Files in code spans that do not exist, as a path from the root, from src, from the page, or from a room.
    fn missing_files(&self) -> Vec<String> {
        let mut breaches = vec![];
        for page in self.pages.iter().filter(|page| !is_history(&page.path)) {
            for (line, code) in
                Page::of(&page.text).codes.into_iter().filter(|(_, code)| is_file_name(code))
            {
                let there = [code.clone(), format!("src/{code}"), joined(&page.path, &code)];
                if !there.iter().any(|path| (self.exists)(path)) {
                    breaches
                        .push(format!("{}:{line} names `{code}`: no such file exists", page.path));
                }
            }
        }
        breaches
    }

    /// Pages of a folder that its README.md does not link; a folder within counts by its own README.md.
    fn unlisted(&self, folder: &str) -> Vec<String> {
        let list = format!("{folder}/README.md");
        let Some(readme) = self.pages.iter().find(|page| page.path == list) else {
            return vec![format!("{list} does not exist: list the pages of {folder} in it")];
        };
        let links = Page::of(&readme.text).links.into_iter();
        let linked: BTreeSet<String> = links
            .map(|(_, link)| joined(&list, link.split('#').next().unwrap_or_default()))
            .collect();
        let listed = |path: &str| {
            let rest = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            rest.is_some_and(|rest| !rest.contains('/') || rest.ends_with("/README.md"))
                && path != list
        };
        let pages = self
            .pages
            .iter()
            .map(|page| &page.path)
            .filter(|path| listed(path) && !linked.contains(*path));
        pages.map(|path| format!("{list} does not link {path}")).collect()
    }
}

/// They describe the past.
fn is_history(path: &str) -> bool {
    path == "CHANGELOG.md" || path.starts_with("docs/decisions/")
}

fn is_relative(link: &str) -> bool {
    !link.contains("://") && !link.starts_with("mailto:")
}

fn is_file_name(code: &str) -> bool {
    let letters = code
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || ['/', '_', '-', '.'].contains(&letter));
    letters
        && code.contains('/')
        && !code.starts_with('/')
        && Path::new(code).extension().is_some_and(|end| end == "rs")
}

fn pages() -> Vec<Text> {
    texts(&["README.md", "CHANGELOG.md", "docs", "helm"], &["md"])
}

fn is_present(path: &str) -> bool {
    root().join(Path::new(path)).exists()
}

fn long_readme(text: &str) -> Vec<String> {
    let lines = text.lines().count();
    let long = (lines > README_LINES_MAX)
        .then(|| format!("README.md has {lines} lines, {README_LINES_MAX} at most"));
    long.into_iter().collect()
}

#[test]
fn every_link_of_the_documents_resolves() {
    let pages = pages();
    assert_clean(
        &Pages { pages: &pages, exists: &is_present }.broken(),
        "Fix the link, or the heading that it names.",
    );
}

#[test]
fn every_file_that_a_page_names_exists() {
    let pages = pages();
    assert_clean(
        &Pages { pages: &pages, exists: &is_present }.missing_files(),
        "Name the file as it is called now.",
    );
}

#[test]
fn every_page_is_linked_from_the_first_of_its_folder() {
    let pages = pages();
    let pages = Pages { pages: &pages, exists: &is_present };
    let unlisted = ["docs", "docs/decisions"].map(|folder| pages.unlisted(folder)).concat();
    assert_clean(&unlisted, "A page that is not listed is not found.");
}

#[test]
fn the_readme_is_short() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert_clean(&long_readme(&text), "Move what only some readers need into a page of docs/.");
}

/// Long names in backticks that no file of the program or its tests has.
fn unknown_names(pages: &[Text], code: &str) -> Vec<String> {
    let names = pages.iter().flat_map(|page| {
        let codes = Page::of(&page.text).codes.into_iter();
        codes.flat_map(move |(line, code)| long_names(&code).map(move |name| (page, line, name)))
    });
    let unknown = names.filter(|(_, _, name)| !code.contains(&**name));
    unknown.map(|(page, line, name)| format!("{}:{line} names `{name}`", page.path)).collect()
}

/// The names of four or more parts, such as of tests.
fn long_names(code: &str) -> impl Iterator<Item = String> + use<> {
    let names = code.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let long = names.filter(|name| {
        name.split('_').count() > 3 && !name.chars().any(|letter| letter.is_ascii_uppercase())
    });
    long.map(str::to_owned).collect::<Vec<_>>().into_iter()
}

#[test]
fn every_long_name_in_the_guides_is_in_the_code() {
    let pages = texts(&["docs/ADDING.md", "docs/SEED.md", "docs/ARCHITECTURE.md"], &["md"]);
    let files = texts(&["src", "tests"], &["rs", "py", "mjs"]);
    let code = files.iter().map(|file| &*file.text).collect::<Vec<_>>().join("\n");
    assert_clean(&unknown_names(&pages, &code), "Name the test or the type as it is called now.");
}

mod tests {
    use super::super::assert_reports;
    use super::*;

    #[test]
    fn a_broken_link_is_reported() {
        let text = |path: &str, text: &str| Text { path: path.to_owned(), text: text.to_owned() };
        let home = "# Home\n[a](docs/A.md#two-words-1) [site](https://a.b)\n[b](docs/B.md)\n[c](docs/A.md#three)";
        let pages = [
            text("README.md", home),
            text(
                "docs/A.md",
                "# Two *words*\n## Two words\n`db/gone.rs`, `db/mod.rs` and [home](../README.md#home)",
            ),
            text("docs/README.md", "[a](B.md)"),
        ];
        let exists =
            |path: &str| pages.iter().any(|page| page.path == path) || path == "src/db/mod.rs";
        let pages = Pages { pages: &pages, exists: &exists };
        let expected = [
            "README.md:3 links docs/B.md: docs/B.md does not exist",
            "README.md:4 links docs/A.md#three: docs/A.md has no heading #three",
            "docs/README.md:1 links B.md",
        ];
        assert_reports(&pages.broken(), &expected);
        assert_reports(&pages.missing_files(), &["docs/A.md:3 names `db/gone.rs`"]);
        assert_reports(&pages.unlisted("docs"), &["docs/README.md does not link docs/A.md"]);
        assert_reports(&pages.unlisted("docs/more"), &["docs/more/README.md does not exist"]);
    }

    #[test]
    fn a_long_name_that_the_code_does_not_have_is_reported() {
        let text = "`a::it_is_not_here`, `it_is_really_here()`, `of_three_parts`".to_owned();
        let pages = [Text { path: "docs/A.md".to_owned(), text }];
        let breaches = unknown_names(&pages, "fn it_is_really_here() {}");
        assert_reports(&breaches, &["docs/A.md:1 names `it_is_not_here`"]);
    }

    #[test]
    fn a_long_readme_is_reported() {
        assert_reports(&long_readme(&"\n".repeat(120)), &[]);
        assert_reports(&long_readme(&"\n".repeat(121)), &["README.md has 121 lines, 120 at most"]);
    }
}
