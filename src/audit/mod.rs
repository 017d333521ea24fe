//! The audit: who changed what, when and from where, and what was refused.
//!
//! A change and its event are written in one transaction, so there is neither without the other. Events are
//! only ever added; the janitor removes those that have outlived their age. No event holds a secret.

mod action;
mod author;
mod change;
mod event;
mod record;
pub mod store;

pub use action::Action;
pub(crate) use author::{Actor, ActorKind, Author, Origin, SystemActor};
pub(crate) use change::{Change, Snapshot};
pub(crate) use event::{AuditOutcome, Event, RefusedCall};
pub(crate) use record::{record, record_refusal};
