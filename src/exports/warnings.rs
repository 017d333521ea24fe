//! What the owner of an export should know before it runs.

use super::Warning;
use crate::campaign_monitor::List;

/// What an export into this list should know.
#[must_use]
pub fn of_list(list: &List) -> Vec<Warning> {
    let double_opt_in = Warning {
        code: "doubleOptIn".into(),
        message: format!(
            "“{}” is a double opt-in list: Campaign Monitor mails every new profile a request to confirm, \
             and shows it as unconfirmed until then.",
            list.title
        ),
    };
    if list.confirmed_opt_in { vec![double_opt_in] } else { vec![] }
}

/// The list was not checked.
#[must_use]
pub fn not_connected() -> Warning {
    Warning {
        code: "connectionNotConnected".into(),
        message: "The connection is not connected yet: the list and its fields were not checked."
            .into(),
    }
}

/// The warning that a run would be skipped, if the segments hold too many profiles.
#[must_use]
pub fn over_limit(selected: i64, most: i64) -> Option<Warning> {
    (selected > most).then(|| Warning {
        code: "profileLimitExceeded".into(),
        message: format!(
            "The segments hold {selected} profiles; an export may have {most}. A run would be skipped. \
             Spread the segments over several exports."
        ),
    })
}
