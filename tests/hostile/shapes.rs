//! Files that are made to fill memory, the stack, the disk or time.

mod columns;
mod footers;
pub mod models;
mod texts;

use crate::target::Kind;

/// A file, made when its turn comes.
pub struct Shape {
    pub name: String,
    pub kind: Kind,
    pub body: Box<dyn Fn() -> Vec<u8>>,
}

impl Shape {
    fn new(name: String, kind: Kind, body: impl Fn() -> Vec<u8> + 'static) -> Self {
        Self { name, kind, body: Box::new(body) }
    }
}

pub fn all() -> Vec<Shape> {
    [footers::all(), columns::all(), texts::all(), models::all()].into_iter().flatten().collect()
}
