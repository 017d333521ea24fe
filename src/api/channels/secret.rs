//! Replaces the secret that signs the messages of a webhook.

use actix_web::web::Data;
use actix_web::{HttpResponse, post};
use chrono::TimeDelta;

use super::find::find_to_change;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::channels::{
    Channel, ChannelSecretView, ChannelTarget, NewSecret, SignatureScheme, SigningSecret, store,
};
use crate::db::{self, Time};
use crate::http::auth::{Admin, Caller};
use crate::http::body::{Id, etag};
use crate::http::problem::{Problem, ProblemDocument};
use crate::names::ChannelId;

/// How long the secret before it signs too.
const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// Replaces the secret of a webhook.
///
/// For 24 hours messages are signed with both, so that no message is rejected while the receiver changes; also when the
/// secret is replaced once more meanwhile. The answer shows the new secret this once.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    params(("id" = ChannelId, Path)),
    responses(
        (status = 200, body = ChannelSecretView),
        (
            status = 422,
            description = "The channel is no webhook, so nothing signs its messages: `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/channels/{id}/secret")]
pub async fn replace_secret(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ChannelId>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let old = find_to_change(&mut tx, caller.instance, id.0).await?;
    let Some(scheme) = old.signature else {
        let message = "Only the messages of a webhook are signed.";
        return Err(Problem::unprocessable("", "notOfThisKind", message));
    };
    let (secret, public_key) = SigningSecret::make(scheme)?;
    let new = replaced(&app, &old, secret.clone(), public_key, db::now())?;
    let channel = store::set_secret(&mut tx, id.0, &new, caller.subject(), db::now()).await?;
    let change = Change::between(&old, &channel);
    audit::record(&mut tx, &caller.author, Action::ChannelSetSecret, change).await?;
    tx.commit().await?;
    let shown = (scheme == SignatureScheme::HmacSha256).then(|| secret.expose().to_owned());
    let version = channel.stamps.version;
    let view = ChannelSecretView { channel: channel.into(), secret: shown };
    Ok(HttpResponse::Ok().insert_header(("ETag", etag(version))).json(view))
}

fn replaced(
    app: &App,
    old: &Channel,
    secret: SigningSecret,
    public_key: Option<String>,
    now: Time,
) -> Result<NewSecret, Problem> {
    let opened = ChannelTarget::open(old, &app.keys).map_err(anyhow::Error::new)?;
    let opened = opened.ok_or_else(|| Problem::not_found("URL of this channel"))?;
    let target = opened.with_secret(secret, old.previous_until_utc, now);
    let sealed = target.seal(&app.keys, old.instance_id, old.id).map_err(anyhow::Error::new)?;
    Ok(NewSecret { target_sealed: sealed, public_key, previous_until: Some(now + OVERLAP) })
}
