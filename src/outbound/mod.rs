//! What leaves this service for people: posts to addresses that users choose, and e-mail. It takes values and returns
//! values: what a message says, and who gets it, is decided above.

mod address;
mod guard;
mod mailer;
mod web;

use url::Url;

pub use mailer::{Mail, MailSettings, Mailer};
pub use web::{PostAnswer, Web};

/// The ways out; one of each a process.
#[derive(Clone, Debug)]
pub struct Outbound {
    pub web: Web,
    /// `None` without the settings of a mail server.
    pub mailer: Option<Mailer>,
    /// Where people reach this service; `None`: mails have no link to it.
    pub public_url: Option<Url>,
}
