//! Settings of the channels that alerts go to: the mail server, and which addresses may be called.

use std::path::PathBuf;

use clap::Args;
use secrecy::SecretString;
use url::Url;

use super::rule::Rule;
use crate::outbound::MailSettings;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct ChannelSettings {
    /// Mail server for alerts: `smtps://user:password@host`, or `smtp://user:password@host:587?tls=required` for
    /// STARTTLS. When unset, nothing is sent by e-mail.
    #[arg(long, env = "SEGMENT_EXPORT_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,
    /// Address that alerts come from, such as `Segment export <export@example.com>`.
    #[arg(long, env = "SEGMENT_EXPORT_SMTP_FROM")]
    pub smtp_from: Option<String>,
    /// PEM file of the authorities that sign the certificate of the mail server; those of the system when unset.
    #[arg(long, env = "SEGMENT_EXPORT_SMTP_CA")]
    pub smtp_ca: Option<PathBuf>,
    /// Address at which people reach this service, such as `https://export.example.com`. With it, mails have a link by
    /// which their reader gets no more of them.
    #[arg(long, env = "SEGMENT_EXPORT_PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// Allows channels at addresses of this machine and of private networks, also without TLS. Administrators of
    /// instances can then reach what only this service can reach.
    #[arg(long, env = "SEGMENT_EXPORT_CHANNELS_ALLOW_PRIVATE")]
    pub channels_allow_private: bool,
    /// How often alerts and messages that are due are sought, in milliseconds.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_ALERTS_MS",
        default_value_t = 500,
        value_parser = clap::value_parser!(u64).range(10..=60_000)
    )]
    pub alerts_ms: u64,
    /// Channels that an instance may have.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_MAX_CHANNELS_PER_INSTANCE",
        default_value_t = 100,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub max_channels_per_instance: u32,
    /// Days that a resolved alert and the log of its messages are kept; 0 keeps them for ever.
    #[arg(
        long,
        env = "SEGMENT_EXPORT_KEEP_ALERTS_DAYS",
        default_value_t = 90,
        value_parser = clap::value_parser!(u32).range(..=36_500)
    )]
    pub keep_alerts_days: u32,
}

impl ChannelSettings {
    pub(super) fn rules(&self, dev: bool) -> Vec<Rule> {
        let is_address = |url: &Url| {
            let is_safe = url.scheme() == "https" || (dev && url.scheme() == "http");
            is_safe && url.query().is_none() && url.fragment().is_none()
        };
        vec![
            (
                self.smtp_url.is_some() == self.smtp_from.is_some()
                    && (self.smtp_ca.is_none() || self.smtp_url.is_some()),
                "SEGMENT_EXPORT_SMTP_URL and …_SMTP_FROM go together, and …_SMTP_CA is for them: set both, or none",
            ),
            (
                self.public_url.as_ref().is_none_or(is_address),
                "SEGMENT_EXPORT_PUBLIC_URL must begin with https:// (http:// only with --dev), without a query",
            ),
        ]
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        self.mail().map_or(Ok(()), |settings| settings.check())
    }

    /// `None` without a mail server.
    #[must_use]
    pub fn mail(&self) -> Option<MailSettings> {
        Some(MailSettings {
            url: self.smtp_url.clone()?,
            from: self.smtp_from.clone()?,
            authorities: self.smtp_ca.clone(),
        })
    }
}
