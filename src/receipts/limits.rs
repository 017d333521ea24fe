//! What a receipt does not prove, in words.

use super::receipt::Receipt;
use crate::exports::VerificationLevel;
use crate::runs::LeaversView;
use crate::verifications::VerificationStatus;

const OTHERS: &str = "Other programs, people in Campaign Monitor and the subscribers themselves may change the list at \
    any time. This receipt shows what was answered and read at the times that it names, and nothing of what happened \
    later.";
const ANSWERS: &str =
    "The answers are those of Campaign Monitor: it says that a profile was stored.";
const COUNTS: &str = "The counts of the list name nobody. Somebody who joined by another way can hide somebody who is \
    missing.";
const SAMPLE: &str = "A sample shows some pages of the list. Its bound holds in 95 of 100 cases, if the order of \
    addresses has nothing to do with who is missing.";
const FULL: &str = "A complete comparison reads page after page. Who moved while it read was looked for once more, but \
    the pages were not read at one moment.";
const INFERRED: &str = "Some profiles had no answer. They were read back from the list as they were sent, and count as \
    stored.";
const IN_DOUBT: &str = "Of some profiles nobody knows whether they were stored: no answer came.";
const UNVERIFIED: &str = "The list was not compared with what was sent, profile by profile.";
const UNCOUNTED: &str =
    "An older version of the service made calls about people who left. They were not counted.";
const REMOVED: &str = "The batches of this run were deleted at the end of their retention period, so their number and \
    their calls are missing.";

/// The limits of a receipt, as far as they concern it.
pub fn of(receipt: &Receipt) -> Vec<String> {
    let has = |level| {
        let is_of = |status| status == VerificationStatus::Completed;
        receipt.verifications.iter().any(|one| one.level == level && is_of(one.status))
    };
    let always = [OTHERS, ANSWERS];
    let concerned = [
        (receipt.list.before.is_some(), COUNTS),
        (has(VerificationLevel::Sample), SAMPLE),
        (has(VerificationLevel::Full), FULL),
        (receipt.answers.inferred > 0, INFERRED),
        (receipt.counts.in_doubt > 0, IN_DOUBT),
        (!has(VerificationLevel::Sample) && !has(VerificationLevel::Full), UNVERIFIED),
        (receipt.leaver_calls.made == 0 && changed_leavers(&receipt.counts.leavers) > 0, UNCOUNTED),
        (
            receipt.answers.batches == 0 && receipt.counts.created + receipt.counts.updated > 0,
            REMOVED,
        ),
    ];
    let concerned = concerned.into_iter().filter(|(concerns, _)| *concerns).map(|(_, words)| words);
    always.into_iter().chain(concerned).map(str::to_owned).collect()
}

const fn changed_leavers(counts: &LeaversView) -> i64 {
    counts.flagged + counts.deleted + counts.unsubscribed
}
