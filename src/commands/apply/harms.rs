//! What an export could do to people, in words. A plan names what a change newly allows.

use super::current::CurrentExport;
use super::file::WantedExport;
use crate::exports::{
    BrakeApprover, ConsentChoice, ConsentMapping, FeedbackFolder, Leavers, ListSync, Mapping,
    Options, RowLog,
};

/// The settings that decide what a run does to people.
pub(super) struct Deciding<'a> {
    mapping: &'a Mapping,
    pub(super) options: Options,
    pub(super) sync: &'a ListSync,
    pub(super) row_log: Option<&'a RowLog>,
    pub(super) feedback: Option<&'a FeedbackFolder>,
}

impl<'a> Deciding<'a> {
    pub(super) fn of_file(export: &'a WantedExport) -> Self {
        Self {
            mapping: &export.mapping,
            options: export.options,
            sync: &export.sync,
            row_log: export.row_log.as_ref(),
            feedback: export.feedback.as_ref(),
        }
    }

    pub(super) fn of_instance(export: &'a CurrentExport) -> Self {
        Self {
            mapping: &export.mapping,
            options: export.options,
            sync: &export.sync,
            row_log: export.row_log.as_ref(),
            feedback: export.feedback.as_ref(),
        }
    }
}

type Allows = fn(&Deciding<'_>) -> bool;

const HARMS: &[(Allows, &str)] = &[
    (
        |export| export.sync.leavers == Leavers::Delete,
        "People who leave the segments are deleted from the list.",
    ),
    (
        |export| export.sync.leavers == Leavers::Unsubscribe,
        "People who leave the segments are unsubscribed. Depending on the list, this counts for every list of the \
            client.",
    ),
    (
        |export| export.sync.resubscribes(export.options),
        "People who were deleted, also by others, are put on the list again, although they left.",
    ),
    (
        |export| export.sync.brake.approver == BrakeApprover::AnyEditor,
        "Everybody who may edit the export can approve a run that waits. No second person is needed.",
    ),
    (
        |export| export.row_log.is_some(),
        "The outcome for each person is written into a folder outside of this service.",
    ),
    (
        |export| export.row_log.is_some_and(|row_log| row_log.payload),
        "That folder also gets the values of each person, as they were sent.",
    ),
    (
        |export| export.feedback.is_some(),
        "The addresses of people who unsubscribed or bounced are written into a folder outside of this service.",
    ),
    (|export| export.sync.brake.removals.is_none(), "No number of removals needs an approval."),
    (
        |export| is_yes(&export.mapping.consent_to_track),
        "A yes to tracking is recorded for everybody.",
    ),
    (
        |export| {
            export.mapping.mobile_number.is_some() && is_yes(&export.mapping.consent_to_send_sms)
        },
        "A yes to text messages is recorded for everybody.",
    ),
];

fn is_yes(consent: &ConsentMapping) -> bool {
    *consent == ConsentMapping::Same(ConsentChoice::Yes)
}

/// What the export allows and did not allow before.
pub(super) fn of_export(wanted: &Deciding<'_>, found: Option<&Deciding<'_>>) -> Vec<String> {
    let is_new = |allows: &Allows| allows(wanted) && !found.is_some_and(allows);
    let harms = HARMS.iter().filter(|(allows, _)| is_new(allows));
    harms.map(|(_, words)| (*words).to_owned()).collect()
}
