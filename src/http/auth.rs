//! Who calls, and what they may do.
//!
//! `Caller<Admin>` in the signature of a handler is the whole check: without a token 401, for another instance 404,
//! with a lesser role 403. After these, a query parameter that the address does not have is answered with 400.

use std::marker::PhantomData;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures::future::LocalBoxFuture;
use uuid::Uuid;

use super::problem::{Problem, ProblemKind};
use super::{origin, query};
use crate::app::App;
use crate::audit::{Actor, Author};
use crate::db::{self, Time};
use crate::identity::{Error, Identity, Role, TokenKey, claimed_expiry};

/// A role as a type: what a handler requires stands in its signature.
pub trait AtLeast {
    /// The least role that passes.
    const ROLE: Role;
}

pub struct Viewer;
pub struct Contributor;
pub struct Admin;

impl AtLeast for Viewer {
    const ROLE: Role = Role::Viewer;
}
impl AtLeast for Contributor {
    const ROLE: Role = Role::Contributor;
}
impl AtLeast for Admin {
    const ROLE: Role = Role::Admin;
}

/// Why a caller was not let in to any instance; the audit records it.
#[derive(Clone, Debug)]
pub enum NotLetIn {
    /// Its token is missing or rejected.
    Token,
    /// Its token is valid and names no role of this service.
    Role,
    /// It has no access to the instance that it named.
    Instance(Identity),
}

/// The caller of an instance's endpoint, with at least role `R`.
pub struct Caller<R> {
    pub identity: Identity,
    /// From the address; the caller has access to it.
    pub instance: Uuid,
    /// How the audit names the caller.
    pub author: Author,
    role: PhantomData<R>,
}

impl<R> Caller<R> {
    /// The caller's subject, as it is recorded in what they change.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.identity.subject
    }

    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.identity.role == Role::Admin
    }
}

impl<R: AtLeast> FromRequest for Caller<R> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let identity = identity(&request).await?;
            let instance = (request.match_info().get("instanceId"))
                .and_then(|id| id.parse().ok())
                .filter(|id| identity.instances.contain(*id));
            let Some(instance) = instance else {
                request.extensions_mut().insert(NotLetIn::Instance(identity));
                return Err(no_instance());
            };
            let author = author(&request, &identity, instance);
            // From here on, the audit records why the call was rejected.
            request.extensions_mut().insert(author.clone());
            if identity.role < R::ROLE {
                let detail = format!(
                    "This call needs the role {:?}. Your role is {:?}.",
                    R::ROLE,
                    identity.role
                );
                return Err(Problem::new(ProblemKind::Forbidden, detail));
            }
            query::check_names(&request)?;
            Ok(Self { identity, instance, author, role: PhantomData })
        })
    }
}

fn author(request: &HttpRequest, identity: &Identity, instance: Uuid) -> Author {
    let app: &Data<App> = request.app_data().expect("the app is registered with the routes");
    let origin = origin::of(request, app.config.forwarded_hops);
    Author { instance, actor: Actor::user(identity), origin }
}

/// Notes why the caller has no identity, unless it may have one that cannot be checked now.
fn note(request: &HttpRequest, problem: &Problem) {
    let reason = match problem.kind() {
        ProblemKind::Unauthenticated => NotLetIn::Token,
        ProblemKind::Forbidden => NotLetIn::Role,
        _ => return,
    };
    request.extensions_mut().insert(reason);
}

/// The bearer token of a request.
#[must_use]
pub fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) = header?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Who calls, for the handler: the token is checked once.
struct Identified(Result<Identity, Problem>);

/// Who calls, or why nobody is let in; the audit learns that.
pub(super) async fn identity(request: &HttpRequest) -> Result<Identity, Problem> {
    let known = request.extensions_mut().remove::<Identified>();
    let identified = match known {
        Some(Identified(known)) => known,
        None => authenticate(request).await,
    };
    identified.inspect_err(|problem| note(request, problem))
}

/// The caller of `request`, when its token is valid. The handler learns the same, or why it is not.
pub async fn identify(request: &HttpRequest) -> Option<Identity> {
    let identified = authenticate(request).await;
    let identity = identified.as_ref().ok().cloned();
    request.extensions_mut().insert(Identified(identified));
    identity
}

/// Whether the caller of `request` would be let in now: a stream asks again, because tokens expire, and keys and rights
/// are withdrawn. A provider that is unavailable withdraws nothing.
pub async fn is_still_let_in(request: &HttpRequest) -> bool {
    let answer = authenticate(request).await;
    !answer.is_err_and(|problem| problem.kind() != ProblemKind::Unavailable)
}

/// Until when a token is accepted: what it let somebody in to must not last longer.
pub struct TokenBounds {
    pub expires_utc: Time,
    pub key: TokenKey,
}

impl TokenBounds {
    /// Those of the token of a caller whom this service has let in.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Self> {
        let token = bearer(request)?;
        Some(Self { expires_utc: claimed_expiry(token)?, key: TokenKey::of_token(token)? })
    }

    /// Whether the token would still be accepted.
    pub async fn hold(&self, app: &App) -> bool {
        db::now() < self.expires_utc && app.verifier.accepts(&self.key).await
    }
}

async fn authenticate(request: &HttpRequest) -> Result<Identity, Problem> {
    let app: &Data<App> = request.app_data().expect("the app is registered with the routes");
    let token = bearer(request).ok_or_else(|| {
        unauthenticated(
            "The call has no bearer token. Send the header `Authorization: Bearer <token>`.",
        )
    })?;
    if token.to_ascii_lowercase().starts_with("bearer ") {
        let detail = "The header has the word Bearer twice. Send it once, and the token after it.";
        return Err(unauthenticated(detail));
    }
    app.verifier.verify(token).await.map_err(|error| match error {
        Error::Invalid(why) => unauthenticated(&format!("The bearer token is not valid: {why}. Sign in again.")),
        Error::NoRole => Problem::new(
            ProblemKind::Forbidden,
            "Your token has none of the roles Admin, Contributor, Viewer and Operator. Ask your administrator for one.",
        ),
        Error::Unavailable => Problem::new(
            ProblemKind::Unavailable,
            "The identity provider cannot be reached. Try again in a moment.",
        )
        .retry_after(5),
    })
}

fn no_instance() -> Problem {
    let detail = "Your token gives access to no instance with this id. Check the address, or the instances claim \
        of the token.";
    Problem::new(ProblemKind::NotFound, detail)
}

fn unauthenticated(detail: &str) -> Problem {
    Problem::new(ProblemKind::Unauthenticated, detail)
}
