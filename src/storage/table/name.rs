//! The name of a table.

/// A table or view, and the data source it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableName {
    /// The name of a configured data source.
    pub(crate) data_source: String,
    pub(crate) schema: String,
    /// Case matters.
    pub(crate) table: String,
}
