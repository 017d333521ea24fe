//! Changes a channel: its name, who gets its messages, where they go, and whether any are sent.

use actix_web::web::Data;
use actix_web::{HttpResponse, patch};

use super::find::{find, find_to_change};
use super::handlers::name_taken;
use super::making::{check_url, recipients};
use super::views::ChannelPatch;
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::channels::store::{self, ChangedChannel};
use crate::channels::{
    Channel, ChannelKind, ChannelTarget, ChannelView, Recipients, TargetUrl, hint,
    store_deliveries, store_failures,
};
use crate::db;
use crate::http::auth::{Admin, Caller};
use crate::http::body::{Body, Id, IfMatch, ok};
use crate::http::problem::{Problem, ProblemDocument};
use crate::names::ChannelId;

/// Why a channel is not active that a caller switched off.
const TAKEN_OUT: &str = "an administrator took the address out of the channel";
const SWITCHED_OFF: &str = "an administrator switched it off";

/// Changes a channel.
///
/// Members that you leave out stay as they are. With `active: true` a channel that was switched off, also by an answer
/// 410, gets messages again; what was not sent meanwhile is not made up for.
#[utoipa::path(
    tag = "alerts",
    security(("bearer" = ["Admin"])),
    params(("id" = ChannelId, Path)),
    request_body = ChannelPatch,
    responses(
        (status = 200, body = ChannelView),
        (
            status = 409,
            description = "The display name is in use: `nameTaken`",
            body = ProblemDocument,
        ),
        (
            status = 422,
            description = "A member does not belong to the kind, or nothing may be sent there: `unprocessable`",
            body = ProblemDocument,
        ),
    ),
)]
#[patch("/channels/{id}")]
pub async fn update_channel(
    caller: Caller<Admin>,
    app: Data<App>,
    id: Id<ChannelId>,
    if_match: IfMatch,
    body: Body<ChannelPatch>,
) -> Result<HttpResponse, Problem> {
    let patch = &body.value;
    let known = find(&mut app.db.read().await?, caller.instance, id.0).await?;
    check_kind(&known, patch)?;
    if let Some(url) = &patch.url {
        check_url(&app, url).await?;
    }
    let mut tx = app.db.write().await?;
    let old = find_to_change(&mut tx, caller.instance, id.0).await?;
    if_match.check(old.stamps.version)?;
    let new = Changes::of(&app, &old, patch)?;
    check_somebody(&old, &new.recipients, patch)?;
    let channel =
        store::update(&mut tx, id.0, &new.row(&old, patch), caller.subject(), db::now()).await;
    let channel = channel.map_err(name_taken)?;
    // Messages before failures, as one who sends a message locks them.
    if channel.disabled_utc.is_some() {
        store_deliveries::give_up(&mut tx, id.0, SWITCHED_OFF).await?;
    }
    for gone in old.recipients.to.iter().filter(|to| !channel.recipients.to.contains(to)) {
        store_deliveries::give_up_at(&mut tx, id.0, gone.as_str(), TAKEN_OUT).await?;
    }
    if patch.to.is_some() || patch.url.is_some() || patch.active.is_some() {
        store_failures::forget(&mut tx, id.0).await?;
    }
    let change = Change::between(&old, &channel);
    audit::record(&mut tx, &caller.author, Action::ChannelUpdate, change).await?;
    tx.commit().await?;
    Ok(ok(channel.stamps.version, &ChannelView::from(channel)))
}

/// Nobody would get the messages of an e-mail channel that is on and has no address.
fn check_somebody(
    channel: &Channel,
    recipients: &Recipients,
    patch: &ChannelPatch,
) -> Result<(), Problem> {
    let is_on = patch.active.unwrap_or(channel.disabled_utc.is_none());
    if channel.kind != ChannelKind::Email || !is_on || !recipients.to.is_empty() {
        return Ok(());
    }
    let message =
        "The channel has no address any more. Send `to` with the addresses that get its messages.";
    Err(Problem::unprocessable("/to", "missing", message))
}

fn check_kind(channel: &Channel, patch: &ChannelPatch) -> Result<(), Problem> {
    let is_email = channel.kind == ChannelKind::Email;
    let wrong = match (is_email, &patch.to, &patch.url) {
        (true, _, Some(_)) => "/url",
        (false, Some(_), _) => "/to",
        _ => return Ok(()),
    };
    let message = "A channel of this kind does not have this member. Remove it.";
    Err(Problem::unprocessable(wrong, "notOfThisKind", message))
}

/// What a change makes of the members of a channel.
struct Changes {
    recipients: Recipients,
    target: Option<(String, String)>,
}

impl Changes {
    fn of(app: &App, old: &Channel, patch: &ChannelPatch) -> Result<Self, Problem> {
        let recipients = match &patch.to {
            Some(to) => recipients(app, to)?,
            None => old.recipients.0.clone(),
        };
        let target = patch.url.as_ref().map(|url| resealed(app, old, url)).transpose()?;
        Ok(Self { recipients, target })
    }

    fn row<'a>(&'a self, old: &'a Channel, patch: &'a ChannelPatch) -> ChangedChannel<'a> {
        let target = self.target.as_ref();
        let was_off = old.disabled_utc.zip(old.disabled_because.as_deref());
        ChangedChannel {
            display_name: patch.display_name.as_ref().unwrap_or(&old.display_name),
            recipients: &self.recipients,
            target_sealed: target
                .map(|(sealed, _)| sealed.as_str())
                .or(old.target_sealed.as_deref()),
            url_hint: target.map(|(_, hint)| hint.as_str()).or(old.url_hint.as_deref()),
            disabled: match patch.active {
                None => was_off,
                Some(true) => None,
                Some(false) => was_off.or_else(|| Some((db::now(), SWITCHED_OFF))),
            },
        }
    }
}

/// The new URL, sealed with the secrets that the channel has; and what may be seen of it.
fn resealed(app: &App, old: &Channel, url: &TargetUrl) -> Result<(String, String), Problem> {
    let opened = ChannelTarget::open(old, &app.keys).map_err(anyhow::Error::new)?;
    let target = match opened {
        Some(opened) => opened.with_url(url.clone()),
        None => ChannelTarget::new(url.clone(), None),
    };
    let sealed = target.seal(&app.keys, old.instance_id, old.id).map_err(anyhow::Error::new)?;
    Ok((sealed, hint(url)))
}
