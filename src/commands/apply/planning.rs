//! Makes the plan: finds each thing of the file by its name, and what differs.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use serde_saphyr::Spanned;

use super::current::{Current, CurrentExport};
use super::file::{ConfigurationFile, WantedExport};
use super::flaws::FileFlaw;
use super::plan::{ApplyPlan, NamedThing, PlannedChange, ThingKind};
use super::{channels, connections, exports, rules, schedule, segments};
use crate::segments::SegmentName;

/// What there is to do, or everything that is wrong with the names of the file.
pub(super) fn plan(
    file: &ConfigurationFile,
    current: &Current,
) -> Result<ApplyPlan, Vec<FileFlaw>> {
    let mut flaws = repeated_names(file);
    let mut planned = vec![];
    for wanted in &file.connections {
        match connections::plan(wanted, current) {
            Ok(change) => planned.push(change),
            Err(flaw) => flaws.push(flaw),
        }
    }
    planned.extend(file.segments.iter().map(|wanted| segments::plan(&wanted.value, current)));
    for wanted in &file.channels {
        match channels::plan(wanted, current) {
            Ok(change) => planned.push(change),
            Err(flaw) => flaws.push(flaw),
        }
    }
    for wanted in &file.exports {
        flaws.extend(unknown_names(&wanted.value, file, current));
        match only_one(wanted, current) {
            Ok(found) => planned.push(exports::plan(&wanted.value, found, current)),
            Err(flaw) => flaws.push(flaw),
        }
    }
    let refresh = file.schedule.as_ref();
    planned.extend(refresh.map(|wanted| schedule::plan(wanted, current.schedule.as_ref())));
    if let Some(wanted) = &file.alert_rules {
        match rules::plan(wanted, file, current) {
            Ok(change) => planned.push(change),
            Err(wrong) => flaws.extend(wrong),
        }
    }
    if flaws.is_empty() { Ok(of(planned, file, current)) } else { Err(flaws) }
}

fn of(
    planned: Vec<Option<PlannedChange>>,
    file: &ConfigurationFile,
    current: &Current,
) -> ApplyPlan {
    let all = planned.len();
    let changes: Vec<_> = planned.into_iter().flatten().collect();
    ApplyPlan {
        instance: current.instance,
        unchanged: all - changes.len(),
        changes,
        not_in_file: not_in_file(file, current),
    }
}

/// The export of that name. Names of exports are not unique, so it may be unclear which one is meant.
fn only_one<'c>(
    wanted: &Spanned<WantedExport>,
    current: &'c Current,
) -> Result<Option<&'c CurrentExport>, FileFlaw> {
    let name = &wanted.value.display_name;
    match current.exports_named(name)[..] {
        [] => Ok(None),
        [found] => Ok(Some(found)),
        ref several => {
            let text = format!(
                "The instance has {} exports with the name “{}”, so it is unclear which one is meant. Rename them, \
                    so that each name is there once.",
                several.len(),
                name.as_str()
            );
            Err(FileFlaw::at(wanted, text))
        }
    }
}

/// Connections and segments of an export that neither the file nor the instance has.
fn unknown_names(
    export: &WantedExport,
    file: &ConfigurationFile,
    current: &Current,
) -> Vec<FileFlaw> {
    let mut flaws = vec![];
    let name = &export.connection.value;
    let is_in_file = file.connections.iter().any(|wanted| wanted.value.display_name == *name);
    if !is_in_file && current.connection(name).is_none() {
        flaws.push(unknown(&export.connection, "connection", name.as_str()));
    }
    for segment in &export.segments {
        let is_in_file = file.segments.iter().any(|wanted| wanted.value.name == segment.value);
        if !is_in_file && current.segment(&segment.value).is_none() {
            flaws.push(unknown(segment, "segment", segment.value.as_str()));
        }
    }
    if export.segments.is_empty() {
        let text = "An export has at least one segment.";
        flaws.push(FileFlaw::at(&export.connection, text));
    }
    flaws
}

fn unknown<T>(at: &Spanned<T>, kind: &str, name: &str) -> FileFlaw {
    let text = format!("Neither this file nor the instance has a {kind} with the name “{name}”.");
    FileFlaw::at(at, text)
}

/// Names that the file has twice.
fn repeated_names(file: &ConfigurationFile) -> Vec<FileFlaw> {
    let connections =
        repeated(&file.connections, "connection", |wanted| wanted.display_name.as_str());
    let segments = repeated(&file.segments, "segment", |wanted| wanted.name.as_str());
    let exports = repeated(&file.exports, "export", |wanted| wanted.display_name.as_str());
    let of_exports = file
        .exports
        .iter()
        .flat_map(|export| repeated(&export.value.segments, "segment", SegmentName::as_str));
    let channels = repeated(&file.channels, "channel", |wanted| wanted.display_name.as_str());
    let rules = file.alert_rules.as_deref().unwrap_or_default();
    let rules = repeated(rules, "rule", |wanted| wanted.kind.word());
    let named = connections.chain(segments).chain(exports).chain(of_exports);
    named.chain(channels).chain(rules).collect()
}

fn repeated<'f, T, N: Eq + Hash + std::fmt::Display + 'f>(
    items: &'f [Spanned<T>],
    kind: &'static str,
    name: impl Fn(&'f T) -> N + 'f,
) -> impl Iterator<Item = FileFlaw> + 'f {
    let mut seen = HashMap::new();
    items.iter().filter_map(move |item| {
        let name = name(&item.value);
        let text = format!("The {kind} “{name}” is there twice");
        let first = seen.insert(name, item.referenced.line())?;
        Some(FileFlaw::at(item, format!("{text}: first in line {first}.")))
    })
}

/// Of the kinds that the file has.
fn not_in_file(file: &ConfigurationFile, current: &Current) -> Vec<NamedThing> {
    let connections = others(
        ThingKind::Connection,
        file.connections.iter().map(|item| item.value.display_name.as_str()),
        current.connections.iter().map(|found| found.display_name.as_str()),
    );
    let segments = others(
        ThingKind::Segment,
        file.segments.iter().map(|item| item.value.name.as_str()),
        current.segments.iter().map(|found| found.name.as_str()),
    );
    let exports = others(
        ThingKind::Export,
        file.exports.iter().map(|item| item.value.display_name.as_str()),
        current.exports.iter().map(|found| found.display_name.as_str()),
    );
    let channels = others(
        ThingKind::Channel,
        file.channels.iter().map(|item| item.value.display_name.as_str()),
        current.channels.iter().map(|found| found.display_name.as_str()),
    );
    [connections, segments, exports, channels].concat()
}

fn others<'n>(
    kind: ThingKind,
    in_file: impl Iterator<Item = &'n str>,
    found: impl Iterator<Item = &'n str>,
) -> Vec<NamedThing> {
    let in_file: HashSet<_> = in_file.collect();
    if in_file.is_empty() {
        return vec![];
    }
    let others = found.filter(|name| !in_file.contains(name));
    others.map(|name| NamedThing { kind, name: name.to_owned() }).collect()
}
