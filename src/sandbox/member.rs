//! One subscriber in about two hundred bytes, so that a million of them fit in a laptop.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum State {
    Active,
    Unconfirmed,
    Unsubscribed,
    Bounced,
    Deleted,
}

impl State {
    pub const ALL: [Self; 5] =
        [Self::Active, Self::Unconfirmed, Self::Unsubscribed, Self::Bounced, Self::Deleted];

    /// The code with which an import rejects a person in this state; none for active people.
    pub fn rejection_code(self) -> Option<u16> {
        match self {
            Self::Active => None,
            Self::Deleted => Some(205),
            Self::Unsubscribed => Some(206),
            Self::Bounced => Some(207),
            Self::Unconfirmed => Some(208),
        }
    }
}

/// Which text an entry of [`Texts`] is: address, name, telephone number, then custom fields.
pub type Slot = u16;
pub const EMAIL: Slot = 0;
pub const NAME: Slot = 1;
pub const MOBILE: Slot = 2;
pub const FIRST_FIELD: Slot = 3;

/// All texts of one person in one allocation: slot, length, text, and so on.
///
/// A slot occurs more than once where a field holds several options.
#[derive(Clone, Debug)]
pub struct Texts(Box<[u8]>);

impl Texts {
    /// Each text has at most 65,535 bytes, which every caller ensures.
    pub fn pack<'a>(entries: impl Iterator<Item = (Slot, &'a str)>) -> Self {
        let mut bytes = Vec::with_capacity(256);
        for (slot, text) in entries {
            let length = u16::try_from(text.len()).expect("texts are cut to 250 characters");
            bytes.extend_from_slice(&slot.to_le_bytes());
            bytes.extend_from_slice(&length.to_le_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        Self(bytes.as_slice().into())
    }

    pub fn entries(&self) -> impl Iterator<Item = (Slot, &str)> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            let (head, tail) = rest.split_first_chunk::<4>()?;
            let length = usize::from(u16::from_le_bytes([head[2], head[3]]));
            let (text, tail) = tail.split_at(length);
            rest = tail;
            let text = std::str::from_utf8(text).expect("written from a string");
            Some((u16::from_le_bytes([head[0], head[1]]), text))
        })
    }

    /// The first text in a slot.
    pub fn get(&self, slot: Slot) -> Option<&str> {
        self.entries().find_map(|(s, text)| (s == slot).then_some(text))
    }
}

/// A subscriber of one list; times are seconds since 1970 in the client's time zone.
#[derive(Clone, Debug)]
pub struct Member {
    pub texts: Texts,
    /// When the person came into the current state.
    pub changed: i64,
    /// When the person first came to the list.
    pub joined: i64,
    /// Number of imports that have stored this person.
    pub imports: u32,
    pub state: State,
    /// Whether text messages may be sent; only known with a telephone number.
    pub sms: Option<bool>,
}

impl Member {
    pub fn email(&self) -> &str {
        self.texts.get(EMAIL).unwrap_or_default()
    }

    pub fn name(&self) -> &str {
        self.texts.get(NAME).unwrap_or_default()
    }

    pub fn mobile(&self) -> Option<&str> {
        self.texts.get(MOBILE)
    }

    /// Custom field values with their slots, in the order in which they were stored.
    pub fn fields(&self) -> impl Iterator<Item = (Slot, &str)> {
        self.texts.entries().filter(|(slot, _)| *slot >= FIRST_FIELD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacked_texts_are_those_that_were_packed() {
        let entries = [(EMAIL, "ada@example.com"), (7, "Tea"), (7, "Käse"), (NAME, "")];
        let texts = Texts::pack(entries.into_iter());
        assert!(texts.entries().eq(entries));
        assert_eq!(texts.get(7), Some("Tea"));
        assert_eq!(texts.get(MOBILE), None);
    }
}
