//! Who made the settings of an export: a person who has a part in what a run does to people must not be the only one
//! who approves it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who last changed each setting that decides what a run does: `mapping.email`, `sync.leavers`, `segments` and so on.
/// What it is called and when it runs are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingMakers(BTreeMap<String, String>);

/// The settings of an export, by the names that `SettingMakers` has.
pub(crate) struct DecidingSettings(pub(super) BTreeMap<String, Value>);

impl SettingMakers {
    /// Those of a new export, which one person makes.
    pub(crate) fn one(settings: &DecidingSettings, by: &str) -> Self {
        Self(settings.0.keys().map(|name| (name.clone(), by.to_owned())).collect())
    }

    /// Those after `by` has changed the settings. Of what nobody is known, `last_editor` counts as the maker.
    pub(crate) fn changed(
        &self,
        (old, new): (&DecidingSettings, &DecidingSettings),
        by: &str,
        last_editor: &str,
    ) -> Self {
        let names = old.0.keys().chain(new.0.keys());
        let known = |name: &String| self.0.get(name).map_or(last_editor, String::as_str);
        let is_same = |name: &String| old.0.get(name) == new.0.get(name);
        let maker = |name: &String| if is_same(name) { known(name) } else { by };
        Self(names.map(|name| (name.clone(), maker(name).to_owned())).collect())
    }

    /// Each of them once.
    pub(crate) fn subjects(&self) -> BTreeSet<String> {
        self.0.values().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(settings: &[(&str, i64)]) -> DecidingSettings {
        DecidingSettings(
            settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        )
    }

    #[test]
    fn who_changed_a_setting_last_made_it_whatever_others_change_later() {
        let [first, second, third] = [
            settings(&[("list", 1), ("sync.leavers", 1)]),
            settings(&[("list", 1), ("sync.leavers", 2)]),
            settings(&[("list", 1), ("sync.leavers", 2), ("mapping.name", 1)]),
        ];
        let made = SettingMakers::one(&first, "ann");
        let changed = made.changed((&first, &second), "eva", "ann");
        let changed = changed.changed((&second, &third), "ben", "eva");
        let makers: Vec<_> = changed.0.values().map(String::as_str).collect();
        assert_eq!(makers, ["ann", "ben", "eva"]);
        let unknown = SettingMakers::default().changed((&first, &second), "eva", "ann");
        assert_eq!(unknown.subjects(), BTreeSet::from(["ann".into(), "eva".into()]));
    }

    #[test]
    fn a_setting_that_is_removed_has_a_maker_too() {
        let [with, without] =
            [settings(&[("list", 1), ("mapping.name", 1)]), settings(&[("list", 1)])];
        let made = SettingMakers::one(&with, "ann");
        let changed = made.changed((&with, &without), "eva", "ann");
        assert_eq!(changed.subjects(), BTreeSet::from(["ann".into(), "eva".into()]));
    }
}
