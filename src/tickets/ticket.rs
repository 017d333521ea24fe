//! A ticket as it is stored, and the secret that its holder has.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::db::Time;
use crate::names::RunId;

/// Time to open the stream.
const LIFE: TimeDelta = TimeDelta::seconds(60);

/// A ticket that was not used yet. The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EventTicket {
    pub hash: String,
    pub instance_id: Uuid,
    pub run_id: RunId,
    pub token_expires_utc: Time,
    pub token_key: String,
    pub expires_utc: Time,
}

/// What stands in the address.
pub struct TicketSecret(String);

impl TicketSecret {
    /// 256 random bits.
    pub fn random() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    pub fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the database keeps of it.
    pub fn hash(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(&self.0))
    }
}

impl EventTicket {
    /// For the run, by a token that expires then and was signed with that key. A ticket never outlives its token.
    pub fn new(
        secret: &TicketSecret,
        (instance, run): (Uuid, RunId),
        (token_expires_utc, token_key): (Time, &str),
        now: Time,
    ) -> Self {
        let expires_utc = (now + LIFE).min(token_expires_utc);
        Self {
            hash: secret.hash(),
            instance_id: instance,
            run_id: run,
            token_expires_utc,
            token_key: token_key.to_owned(),
            expires_utc,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db;

    #[test]
    fn a_ticket_lives_for_a_minute_and_not_longer_than_its_token() {
        let (now, run) = (db::now(), (Uuid::now_v7(), RunId(Uuid::now_v7())));
        for (token, ticket) in [(600, 60), (60, 60), (7, 7), (-1, -1)] {
            let token = now + TimeDelta::seconds(token);
            let made = EventTicket::new(&TicketSecret::random(), run, (token, "HS256"), now);
            assert_eq!(made.expires_utc, now + TimeDelta::seconds(ticket));
        }
    }

    #[test]
    fn secrets_differ_and_are_not_stored() {
        let (one, other) = (TicketSecret::random(), TicketSecret::random());
        assert_ne!(one.as_str(), other.as_str());
        assert_eq!(one.hash(), TicketSecret::of(one.as_str()).hash());
        assert_ne!(one.hash(), one.as_str());
    }
}
