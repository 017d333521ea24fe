//! Which external data a segment reads, and where it is.

use super::{csv::Dialect, manifest::Format, roots::Location};

/// Data that another system writes under a storage root.
#[derive(Clone, Debug)]
pub(crate) enum ExternalData {
    /// A file, or all files in a folder and below it, in the order of their paths.
    Files {
        at: Location,
        format: Format,
        /// For CSV only.
        dialect: Dialect,
    },
    /// An entity of a `model.json`.
    Model {
        /// The folder of the model.
        at: Location,
        entity: String,
    },
}

impl ExternalData {
    pub(super) const fn at(&self) -> &Location {
        match self {
            Self::Files { at, .. } | Self::Model { at, .. } => at,
        }
    }
}
