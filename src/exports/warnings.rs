//! What the owner of an export should know before it runs.

use super::consent::{ConsentChoice, ConsentMapping, OtherConsent};
use super::empty::EmptyValue;
use super::leavers::Leavers;
use super::mapping::Mapping;
use super::sync::{ListSync, Resubscribe};
use super::warning::{Warning, WarningCode};
use crate::campaign_monitor::{List, MOBILE_NUMBER, UnsubscribeSetting};
use crate::connections::Unusable;
use crate::segments::Segment;

/// A warning when the list sends every new subscriber a request to confirm.
pub(crate) fn of_list(list: &List) -> Vec<Warning> {
    if !list.confirmed_opt_in {
        return vec![];
    }
    let message = format!(
        "“{}” is a double opt-in list: Campaign Monitor mails every new profile a request to confirm, and shows it as \
         unconfirmed until then.",
        list.title
    );
    vec![Warning::new(WarningCode::DoubleOptIn, message).with("list", list.title.as_str())]
}

/// What the export does to people and values that the list has, where its owner told it to. `empty_consents`: how many
/// profiles are sent whose consent to tracking is empty, where they were counted.
pub(crate) fn of_choices(
    mapping: &Mapping,
    is_resubscribing: bool,
    empty_consents: Option<i64>,
) -> Vec<Warning> {
    let warnings = resubscribes(is_resubscribing).into_iter().chain(clears(mapping));
    let consents =
        no_stays_on_list(mapping).into_iter().chain(empty_consent(mapping, empty_consents));
    warnings.chain(consents).collect()
}

/// An unchanged consent is a yes for a person whom Campaign Monitor has not met.
fn empty_consent(mapping: &Mapping, count: Option<i64>) -> Option<Warning> {
    let ConsentMapping::Field(track) = &mapping.consent_to_track else { return None };
    let passes = track.otherwise == OtherConsent::Unchanged;
    let (field, or_unreadable) = (track.field.as_str(), if passes { " or unreadable" } else { "" });
    let profiles = match count {
        Some(0) => return None,
        Some(1) => "The consent of 1 profile is sent as `unchanged`, because".to_owned(),
        Some(count) => {
            format!("The consent of {count} profiles is sent as `unchanged`, because")
        }
        None => "A consent is sent as `unchanged` where".to_owned(),
    };
    let message = format!(
        "{profiles} “{field}” is empty{or_unreadable}. Campaign Monitor records that as a yes to tracking for people \
         who are new there. Write what they said into the data, or leave them out of the segment."
    );
    let warning = Warning::new(WarningCode::EmptyConsentIsYes, message).with("field", field);
    Some(match count {
        Some(count) => warning.with("count", count),
        None => warning,
    })
}

/// A no to text messages is often meant for all mail.
fn no_stays_on_list(mapping: &Mapping) -> Option<Warning> {
    let ConsentMapping::Field(sms) = &mapping.consent_to_send_sms else { return None };
    let ConsentMapping::Same(tracking) = mapping.consent_to_track else { return None };
    let (tracking, advice) = match tracking {
        ConsentChoice::Unchanged => (
            "unchanged",
            "`consentToTrack` is not mapped, so Campaign Monitor takes people who are new there as consenting to \
             tracking. Leave people who said no out of the segment, or map `consentToTrack`.",
        ),
        ConsentChoice::Yes => (
            "yes",
            "`consentToTrack` is `yes` for them too. Leave people who said no out of the segment, or map \
             `consentToTrack` to a field.",
        ),
        ConsentChoice::No => ("no", "Leave people who said no to e-mail out of the segment."),
    };
    let field = sms.field.as_str();
    let message = format!(
        "A no in “{field}” keeps text messages from a person, not e-mail: they are put on the list. {advice}"
    );
    let warning = Warning::new(WarningCode::NoStaysOnList, message).with("field", field);
    Some(warning.with("tracking", tracking))
}

fn resubscribes(is_resubscribing: bool) -> Option<Warning> {
    is_resubscribing
        .then(|| Warning::new(WarningCode::Resubscribes, ALWAYS_RETURNS).with("who", "everybody"))
}

/// Why the last file of who left is missing.
pub(crate) fn of_feedback(flaw: &str) -> Warning {
    let message = format!(
        "Who left since the last file is not in the folder of `feedback` yet: {flaw}. It is tried again, and the next \
         file has everybody who is missing. Until then `GET /exports/{{id}}/feedback` lists them."
    );
    Warning::new(WarningCode::FeedbackIncomplete, message).with("cause", flaw)
}

/// What the export does to people who leave, and to those who return, where its owner told it to.
pub(crate) fn of_sync(sync: &ListSync) -> Vec<Warning> {
    let removes = match sync.leavers {
        Leavers::Keep | Leavers::Flag(_) => None,
        Leavers::Delete => Some((DELETES, "delete")),
        Leavers::Unsubscribe => Some((UNSUBSCRIBES, "unsubscribe")),
    };
    let removes = removes.map(|(message, action)| {
        Warning::new(WarningCode::RemovesLeavers, message).with("action", action)
    });
    let returns = (sync.resubscribe == Resubscribe::OurRemovals)
        .then(|| Warning::new(WarningCode::Resubscribes, RETURNS).with("who", "ourRemovals"));
    removes.into_iter().chain(returns).collect()
}

const ALWAYS_RETURNS: &str = "This export brings back people who were deleted, also by others: they get mail again \
    although they left. People who unsubscribed or bounced come back only with a readmission. Set \
    `options.resubscribe` to false and `sync.resubscribe` to `never`, unless each of them has asked to come back.";
const DELETES: &str = "A run deletes people from the list who have left the segments, if this service put them there \
    and no other export holds them. They get no mail by this list any more. Campaign Monitor refuses them when they \
    come back, unless `sync.resubscribe` is `ourRemovals`. To keep them and only mark them, set `sync.leavers` to \
    `flag`.";
const UNSUBSCRIBES: &str = "A run unsubscribes people who have left the segments, if this service put them on the list \
    and no other export holds them. In Campaign Monitor it looks as if they had wished it themselves. To keep them and \
    only mark them, set `sync.leavers` to `flag`.";
const RETURNS: &str = "People whom a run, also of another export, took off the list are put on it again when they \
    come back to the segments, if they are still as that run left them. Campaign Monitor does not say whether somebody \
    deleted them there meanwhile.";

/// A warning when taking somebody off this list counts for other lists too.
pub(crate) fn everywhere(list: &List, sync: &ListSync) -> Option<Warning> {
    let is_everywhere = list.unsubscribe_setting == UnsubscribeSetting::AllClientLists;
    (is_everywhere && sync.leavers == Leavers::Unsubscribe).then(|| {
        let message = format!(
            "“{}” shares its unsubscribes with all lists of the client: people whom a run unsubscribes get no mail by \
             any of them, and go to the suppression list. Set `sync.leavers` to `flag` or `delete`, or let the list \
             unsubscribe from this list only.",
            list.title
        );
        Warning::new(WarningCode::UnsubscribesEverywhere, message)
            .with("list", list.title.as_str())
    })
}

fn clears(mapping: &Mapping) -> Option<Warning> {
    let clears = |choice| choice == EmptyValue::Clear;
    let mobile = mapping.mobile_number.as_ref().filter(|mobile| clears(mobile.if_empty()));
    let fields = mapping.custom_fields.iter().filter(|custom| clears(custom.if_empty));
    let fields: Vec<&str> = fields.map(|custom| custom.key.as_str()).collect();
    let names = mobile.map(|_| "the mobile number".to_owned()).into_iter();
    let names: Vec<_> = names.chain(fields.iter().map(|key| format!("“{key}”"))).collect();
    let keys: Vec<_> = mobile.map(|_| MOBILE_NUMBER).into_iter().chain(fields).collect();
    (!keys.is_empty()).then(|| {
        let message = format!(
            "Where a profile has no value, a run deletes the value that the list has for {}. Set `ifEmpty` to `keep`, \
             unless the segments hold every value that shall stay.",
            names.join(", ")
        );
        Warning::new(WarningCode::ClearsValues, message).with("keys", keys.join(", "))
    })
}

/// The list was not checked, because of the connection.
pub(crate) fn not_connected(why: &Unusable) -> Warning {
    let (why, sentence) = match why {
        Unusable::NoCredentials => (
            "noCredentials",
            "The connection has no credentials yet. Ask an administrator to add them.".to_owned(),
        ),
        Unusable::NoExportUser => (
            "noExportUser",
            "The connection has no export user yet. Ask an administrator to become its export user."
                .to_owned(),
        ),
        Unusable::CredentialsRefused(message) => (
            "credentialsRefused",
            format!(
                "Campaign Monitor rejects the credentials of the connection ({message}). Ask an administrator to renew \
                 them."
            ),
        ),
    };
    let message = format!("{sentence} The list and its fields were not checked.");
    Warning::new(WarningCode::ConnectionNotConnected, message).with("why", why)
}

/// The fields of a segment that was never filled are unknown.
pub(crate) fn of_segments(segments: &[Segment]) -> Vec<Warning> {
    let hollow = segments.iter().filter(|segment| segment.fields.is_none());
    let warning = |segment: &Segment| {
        let name = segment.name.as_str();
        let message = format!(
            "The segment “{name}” has no members yet, so the fields of the mapping were not checked. Upload its \
             members or refresh it, then save the export again."
        );
        Warning::new(WarningCode::SegmentWithoutMembers, message).with("segment", name)
    };
    hollow.map(warning).collect()
}

/// A warning when the segments hold too many profiles: a run would be skipped.
pub(crate) fn over_limit(selected: i64, most: i64) -> Option<Warning> {
    (selected > most).then(|| {
        let message = format!(
            "{} A run would be skipped. Spread the segments over several exports.",
            too_many(selected, most)
        );
        Warning::new(WarningCode::ProfileLimitExceeded, message)
            .with("selected", selected)
            .with("max", most)
    })
}

/// What is wrong with segments that hold too many profiles, in a sentence.
pub(crate) fn too_many(selected: i64, most: i64) -> String {
    format!("The segments hold {selected} profiles; an export may have {most}.")
}

/// Says why nobody leaves the list: `why` for programs, `message` for people.
pub(crate) fn nobody_removed(why: &str, message: impl Into<String>) -> Warning {
    Warning::new(WarningCode::NobodyRemoved, message).with("why", why)
}
