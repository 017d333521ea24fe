//! What the rules ask of a Rust file. Code for tests alone is left out.

use super::bodies::{Body, Doc};

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
    pub text: String,
    pub line: usize,
    /// Seen outside of its module.
    pub public: bool,
}

pub struct Literal {
    pub text: String,
    pub line: usize,
}

impl Facts {
    /// What it declares, for those that take everything of it.
    pub fn declares(&self, name: &str) -> bool {
        self.names.iter().any(|declared| declared.public && declared.text == name)
    }
}
