//! An export says which segments go to which list, how, and when. Saving one never runs it.

mod audited;
mod consent;
mod content;
mod export;
mod field_name;
mod list_id;
mod mapping;
mod options;
pub mod store;
pub mod store_planned;
mod warning;
pub mod warnings;

pub use consent::{ConsentChoice, ConsentField, ConsentMapping, ConsentWord, OtherConsent};
pub(crate) use content::ExportContent;
pub use export::Export;
pub use field_name::FieldName;
pub use list_id::ListId;
pub use mapping::{
    CustomFieldKey, CustomFieldMapping, Mapping, MissingField, NameMapping, NameParts,
};
pub use options::Options;
pub use warning::{Warning, WarningCode};
