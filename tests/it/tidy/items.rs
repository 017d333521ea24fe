//! What `syn` says of an item: whether it is for tests alone, and who sees it.

use syn::{Attribute, Item, Visibility};

/// A file of such items only declares and re-exports.
pub fn only_declares(item: &Item) -> bool {
    matches!(item, Item::Use(_))
        || matches!(item, Item::Mod(module) if module.content.is_none() || for_tests(&module.attrs))
}

/// Whether this is compiled for tests alone.
pub fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let mut test = attribute.path().is_ident("test");
        if attribute.path().is_ident("cfg") {
            let _ = attribute.parse_nested_meta(|meta| {
                test |= meta.path.is_ident("test");
                Ok(())
            });
        }
        test
    })
}

pub fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Seen by the crate, or by all.
pub fn public(visibility: &Visibility) -> bool {
    match visibility {
        Visibility::Public(_) => true,
        Visibility::Restricted(restricted) => restricted.path.is_ident("crate"),
        Visibility::Inherited => false,
    }
}

/// `::name` begins at the crates: an empty name says so.
pub fn root(colons: Option<&syn::token::PathSep>) -> Vec<String> {
    colons.map(|_| String::new()).into_iter().collect()
}
