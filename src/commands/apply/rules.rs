//! The rules of alerts of the file beside those of the instance.

use serde_json::{Value, json};
use serde_saphyr::Spanned;

use super::current::Current;
use super::current_alerts::CurrentRules;
use super::file::ConfigurationFile;
use super::file_alerts::WantedRule;
use super::flaws::FileFlaw;
use super::plan::{PlannedChange, RulesStep, Step, ThingKind};
use crate::names::DisplayName;

/// What there is to do for the rules of the file, or what is wrong with them.
pub(super) fn plan(
    wanted: &[Spanned<WantedRule>],
    file: &ConfigurationFile,
    current: &Current,
) -> Result<Option<PlannedChange>, Vec<FileFlaw>> {
    let (mut rules, mut flaws) = (vec![], vec![]);
    for rule in wanted {
        flaws.extend(unknown_channels(&rule.value, file, current));
        match of_file(&rule.value) {
            Ok(rule) => rules.push(rule),
            Err(why) => flaws.push(FileFlaw::at(rule, format!("{why}."))),
        }
    }
    if !flaws.is_empty() {
        return Err(flaws);
    }
    let from = current.rules.as_ref().map(|found| json!({"rules": of_instance(found, current)}));
    let to = json!({"rules": sorted(rules)});
    let title = (ThingKind::AlertRules, "alert rules");
    let version = current.rules.as_ref().map(|found| found.version);
    Ok(PlannedChange::between(title, from.as_ref(), &to, vec![], |_| {
        Step::Rules(RulesStep { rules: to["rules"].clone(), version })
    }))
}

fn unknown_channels(
    rule: &WantedRule,
    file: &ConfigurationFile,
    current: &Current,
) -> Vec<FileFlaw> {
    let named = rule.channels.iter().flatten();
    let is_known = |name: &&Spanned<DisplayName>| {
        let is_in_file = file.channels.iter().any(|known| known.value.display_name == name.value);
        is_in_file || current.channel(&name.value).is_some()
    };
    let unknown = named.filter(|name| !is_known(name)).map(|name| {
        let text = format!(
            "Neither this file nor the instance has a channel with the name “{}”.",
            name.value.as_str()
        );
        FileFlaw::at(name, text)
    });
    unknown.collect()
}

fn of_file(rule: &WantedRule) -> Result<Value, String> {
    let mut value = rule.without_channels()?;
    if let Some(channels) = &rule.channels {
        let mut names: Vec<_> = channels.iter().map(|name| name.value.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        value["channels"] = json!(names);
    }
    Ok(value)
}

/// With the names of channels in place of their ids.
fn of_instance(found: &CurrentRules, current: &Current) -> Value {
    let rules = found.rules.iter().map(|rule| {
        let mut value = json!(rule);
        if let Some(channels) = &rule.channels {
            let name = |id| current.channel_name(id).map(DisplayName::as_str);
            let mut names: Vec<_> = channels.iter().filter_map(|id| name(*id)).collect();
            names.sort_unstable();
            value["channels"] = json!(names);
        }
        value
    });
    sorted(rules.collect())
}

/// In whatever order they are written, they mean the same.
fn sorted(mut rules: Vec<Value>) -> Value {
    rules.sort_by_key(|rule| rule["kind"].as_str().map(str::to_owned));
    json!(rules)
}
