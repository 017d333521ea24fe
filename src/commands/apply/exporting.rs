//! `config export`: a file that says what the instance has. Applied where it comes from, it changes nothing.

use anyhow::ensure;
use serde_saphyr::{Location, Spanned};

use super::current::{Current, CurrentConnection, CurrentExport, CurrentRefresh};
use super::current_alerts::{CurrentChannel, CurrentRules};
use super::file::{
    ConfigurationFile, WantedConnection, WantedConsent, WantedExport, WantedSegment,
};
use super::file_alerts::{WantedChannel, WantedRule};
use super::service::InstanceApi;
use crate::alerts::AlertRule;

const HEAD: &str = "\
# What this instance has, for `segment-export apply`.
# It has no secrets. To create a connection elsewhere, add to it:
#   credentials: {kind: apiKey, apiKeyEnv: NAME}
# and to a channel with a URL:
#   urlEnv: NAME
# To apply the file is to agree to the data privacy and compliance text for each connection that it creates.
";

/// What the instance has, as YAML with a comment at its head.
pub(super) async fn text(api: &InstanceApi) -> anyhow::Result<String> {
    let current = Current::everything(api).await?;
    let connections = current.connections.iter().map(connection).map(unplaced).collect();
    let mut file = ConfigurationFile { connections, ..ConfigurationFile::default() };
    for found in &current.segments {
        file.segments.push(unplaced(WantedSegment {
            name: found.name.clone(),
            display_name: found.display_name.clone(),
            source: Some(found.source.clone()),
        }));
    }
    for found in &current.exports {
        check_name(found, &current)?;
        match export(found, &current) {
            Some(export) => file.exports.push(unplaced(export)),
            None => eprintln!(
                "warning: the export “{}” has no connection, so the file cannot have it",
                found.display_name.as_str()
            ),
        }
    }
    let schedule = current.schedule.as_ref().filter(|found| found.version > 0);
    file.schedule = schedule.map(CurrentRefresh::schedule);
    file.channels = current.channels.iter().map(channel).map(unplaced).collect();
    let rules = current.rules.as_ref().filter(|found| found.version > 0);
    file.alert_rules = rules.map(|found| rules_of(found, &current));
    Ok(format!("{HEAD}{}", serde_saphyr::to_string(&file)?))
}

/// Applied, the file would not say which of several exports it means.
fn check_name(found: &CurrentExport, current: &Current) -> anyhow::Result<()> {
    let name = &found.display_name;
    let count = current.exports_named(name).len();
    ensure!(
        count == 1,
        "the instance has {count} exports with the name “{}”; rename them, so that each name is there once",
        name.as_str()
    );
    Ok(())
}

fn connection(found: &CurrentConnection) -> WantedConnection {
    let consent = found.consent.as_ref();
    WantedConnection {
        display_name: found.display_name.clone(),
        r#type: found.r#type,
        allowed_roles: found.allowed_roles.unwrap_or_default(),
        consent: WantedConsent {
            agreed: true,
            text_version: consent.map(|consent| consent.text_version.clone()),
            lang: consent.and_then(|consent| consent.lang.clone()),
        },
        credentials: None,
        export_user: found.export_user.is_some(),
    }
}

fn export(found: &CurrentExport, current: &Current) -> Option<WantedExport> {
    let connection = current.connection_name(found.connection_id?)?;
    Some(WantedExport {
        display_name: found.display_name.clone(),
        connection: unplaced(connection.clone()),
        list_id: found.list_id.clone(),
        segments: found.segments.iter().cloned().map(unplaced).collect(),
        mapping: found.mapping.clone(),
        options: found.options,
        sync: found.sync.clone(),
        row_log: found.row_log.clone(),
        feedback: found.feedback.clone(),
        schedule: found.schedule(),
    })
}

fn channel(found: &CurrentChannel) -> WantedChannel {
    let (name, to) = (found.display_name.clone(), found.to.clone());
    WantedChannel::of(name, found.kind, to, found.signature, found.active)
}

fn rules_of(found: &CurrentRules, current: &Current) -> Vec<Spanned<WantedRule>> {
    let name = |id| current.channel_name(id).cloned().map(unplaced);
    let rule = |rule: &AlertRule| {
        let channels = rule.channels.as_ref();
        let channels = channels.map(|ids| ids.iter().filter_map(|id| name(*id)).collect());
        unplaced(WantedRule::of(rule, channels))
    };
    found.rules.iter().map(rule).collect()
}

/// It comes from no file.
fn unplaced<T>(value: T) -> Spanned<T> {
    Spanned::new(value, Location::UNKNOWN, Location::UNKNOWN)
}
