//! What the owner of an export should know before it runs.

use super::warning::{Warning, WarningCode};
use crate::campaign_monitor::List;
use crate::connections::Unusable;
use crate::segments::Segment;

/// A warning when the list sends every new subscriber a request to confirm.
pub(crate) fn of_list(list: &List) -> Vec<Warning> {
    let double_opt_in = Warning {
        code: WarningCode::DoubleOptIn,
        message: format!(
            "“{}” is a double opt-in list: Campaign Monitor mails every new profile a request to confirm, \
             and shows it as unconfirmed until then.",
            list.title
        ),
    };
    if list.confirmed_opt_in { vec![double_opt_in] } else { vec![] }
}

/// The list was not checked, because of the connection.
pub(crate) fn not_connected(why: &Unusable) -> Warning {
    let why = match why {
        Unusable::NoCredentials => {
            "The connection has no credentials yet. Ask an administrator to add them.".to_owned()
        }
        Unusable::NoExportUser => {
            "The connection has no export user yet. Ask an administrator to become its export user."
                .to_owned()
        }
        Unusable::CredentialsRefused(message) => format!(
            "Campaign Monitor rejects the credentials of the connection ({message}). Ask an administrator to renew \
             them."
        ),
    };
    Warning {
        code: WarningCode::ConnectionNotConnected,
        message: format!("{why} The list and its fields were not checked."),
    }
}

/// The fields of a segment that was never filled are unknown.
pub(crate) fn of_segments(segments: &[Segment]) -> Vec<Warning> {
    let hollow = segments.iter().filter(|segment| segment.fields.is_none());
    let warning = |segment: &Segment| Warning {
        code: WarningCode::SegmentWithoutMembers,
        message: format!(
            "The segment “{}” has no members yet, so the fields of the mapping were not checked. Upload its members or \
             refresh it, then save the export again.",
            segment.name.as_str()
        ),
    };
    hollow.map(warning).collect()
}

/// A warning when the segments hold too many profiles: a run would be skipped.
pub(crate) fn over_limit(selected: i64, most: i64) -> Option<Warning> {
    (selected > most).then(|| Warning {
        code: WarningCode::ProfileLimitExceeded,
        message: format!(
            "{} A run would be skipped. Spread the segments over several exports.",
            too_many(selected, most)
        ),
    })
}

/// What is wrong with segments that hold too many profiles, in a sentence.
pub(crate) fn too_many(selected: i64, most: i64) -> String {
    format!("The segments hold {selected} profiles; an export may have {most}.")
}
