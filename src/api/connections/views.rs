//! Connections on the wire: what callers send and what they see. Secrets only ever come in.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::connections::{AllowedRoles, ApiKey, ConnectionType, ConsentLang};
use crate::names::DisplayName;
use crate::wire::present;

/// A connection to be made.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConnectionBody {
    pub display_name: DisplayName,
    pub r#type: ConnectionType,
    #[serde(default)]
    pub allowed_roles: AllowedRoles,
    /// Must be there and agreed to: data leaves the compliance boundary.
    #[serde(default)]
    pub consent: Option<ConsentBody>,
    /// May be left out, and set later.
    #[serde(default)]
    pub credentials: Option<CredentialsBody>,
}

/// Consent of the administrator to the transfer of data.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConsentBody {
    /// Must be `true`.
    pub agreed: bool,
    /// Which text was shown; rejected when it is no longer the one of `GET /consent-text`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = String, required = false, max_length = 100, pattern = r"^[^\x00]*$", example = "2026-11")]
    pub text_version: Option<String>,
    /// In which language it was shown.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = ConsentLang, required = false)]
    pub lang: Option<ConsentLang>,
}

/// Credentials to be sealed. No answer ever contains them.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CredentialsBody {
    #[expect(dead_code, reason = "it is read to reject every other kind")]
    pub kind: TypedCredentialKind,
    /// From Campaign Monitor: Account settings, API keys.
    #[schema(
        value_type = String,
        format = Password,
        min_length = 8,
        max_length = 500,
        pattern = r"^[\x21-\x39\x3b-\x7e]+$",
        write_only,
        example = "sandbox-account-key",
    )]
    pub api_key: ApiKey,
}

/// What can be typed in; OAuth goes by way of `authorize`.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum TypedCredentialKind {
    /// The only kind that callers can send; sign-ins bring the other one.
    ApiKey,
}

/// What to change of a connection.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConnectionPatch {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = DisplayName, required = false)]
    pub display_name: Option<DisplayName>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = AllowedRoles, required = false)]
    pub allowed_roles: Option<AllowedRoles>,
}
