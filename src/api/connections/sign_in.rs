//! The beginning of a sign-in at Campaign Monitor: an administrator is sent to its page with a `state`, and returns
//! with it to `callback.rs`.
//!
//! The `state` works once and for ten minutes. The database has only a hash of its secret half, which binds it to the
//! instance, the connection and the administrator.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;

use super::find::find;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::connections::store_oauth::{self, SignIn};
use crate::db::{self, Time};
use crate::http::auth::{Admin, Caller};
use crate::http::body::Id;
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::names::ConnectionId;

/// How long an administrator may take at Campaign Monitor.
pub const LIFE: TimeDelta = TimeDelta::minutes(10);

/// Where the administrator signs in, and until when.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizeView {
    /// Campaign Monitor's page; open it in the administrator's browser.
    #[schema(
        format = "uri",
        example = "https://api.createsend.com/oauth?type=web_server&client_id=8998879&redirect_uri=https%3A%2F%2F\
            exports.example.com%2Foauth%2Fcampaign-monitor%2Fcallback&scope=ImportSubscribers%2CManageLists&state=AZqo"
    )]
    authorize_url: String,
    /// After that the sign-in must be begun again.
    expires_utc: DateTime<Utc>,
}

/// Begins a sign-in at Campaign Monitor.
///
/// Open `authorizeUrl` in the administrator's browser. It works once and for ten minutes; a newer one of the same
/// administrator replaces it. The connection changes only when the person has signed in: it keeps its id, and its
/// exports stay as they are.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Admin"])),
    params(("id" = ConnectionId, Path)),
    responses(
        (status = 200, body = AuthorizeView),
        (
            status = 503,
            description = "OAuth is not set up, or a part of the service is unavailable: `oauthNotConfigured`, \
                `unavailable`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/connections/{id}/authorize")]
pub async fn authorize_connection(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ConnectionId>,
) -> Result<HttpResponse, Problem> {
    let application = app.oauth.as_ref().ok_or_else(not_configured)?;
    let mut tx = app.db.write().await?;
    let connection = find(&mut tx, caller.instance, id.0).await?;
    let state = State { id: Uuid::now_v7(), secret: rand::random() };
    let mut sign_in = SignIn {
        id: state.id,
        state_hash: String::new(),
        instance_id: connection.instance_id,
        connection_id: connection.id,
        started_by: caller.subject().to_owned(),
        started_name: caller.identity.name.clone(),
        expires_utc: db::now() + LIFE,
    };
    sign_in.state_hash = state.hash(&sign_in);
    store_oauth::begin_sign_in(&mut tx, &sign_in).await?;
    let begun = Change::done(&connection, &json!({"signInExpiresUtc": sign_in.expires_utc}));
    audit::record(&mut tx, &caller.author, Action::ConnectionAuthorize, begun).await?;
    tx.commit().await?;
    let authorize_url = app.campaign_monitor.authorize_url(application, &state.text()).into();
    let view = AuthorizeView { authorize_url, expires_utc: sign_in.expires_utc };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(view))
}

fn not_configured() -> Problem {
    let detail = "This service is not registered at Campaign Monitor for sign-ins. Use an API key, or ask your \
        operator to set SEGMENT_EXPORT_OAUTH_CLIENT_ID and the settings that go with it.";
    Problem::new(ProblemKind::OauthNotConfigured, detail)
}

/// A person brings it back from Campaign Monitor; it proves which sign-in it is.
pub struct State {
    pub id: Uuid,
    secret: [u8; 32],
}

impl State {
    /// Reads what `text` wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, secret) = bytes.split_first_chunk()?;
        Some(Self { id: Uuid::from_bytes(*id), secret: secret.try_into().ok()? })
    }

    fn text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([self.id.as_bytes().as_slice(), &self.secret].concat())
    }

    /// Hash of the secret, bound to its instance, connection and administrator.
    fn hash(&self, sign_in: &SignIn) -> String {
        let hash = Sha256::new()
            .chain_update(self.secret)
            .chain_update(sign_in.instance_id)
            .chain_update(sign_in.connection_id.0)
            .chain_update(&sign_in.started_by)
            .finalize();
        BASE64_URL_SAFE_NO_PAD.encode(hash)
    }

    /// Whether this is the state of `sign_in`; takes as long for a wrong one as for the right one.
    #[must_use]
    pub fn is_of(&self, sign_in: &SignIn) -> bool {
        self.hash(sign_in).as_bytes().ct_eq(sign_in.state_hash.as_bytes()).into()
    }
}

impl SignIn {
    /// Whether the ten minutes are over.
    #[must_use]
    pub fn is_over(&self, now: Time) -> bool {
        self.expires_utc <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_works_for_one_instance_connection_and_administrator() {
        let state = State { id: Uuid::now_v7(), secret: rand::random() };
        let read = State::parse(&state.text()).unwrap();
        let mut sign_in = SignIn {
            id: state.id,
            state_hash: String::new(),
            instance_id: Uuid::now_v7(),
            connection_id: ConnectionId(Uuid::now_v7()),
            started_by: "ann".into(),
            started_name: "Ann".into(),
            expires_utc: db::now(),
        };
        sign_in.state_hash = state.hash(&sign_in);
        assert!(read.is_of(&sign_in));
        let others = [
            SignIn { instance_id: Uuid::now_v7(), ..sign_in.clone() },
            SignIn { connection_id: ConnectionId(Uuid::now_v7()), ..sign_in.clone() },
            SignIn { started_by: "bob".into(), ..sign_in.clone() },
        ];
        assert!(others.iter().all(|other| !read.is_of(other)));
        let other_secret = State { secret: rand::random(), ..state };
        assert!(!other_secret.is_of(&sign_in));
    }

    #[test]
    fn what_is_no_state_of_ours_is_not_read() {
        for text in ["", "abc", "%", &"A".repeat(63), &"A".repeat(65), &"A".repeat(4000)] {
            assert!(State::parse(text).is_none(), "{text}");
        }
        assert!(State::parse(&"A".repeat(64)).is_some());
    }
}
