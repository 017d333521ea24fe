//! Follows the chain, link by link, and keeps only what it needs for the next one.

use uuid::Uuid;

use super::report::{Fault, Report};
use crate::audit::event::Event;
use crate::db::chain::link::{Head, Link, LinkKind, Removal};
use crate::secrets::Keys;

pub(super) struct Walk<'a> {
    keys: &'a Keys,
    noted: Option<&'a Head>,
    removal: Option<&'a Removal>,
    /// Position of the last link.
    pub(super) position: i64,
    /// Its hash, if it could be read.
    hash: Option<String>,
    /// The first of the newest links whose key is unknown, and that key. A later link with a known key proves them too.
    unknown: Option<(i64, String)>,
    pub(super) report: Report,
}

impl<'a> Walk<'a> {
    /// Begins where retention says that the chain begins.
    pub(super) fn new(
        keys: &'a Keys,
        noted: Option<&'a Head>,
        removal: Option<&'a Removal>,
    ) -> Self {
        let begin = removal.map(|removal| removal.through.clone()).unwrap_or_default();
        let removed_before = removal.map(|removal| removal.before);
        let report = Report { head: begin.clone(), removed_before, ..Report::default() };
        let (position, hash) = (begin.position, Some(begin.hash));
        let mut walk = Self { keys, noted, removal, position, hash, unknown: None, report };
        walk.check_begin();
        walk
    }

    fn check_begin(&mut self) {
        let begin = &self.report.head;
        if let Some(Head { position, hash }) = self.noted {
            if *position < begin.position {
                let (position, from) = (*position, begin.position + 1);
                self.report.add(Fault::HeadRemoved { position, from });
            } else if *position == begin.position && *hash != begin.hash {
                self.report.add(Fault::OtherHead { position: *position });
            }
        }
    }

    /// Checks the next link, and the event that it names.
    pub(super) fn step(
        &mut self,
        position: i64,
        link: &sqlx::Result<Link>,
        event: impl FnOnce(Uuid) -> Option<sqlx::Result<Event>>,
    ) {
        if position != self.position + 1 {
            self.report.add(Fault::MissingLinks { from: self.position + 1, to: position - 1 });
            self.hash = None;
        }
        self.position = position;
        self.report.links += 1;
        let Ok(link) = link else {
            self.report.add(Fault::Link { position, event: None, at: None });
            self.hash = None;
            return;
        };
        let follows = self.hash.as_ref().is_none_or(|hash| link.hash == link.hash_after(hash));
        if !follows || !self.is_ours(link) {
            let (event, at) = (link.event_id, Some(link.occurred_utc));
            self.report.add(Fault::Link { position, event, at });
        }
        if let Some(removal) = link.removal().filter(|removal| removal.before > link.occurred_utc) {
            self.report.add(Fault::RemovedTooEarly { position, before: removal.before });
        }
        match link.event_id {
            Some(id) => self.check_event(link, id, event(id)),
            None => self.report.without_event += 1,
        }
        if self.noted.is_some_and(|noted| noted.position == position && noted.hash != link.hash) {
            self.report.add(Fault::OtherHead { position });
        }
        self.hash = Some(link.hash.clone());
        self.report.head = link.head();
    }

    fn is_ours(&mut self, link: &Link) -> bool {
        let is_ours = self.keys.has_marked(&link.key_id, &link.hash, &link.mark);
        if is_ours.is_some() {
            self.unknown = None;
        } else {
            self.unknown.get_or_insert_with(|| (link.position, link.key_id.clone()));
        }
        is_ours.unwrap_or(true)
    }

    fn check_event(&mut self, link: &Link, id: Uuid, event: Option<sqlx::Result<Event>>) {
        let (position, at) = (link.position, link.occurred_utc);
        match event {
            Some(Ok(event)) if event.digest() == link.digest => {
                self.report.events += 1;
                self.report.adopted += u64::from(link.kind == LinkKind::Adopted);
            }
            Some(_) => self.report.add(Fault::Changed { position, event: id, at }),
            None if self.removal.is_some_and(|removal| at < removal.before) => {
                self.report.removed += 1;
            }
            None => self.report.add(Fault::Missing { position, event: id, at }),
        }
    }

    /// The end that is noted after the last step is that of the links, or behind it.
    fn check_end(&mut self, after: Option<&Head>, end: i64) {
        match after {
            None if end > 0 => self.report.add(Fault::NoHead { end }),
            Some(after)
                if after.position < end
                    || (after.position == end && after.hash != self.report.head.hash) =>
            {
                self.report.add(Fault::OtherHead { position: after.position });
            }
            _ => {}
        }
    }

    /// Checks the end, given what the database noted as the end before the first and after the last step.
    pub(super) fn finish(mut self, before: &Head, after: Option<&Head>) -> Report {
        let end = self.position;
        if end == 0 && before.position == 0 {
            self.report.add(Fault::NoChain);
        }
        let noted = self.noted.map_or(0, |head| head.position);
        for noted in [before.position, noted] {
            if noted > end {
                self.report.add(Fault::Truncated { end, noted });
            }
        }
        self.check_end(after, end);
        if let Some((from, key)) = self.unknown.take() {
            self.report.add(Fault::UnknownKey { key, from });
        }
        self.report
    }
}
