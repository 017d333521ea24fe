//! Campaign Monitor: its calls and their answers, what each error and refusal means, and the form of an import.
//!
//! Facts are those of API v3.3 (<https://www.campaignmonitor.com/api/v3-3/>), and stand nowhere else. The room takes
//! values and returns values: it knows nothing of runs, nor of the database.

pub mod address;
mod calls;
mod client;
mod comparison;
mod consent;
mod encode;
mod envelope;
mod error;
mod flag;
mod import;
mod invisible;
mod layout;
mod likeness;
mod lists;
mod masking;
pub mod oauth;
mod problem;
mod proposal;
mod refusal;
mod removal;
mod source;
mod stored;
mod subscribers;
mod tally;
mod values;

pub use calls::{CallNotes, FirstCalls, LoggedCall};
pub use client::{Account, CampaignMonitor, Credential};
pub use comparison::{SentForm, StoredComparison};
pub use consent::{Consent, ConsentReading, ConsentWords, consent_key};
pub use encode::{
    CONSENT_TO_SEND_SMS, CONSENT_TO_TRACK, EMAIL_ADDRESS, Encoded, MOBILE_NUMBER, NAME, encode,
};
pub use error::{Disposition, Error};
pub use flag::flag;
pub use import::{ImportFailure, ImportResult};
pub use invisible::{all_shown, is_invisible};
pub use layout::{
    ConsentSource, CustomFieldColumn, EmailColumn, IfEmpty, Layout, MobileColumn, NameColumns,
};
pub use likeness::{example_slot, put_example};
pub use lists::{
    ClientOverview, CustomField, DataType, List, ListStats, NewCustomField, NewList,
    UnsubscribeSetting, bare,
};
pub use masking::mask_body;
pub use problem::{Misfit, ProblemCode, Target};
pub use proposal::{Candidates, Proposal, ProposedFormat, ProposedReading, is_null_word};
pub use refusal::RefusalCode;
pub use removal::{Departure, ListOfPerson, MovedPage, StateSince};
pub use source::{Cells, Source, TemplatePart};
pub use stored::differences;
pub use subscribers::{
    FieldText, PAGE_SUBSCRIBERS, PageQuery, PageText, SubscriberPage, SubscriberRow,
    SubscriberState,
};
#[cfg(test)]
pub use values::Fit;
pub(crate) use values::VALUE_CHARS_MAX;
pub use values::{
    DateFormat, Form, Notation, NumberFormat, PhoneCountry, Reading, Separator, Zones,
};
