//! A connection as it is stored, how far it is set up, and its rules.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::consent_text::{ConsentLang, ConsentText};
use super::credential::{CredentialKind, Secret};
use crate::db::{Stamps, Time};
use crate::names::{ConnectionId, DisplayName};
use crate::secrets::{self, Keys};

/// What kind of service a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum ConnectionType {
    CampaignMonitor,
}

/// Who may use a connection for exports.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, ToSchema,
)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum AllowedRoles {
    /// Administrators only.
    #[default]
    Admins,
    /// Contributors too: they see its name and type, and manage every export over it.
    AdminsAndContributors,
}

/// How far a connection is set up; exports may use it when it is `connected`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ConnectionStatus {
    /// It has no credentials yet.
    PendingAuthentication,
    /// Nobody has been added as export user yet.
    PendingExportUser,
    /// Nothing is missing. Only `verify`, and every later call, shows whether Campaign Monitor accepts the credentials.
    Connected,
    /// Campaign Monitor rejects the credentials; runs stop until they are renewed.
    NeedsAttention,
}

/// A connection, as it is stored. The columns are explained in the migration.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Connection {
    pub id: ConnectionId,
    pub instance_id: Uuid,
    pub display_name: DisplayName,
    pub r#type: ConnectionType,
    pub allowed_roles: AllowedRoles,
    pub consent_by: String,
    pub consent_utc: Time,
    pub consent_version: String,
    pub consent_lang: Option<ConsentLang>,
    pub consent_hash: Option<String>,
    pub credential_kind: Option<CredentialKind>,
    pub credential_sealed: Option<String>,
    pub credential_last_four: Option<String>,
    pub credential_verified_utc: Option<Time>,
    pub credential_expires_utc: Option<Time>,
    pub credential_generation: i64,
    pub refused_message: Option<String>,
    pub export_user_subject: Option<String>,
    pub export_user_name: Option<String>,
    pub export_user_utc: Option<Time>,
    #[sqlx(flatten)]
    pub stamps: Stamps,
}

impl Connection {
    /// In which language the text of the consent was shown, as far as it is known.
    #[must_use]
    pub fn shown_consent_lang(&self) -> Option<ConsentLang> {
        let shown = || ConsentText::with_hash(self.consent_hash.as_deref()?);
        self.consent_lang.or_else(|| shown().map(|text| text.lang))
    }

    #[must_use]
    pub const fn status(&self) -> ConnectionStatus {
        if self.credential_sealed.is_none() {
            ConnectionStatus::PendingAuthentication
        } else if self.refused_message.is_some() {
            ConnectionStatus::NeedsAttention
        } else if self.export_user_subject.is_none() {
            ConnectionStatus::PendingExportUser
        } else {
            ConnectionStatus::Connected
        }
    }

    /// Opens the credential, if there is one.
    pub fn secret(&self, keys: &Keys) -> Result<Option<Secret>, secrets::Error> {
        let (Some(kind), Some(sealed)) = (self.credential_kind, &self.credential_sealed) else {
            return Ok(None);
        };
        Secret::open(kind, sealed, keys, self.instance_id, self.id).map(Some)
    }

    /// Whether contributors may use it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.allowed_roles == AllowedRoles::AdminsAndContributors
    }
}
