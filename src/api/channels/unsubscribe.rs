//! Takes an address off a channel, by the link in its mails and without a login (RFC 8058).
//!
//! Programs that scan mails follow links, so GET changes nothing: it shows a page with a button. POST is that button,
//! and the one of mail programs. These are pages for readers of mails, not part of the API's document.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse, get, post};
use uuid::Uuid;

use crate::app::App;
use crate::audit::{self, Action, Author, Change, SystemActor};
use crate::channels::store::ChangedChannel;
use crate::channels::{
    Channel, Recipient, Recipients, store, store_deliveries, store_failures, unsubscribing,
};
use crate::db::{self, WriteHandle};
use crate::http::origin;
use crate::http::problem::Problem;
use crate::names::ChannelId;

/// The page loads nothing but its own style, is not framed, not cached, and its address is not passed on.
const HEADERS: [(&str, &str); 3] = [
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
];
/// Who changes a channel by a link.
const BY: &str = "unsubscribe";
const NOBODY_LEFT: &str = "its last address asked for no more messages";
const UNSUBSCRIBED: &str = "the address asked for no more messages";

/// The instance, the channel, and the token that stands for one address of it.
type Link = Path<(Uuid, Uuid, String)>;

/// Asks whether it is meant.
#[get("/v1/unsubscribe/{instanceId}/{channelId}/{token}")]
pub async fn ask(app: Data<App>, link: Link) -> HttpResponse {
    if recipient(&app, &link).is_none() {
        return invalid();
    }
    let title = "Get no more messages about alerts?";
    let words = "This takes your address out of the channel that sent you the mail. An administrator can put it back.";
    let button = "<form method=\"post\"><button>Get no more messages</button></form>";
    page(StatusCode::OK, title, &format!("<p>{words}</p>{button}"))
}

/// Takes the address off the channel. Its body, which RFC 8058 fixes, is not read.
#[post("/v1/unsubscribe/{instanceId}/{channelId}/{token}")]
pub async fn unsubscribe(
    app: Data<App>,
    request: HttpRequest,
    link: Link,
) -> Result<HttpResponse, Problem> {
    let Some(recipient) = recipient(&app, &link) else { return Ok(invalid()) };
    let (instance, id, _) = &*link;
    let (instance, id) = (*instance, ChannelId(*id));
    let mut tx = app.db.write().await?;
    if let Some(channel) = store::get_to_change(&mut tx, instance, id).await?
        && let Some((left, gone)) = without(&channel, &recipient)
    {
        let changed = take_off(&mut tx, &channel, &left, &gone).await?;
        let origin = origin::of(&request, app.config.forwarded_hops);
        let author = Author { origin, ..Author::system(instance, SystemActor::Api) };
        let change = Change::between(&channel, &changed);
        audit::record(&mut tx, &author, Action::ChannelUnsubscribe, change).await?;
    }
    tx.commit().await?;
    let words = "<p>Your address is not in the channel any more. You can close this window.</p>";
    Ok(page(StatusCode::OK, "You get no more messages.", words))
}

fn recipient(app: &App, link: &Link) -> Option<String> {
    let (instance, id, token) = &**link;
    unsubscribing::recipient(&app.keys, *instance, ChannelId(*id), token)
}

/// The addresses that are left, and this one in the letters that the channel has; `None`: it is not there.
fn without(channel: &Channel, recipient: &str) -> Option<(Recipients, Vec<Recipient>)> {
    let is_theirs = |one: &Recipient| one.as_str().eq_ignore_ascii_case(recipient);
    let (gone, to): (Vec<_>, Vec<_>) = channel.recipients.to.iter().cloned().partition(is_theirs);
    (!gone.is_empty()).then_some((Recipients { to }, gone))
}

async fn take_off(
    tx: &mut WriteHandle,
    channel: &Channel,
    left: &Recipients,
    gone: &[Recipient],
) -> sqlx::Result<Channel> {
    let now = db::now();
    let was_off = channel.disabled_utc.zip(channel.disabled_because.as_deref());
    let is_off = left.to.is_empty().then_some((now, NOBODY_LEFT));
    let new = ChangedChannel {
        display_name: &channel.display_name,
        recipients: left,
        target_sealed: None,
        url_hint: None,
        disabled: was_off.or(is_off),
    };
    for recipient in gone {
        store_deliveries::give_up_at(tx, channel.id, recipient.as_str(), UNSUBSCRIBED).await?;
        store_failures::end(tx, channel.id, recipient.as_str()).await?;
    }
    if let Some((since, _)) = is_off.filter(|_| was_off.is_none()) {
        // Nobody hears of alerts by this channel any more, so the others tell of it.
        store_failures::begin(tx, channel.id, "", since).await?;
    }
    store::update(tx, channel.id, &new, BY, now).await
}

fn invalid() -> HttpResponse {
    let words = "<p>It may be incomplete, or from before this service got other keys. To get no more messages, ask an \
                 administrator of segment-export to take your address out of the channel.</p>";
    page(StatusCode::NOT_FOUND, "This link is not valid.", words)
}

fn page(status: StatusCode, title: &str, content: &str) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    for header in HEADERS {
        response.insert_header(header);
    }
    response.content_type("text/html; charset=utf-8").body(format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem}}\
         button{{font:inherit;padding:.5rem 1rem}}</style>\
         </head><body><main><h1>{title}</h1>{content}</main></body></html>\n"
    ))
}
