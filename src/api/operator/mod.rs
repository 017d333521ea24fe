//! Calls of operators: over all instances, without anything of a person.

pub mod gather;
pub mod instances;
pub mod overview;
pub mod runs;
pub mod views;
