//! Object storage with the members of segments, column by column.
//!
//! A member is a row with a `CustomerId` and any other flat fields. Members arrive as an upload (CSV, NDJSON or
//! Parquet, stored as Parquet) or are in files that another system writes, under one of the storage roots. A reader
//! first pins a [`Manifest`], and then gets exactly the rows of that moment or [`Error::Changed`], never a mixture.
//! Everything streams: memory depends on the number of columns, not on the number of members.

mod blocking;
mod column_names;
mod content;
mod csv;
mod customer_ids;
mod error;
mod external;
mod field;
mod file_names;
mod foreign;
mod inspect;
mod lakehouse;
mod limits;
mod manifest;
mod media;
mod model;
mod moments;
mod ndjson;
mod near;
mod notation;
mod outgoing;
mod outgoing_table;
mod own;
mod pages;
mod parquet;
mod pinned;
mod receive;
mod roots;
mod sought;
mod spool;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod union;
mod unmarked;
mod windows;

pub(crate) use blocking::{held, holding, run_blocking};
pub(crate) use column_names::check_column_names;
pub use content::ContentHash;
pub use csv::{Delimiter, Dialect, Encoding, HeaderNames, Quotes};
pub use error::Error;
pub(crate) use external::ExternalData;
pub(crate) use field::CUSTOMER_ID;
pub use field::{Field, FieldType};
pub(crate) use limits::PAGE_ROWS;
pub use limits::ReceiveLimits;
pub(crate) use manifest::DEFAULT_ROOT;
pub use manifest::{Format, Inspection, Manifest};
pub use media::{Media, UploadForm};
pub(crate) use near::{Near, nearest};
pub(crate) use notation::without_mark;
pub(crate) use outgoing_table::encode_table;
pub use own::OwnObject;
pub(crate) use own::{OwnBatches, OwnFile, OwnReader, OwnWriter, manifest_of};
pub(crate) use pages::WantedColumns;
pub(crate) use roots::{BASELINES, Location, UPLOADS};
pub use roots::{RootSettings, Storage};
pub(crate) use sought::{IsSought, StoredObject};
pub(crate) use table::TableName;
pub use table::{DataSourceSettings, Tables};
