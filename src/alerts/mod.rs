//! Alerts: what somebody should know, as a state that opens and ends, not as a stream of messages.
//!
//! What may open or end one leaves a mark, in the transaction in which it happens; `judge` reads the marks, `clock`
//! what comes with time alone. Both write the alert and the messages about it in one transaction.

pub mod age;
mod alert;
mod by_clock;
mod change;
pub mod clock;
mod deviation;
mod failing;
mod finding;
pub mod freshness;
mod harmless;
mod history;
pub mod judge;
pub mod measure;
mod reading;
mod rule;
pub mod rule_change;
mod rule_kind;
mod rules;
mod slow;
pub mod store;
pub mod store_counts;
mod store_history;
pub mod store_rules;
pub mod store_seen;
mod words;

pub use alert::{Alert, AlertStatus};
pub use rule::AlertRule;
pub use rule_kind::RuleKind;
pub use rules::{RuleList, RuleScope, RuleSet};
