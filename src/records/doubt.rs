//! Why nobody leaves a list, although somebody might.

use crate::exports::{Warning, nobody_removed};

pub(super) const BEHIND: Doubt = Doubt {
    why: "lastRunUnknown",
    message: "It is not known for certain what the last run sent, so this run takes nobody off the list. It \
              records what the list has, and the next run takes off who has left.",
};
pub(super) const LOST: Doubt = Doubt {
    why: "membersUnknown",
    message: "What was known of the members on the list is missing or damaged, so this run takes nobody off the \
              list. It records what the list has, and the next run takes off who has left.",
};
pub(super) const OTHERS_UNKNOWN: Doubt = Doubt {
    why: "otherExportUnknown",
    message: "Another export sends to the same list, and it is not known for certain whom. So this run takes \
              nobody off the list. Run the other export once, then this one again.",
};

/// Why nobody leaves the list.
#[derive(Clone, Copy)]
pub(super) struct Doubt {
    /// What `params` of the warning say, for programs.
    why: &'static str,
    /// What people read about it.
    message: &'static str,
}

impl Doubt {
    pub(super) fn warning(self) -> Warning {
        nobody_removed(self.why, self.message)
    }
}
