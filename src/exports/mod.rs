//! An export says which segments go to which list, how, and when. Saving one never runs it.

mod audited;
mod consent;
mod content;
mod country;
mod custom_field;
pub(crate) mod documented;
mod email;
pub mod empty;
mod export;
mod feedback_folder;
mod field_name;
mod flagged;
mod format;
mod leavers;
mod list_id;
mod makers;
mod mapping;
mod mobile;
mod name;
mod needless;
mod options;
mod row_log;
mod source;
pub mod store;
pub mod store_planned;
pub(crate) mod store_senders;
mod sync;
mod warning;
pub mod warnings;

pub use consent::{ConsentChoice, ConsentField, ConsentMapping, ConsentWord, OtherConsent};
pub(crate) use content::ExportContent;
pub use country::CountryCode;
pub use custom_field::{CustomFieldKey, CustomFieldMapping};
pub use email::EmailMapping;
pub use empty::{EmptyValue, NullWord};
pub use export::Export;
pub use feedback_folder::FeedbackFolder;
pub use field_name::FieldName;
pub use format::ValueFormat;
pub use leavers::{LeaverAction, LeaverFlag, Leavers};
pub use list_id::ListId;
pub use makers::SettingMakers;
pub use mapping::{CUSTOM_FIELDS_MAX, Mapping, MappingFault};
pub use mobile::MobileMapping;
pub use name::{NameMapping, NameParts};
pub use options::Options;
pub use row_log::{FolderUrl, RowLog};
pub use source::{Constant, Template, TemplatePiece, ValueSource};
pub use sync::{
    Brake, BrakeApprover, BrakeHold, BrakeLimit, ListSync, Resubscribe, SendMode, VerificationLevel,
};
pub use warning::{Warning, WarningCode};
pub(crate) use warnings::nobody_removed;
