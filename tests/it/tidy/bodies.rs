//! Functions, constants and documentation comments, as the rules ask of them.

use std::collections::BTreeSet;

/// A function, or the value of a constant.
#[derive(Default)]
pub struct Body {
    pub name: String,
    pub line: usize,
    /// From the signature to the closing brace.
    pub lines: usize,
    /// The types that it takes as `&mut`.
    pub handles: Vec<String>,
    /// Every name in its paths and macros.
    pub words: BTreeSet<String>,
    pub literals: Vec<String>,
}

impl Body {
    pub fn of(signature: &syn::Signature, block: &syn::Block) -> Self {
        let line = signature.fn_token.span.start().line;
        let end = block.brace_token.span.close().end().line;
        let name = signature.ident.to_string();
        let handles = signature.inputs.iter().filter_map(handle).collect();
        Self { name, line, lines: end + 1 - line, handles, ..Self::default() }
    }

    pub fn value(ident: &syn::Ident) -> Self {
        Self { name: ident.to_string(), line: ident.span().start().line, ..Self::default() }
    }
}

fn handle(input: &syn::FnArg) -> Option<String> {
    let syn::FnArg::Typed(typed) = input else { return None };
    let syn::Type::Reference(reference) = &*typed.ty else { return None };
    let syn::Type::Path(path) = &*reference.elem else { return None };
    reference.mutability.as_ref()?;
    Some(path.path.segments.last()?.ident.to_string())
}

/// The documentation comment of a thing.
pub struct Doc {
    pub text: String,
    pub line: usize,
    /// The names of the thing, of what it stands in, and in its type.
    pub known: Vec<String>,
}

impl Doc {
    pub fn of(attributes: &[syn::Attribute], known: Vec<String>) -> Option<Self> {
        let docs: Vec<_> =
            attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).collect();
        let line = docs.first()?.pound_token.spans[0].start().line;
        let lines = docs.iter().filter_map(|doc| match &doc.meta {
            syn::Meta::NameValue(syn::MetaNameValue {
                value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
                ..
            }) => Some(text.value()),
            _ => None,
        });
        Some(Self { text: lines.collect::<Vec<_>>().join("\n").trim().to_owned(), line, known })
    }
}
