//! Who makes a change, and from where: a person with a token, or the service itself.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::identity::{Identity, Role};

/// Whether a person or the service itself did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, sqlx::Type, ToSchema)]
#[serde(rename_all = "camelCase")]
#[sqlx(type_name = "text", rename_all = "camelCase")]
pub enum ActorKind {
    /// A person or program with a token.
    User,
    /// A part of the service.
    System,
}

/// A part of the service that makes changes by itself.
#[derive(Clone, Copy, Debug)]
pub enum SystemActor {
    /// Starts runs by the clock and with refreshes.
    Scheduler,
    /// Counts calls of strangers that have no event.
    Api,
    /// Executes runs, and holds those up that somebody must approve.
    Worker,
    /// Calls Campaign Monitor, for runs and callers alike, and finds out that it rejects a credential.
    Session,
    /// Sends messages about alerts, and stops where the receiver wants no more.
    Notifier,
}

#[derive(Clone, Debug)]
pub struct Actor {
    pub kind: ActorKind,
    /// Stable id: the subject of the token, or the part of the service.
    pub subject: String,
    pub name: String,
    /// The role it acted in; the service has none.
    pub role: Option<Role>,
    /// Whether it proved who it is. False: it is what a rejected token claims.
    pub is_verified: bool,
}

/// Where a call came from; all absent when the service acts by itself.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// `X-Request-Id` of the answer.
    pub request_id: Option<String>,
    /// IP address of the caller.
    pub client_address: Option<String>,
    /// `User-Agent`, at most 200 characters of it.
    pub user_agent: Option<String>,
}

/// The instance of events that belong to none, such as failed sign-ins. A token for all instances opens it.
pub const NO_INSTANCE: Uuid = Uuid::nil();

/// Who makes a change, from where, in which instance.
#[derive(Clone, Debug)]
pub struct Author {
    pub instance: Uuid,
    pub actor: Actor,
    pub origin: Origin,
}

impl Actor {
    /// The person a token names.
    #[must_use]
    pub fn user(identity: &Identity) -> Self {
        Self {
            kind: ActorKind::User,
            subject: identity.subject.clone(),
            name: identity.name.clone(),
            role: Some(identity.role),
            is_verified: true,
        }
    }

    /// A part of the service.
    #[must_use]
    pub fn system(part: SystemActor) -> Self {
        let (subject, name) = match part {
            SystemActor::Scheduler => ("scheduler", "Scheduler"),
            SystemActor::Api => ("api", "API"),
            SystemActor::Worker => ("worker", "Worker"),
            SystemActor::Session => ("session", "Session at Campaign Monitor"),
            SystemActor::Notifier => ("notifier", "Notifier"),
        };
        let (kind, role, is_verified) = (ActorKind::System, None, true);
        Self { kind, subject: subject.into(), name: name.into(), role, is_verified }
    }

    /// Somebody of whom only a subject is known; an empty one when not even that. `is_verified`: its token was valid.
    #[must_use]
    pub fn stranger(subject: Option<String>, is_verified: bool) -> Self {
        let (kind, subject) = (ActorKind::User, subject.unwrap_or_default());
        Self { kind, name: subject.clone(), subject, role: None, is_verified }
    }
}

impl Author {
    /// An administrator who has no token with this call, but proves to have had one.
    #[must_use]
    pub fn administrator(instance: Uuid, subject: &str, name: &str, origin: Origin) -> Self {
        let (kind, role) = (ActorKind::User, Some(Role::Admin));
        let (subject, name) = (subject.to_owned(), name.to_owned());
        let actor = Actor { kind, subject, name, role, is_verified: true };
        Self { instance, actor, origin }
    }

    /// A part of the service, acting by itself.
    #[must_use]
    pub fn system(instance: Uuid, part: SystemActor) -> Self {
        Self { instance, actor: Actor::system(part), origin: Origin::default() }
    }
}
