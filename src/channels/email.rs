//! A message as an e-mail, in two forms.

use super::channel::Channel;
use super::delivery::Delivery;
use super::notice::Notice;
use super::plain::plain;
use crate::outbound::Mail;

/// The most characters of the name of a channel.
const NAME_MAX: usize = 200;
/// What the link says by which somebody gets no more messages.
const NO_MORE: &str = "Get no more messages";

/// The mail to one recipient, with the link by which they get no more, where there is one.
pub fn mail(
    channel: &Channel,
    delivery: &Delivery,
    notice: &Notice,
    (to, unsubscribe): (&str, Option<String>),
) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: notice.data.title.clone(),
        text: text(channel, notice, unsubscribe.as_deref()),
        html: html(channel, notice, unsubscribe.as_deref()),
        id: delivery.id.0.to_string(),
        unsubscribe,
    }
}

fn text(channel: &Channel, notice: &Notice, unsubscribe: Option<&str>) -> String {
    let facts = notice.facts();
    let facts: Vec<_> = facts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let (message, why) = (&notice.data.message, why(channel));
    let link = unsubscribe.map(|link| format!("{NO_MORE}: {link}\n")).unwrap_or_default();
    format!("{message}\n\n{}\n\n-- \n{why}\n{link}", facts.join("\n"))
}

fn html(channel: &Channel, notice: &Notice, unsubscribe: Option<&str>) -> String {
    let link = unsubscribe.map(|link| format!(" <a href=\"{}\">{NO_MORE}</a>", escape(link)));
    let rows = notice.facts();
    let rows: Vec<_> = rows.iter().map(|(name, value)| row(name, value)).collect();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body style=\"font-family: sans-serif; line-height: 1.5; max-width: 40em; overflow-wrap: anywhere\">\
         <h1 style=\"font-size: 1.3em\">{title}</h1><p>{message}</p>\
         <table style=\"border-collapse: collapse\">{rows}</table>\
         <p style=\"color: #595959; font-size: 0.9em\">{why}{link}</p></body></html>",
        title = escape(&notice.data.title),
        message = escape(&notice.data.message),
        rows = rows.concat(),
        why = escape(&why(channel)),
        link = link.unwrap_or_default(),
    )
}

fn row(name: &str, value: &str) -> String {
    let value = escape(value);
    format!(
        "<tr><th scope=\"row\" style=\"text-align: left; padding-right: 1em\">{name}</th><td>{value}</td></tr>"
    )
}

/// Why somebody gets this, and how it ends.
fn why(channel: &Channel) -> String {
    format!(
        "You get this because your address is in the channel “{}” of segment-export. An administrator can take it \
         out there.",
        plain(channel.display_name.as_str(), NAME_MAX)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
