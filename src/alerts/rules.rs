//! The rules that are valid for an export: those of its instance, except where it has its own.

use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use uuid::Uuid;

use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use crate::audit::Snapshot;
use crate::db::Stamps;
use crate::names::{ChannelId, ExportId};

/// Rules, one of each kind at most. (A JSON column holds an object.)
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleList {
    pub items: Vec<AlertRule>,
}

/// A row of the table `alert_rules`: the rules of an instance or of an export.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct RuleSet {
    pub instance_id: Uuid,
    pub export_id: Option<ExportId>,
    pub rules: Json<RuleList>,
    #[sqlx(flatten)]
    pub stamps: Stamps,
}

/// Whose rules they are: those of an instance, or of an export in it.
#[derive(Clone, Copy, Debug)]
pub struct RuleScope {
    pub instance: Uuid,
    /// `None`: for the instance.
    pub export: Option<ExportId>,
}

impl RuleScope {
    /// What names it in the database.
    #[must_use]
    pub fn id(&self) -> Uuid {
        self.export.map_or(self.instance, |export| export.0)
    }
}

impl RuleList {
    /// Those of an instance that has set none.
    #[must_use]
    pub fn of_new_instance() -> Self {
        let kinds = RuleKind::ALL.into_iter().filter(|kind| kind.is_default());
        Self { items: kinds.map(AlertRule::of).collect() }
    }

    /// The rule of this kind, if there is one.
    #[must_use]
    pub fn of(&self, kind: RuleKind) -> Option<&AlertRule> {
        self.items.iter().find(|rule| rule.kind == kind)
    }

    /// These, except for the kinds of which an export has its own.
    #[must_use]
    pub fn with(&self, own: &Self) -> Self {
        let inherited = self.items.iter().filter(|rule| own.of(rule.kind).is_none());
        Self { items: inherited.chain(&own.items).cloned().collect() }
    }

    /// A kind that is there twice, and where.
    #[must_use]
    pub fn twice(&self) -> Option<(usize, RuleKind)> {
        let kinds = self.items.iter().map(|rule| rule.kind).enumerate();
        kinds.into_iter().find(|(at, kind)| self.items[..*at].iter().any(|rule| rule.kind == *kind))
    }

    /// Whether a rule names this channel.
    #[must_use]
    pub fn names(&self, channel: ChannelId) -> bool {
        let mut named = self.items.iter().filter_map(|rule| rule.channels.as_ref()).flatten();
        named.any(|known| *known == channel)
    }
}

/// What an instance, or an export, has of its own.
impl From<(RuleScope, &RuleList)> for Snapshot {
    fn from((scope, rules): (RuleScope, &RuleList)) -> Self {
        Self { name: None, ..Self::of(&scope.id(), "", rules) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_export_differs_in_the_kinds_that_it_has_and_inherits_the_others() {
        let instance = RuleList::of_new_instance();
        assert!(instance.of(RuleKind::NotFresh).is_none());
        let mut silent = AlertRule::of(RuleKind::RunFailed);
        silent.channels = Some(vec![]);
        let own = RuleList { items: vec![silent.clone(), AlertRule::of(RuleKind::NotFresh)] };
        let valid = instance.with(&own);
        assert_eq!(valid.of(RuleKind::RunFailed), Some(&silent));
        assert!(valid.of(RuleKind::NotFresh).is_some() && valid.of(RuleKind::RunLate).is_some());
        assert_eq!(valid.twice(), None);
        let twice = RuleList { items: [own.items.clone(), own.items].concat() };
        assert_eq!(twice.twice(), Some((2, RuleKind::RunFailed)));
    }
}
