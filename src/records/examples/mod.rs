//! Examples of values: what is in the data, which part of a subscriber it goes into, and what is sent.
//!
//! `docs/VALUES.md` is made of them, and tests send each one.

mod custom_fields;
mod empty;
mod example;
mod people;

pub use self::empty::EMPTY;
pub use self::example::{
    DataKind, Example, ExampleOutcome, ExampleTable, LONG, LONG_ADDRESS, OPTIONS,
};

/// The examples of each type of field, and of each other part of a subscriber.
pub fn tables() -> impl Iterator<Item = &'static ExampleTable> {
    custom_fields::TABLES.iter().chain(people::TABLES)
}

#[cfg(test)]
mod tests;
