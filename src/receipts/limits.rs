//! What a receipt does not prove, in words.

use super::receipt::Receipt;
use crate::exports::VerificationLevel;
use crate::verifications::VerificationStatus;

/// The limits of a receipt, as far as they concern it.
pub fn of(receipt: &Receipt) -> Vec<String> {
    let has = |level| {
        let is_of = |status| status == VerificationStatus::Completed;
        receipt.verifications.iter().any(|one| one.level == level && is_of(one.status))
    };
    let always = [
        "Other programs, people in Campaign Monitor and the subscribers themselves may change the list at any time. This \
         receipt shows what was answered and read at the times that it names, and nothing of what happened later.",
        "The answers are those of Campaign Monitor. Who says that a profile was stored is Campaign Monitor.",
    ];
    let counts = "The counts of the list name nobody. Somebody who joined by another way can hide somebody who is \
        missing.";
    let sample = "A sample shows some pages of the list. Its bound holds in 95 of 100 cases, if the order of addresses has \
        nothing to do with who is missing.";
    let full = "A complete comparison reads page after page. Who moved while it read was looked for again, but the pages \
        were not read at one moment.";
    let inferred = "Some profiles had no answer. They were read back from the list as they were sent, and count as stored.";
    let in_doubt = "Of some profiles nobody knows whether they were stored: no answer came.";
    let unverified = "The list was not compared with what was sent.";
    let removed = "The batches of this run were deleted at the end of their retention period, so their number and their \
        calls are missing.";
    let concerned = [
        (receipt.list.before.is_some(), counts),
        (has(VerificationLevel::Sample), sample),
        (has(VerificationLevel::Full), full),
        (receipt.answers.inferred > 0, inferred),
        (receipt.counts.in_doubt > 0, in_doubt),
        (!has(VerificationLevel::Sample) && !has(VerificationLevel::Full), unverified),
        (receipt.answers.batches == 0 && receipt.counts.created + receipt.counts.updated > 0, removed),
    ];
    let concerned = concerned.into_iter().filter(|(concerns, _)| *concerns).map(|(_, words)| words);
    always.into_iter().chain(concerned).map(str::to_owned).collect()
}
