//! Endpoints of channels: where messages about alerts go.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpResponse, delete, get, post};
use uuid::Uuid;

use super::find::{find, find_to_change};
use super::making::{check_members, check_url, recipients, target};
use super::views::NewChannelBody;
use crate::alerts::store_rules;
use crate::api::quota::Quota;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::channels::store::{self, NewChannel};
use crate::channels::{
    Channel, ChannelKind, ChannelSecretView, ChannelView, Recipients, SignatureScheme,
};
use crate::db::{self, ReadHandle, WriteHandle};
use crate::http::address;
use crate::http::auth::{Admin, Caller};
use crate::http::body::{Body, Id, IfMatch, etag, ok};
use crate::http::idempotency::{Answer, IdempotencyKey, Idempotent};
use crate::http::paging::{Page, Paging};
use crate::http::problem::{Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;
use crate::names::ChannelId;

/// Lists the channels.
///
/// A channel says where messages about alerts go. The rules of alerts name channels, or use every one.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    params(Paging),
    responses((status = 200, body = Page<ChannelView>)),
)]
#[get("/channels")]
pub async fn list_channels(
    caller: Caller<Admin>,
    app: Data<App>,
    paging: Query<Paging>,
) -> Result<HttpResponse, Problem> {
    let (limit, after) = (paging.limit()?, paging.after()?);
    let rows = store::list(&mut app.db.read().await?, caller.instance, after, limit).await?;
    let page = Page::of(rows, limit, |row: &Channel| row.id.0, ChannelView::from);
    Ok(HttpResponse::Ok().json(page))
}

/// Reads a channel.
///
/// Of its URL only the host and the last characters are shown: the rest may be a secret.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    params(("id" = ChannelId, Path)),
    responses((status = 200, body = ChannelView)),
)]
#[get("/channels/{id}")]
pub async fn get_channel(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ChannelId>,
) -> Result<HttpResponse, Problem> {
    let channel = find(&mut app.db.read().await?, caller.instance, id.0).await?;
    Ok(ok(channel.stamps.version, &ChannelView::from(channel)))
}

/// Creates a channel.
///
/// The URL must not lead to a private address, now or later. The answer shows the secret of a webhook this once: its
/// messages are signed by Standard Webhooks 1.0.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    request_body = NewChannelBody,
    responses(
        (status = 201, body = ChannelSecretView),
        (
            status = 409,
            description = "The display name is in use, the instance has as many channels as it may have, or the \
                idempotency key was used with another request: `nameTaken`, `quotaExceeded`, `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
        (
            status = 422,
            description = "A member does not belong to the kind, or nothing may be sent there: `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[post("/channels")]
pub async fn create_channel(
    caller: Caller<Admin>,
    app: Data<App>,
    key: IdempotencyKey,
    body: Body<NewChannelBody>,
) -> Result<HttpResponse, Problem> {
    let idempotent = Idempotent::new(&caller, key, &body.digest);
    if let Some(answer) = idempotent.replay(&app).await? {
        return Ok(answer);
    }
    check_members(&body.value)?;
    if let Some(url) = &body.value.url {
        check_url(&app, url).await?;
    }
    let create = async |tx: &mut WriteHandle| {
        let made = insert(tx, &app, &caller, &body.value).await?;
        let change = Change::made(&made.channel);
        audit::record(tx, &caller.author, Action::ChannelCreate, change).await?;
        Ok((answer(made.channel.clone())?, made))
    };
    let (response, made) = idempotent.create(&app, create).await?;
    Ok(made.map_or(response, MadeChannel::respond))
}

/// A channel that was made, with the secret that is shown once: what is kept for repeated calls has none.
struct MadeChannel {
    channel: Channel,
    secret: Option<String>,
}

impl MadeChannel {
    fn respond(self) -> HttpResponse {
        let Self { channel, secret } = self;
        let location = address::location(channel.instance_id, "channels", channel.id.0);
        HttpResponse::Created()
            .insert_header(("Location", location))
            .insert_header(("ETag", etag(channel.stamps.version)))
            .json(ChannelSecretView { channel: channel.into(), secret })
    }
}

fn answer(channel: Channel) -> Result<Answer, Problem> {
    let location = address::location(channel.instance_id, "channels", channel.id.0);
    let version = channel.stamps.version;
    Ok(Answer::json(StatusCode::CREATED, &ChannelView::from(channel))?.about(location, version))
}

async fn insert(
    tx: &mut WriteHandle,
    app: &App,
    caller: &Caller<Admin>,
    new: &NewChannelBody,
) -> Result<MadeChannel, Problem> {
    let count = store::count_to_create(tx, caller.instance).await?;
    Quota::Channels.check(count, app.config.channels.max_channels_per_instance)?;
    let id = ChannelId(Uuid::now_v7());
    let scheme = (new.kind == ChannelKind::Webhook).then(|| new.signature.unwrap_or_default());
    let made = new.url.as_ref().map(|url| target(app, (caller.instance, id), url, scheme));
    let (target, secret) = made.transpose()?.unzip();
    let to = new.to.as_ref().map(|to| recipients(app, to)).transpose()?;
    let row = NewChannel {
        id,
        instance: caller.instance,
        display_name: &new.display_name,
        kind: new.kind,
        recipients: to.unwrap_or_else(Recipients::default),
        target,
        by: caller.subject(),
        now: db::now(),
    };
    let channel = store::insert(tx, &row).await.map_err(name_taken)?;
    // The private key of Ed25519 is of no use to anybody else.
    let secret = secret.flatten().filter(|_| scheme == Some(SignatureScheme::HmacSha256));
    Ok(MadeChannel { channel, secret: secret.map(|secret| secret.expose().to_owned()) })
}

pub(super) fn name_taken(error: sqlx::Error) -> Problem {
    if db::is_unique_violation(&error) {
        let detail = "Another channel of this instance has this display name. Choose another name.";
        return Problem::new(ProblemKind::NameTaken, detail);
    }
    error.into()
}

/// Removes a channel.
///
/// Its URL and its secrets are erased, and so is the log of its messages. Rejected while a rule of alerts names it.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    params(("id" = ChannelId, Path)),
    responses(
        (status = 204),
        (
            status = 409,
            description = "A rule of the instance or of an export names it: `channelInUse`",
            body = ProblemDocument,
        ),
    ),
)]
#[delete("/channels/{id}")]
pub async fn delete_channel(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ChannelId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.db.write().await?;
    let channel = find_to_change(&mut tx, caller.instance, id.0).await?;
    if_match.check(channel.stamps.version)?;
    refuse_in_use(&mut tx, &channel).await?;
    store::delete(&mut tx, id.0).await?;
    let change = Change::removed(&channel);
    audit::record(&mut tx, &caller.author, Action::ChannelRemove, change).await?;
    tx.commit().await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn refuse_in_use(tx: &mut ReadHandle, channel: &Channel) -> Result<(), Problem> {
    let sets = store_rules::all_of_instance(tx, channel.instance_id).await?;
    let Some(set) = sets.into_iter().find(|set| set.rules.names(channel.id)) else {
        return Ok(());
    };
    let whose = match set.export_id {
        None => "the instance".to_owned(),
        Some(export) => format!("the export {}", export.0),
    };
    let detail = format!(
        "A rule of alerts of {whose} names this channel. Take the channel out of the rule first."
    );
    Err(Problem::new(ProblemKind::ChannelInUse, detail))
}
