//! The leaves of a `use`.

use proc_macro2::Span;
use syn::UseTree;

/// `use a::{b as c}` is the path `a::b` under the name `c`. A glob has the name `*`.
pub struct Leaf {
    pub segments: Vec<String>,
    pub name: String,
    pub span: Span,
}

pub fn leaves(tree: &UseTree, before: &[String]) -> Vec<Leaf> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &[before, &[path.ident.to_string()]].concat()),
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, before)).collect(),
        UseTree::Name(name) => vec![leaf(before, &name.ident, None)],
        UseTree::Rename(rename) => vec![leaf(before, &rename.ident, Some(&rename.rename))],
        UseTree::Glob(glob) => {
            let span = glob.star_token.spans[0];
            vec![Leaf { segments: before.to_vec(), name: "*".to_owned(), span }]
        }
    }
}

/// `self` within braces is the path before them.
fn leaf(before: &[String], ident: &syn::Ident, renamed: Option<&syn::Ident>) -> Leaf {
    let mut segments = before.to_vec();
    if ident != "self" {
        segments.push(ident.to_string());
    }
    let name =
        renamed.map_or_else(|| segments.last().cloned().unwrap_or_default(), ToString::to_string);
    Leaf { segments, name, span: ident.span() }
}
