//! What was done to people who left, as members of the next baseline.

use futures::{Stream, StreamExt};

use crate::baselines::{self, Baseline, Error, ListMember};
use crate::names::RunId;
use crate::runs::store_leavers::LeaverOutcomes;
use crate::storage::Storage;

/// The members of a baseline to whom something was done, with their new states, in pages.
pub fn leaver_members(
    storage: &Storage,
    baseline: &Baseline,
    done: LeaverOutcomes,
    run: RunId,
) -> impl Stream<Item = Result<Vec<ListMember>, Error>> + use<> {
    let mut slot = 0;
    baselines::members(storage, baseline).map(move |page| {
        let numbered = page?.into_iter().zip(slot..).collect::<Vec<_>>();
        slot += numbered.len();
        let changed = numbered.into_iter().filter_map(|(member, slot)| {
            let state = done.get(&slot)?.state()?;
            Some(ListMember { state, run, ..member })
        });
        Ok(changed.collect())
    })
}
