//! Connections of the file beside those of the instance.

use secrecy::SecretString;
use serde_json::{Value, json};
use serde_saphyr::Spanned;

use super::current::{Current, CurrentConnection};
use super::file::WantedConnection;
use super::flaws::FileFlaw;
use super::plan::{ConnectionStep, PlannedChange, Step, ThingKind};
use super::secret;

const NEEDS_ADMIN: &str = "The token does not show what this connection has. Connections can be applied by \
    administrators only.";

/// What there is to do for a connection of the file.
pub(super) fn plan(
    wanted: &Spanned<WantedConnection>,
    current: &Current,
) -> Result<Option<PlannedChange>, FileFlaw> {
    let file = &wanted.value;
    let found = current.connection(&file.display_name);
    if found.is_some_and(|found| found.allowed_roles.is_none()) {
        return Err(FileFlaw::at(wanted, NEEDS_ADMIN));
    }
    let key = file.credentials.as_ref().map(secret::read).transpose()?;
    let (from, to) = (found.map(of_instance), of_file(file, found, key.as_ref()));
    let title = (ThingKind::Connection, file.display_name.as_str());
    Ok(PlannedChange::between(title, from.as_ref(), &to, vec![], |changed| {
        Step::Connection(step(file, found, key, changed))
    }))
}

fn of_instance(found: &CurrentConnection) -> Value {
    json!({
        "type": found.r#type,
        "allowedRoles": found.allowed_roles,
        "credentials": found.credential.as_ref()
            .map(|credential| json!({"kind": credential.kind, "lastFour": credential.last_four})),
        "exportUser": found.export_user.is_some(),
    })
}

/// What the file leaves out is as the instance has it. A key is compared by what the API shows of it.
fn of_file(
    file: &WantedConnection,
    found: Option<&CurrentConnection>,
    key: Option<&SecretString>,
) -> Value {
    let mut to = json!({
        "type": file.r#type,
        "allowedRoles": file.allowed_roles,
        "credentials": null,
        "exportUser": file.export_user,
    });
    if let Some(found) = found.map(of_instance) {
        to["credentials"] = found["credentials"].clone();
        to["exportUser"] = json!(file.export_user || found["exportUser"] == true);
    }
    if let Some(key) = key {
        to["credentials"] = json!({"kind": "apiKey", "lastFour": secret::last_four(key)});
    }
    to
}

fn step(
    file: &WantedConnection,
    found: Option<&CurrentConnection>,
    key: Option<SecretString>,
    changed: &[String],
) -> ConnectionStep {
    let has_changed = |name: &str| changed.iter().any(|changed| changed == name);
    let Some(found) = found else {
        return ConnectionStep {
            found: None,
            body: Some(new_body(file)),
            key,
            becomes_export_user: file.export_user,
        };
    };
    ConnectionStep {
        found: Some((found.connection_id, found.version)),
        body: has_changed("allowedRoles").then(|| json!({"allowedRoles": file.allowed_roles})),
        key: key.filter(|_| has_changed("credentials")),
        becomes_export_user: has_changed("exportUser"),
    }
}

fn new_body(file: &WantedConnection) -> Value {
    json!({
        "displayName": file.display_name,
        "type": file.r#type,
        "allowedRoles": file.allowed_roles,
        "consent": file.consent,
    })
}
