//! People who may be sent again although they said no, because somebody said why.
//!
//! A readmission counts for a no that was known before it. Of a no only the run is known that found it: so it counts
//! from the end of that run on.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use crate::app::App;
use crate::baselines::{Baseline, Error, FoundMember, RunEnds, SaidNo, find_addresses, no_hash};
use crate::db::Time;
use crate::feedback::readmitted;
use crate::names::ExportId;
use crate::runs;
use crate::storage::Storage;

/// The readmissions of an export.
#[derive(Default)]
pub(super) struct Readmissions {
    /// When each address was readmitted last; in lower case.
    times: HashMap<String, Time>,
    ends: RunEnds,
}

impl Readmissions {
    pub(super) async fn load(app: &App, instance: Uuid, export: ExportId) -> sqlx::Result<Self> {
        let mut db = app.db.read().await?;
        let all = readmitted(&mut db, export).await?;
        let Some(first) = all.iter().map(|one| one.created_utc).min() else {
            return Ok(Self::default());
        };
        let ends = RunEnds::of(runs::store_sent::ended_since(&mut db, instance, first).await?);
        let times = all.into_iter().map(|one| (one.email, one.created_utc)).collect();
        Ok(Self { times, ends })
    }

    /// The nos that keep an export from sending people whom it may bring back.
    pub(super) fn into_said_no(self) -> SaidNo {
        let times = self.times.into_iter().map(|(email, at)| (no_hash(&email), at)).collect();
        SaidNo::of_wishes(times, self.ends)
    }

    /// The keys of members who were readmitted since the end of the run that found them as they are. None where what is
    /// known is damaged.
    pub(super) async fn keys(
        &self,
        storage: &Storage,
        baseline: &Baseline,
    ) -> Result<HashSet<u64>, Error> {
        let addresses: Vec<_> = self.times.keys().cloned().collect();
        let found = match find_addresses(storage, baseline, &addresses).await {
            Err(Error::Damaged { .. }) => vec![],
            found => found?,
        };
        let is_since = |found: &&FoundMember| {
            let at = self.times.get(&found.member.address.to_lowercase());
            at.is_some_and(|at| self.ends.is_before(found.since, *at))
        };
        let key = |found: &FoundMember| baseline.key(&found.member.address);
        Ok(found.iter().filter(is_since).map(key).collect())
    }
}
