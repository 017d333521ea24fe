//! The `model.json` of the Common Data Model that Customer Insights writes beside its data: the entities, their
//! attributes, and the files of their partitions.
//!
//! The form is that of the schema which Microsoft publishes for `model.json` (version 1.0). Members that are not used
//! here may be anything.

mod annotations;
mod entity;
mod exports;
mod list;
mod partitions;
#[cfg(test)]
mod tests;

pub(super) use entity::read;
pub(super) use partitions::{EntityFiles, find};
