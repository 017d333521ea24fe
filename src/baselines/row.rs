//! A member as bytes, while it waits in a temporary file.

use std::io::{self, Write};

use uuid::Uuid;

use super::member::ListMember;
use super::state::{decode, encode};
use crate::names::RunId;

/// Three numbers and the id of a run, in bytes.
const AFTER_KEY: usize = 3 * 8 + 16;

/// Appends a member and its key.
pub(super) fn write(to: &mut impl Write, key: u64, member: &ListMember) -> io::Result<()> {
    let ListMember { address, customer_id, content, record, state, origin, run } = member;
    for number in [key, *content, *record, encode(*state, *origin)] {
        to.write_all(&number.to_le_bytes())?;
    }
    to.write_all(run.0.as_bytes())?;
    for text in [address, customer_id] {
        to.write_all(&(text.len() as u64).to_le_bytes())?;
        to.write_all(text.as_bytes())?;
    }
    Ok(())
}

/// The first member of some bytes, with its key; what follows is left. `None` for bytes that were not written so.
pub(super) fn read(bytes: &mut &[u8]) -> Option<(u64, ListMember)> {
    let [key, content, record] = [number_of(bytes)?, number_of(bytes)?, number_of(bytes)?];
    let (state, origin) = decode(number_of(bytes)?)?;
    let run = RunId(Uuid::from_bytes(*take(bytes)?));
    let [address, customer_id] = [text_of(bytes)?, text_of(bytes)?].map(str::to_owned);
    Some((key, ListMember { address, customer_id, content, record, state, origin, run }))
}

/// The same, of the key alone.
pub(super) fn read_key(bytes: &mut &[u8]) -> Option<u64> {
    let key = number_of(bytes)?;
    take::<AFTER_KEY>(bytes)?;
    text_of(bytes)?;
    text_of(bytes)?;
    Some(key)
}

fn take<'a, const LENGTH: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; LENGTH]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(taken)
}

fn number_of(bytes: &mut &[u8]) -> Option<u64> {
    take(bytes).copied().map(u64::from_le_bytes)
}

fn text_of<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    let length = usize::try_from(number_of(bytes)?).ok()?;
    let (text, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::super::state::{MemberOrigin, MemberState};
    use super::*;

    #[test]
    fn members_are_read_as_they_were_written_one_after_the_other() {
        let member = |address: &str, customer_id: &str| ListMember {
            address: address.to_owned(),
            customer_id: customer_id.to_owned(),
            content: u64::MAX,
            record: 7,
            state: MemberState::InDoubt,
            origin: MemberOrigin::Stranger,
            run: RunId(Uuid::now_v7()),
        };
        let rows = [(0, member("ann@example.com", "")), (u64::MAX, member("", "žluťoučký 7"))];
        let mut bytes = Vec::new();
        for (key, member) in &rows {
            write(&mut bytes, *key, member).unwrap();
        }
        let mut rest = bytes.as_slice();
        assert_eq!([read(&mut rest), read(&mut rest)], rows.clone().map(Some));
        assert_eq!((rest, read(&mut rest)), (&[][..], None));

        let mut rest = bytes.as_slice();
        assert_eq!([read_key(&mut rest), read_key(&mut rest)], rows.map(|(key, _)| Some(key)));
        let cut = &bytes[..bytes.len() - 1];
        let mut rest = cut;
        assert!(read(&mut rest).is_some() && read(&mut rest).is_none());
    }
}
