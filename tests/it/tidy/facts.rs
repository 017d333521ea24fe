//! What the rules ask of a Rust file, read by `syn`. Code for tests alone is left out.

use proc_macro2::Span;
use syn::visit::{self, Visit};
use syn::{Attribute, Fields, Ident, Item, Visibility};

use super::bodies::{Body, Doc};
use super::tokens;

/// What stands in a file.
#[derive(Default)]
pub struct Facts {
    /// Every `use`, a leaf each.
    pub uses: Vec<Use>,
    /// Every path that is named outside of `use`.
    pub paths: Vec<Named>,
    /// What is declared: items, fields, variants, parameters and variables.
    pub names: Vec<Name>,
    pub literals: Vec<Literal>,
    pub docs: Vec<Doc>,
    /// Functions, constants and statics.
    pub bodies: Vec<Body>,
    /// Macros of the whole crate.
    pub exported_macros: Vec<String>,
    pub test_modules: Vec<String>,
    /// It only declares and re-exports.
    pub face: bool,
}

/// One leaf of a `use`: `use a::{b as c}` is the path `a::b` under the name `c`. A glob has the name `*`.
pub struct Use {
    pub path: Named,
    pub name: String,
    pub public: bool,
}

/// A path where it stands: in the modules `inside` of its file.
#[derive(Clone, Debug)]
pub struct Named {
    pub inside: Vec<String>,
    pub segments: Vec<String>,
    pub line: usize,
}

#[derive(Clone, Copy, PartialEq)]
pub enum What {
    Function,
    Type,
    Module,
    Other,
}

pub struct Name {
    pub what: What,
    pub name: String,
    pub line: usize,
    /// Seen outside of its module.
    pub public: bool,
}

pub struct Literal {
    pub text: String,
    pub line: usize,
}

impl Facts {
    pub fn of(text: &str) -> syn::Result<Self> {
        let file = syn::parse_file(text)?;
        let mut facts = Self { face: file.items.iter().all(only_declares), ..Self::default() };
        Reader { facts: &mut facts, inside: vec![], parents: vec![], depth: 0 }.visit_file(&file);
        Ok(facts)
    }

    /// What it declares at its top, for those that take everything of it.
    pub fn declares(&self, name: &str) -> bool {
        self.names.iter().any(|declared| declared.public && declared.name == name)
    }
}

fn only_declares(item: &Item) -> bool {
    matches!(item, Item::Use(_))
        || matches!(item, Item::Mod(module) if module.content.is_none() || for_tests(&module.attrs))
}

/// Whether this is compiled for tests alone.
fn for_tests(attributes: &[Attribute]) -> bool {
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

fn line(span: Span) -> usize {
    span.start().line
}

/// Seen by the crate, or by all.
fn public(visibility: &Visibility) -> bool {
    match visibility {
        Visibility::Public(_) => true,
        Visibility::Restricted(restricted) => restricted.path.is_ident("crate"),
        Visibility::Inherited => false,
    }
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
        let name = ident.to_string().trim_start_matches("r#").to_owned();
        self.facts.names.push(Name { what, name, line: line(ident.span()), public });
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

    fn scan(&mut self, tokens: &proc_macro2::TokenStream) {
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

    fn use_tree(&mut self, tree: &syn::UseTree, before: &[String], public: bool) {
        let joined = |ident: &Ident| [before, &[ident.to_string()]].concat();
        let (segments, name, span) = match tree {
            syn::UseTree::Path(path) => {
                return self.use_tree(&path.tree, &joined(&path.ident), public);
            }
            syn::UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.use_tree(tree, before, public));
            }
            syn::UseTree::Name(name) if name.ident == "self" => {
                (before.to_vec(), before.last().cloned().unwrap_or_default(), name.ident.span())
            }
            syn::UseTree::Name(name) => {
                (joined(&name.ident), name.ident.to_string(), name.ident.span())
            }
            syn::UseTree::Rename(rename) if rename.ident == "self" => {
                (before.to_vec(), rename.rename.to_string(), rename.ident.span())
            }
            syn::UseTree::Rename(rename) => {
                (joined(&rename.ident), rename.rename.to_string(), rename.ident.span())
            }
            syn::UseTree::Glob(glob) => (before.to_vec(), "*".to_owned(), glob.star_token.spans[0]),
        };
        let path = Named { inside: self.inside.clone(), segments, line: line(span) };
        self.facts.uses.push(Use { path, name, public });
    }
}

/// The names in types and parameters.
#[derive(Default)]
struct Words(Vec<String>);

impl<'ast> Visit<'ast> for Words {
    fn visit_ident(&mut self, ident: &'ast Ident) {
        self.0.push(ident.to_string());
    }
}

fn words(read: impl FnOnce(&mut Words)) -> Vec<String> {
    let mut words = Words::default();
    read(&mut words);
    words.0
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        match item {
            Item::Mod(module) if for_tests(&module.attrs) => {
                self.facts.test_modules.push(module.ident.to_string());
            }
            Item::Fn(item) if for_tests(&item.attrs) => (),
            Item::Use(item) if for_tests(&item.attrs) => (),
            Item::Impl(item) if for_tests(&item.attrs) => (),
            Item::Struct(item) if for_tests(&item.attrs) => (),
            Item::Const(item) if for_tests(&item.attrs) => (),
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
        if item.leading_colon.is_some() {
            return; // `::name` is a crate.
        }
        let public = !matches!(item.vis, Visibility::Inherited);
        self.use_tree(&item.tree, &[], public);
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
        let segments: Vec<_> =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let Some(first) = path.segments.first() {
            self.word(&segments);
            if path.leading_colon.is_none() {
                self.named(segments, line(first.ident.span()));
            }
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
