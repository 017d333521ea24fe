//! What a verification has found.

use std::fmt;

use uuid::Uuid;

use crate::db::Time;
use crate::db::chain::link::Head;

/// Faults that are kept; further ones are counted.
const FAULTS_MAX: usize = 100;

/// What does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the fields are the position of a link, and the id and time of its event"
)]
pub enum Fault {
    /// There is not one link.
    NoChain,
    /// An event does not fit its link.
    Changed { position: i64, event: Uuid, at: Time },
    /// An event of a link is gone.
    Missing { position: i64, event: Uuid, at: Time },
    /// An event has no link.
    Inserted { event: Uuid, at: Option<Time> },
    /// A link does not fit the one before it, or this service did not make it.
    Link { position: i64, event: Option<Uuid>, at: Option<Time> },
    /// A link says that events may be missing which were not written yet.
    RemovedTooEarly { position: i64, before: Time },
    /// Links are gone, both ends included.
    MissingLinks { from: i64, to: i64 },
    /// The chain ends before the end that is noted.
    Truncated { end: i64, noted: i64 },
    /// The end that is noted is another one.
    OtherHead { position: i64 },
    /// No end is noted; the links go up to this one.
    NoHead { end: i64 },
    /// Retention has removed the link that is noted.
    HeadRemoved { position: i64, from: i64 },
    /// The settings lack the key of the newest links.
    UnknownKey { key: String, from: i64 },
}

/// What a verification has found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The end of the chain.
    pub head: Head,
    /// How many links it has read.
    pub links: u64,
    /// Links that have no event: the chain begins, a key is new, or retention has removed events.
    pub without_event: u64,
    /// Links whose event retention has removed.
    pub removed: u64,
    /// Events that fit their link.
    pub events: u64,
    /// Those of them that a version wrote which knows no chain.
    pub adopted: u64,
    /// Events without a link that will get one: of a version that knows no chain.
    pub waiting: u64,
    /// Retention may have removed events from before this time.
    pub removed_before: Option<Time>,
    /// The first ones.
    pub faults: Vec<Fault>,
    /// How many more there are.
    pub further_faults: u64,
}

impl Report {
    pub(super) fn add(&mut self, fault: Fault) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        } else {
            self.further_faults += 1;
        }
    }

    /// Whether nothing was changed, removed or inserted.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoChain => write!(
                f,
                "there is no chain: the service has not started since the update, or it was removed"
            ),
            Self::Changed { position, event, at } => {
                write!(f, "changed: event {event} of {} (link {position})", utc(at))
            }
            Self::Missing { position, event, at } => {
                write!(f, "missing: event {event} of {} (link {position})", utc(at))
            }
            Self::Inserted { event, at } => {
                write!(f, "inserted: event {event}{}, which has no link", of(at.as_ref()))
            }
            Self::Link { position, event, at } => {
                let event = event.map(|id| format!(" of event {id}")).unwrap_or_default();
                write!(f, "changed: link {position}{event}{}", of(at.as_ref()))
            }
            Self::RemovedTooEarly { position, before } => write!(
                f,
                "changed: link {position} says that events from before {} are removed, which is later than itself",
                utc(before)
            ),
            Self::MissingLinks { from, to } => write!(f, "missing: links {from} to {to}"),
            Self::Truncated { end, noted } => {
                write!(
                    f,
                    "missing: the end; the chain ends at link {end}, and link {noted} is noted"
                )
            }
            Self::OtherHead { position } => {
                write!(f, "replaced: link {position} has another hash than the one that is noted")
            }
            Self::NoHead { end } => write!(
                f,
                "missing: the row of audit_chain_head, which notes the end of the chain; its links go up to {end}"
            ),
            Self::HeadRemoved { position, from } => write!(
                f,
                "unknown: retention has removed link {position}, and the chain begins at {from}; note a newer head"
            ),
            Self::UnknownKey { key, from } => write!(
                f,
                "unknown: the links from {from} on are marked with the key {key:?}, which is not in \
                 SEGMENT_EXPORT_ENCRYPTION_KEYS"
            ),
        }
    }
}

fn utc(time: &Time) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

fn of(time: Option<&Time>) -> String {
    time.map(|time| format!(" of {}", utc(time))).unwrap_or_default()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{fault}")?;
        }
        if self.further_faults > 0 {
            writeln!(f, "and {} more", self.further_faults)?;
        }
        writeln!(f, "links checked: {}", self.links)?;
        if self.without_event > 0 {
            let why = "the chain begins, a key is new, or retention removed events";
            writeln!(f, "of these without an event ({why}): {}", self.without_event)?;
        }
        if self.removed > 0 {
            writeln!(f, "of these with an event that retention removed: {}", self.removed)?;
        }
        writeln!(f, "events that fit: {}", self.events)?;
        if self.adopted > 0 {
            writeln!(f, "of these written by a version without the chain: {}", self.adopted)?;
        }
        if self.waiting > 0 {
            writeln!(f, "events that will get a link within a minute: {}", self.waiting)?;
        }
        if let Some(before) = &self.removed_before {
            writeln!(f, "removed by retention: events from before {}", utc(before))?;
        }
        writeln!(f, "head: {}", self.head)
    }
}
