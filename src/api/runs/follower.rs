//! Who follows a run: a caller with a token, or somebody with a ticket that such a caller was issued.

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures::future::LocalBoxFuture;
use url::form_urlencoded;
use uuid::Uuid;

use crate::app::App;
use crate::db;
use crate::http::auth::{self, Caller, NotLetIn, TokenBounds, Viewer};
use crate::http::problem::{Problem, ProblemKind};
use crate::http::query;
use crate::identity::TokenKey;
use crate::names::RunId;
use crate::tickets::{EventTicket, TicketSecret, store};

/// Who may read the events of a run, and for how long.
pub struct RunFollower {
    pub instance: Uuid,
    /// With the token of the caller, unless there is a ticket.
    pub request: HttpRequest,
    /// Of the token behind a ticket.
    bounds: Option<TokenBounds>,
}

impl RunFollower {
    /// Whether the token is still accepted.
    pub async fn is_still_let_in(&self) -> bool {
        match &self.bounds {
            Some(bounds) => bounds.hold(app(&self.request)).await,
            None => auth::is_still_let_in(&self.request).await,
        }
    }
}

impl FromRequest for RunFollower {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        if let Some(secret) = ticket(&request) {
            return Box::pin(async move {
                query::check_names(&request)?;
                let ticket = redeem(&request, &secret).await?;
                let key = TokenKey::of_text(&ticket.token_key);
                let bounds = Some(TokenBounds { expires_utc: ticket.token_expires_utc, key });
                Ok(Self { instance: ticket.instance_id, request, bounds })
            });
        }
        let caller = Caller::<Viewer>::from_request(&request, payload);
        Box::pin(
            async move { Ok(Self { instance: caller.await?.instance, request, bounds: None }) },
        )
    }
}

fn app(request: &HttpRequest) -> &Data<App> {
    request.app_data().expect("the app is registered with the routes")
}

/// The ticket of a call without a token.
fn ticket(request: &HttpRequest) -> Option<TicketSecret> {
    if request.headers().contains_key(AUTHORIZATION) {
        return None;
    }
    let mut sent = form_urlencoded::parse(request.query_string().as_bytes());
    sent.find(|(name, _)| name == "ticket").map(|(_, value)| TicketSecret::of(&value))
}

async fn redeem(request: &HttpRequest, secret: &TicketSecret) -> Result<EventTicket, Problem> {
    let app = app(request);
    let part = |name| request.match_info().get(name).and_then(|id| id.parse::<Uuid>().ok());
    let mut found = None;
    if let (Some(instance), Some(run)) = (part("instanceId"), part("id")) {
        let mut tx = app.db.write().await?;
        found = store::redeem(&mut tx, &secret.hash(), instance, RunId(run), db::now()).await?;
        tx.commit().await?;
    }
    found.ok_or_else(|| {
        request.extensions_mut().insert(NotLetIn::Token);
        Problem::new(
            ProblemKind::Unauthenticated,
            "The ticket was used already, has expired, or is for another run. Ask for another ticket.",
        )
    })
}
