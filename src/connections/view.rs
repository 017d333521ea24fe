//! Connections as callers and the audit see them: never a secret.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::connection::{AllowedRoles, Connection, ConnectionStatus, ConnectionType};
use super::consent_text::ConsentLang;
use super::credential::CredentialKind;
use crate::audit::Snapshot;
use crate::names::{ConnectionId, DisplayName};

/// A connection. Contributors see only `connectionId`, `displayName` and `type`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    pub connection_id: ConnectionId,
    pub display_name: DisplayName,
    pub r#type: ConnectionType,
    #[serde(flatten)]
    pub details: Option<ConnectionDetails>,
}

/// What only administrators see of a connection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionDetails {
    pub instance_id: Uuid,
    pub allowed_roles: AllowedRoles,
    pub status: ConnectionStatus,
    /// Why the connection needs attention, in the words of Campaign Monitor.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Invalid API Key")]
    pub status_message: Option<String>,
    pub consent: ConsentView,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// What may be seen of its credential, if it has one.
    pub credential: Option<CredentialView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The user that scheduled runs act as, if there is one.
    pub export_user: Option<ExportUserView>,
    pub version: i64,
    pub created_by: String,
    pub created_utc: DateTime<Utc>,
    pub updated_by: String,
    pub updated_utc: DateTime<Utc>,
}

/// Who agreed to the transfer of data, when, and to which version of the text.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConsentView {
    /// Subject of the administrator who consented.
    #[schema(example = "ann@example.com")]
    pub agreed_by: String,
    /// When.
    pub agreed_utc: DateTime<Utc>,
    /// Which version of the text was shown.
    #[schema(example = "2026-11")]
    pub text_version: String,
    /// In which language the text was shown, if the caller said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<ConsentLang>,
    /// SHA-256 of the text that was shown, in hexadecimal digits; `GET /consent-text` answers the same for this version
    /// and language. Absent where the language is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "357359bf4f160034207fcb560df95488095d5be98aa5c32bfa1686fb08df7fd2")]
    pub text_hash: Option<String>,
}

/// What may be seen of a credential.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialView {
    pub kind: CredentialKind,
    /// The last characters of the API key, to recognise it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "-key")]
    pub last_four: Option<String>,
    /// When the access token ends; it is renewed before that by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_utc: Option<DateTime<Utc>>,
    /// When Campaign Monitor last gave or accepted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verified_utc: Option<DateTime<Utc>>,
}

/// The user that scheduled runs act as.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportUserView {
    /// As the identity provider knows them.
    #[schema(example = "ann@example.com")]
    pub subject: String,
    /// Display name, from the token of the user.
    #[schema(example = "Ann Example")]
    pub name: String,
    /// When they added themselves.
    pub added_utc: DateTime<Utc>,
}

impl ConnectionView {
    /// As contributors see it.
    #[must_use]
    pub fn brief(connection: Connection) -> Self {
        Self {
            connection_id: connection.id,
            display_name: connection.display_name,
            r#type: connection.r#type,
            details: None,
        }
    }

    /// As administrators see it.
    #[must_use]
    pub fn full(connection: Connection) -> Self {
        let details = ConnectionDetails {
            instance_id: connection.instance_id,
            allowed_roles: connection.allowed_roles,
            status: connection.status(),
            status_message: connection.refused_message.clone(),
            consent: ConsentView {
                agreed_by: connection.consent_by.clone(),
                agreed_utc: connection.consent_utc,
                text_version: connection.consent_version.clone(),
                lang: connection.shown_consent_lang(),
                text_hash: connection.consent_hash.clone(),
            },
            credential: CredentialView::of(&connection),
            export_user: ExportUserView::of(&connection),
            version: connection.stamps.version,
            created_by: connection.stamps.created_by.clone(),
            created_utc: connection.stamps.created_utc,
            updated_by: connection.stamps.updated_by.clone(),
            updated_utc: connection.stamps.updated_utc,
        };
        Self { details: Some(details), ..Self::brief(connection) }
    }
}

impl From<&Connection> for Snapshot {
    fn from(connection: &Connection) -> Self {
        let name = connection.display_name.as_str();
        Self::of(&connection.id.0, name, &ConnectionView::full(connection.clone()))
    }
}

impl CredentialView {
    fn of(connection: &Connection) -> Option<Self> {
        Some(Self {
            kind: connection.credential_kind?,
            last_four: connection.credential_last_four.clone(),
            expires_utc: connection.credential_expires_utc,
            verified_utc: connection.credential_verified_utc,
        })
    }
}

impl ExportUserView {
    fn of(connection: &Connection) -> Option<Self> {
        Some(Self {
            subject: connection.export_user_subject.clone()?,
            name: connection.export_user_name.clone()?,
            added_utc: connection.export_user_utc?,
        })
    }
}
