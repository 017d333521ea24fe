//! A caller, as its token proves, and why a token is rejected.

use uuid::Uuid;

/// What a caller may do in an instance; each role may do all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Role {
    /// Nothing in any instance. Who has it, alone or beside another role, sees the service as operators do.
    Operator,
    /// Reads exports, runs and segments.
    Viewer,
    /// Manages exports over connections shared with contributors.
    Contributor,
    /// Manages everything, also connections and schedules.
    Admin,
}

/// The instances a caller may touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instances {
    /// `*` in the token.
    All,
    These(Vec<Uuid>),
}

/// A caller, as its token proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Stable id at the identity provider (`sub`).
    pub subject: String,
    /// The claim `name`, else the subject.
    pub name: String,
    /// The highest of its roles.
    pub role: Role,
    /// Whether `Operator` is among its roles.
    pub is_operator: bool,
    pub instances: Instances,
}

/// Why a token is rejected.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The token is invalid; the text says why, without quoting it.
    #[error("{0}")]
    Invalid(&'static str),
    /// The token is valid but has no role of this service.
    #[error("the token names no role of this service")]
    NoRole,
    /// The identity provider's keys cannot be read now.
    #[error("the identity provider's keys cannot be read")]
    Unavailable,
}

impl Role {
    /// Reads a role as tokens write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "Operator" => Some(Self::Operator),
            "Viewer" => Some(Self::Viewer),
            "Contributor" => Some(Self::Contributor),
            "Admin" | "Administrator" => Some(Self::Admin),
            _ => None,
        }
    }
}

impl Instances {
    /// Whether the caller may touch `instance`.
    #[must_use]
    pub fn contain(&self, instance: Uuid) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) => ids.contains(&instance),
        }
    }
}
