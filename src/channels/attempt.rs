//! One try to send a message: by the means of its channel, and what came of it.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};

use super::channel::{Channel, ChannelKind};
use super::delivery::Delivery;
use super::notice::Notice;
use super::target::ChannelTarget;
use super::{email, slack, teams, unsubscribing};
use crate::db::Time;
use crate::outbound::{Outbound, PostAnswer};
use crate::secrets::Keys;

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The other side accepted the message.
    Delivered {
        /// Of HTTP; an e-mail has none.
        status: Option<u16>,
    },
    /// It did not.
    Failed {
        status: Option<u16>,
        /// Why, in words that hold nothing of the URL.
        detail: String,
        /// How long the other side asks us to wait.
        retry_after: Option<Duration>,
        verdict: TryVerdict,
    },
}

/// What follows from a try that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryVerdict {
    /// A later try may succeed.
    Retry,
    /// No later try can succeed.
    GiveUp,
    /// The receiver is gone for good: nothing more is sent to it.
    Gone,
}

/// The status by which a receiver says that it wants no more messages.
const GONE: u16 = 410;

/// Sends a message. Whatever goes wrong is a failed try.
pub async fn attempt(
    outbound: &Outbound,
    keys: &Keys,
    channel: &Channel,
    delivery: &Delivery,
    now: Time,
) -> Attempt {
    let sent = match channel.kind {
        ChannelKind::Email => by_mail(outbound, keys, channel, delivery).await,
        ChannelKind::Slack | ChannelKind::Teams | ChannelKind::Webhook => {
            by_post(outbound, keys, channel, delivery, now).await
        }
    };
    sent.unwrap_or_else(|failed| failed)
}

impl Attempt {
    fn failed(verdict: TryVerdict, detail: &impl ToString) -> Self {
        Self::Failed { status: None, detail: detail.to_string(), retry_after: None, verdict }
    }

    fn of_answer(answer: PostAnswer) -> Self {
        let PostAnswer { status, retry_after } = answer;
        let detail = match status {
            200..=299 => return Self::Delivered { status: Some(status) },
            300..=399 => "the address answered with a redirect, which is not followed".to_owned(),
            _ => format!("the address answered with the status {status}"),
        };
        let verdict = if status == GONE { TryVerdict::Gone } else { TryVerdict::Retry };
        Self::Failed { status: Some(status), detail, retry_after, verdict }
    }
}

async fn by_mail(
    outbound: &Outbound,
    keys: &Keys,
    channel: &Channel,
    delivery: &Delivery,
) -> Result<Attempt, Attempt> {
    let unset = "this service has no mail server: ask your operator to set SEGMENT_EXPORT_SMTP_URL";
    let mailer = outbound.mailer.as_ref();
    let mailer = mailer.ok_or_else(|| Attempt::failed(TryVerdict::Retry, &unset))?;
    let notice = read(delivery)?;
    let to = delivery.recipient.as_deref().unwrap_or_default();
    let public = outbound.public_url.as_ref();
    let unsubscribe = public.map(|public| unsubscribing::link(public, keys, channel, to));
    match mailer.send(&email::mail(channel, delivery, &notice, (to, unsubscribe))).await {
        Ok(()) => Ok(Attempt::Delivered { status: None }),
        Err(error) if error.is_permanent => Err(Attempt::failed(TryVerdict::GiveUp, &error)),
        Err(error) => Err(Attempt::failed(TryVerdict::Retry, &error)),
    }
}

async fn by_post(
    outbound: &Outbound,
    keys: &Keys,
    channel: &Channel,
    delivery: &Delivery,
    now: Time,
) -> Result<Attempt, Attempt> {
    let target = ChannelTarget::open(channel, keys).map_err(|error| {
        tracing::error!(channel.id = %channel.id.0, %error, "the URL of a channel cannot be opened");
        Attempt::failed(TryVerdict::Retry, &"the URL of the channel cannot be opened: ask your operator")
    })?;
    let target =
        target.ok_or_else(|| Attempt::failed(TryVerdict::GiveUp, &"the channel has no URL"))?;
    let (headers, body) = match channel.kind {
        ChannelKind::Slack => (HeaderMap::new(), slack::body(&read(delivery)?).to_string()),
        ChannelKind::Teams => (HeaderMap::new(), teams::body(&read(delivery)?).to_string()),
        ChannelKind::Webhook | ChannelKind::Email => {
            let headers = signed(channel, &target, delivery, now);
            let headers = headers.map_err(|error| Attempt::failed(TryVerdict::Retry, &error))?;
            (headers, delivery.body.clone())
        }
    };
    match outbound.web.post(target.url.secret(), headers, body).await {
        Ok(answer) => Ok(Attempt::of_answer(answer)),
        Err(error) => Err(Attempt::failed(TryVerdict::Retry, &error)),
    }
}

fn read(delivery: &Delivery) -> Result<Notice, Attempt> {
    let unreadable = |_| Attempt::failed(TryVerdict::GiveUp, &"the message cannot be read");
    serde_json::from_str(&delivery.body).map_err(unreadable)
}

/// The headers of Standard Webhooks. The time is that of the try.
fn signed(
    channel: &Channel,
    target: &ChannelTarget,
    delivery: &Delivery,
    now: Time,
) -> anyhow::Result<HeaderMap> {
    let (id, timestamp) = (delivery.id.0.to_string(), now.timestamp());
    let secrets = target.signing(channel.previous_until_utc, now);
    let signatures: Vec<_> = secrets
        .map(|secret| secret.sign(&id, timestamp, &delivery.body))
        .collect::<anyhow::Result<_>>()?;
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", HeaderValue::from_str(&id)?);
    headers.insert("webhook-timestamp", HeaderValue::from(timestamp));
    headers.insert("webhook-signature", HeaderValue::from_str(&signatures.join(" "))?);
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_status_of_success_is_one_and_410_ends_the_channel() {
        let of = |status| Attempt::of_answer(PostAnswer { status, retry_after: None });
        assert_eq!(of(204), Attempt::Delivered { status: Some(204) });
        for (status, expected) in [
            (302, TryVerdict::Retry),
            (400, TryVerdict::Retry),
            (410, TryVerdict::Gone),
            (429, TryVerdict::Retry),
            (503, TryVerdict::Retry),
        ] {
            let Attempt::Failed { verdict, .. } = of(status) else { panic!("{status}") };
            assert_eq!(verdict, expected, "{status}");
        }
    }
}
