//! Whether an export can run as it is configured: its segments, their fields, the list and its fields.
//!
//! All errors are reported at once, each with its JSON pointer.

use super::check_flag::check_flag_field;
use super::formats;
use super::no_field::no_custom_field;
use super::views::SegmentNames;
use crate::api::connections::account::{open, problem};
use crate::api::connections::find::find_usable;
use crate::app::App;
use crate::campaign_monitor::{self, CustomField, List};
use crate::connections::{Connection, Unusable};
use crate::db::ReadHandle;
use crate::exports::{
    CUSTOM_FIELDS_MAX, ConsentMapping, Leavers, ListId, ListSync, Mapping, Warning, warnings,
};
use crate::http::auth::Caller;
use crate::http::problem::{FieldError, Problem, ProblemKind};
use crate::names::ConnectionId;
use crate::segments::{self, Segment};
use uuid::Uuid;

/// The segments of those names, or 422 with every unknown name.
pub async fn find_segments(
    tx: &mut ReadHandle,
    instance: Uuid,
    names: &SegmentNames,
) -> Result<Vec<Segment>, Problem> {
    let mut found = Vec::new();
    let mut errors = Vec::new();
    for (index, name) in names.0.iter().enumerate() {
        match segments::store::get(tx, instance, name).await? {
            Some(segment) => found.push(segment),
            None => errors.push(unknown_segment(index, name.as_str())),
        }
    }
    Problem::none_of(errors).map(|()| found)
}

/// Every field of the mapping must be a field of every segment that has members.
pub fn check_fields(mapping: &Mapping, segments: &[Segment]) -> Result<(), Problem> {
    let errors = mapping.missing_from(segments).into_iter().map(|missing| {
        let params = missing.params();
        FieldError::new(missing.pointer, "unknownField", missing.why).with_all(params)
    });
    Problem::none_of(errors.chain(formats::needless(mapping, segments)).collect())
}

/// Checks the list and its fields if the connection is connected; the warnings say why it is not.
pub async fn check_list(
    app: &App,
    connection: &Connection,
    list_id: &ListId,
    mapping: &Mapping,
    sync: &ListSync,
) -> Result<Vec<Warning>, Problem> {
    if let Some(why) = connection.unusable() {
        return Ok(vec![warnings::not_connected(&why)]);
    }
    match ask(app, connection, list_id).await? {
        Err(error) if error.is_about_the_credential() => {
            Ok(vec![warnings::not_connected(&Unusable::CredentialsRefused(error.refusal()))])
        }
        found => {
            let (list, _) = checked(found, mapping, &sync.leavers)?;
            Ok(warnings::of_list(&list)
                .into_iter()
                .chain(warnings::everywhere(&list, sync))
                .collect())
        }
    }
}

/// Asks Campaign Monitor for the list and its fields, and checks the keys of the mapping.
pub async fn read_list(
    app: &App,
    connection: &Connection,
    list_id: &ListId,
    mapping: &Mapping,
    leavers: &Leavers,
) -> Result<(List, Vec<CustomField>), Problem> {
    checked(ask(app, connection, list_id).await?, mapping, leavers)
}

/// A list and its custom fields, as Campaign Monitor reports them.
type Found = Result<(List, Vec<CustomField>), campaign_monitor::Error>;

async fn ask(app: &App, connection: &Connection, list_id: &ListId) -> Result<Found, Problem> {
    Ok(open(app, connection)?.list_and_fields(list_id.as_str()).await)
}

fn checked(
    found: Found,
    mapping: &Mapping,
    leavers: &Leavers,
) -> Result<(List, Vec<CustomField>), Problem> {
    let (list, fields) = found.map_err(|error| refused(&error))?;
    check_keys(mapping, &fields)?;
    check_flag_field(leavers, &fields)?;
    Ok((list, fields))
}

fn refused(error: &campaign_monitor::Error) -> Problem {
    if error.is_unknown_id() {
        let message = "The Campaign Monitor account of this connection has no list with this id.";
        return Problem::unprocessable("/listId", "unknownList", message);
    }
    problem(error)
}

/// Campaign Monitor drops unknown keys silently, so they are rejected here.
fn check_keys(mapping: &Mapping, fields: &[CustomField]) -> Result<(), Problem> {
    let mut errors = Vec::new();
    for (index, custom) in mapping.custom_fields.iter().enumerate() {
        let key = custom.key.as_str();
        match fields.iter().find(|field| field.bare_key().eq_ignore_ascii_case(key)) {
            None => errors.push(no_custom_field(&key_at(index), key, fields)),
            Some(field) => errors.extend(formats::unsuited(index, custom, field.data_type)),
        }
    }
    Problem::none_of(errors)
}

/// No word of a consent is a yes and a no: nobody could say which one counts.
pub fn check_consents(mapping: &Mapping) -> Result<(), Problem> {
    let consents = [
        ("consentToTrack", &mapping.consent_to_track),
        ("consentToSendSms", &mapping.consent_to_send_sms),
    ];
    let mut errors = vec![];
    for (member, consent) in consents {
        let ConsentMapping::Field(consent) = consent else { continue };
        for (index, message) in consent.contradictions() {
            let pointer = format!("/mapping/{member}/yes/{index}");
            let error = FieldError::new(pointer, "contradictoryWord", message);
            errors.push(error.with("word", consent.yes[index].as_str()));
        }
    }
    Problem::none_of(errors)
}

/// The rules for the custom fields of a mapping that do not depend on the list.
pub fn check_custom_fields(mapping: &Mapping) -> Result<(), Problem> {
    let custom = &mapping.custom_fields;
    if custom.len() > CUSTOM_FIELDS_MAX {
        let message = format!("A mapping has at most {CUSTOM_FIELDS_MAX} custom fields.");
        let error = FieldError::new("/mapping/customFields", "tooMany", message);
        return Problem::none_of(vec![error.with("max", CUSTOM_FIELDS_MAX)]);
    }
    let mut errors = Vec::new();
    for (index, field) in custom.iter().enumerate() {
        let key = field.key.as_str();
        if custom[..index].iter().any(|earlier| earlier.key.as_str().eq_ignore_ascii_case(key)) {
            let message = format!("“{key}” is mapped twice. Map each custom field once.");
            errors.push(
                FieldError::new(key_at(index), "repeatedCustomField", message).with("key", key),
            );
        }
        errors.extend(formats::unreadable(index, field));
    }
    Problem::none_of(errors)
}

fn unknown_segment(index: usize, name: &str) -> FieldError {
    let message =
        format!("This instance has no segment “{name}”. Register it, or correct the name.");
    FieldError::new(format!("/segments/{index}"), "unknownSegment", message).with("segment", name)
}

fn key_at(index: usize) -> String {
    format!("/mapping/customFields/{index}/key")
}

/// The connection, or 422 when it does not exist or the caller may not use it.
pub async fn usable_connection<R>(
    app: &App,
    caller: &Caller<R>,
    id: ConnectionId,
) -> Result<Connection, Problem> {
    find_usable(app, caller, id).await.map_err(|problem| match problem.kind() {
        ProblemKind::NotFound => Problem::unprocessable(
            "/connectionId",
            "unknownConnection",
            "This instance has no connection with this id that you may use.",
        ),
        _ => problem,
    })
}
