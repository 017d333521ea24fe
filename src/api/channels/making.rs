//! Checks what a channel is made of, and seals it.

use super::views::NewChannelBody;
use crate::app::App;
use crate::channels::store::NewTarget;
use crate::channels::{
    ChannelKind, ChannelTarget, RECIPIENTS_MAX, Recipient, Recipients, SignatureScheme,
    SigningSecret, TargetUrl, hint,
};
use crate::http::problem::{FieldError, Problem};
use crate::names::ChannelId;

/// Rejects members that do not belong to the kind of a channel, and those that are missing.
pub fn check_members(body: &NewChannelBody) -> Result<(), Problem> {
    let kind = body.kind;
    let is_email = kind == ChannelKind::Email;
    let mut errors = vec![];
    errors.extend(misplaced("/to", body.to.is_some(), is_email));
    errors.extend(misplaced("/url", body.url.is_some(), !is_email));
    if body.signature.is_some() && kind != ChannelKind::Webhook {
        let message = "Only a webhook is signed. Remove this member.";
        errors.push(FieldError::new("/signature", "notOfThisKind", message));
    }
    Problem::none_of(errors)
}

/// A member is there if and only if the kind has it.
fn misplaced(pointer: &str, is_there: bool, belongs: bool) -> Option<FieldError> {
    match (is_there, belongs) {
        (false, true) => {
            Some(FieldError::new(pointer, "missing", "A channel of this kind needs this member."))
        }
        (true, false) => {
            let message = "A channel of this kind does not have this member. Remove it.";
            Some(FieldError::new(pointer, "notOfThisKind", message))
        }
        _ => None,
    }
}

/// Addresses of which there are some, and not too many; the service must have a mail server.
pub fn recipients(app: &App, to: &[Recipient]) -> Result<Recipients, Problem> {
    if app.outbound.mailer.is_none() {
        let message = "This service has no mail server, so nothing can be sent by e-mail. Ask your operator to set \
            SEGMENT_EXPORT_SMTP_URL and SEGMENT_EXPORT_SMTP_FROM.";
        return Err(Problem::unprocessable("/to", "notConfigured", message));
    }
    if (1..=RECIPIENTS_MAX).contains(&to.len()) {
        return Ok(Recipients::of(to));
    }
    let message = format!("An e-mail channel has 1 to {RECIPIENTS_MAX} addresses.");
    let error = FieldError::new("/to", "wrongNumber", message);
    Err(error.with("min", 1_i64).with("max", RECIPIENTS_MAX).into())
}

/// Rejects a URL to which nothing may be sent.
pub async fn check_url(app: &App, url: &TargetUrl) -> Result<(), Problem> {
    if !url.is_encrypted() && !app.config.channels.channels_allow_private {
        let message =
            "The URL must begin with https://, so that nobody on the way can read the messages.";
        return Err(Problem::unprocessable("/url", "notEncrypted", message));
    }
    let parsed =
        url.parsed().ok_or_else(|| Problem::unprocessable("/url", "invalid", UNREADABLE))?;
    app.outbound.web.check(&parsed).await.map_err(|refused| {
        let message = format!("Nothing can be sent to this URL: {refused}.");
        FieldError::new("/url", "refusedAddress", message).with("why", refused.word()).into()
    })
}

const UNREADABLE: &str = "The URL cannot be read.";

/// What is stored of a new URL; and the secret that signs, of a webhook.
pub fn target(
    app: &App,
    (instance, id): (uuid::Uuid, ChannelId),
    url: &TargetUrl,
    scheme: Option<SignatureScheme>,
) -> Result<(NewTarget, Option<SigningSecret>), Problem> {
    let made = scheme.map(SigningSecret::make).transpose()?;
    let (secret, public_key) = made.unzip();
    let target = ChannelTarget::new(url.clone(), secret.clone());
    let sealed = target.seal(&app.keys, instance, id).map_err(anyhow::Error::new)?;
    let new = NewTarget {
        sealed,
        url_hint: hint(url),
        signature: scheme,
        public_key: public_key.flatten(),
    };
    Ok((new, secret))
}
