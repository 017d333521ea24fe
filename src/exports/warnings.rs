//! What the owner of an export should know before it runs.

use super::warning::{Warning, WarningCode};
use crate::campaign_monitor::List;

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

/// The list was not checked.
pub(crate) fn not_connected() -> Warning {
    Warning {
        code: WarningCode::ConnectionNotConnected,
        message: "The connection is not connected yet: the list and its fields were not checked."
            .into(),
    }
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
