//! The audit: who changed what, when and from where, who read personal data, and what was refused.
//!
//! A change and its event are written in one transaction, so there is neither without the other. Events are
//! only ever added; the janitor removes those that have outlived their age. No event holds a secret. Each has a link in
//! the chain (`db/chain/`), so that one that was changed, removed or inserted otherwise is found (`verify/`).

mod action;
pub mod adopt;
mod author;
mod change;
mod event;
pub(crate) mod reads;
mod record;
pub mod retention;
pub mod store;
pub mod verify;

pub use action::Action;
pub(crate) use author::{Actor, ActorKind, Author, NO_INSTANCE, Origin, SystemActor};
pub(crate) use change::{Change, Snapshot};
pub(crate) use event::{AuditOutcome, Event, RefusedCall};
pub(crate) use record::{event_of, record, record_refusal, refused, write};
