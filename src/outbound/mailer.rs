//! Sends e-mail by the mail server of the settings.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;
use url::Url;

/// How long each step of a conversation with the mail server may take.
const STEP_MAX: Duration = Duration::from_secs(20);
/// How long a message may take altogether.
const SEND_MAX: Duration = Duration::from_mins(1);
/// Connections to the mail server at a time.
const CONNECTIONS_MAX: u32 = 4;

/// How the mail server is reached, and who writes.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// `smtps://user:password@host` or `smtp://…?tls=required`.
    pub url: SecretString,
    pub from: String,
    /// PEM file of the authorities that sign the certificate of the server; those of the system when unset.
    pub authorities: Option<PathBuf>,
}

/// The way to a mail server; cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// A message to one person.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// What makes the message the same at every try.
    pub id: String,
    /// The link by which the person gets no more messages; `None`: there is none, and so no header that promises one.
    pub unsubscribe: Option<String>,
}

/// Why a message was not accepted.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub struct MailError {
    /// Whether the server will never accept it.
    pub is_permanent: bool,
    pub detail: String,
}

impl MailSettings {
    /// Whether they can be used; the server is not asked.
    pub fn check(&self) -> anyhow::Result<()> {
        self.read().map(drop)
    }

    fn read(&self) -> anyhow::Result<(AsyncSmtpTransportBuilder, Mailbox)> {
        let from = self.from.parse().context(
            "SEGMENT_EXPORT_SMTP_FROM must be an address, such as Segment export <export@example.com>",
        )?;
        // The error of the library would repeat the URL with its password.
        let unreadable = || {
            anyhow::anyhow!(
                "SEGMENT_EXPORT_SMTP_URL must be smtps://user:password@host or \
                 smtp://user:password@host:587?tls=required"
            )
        };
        let url = self.url.expose_secret();
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url);
        let builder = builder.map_err(|_| unreadable())?;
        let Some(file) = &self.authorities else { return Ok((builder, from)) };
        let url = Url::parse(url).map_err(|_| unreadable())?;
        let parameters = trusting(file, url.host_str().unwrap_or_default())?;
        let is_wrapped = url.scheme() == "smtps";
        let tls = if is_wrapped { Tls::Wrapper(parameters) } else { Tls::Required(parameters) };
        Ok((builder.tls(tls), from))
    }
}

impl Mailer {
    /// Opens nothing: the first message does.
    pub fn new(settings: &MailSettings) -> anyhow::Result<Self> {
        let (builder, from) = settings.read()?;
        let pool = PoolConfig::new().max_size(CONNECTIONS_MAX);
        let transport = builder.timeout(Some(STEP_MAX)).pool_config(pool).build();
        Ok(Self { transport, from })
    }

    /// Hands a message to the server.
    pub async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let message = self.compose(mail).map_err(|error| MailError {
            is_permanent: true,
            detail: format!("the message cannot be written: {error:#}"),
        })?;
        match timeout(SEND_MAX, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Err(_) => Err(MailError {
                is_permanent: false,
                detail: format!("the mail server did not answer within {} s", SEND_MAX.as_secs()),
            }),
            Ok(Err(error)) => Err(MailError {
                is_permanent: error.is_permanent(),
                detail: match error.status() {
                    Some(code) => format!("the mail server answered {code}"),
                    None => "the mail server cannot be reached, or its certificate is not trusted"
                        .to_owned(),
                },
            }),
        }
    }

    fn compose(&self, mail: &Mail) -> anyhow::Result<Message> {
        let host = self.from.email.domain();
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(mail.to.parse()?)
            .subject(&mail.subject)
            .message_id(Some(format!("<{}@{host}>", mail.id)))
            .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))?;
        let unsubscribe = mail.unsubscribe.iter().flat_map(|link| {
            let (link, how) = (format!("<{link}>"), "List-Unsubscribe=One-Click".to_owned());
            [("List-Unsubscribe", link), ("List-Unsubscribe-Post", how)]
        });
        let automatic = ("Auto-Submitted", "auto-generated".to_owned());
        for (name, value) in unsubscribe.chain([automatic]) {
            let name = HeaderName::new_from_ascii(name.to_owned())?;
            message.headers_mut().insert_raw(HeaderValue::new(name, value));
        }
        Ok(message)
    }
}

fn trusting(file: &Path, host: &str) -> anyhow::Result<TlsParameters> {
    let name = file.display();
    let pem = std::fs::read(file)
        .with_context(|| format!("SEGMENT_EXPORT_SMTP_CA names {name}, which cannot be read"))?;
    let certificate = Certificate::from_pem(&pem)
        .with_context(|| format!("SEGMENT_EXPORT_SMTP_CA names {name}, which is not PEM"))?;
    Ok(TlsParameters::builder(host.to_owned()).add_root_certificate(certificate).build()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailer(url: &str, from: &str) -> anyhow::Result<Mailer> {
        let (url, from) = (url.into(), from.to_owned());
        Mailer::new(&MailSettings { url, from, authorities: None })
    }

    #[tokio::test]
    async fn a_message_has_both_forms_and_says_how_to_get_no_more() {
        let mailer = mailer("smtp://127.0.0.1:2525", "Exports <export@example.com>").unwrap();
        let mut mail = Mail {
            to: "ann@example.com".into(),
            subject: "Export “A”: a run failed".into(),
            text: "It failed.".into(),
            html: "<p>It failed.</p>".into(),
            id: "0190".into(),
            unsubscribe: Some("https://export.example.com/v1/unsubscribe/7".into()),
        };
        let written = mailer.compose(&mail).unwrap().formatted();
        let written = String::from_utf8_lossy(&written);
        for part in [
            "From: Exports <export@example.com>",
            "To: ann@example.com",
            "Message-ID: <0190@example.com>",
            "List-Unsubscribe: <https://export.example.com/v1/unsubscribe/7>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "Auto-Submitted: auto-generated",
            "multipart/alternative",
            "text/plain",
            "text/html",
        ] {
            assert!(written.contains(part), "{part} is missing in\n{written}");
        }
        mail.unsubscribe = None;
        let written = mailer.compose(&mail).unwrap().formatted();
        let written = String::from_utf8_lossy(&written);
        assert!(!written.contains("List-Unsubscribe"), "nothing is promised that nobody does");
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_refused_without_its_password() {
        for (url, from) in
            [("mail.example.com", "a@example.com"), ("smtps://u:secret@host", "nobody")]
        {
            let error = format!("{:#}", mailer(url, from).unwrap_err());
            assert!(error.contains("SEGMENT_EXPORT_SMTP_") && !error.contains("secret"), "{error}");
        }
    }
}
