//! A message as an e-mail, in two forms.

use super::channel::Channel;
use super::delivery::Delivery;
use super::notice::Notice;
use crate::outbound::Mail;

/// The mail to one recipient.
pub fn mail(channel: &Channel, delivery: &Delivery, notice: &Notice, to: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: notice.data.title.clone(),
        text: text(channel, notice),
        html: html(channel, notice),
        id: delivery.id.0.to_string(),
        unsubscribe: format!("unsubscribe {}", channel.id.0),
    }
}

fn text(channel: &Channel, notice: &Notice) -> String {
    let facts = notice.facts();
    let facts: Vec<_> = facts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!("{}\n\n{}\n\n-- \n{}\n", notice.data.message, facts.join("\n"), why(channel))
}

fn html(channel: &Channel, notice: &Notice) -> String {
    let rows = notice.facts();
    let rows: Vec<_> = rows.iter().map(|(name, value)| row(name, value)).collect();
    format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
         <body style=\"font-family: sans-serif; line-height: 1.5; max-width: 40em\"><h1 style=\"font-size: 1.3em\">\
         {title}</h1><p>{message}</p><table style=\"border-collapse: collapse\">{rows}</table>\
         <p style=\"color: #595959; font-size: 0.9em\">{why}</p></body></html>",
        title = escape(&notice.data.title),
        message = escape(&notice.data.message),
        rows = rows.concat(),
        why = escape(&why(channel)),
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
        channel.display_name.as_str()
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
