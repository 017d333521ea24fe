//! Channels: where messages of an instance go, the messages, and the outcome of each.

mod attempt;
mod channel;
mod delivery;
mod email;
mod hint;
mod notice;
mod plain;
mod recipient;
mod retry;
mod send;
mod signing;
mod slack;
pub mod store;
pub mod store_backlog;
pub mod store_deliveries;
pub mod store_failures;
pub mod store_seals;
mod target;
mod target_url;
mod teams;
pub mod unsubscribing;
mod view;

pub use channel::{Channel, ChannelKind, NewSecret, SignatureScheme};
pub use delivery::{Delivery, DeliveryId};
pub use hint::hint;
pub use notice::{Notice, NoticeData, NoticeEvent, NoticeReason};
pub use recipient::{RECIPIENTS_MAX, Recipient, Recipients};
pub use send::{LEASE, send};
pub use signing::SigningSecret;
pub use target::ChannelTarget;
pub use target_url::TargetUrl;
pub use view::{ChannelSecretView, ChannelView, DeliveryView};
