//! Paths and strings in the tokens of macros and attributes, which `syn` does not read.

use proc_macro2::{TokenStream, TokenTree};

use super::facts::Literal;

/// A path and the line where it begins.
pub type Found = (Vec<String>, usize);

#[derive(Default)]
pub struct Scanned {
    pub paths: Vec<Found>,
    pub literals: Vec<Literal>,
}

pub fn scan(tokens: &TokenStream) -> Scanned {
    let mut scanned = Scanned::default();
    scanned.read(tokens);
    scanned
}

impl Scanned {
    fn read(&mut self, tokens: &TokenStream) {
        let mut path: Option<Found> = None;
        let mut colons = 0;
        let mut after_dot = false;
        let mut after_pub = false;
        for token in tokens.clone() {
            if matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ':') {
                colons += 1;
                continue;
            }
            if let TokenTree::Ident(ident) = &token
                && !after_dot
            {
                match &mut path {
                    Some((segments, _)) if colons == 2 => segments.push(ident.to_string()),
                    _ => {
                        self.paths.extend(path.take());
                        path = Some((vec![ident.to_string()], ident.span().start().line));
                    }
                }
            } else {
                self.paths.extend(path.take());
            }
            colons = 0;
            after_dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
            let shows = matches!(&token, TokenTree::Ident(ident) if ident == "pub");
            match token {
                TokenTree::Group(_) if after_pub => (), // `pub(in crate::a)` takes nothing.
                TokenTree::Group(group) => self.read(&group.stream()),
                TokenTree::Literal(literal) => self.literals.extend(text(&literal)),
                _ => (),
            }
            after_pub = shows;
        }
        self.paths.extend(path);
    }
}

fn text(literal: &proc_macro2::Literal) -> Option<Literal> {
    let line = literal.span().start().line;
    let text = syn::parse_str::<syn::LitStr>(&literal.to_string()).ok()?.value();
    Some(Literal { text, line })
}

/// The paths that `serde` reads from strings: `#[serde(with = "crate::wire::bytes")]`.
pub fn serde_paths(attribute: &syn::Attribute) -> Vec<Found> {
    let syn::Meta::List(list) = &attribute.meta else { return vec![] };
    if !list.path.is_ident("serde") {
        return vec![];
    }
    let literals = scan(&list.tokens).literals;
    let paths = literals.into_iter().filter_map(|literal| {
        let path = syn::parse_str::<syn::Path>(&literal.text).ok()?;
        Some((
            path.segments.iter().map(|segment| segment.ident.to_string()).collect(),
            literal.line,
        ))
    });
    paths.collect()
}

#[test]
fn tokens_show_paths_and_strings_but_no_methods() {
    let tokens =
        "($crate::db::now(), a.b::<C>(), \"said\", json!({ \"x\": d::e })) => f".parse().unwrap();
    let scanned = scan(&tokens);
    let paths: Vec<_> = scanned.paths.iter().map(|(segments, _)| segments.join("::")).collect();
    assert_eq!(paths, ["crate::db::now", "a", "C", "json", "d::e", "f"]);
    assert_eq!(
        scanned.literals.iter().map(|literal| &*literal.text).collect::<Vec<_>>(),
        ["said", "x"]
    );
}
