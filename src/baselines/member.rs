//! A member of an export, as its list last received it.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::state::{MemberOrigin, MemberState};
use crate::names::RunId;

/// Addresses that are longer do not come here, or cost an allocation.
const ADDRESS_BYTES: usize = 254;

/// What is known of a member. Two members are the same when their addresses differ in the case of ASCII letters only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListMember {
    /// The address as it was sent.
    pub address: String,
    /// The `CustomerId` of the profile.
    pub customer_id: String,
    /// A hash of the mapped values as they were read; the address is one of them.
    pub content: u64,
    /// A hash of the record as it was sent; the address is a part of it.
    pub record: u64,
    /// As of `run`.
    pub state: MemberState,
    /// As of the first run that knew it, or whose answer proved it.
    pub origin: MemberOrigin,
    /// The last run with an answer about this member, or in which its record was the same under another mapping.
    pub run: RunId,
}

/// The key of an address, by which members are sorted and found. The seed keeps anybody from preparing two addresses
/// with the same key.
pub(super) fn key(address: &str, seed: u64) -> u64 {
    let mut short = [0; ADDRESS_BYTES];
    let bytes = address.as_bytes();
    let Some(lower) = short.get_mut(..bytes.len()) else {
        return xxh3_64_with_seed(&bytes.to_ascii_lowercase(), seed);
    };
    lower.copy_from_slice(bytes);
    lower.make_ascii_lowercase();
    xxh3_64_with_seed(lower, seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_key_in_any_case_and_another_by_another_seed() {
        assert_eq!(key("Ann@Example.COM", 7), key("ann@example.com", 7));
        assert_ne!(key("ann@example.com", 7), key("ann@example.com", 8));
        assert_ne!(key("ann@example.com", 7), key("bob@example.com", 7));
    }

    #[test]
    fn a_long_address_has_a_key_of_its_own_too() {
        for length in [253, 254, 255, 1000] {
            let (one, other) = ("a".repeat(length), "a".repeat(length - 1) + "b");
            assert_eq!(key(&one, 7), key(&one.to_ascii_uppercase(), 7), "{length}");
            assert_ne!(key(&one, 7), key(&other, 7), "{length}");
        }
    }
}
