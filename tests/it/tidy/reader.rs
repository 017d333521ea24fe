//! Reads the facts of a file with `syn`.

use proc_macro2::{Span, TokenStream};
use syn::visit::{self, Visit};
use syn::{Attribute, Fields, Ident, Item, Visibility};

use super::bodies::{Body, Doc, words};
use super::facts::{Facts, Literal, Name, Named, Use, What};
use super::items::{attributes, for_tests, only_declares, public, root};
use super::{tokens, uses};

/// The facts of this text.
pub fn read(text: &str) -> syn::Result<Facts> {
    let file = syn::parse_file(text)?;
    let mut facts = Facts { face: file.items.iter().all(only_declares), ..Facts::default() };
    Reader { facts: &mut facts, inside: vec![], parents: vec![], depth: 0 }.visit_file(&file);
    Ok(facts)
}

fn line(span: Span) -> usize {
    span.start().line
}

struct Reader<'a> {
    facts: &'a mut Facts,
    inside: Vec<String>,
    /// The types and traits around what is read.
    parents: Vec<String>,
    /// How many bodies are open around what is read.
    depth: usize,
}

impl Reader<'_> {
    fn declare(&mut self, what: What, ident: &Ident, public: bool) {
        let text = ident.to_string().trim_start_matches("r#").to_owned();
        self.facts.names.push(Name { what, text, line: line(ident.span()), public });
    }

    /// A declared thing and its words; `around` are the words that its type names.
    fn item(
        &mut self,
        what: What,
        ident: &Ident,
        vis: &Visibility,
        attributes: &[Attribute],
        around: &[String],
    ) {
        self.declare(what, ident, public(vis));
        let known = [&[ident.to_string()], &*self.parents, around].concat();
        self.facts.docs.extend(Doc::of(attributes, known));
    }

    fn named(&mut self, segments: Vec<String>, line: usize) {
        self.facts.paths.push(Named { inside: self.inside.clone(), segments, line });
    }

    fn scan(&mut self, tokens: &TokenStream) {
        let found = tokens::scan(tokens);
        for (segments, line) in found.paths {
            self.word(&segments);
            self.named(segments, line);
        }
        for literal in found.literals {
            self.literal(literal);
        }
    }

    fn literal(&mut self, literal: Literal) {
        if let Some(body) = self.body() {
            body.literals.push(literal.text.clone());
        }
        self.facts.literals.push(literal);
    }

    fn word(&mut self, segments: &[String]) {
        if let Some(body) = self.body() {
            body.words.extend(segments.iter().cloned());
        }
    }

    fn body(&mut self) -> Option<&mut Body> {
        if self.depth == 0 { None } else { self.facts.bodies.last_mut() }
    }

    /// Reads what is inside of a body; a body inside of another is a part of it.
    fn within(&mut self, body: impl FnOnce() -> Body, read: impl FnOnce(&mut Self)) {
        if self.depth == 0 {
            self.facts.bodies.push(body());
        }
        self.depth += 1;
        read(self);
        self.depth -= 1;
    }

    fn beneath(&mut self, parent: String, read: impl FnOnce(&mut Self)) {
        self.parents.push(parent);
        read(self);
        self.parents.pop();
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(module) if for_tests(&module.attrs) => {
                self.facts.test_modules.push(module.ident.to_string());
            }
            _ if for_tests(attributes(item)) => (),
            _ => visit::visit_item(self, item),
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        self.item(What::Module, &module.ident, &module.vis, &module.attrs, &[]);
        self.inside.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.inside.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let public = !matches!(item.vis, Visibility::Inherited);
        for leaf in uses::leaves(&item.tree, &root(item.leading_colon.as_ref())) {
            let path = Named {
                inside: self.inside.clone(),
                segments: leaf.segments,
                line: line(leaf.span),
            };
            self.facts.uses.push(Use { path, name: leaf.name, public });
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let around = words(|words| words.visit_signature(&item.sig));
        self.item(What::Function, &item.sig.ident, &item.vis, &item.attrs, &around);
        self.within(
            || Body::of(&item.sig, &item.block),
            |reader| visit::visit_item_fn(reader, item),
        );
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if for_tests(&item.attrs) {
            return;
        }
        let around = words(|words| words.visit_signature(&item.sig));
        self.item(What::Function, &item.sig.ident, &item.vis, &item.attrs, &around);
        self.within(
            || Body::of(&item.sig, &item.block),
            |reader| visit::visit_impl_item_fn(reader, item),
        );
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let around = words(|words| words.visit_signature(&item.sig));
        self.item(What::Function, &item.sig.ident, &Visibility::Inherited, &item.attrs, &around);
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let around = match &item.fields {
            Fields::Unnamed(fields) => words(|words| words.visit_fields_unnamed(fields)),
            _ => vec![],
        };
        self.item(What::Type, &item.ident, &item.vis, &item.attrs, &around);
        self.beneath(item.ident.to_string(), |reader| visit::visit_item_struct(reader, item));
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.item(What::Type, &item.ident, &item.vis, &item.attrs, &[]);
        self.beneath(item.ident.to_string(), |reader| visit::visit_item_enum(reader, item));
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.item(What::Type, &item.ident, &item.vis, &item.attrs, &[]);
        self.beneath(item.ident.to_string(), |reader| visit::visit_item_trait(reader, item));
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let own = words(|words| words.visit_type(&item.self_ty)).concat();
        self.beneath(own, |reader| visit::visit_item_impl(reader, item));
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        let around = words(|words| words.visit_type(&item.ty));
        self.item(What::Type, &item.ident, &item.vis, &item.attrs, &around);
        visit::visit_item_type(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        let around = words(|words| words.visit_type(&item.ty));
        self.item(What::Other, &item.ident, &item.vis, &item.attrs, &around);
        self.within(|| Body::value(&item.ident), |reader| visit::visit_item_const(reader, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let around = words(|words| words.visit_type(&item.ty));
        self.item(What::Other, &item.ident, &item.vis, &item.attrs, &around);
        self.within(|| Body::value(&item.ident), |reader| visit::visit_item_static(reader, item));
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if let Some(ident) = &item.ident {
            self.item(What::Other, ident, &Visibility::Inherited, &item.attrs, &[]);
            if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
                self.facts.exported_macros.push(ident.to_string());
            }
        }
        visit::visit_item_macro(self, item);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(ident) = &field.ident {
            let around = words(|words| words.visit_type(&field.ty));
            self.item(What::Other, ident, &Visibility::Inherited, &field.attrs, &around);
        }
        visit::visit_field(self, field);
    }

    fn visit_variant(&mut self, variant: &'ast syn::Variant) {
        let around = words(|words| words.visit_fields(&variant.fields));
        self.item(What::Other, &variant.ident, &Visibility::Inherited, &variant.attrs, &around);
        visit::visit_variant(self, variant);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.declare(What::Other, &pattern.ident, false);
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names = path.segments.iter().map(|segment| segment.ident.to_string());
        let segments: Vec<_> = root(path.leading_colon.as_ref()).into_iter().chain(names).collect();
        if let Some(first) = path.segments.first() {
            self.word(&segments);
            self.named(segments, line(first.ident.span()));
        }
        visit::visit_path(self, path);
    }

    /// `pub(super)` names no module to take something from.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.scan(&call.tokens);
        visit::visit_macro(self, call);
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.literal(Literal { text: literal.value(), line: line(literal.span()) });
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if attribute.path().is_ident("doc") {
            return;
        }
        if let syn::Meta::List(list) = &attribute.meta {
            self.scan(&list.tokens);
        }
        for (segments, line) in tokens::serde_paths(attribute) {
            self.named(segments, line);
        }
        visit::visit_attribute(self, attribute);
    }
}
