//! The addresses that a run has met, to find the ones that come again, in any case.
//!
//! Six bytes an address, in one piece of memory whose size is known at the start: a million addresses need seven
//! megabytes. An address is known by a 64-bit hash, seeded by the run so that nobody can prepare two that collide: the
//! upper bits say at which slot the search begins, the lower 48 are kept in a slot. By chance two of a million have the
//! same hash once in about twenty million runs.

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Addresses are at most this long when they come here.
const ADDRESS_BYTES_MAX: usize = 254;

/// The lower bits of a hash; all zero is a free slot.
type Remainder = [u8; 6];
const FREE: Remainder = [0; 6];

/// A set of addresses with room for a number of them that is known beforehand.
pub struct Seen {
    seed: u64,
    /// Remainders where their hashes fall, or after it.
    slots: Vec<Remainder>,
}

impl Seen {
    /// Room for `most` addresses.
    pub fn with_room_for(most: usize, seed: u64) -> Self {
        // A seventh more than needed keeps the searches short enough.
        let slots = most + most / 7 + 16;
        Self { seed, slots: vec![FREE; slots] }
    }

    /// Slots that addresses may have.
    pub const fn slots(&self) -> usize {
        self.slots.len()
    }

    /// Remembers an address: the slot that it has from now on, and whether it is new.
    ///
    /// # Panics
    /// When more addresses come than there was room for: the caller counts them.
    pub fn slot(&mut self, address: &str) -> (usize, bool) {
        let hash = self.hash(address);
        let (mut slot, remainder) = (self.first_slot(hash), remainder(hash));
        for _ in 0..self.slots.len() {
            match self.slots[slot] {
                FREE => {
                    self.slots[slot] = remainder;
                    return (slot, true);
                }
                known if known == remainder => return (slot, false),
                _ => slot = (slot + 1) % self.slots.len(),
            }
        }
        unreachable!("there is room for every member of the run")
    }

    fn hash(&self, address: &str) -> u64 {
        let mut lower = [0; ADDRESS_BYTES_MAX];
        let bytes = address.as_bytes();
        let length = bytes.len().min(ADDRESS_BYTES_MAX);
        lower[..length].copy_from_slice(&bytes[..length]);
        lower[..length].make_ascii_lowercase();
        xxh3_64_with_seed(&lower[..length], self.seed)
    }

    /// Spreads the hashes evenly over the slots, without the cost of a division.
    #[expect(clippy::cast_possible_truncation, reason = "the product is below the number of slots")]
    fn first_slot(&self, hash: u64) -> usize {
        ((u128::from(hash) * self.slots.len() as u128) >> 64) as usize
    }
}

/// What distinguishes the hashes that begin at the same slot.
fn remainder(hash: u64) -> Remainder {
    let mut remainder = FREE;
    remainder.copy_from_slice(&hash.to_le_bytes()[..FREE.len()]);
    if remainder == FREE { [1; 6] } else { remainder }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_comes_again_in_any_case() {
        let mut seen = Seen::with_room_for(3, 7);
        let (ann, is_new) = seen.slot("ann@example.com");
        assert!(is_new);
        assert!(seen.slot("bob@example.com").1);
        assert_eq!(seen.slot("Ann@Example.COM"), (ann, false));
        assert!(seen.slot("cid@example.com").1);
    }

    #[test]
    fn a_hundred_thousand_addresses_are_told_apart_and_known_again() {
        let mut seen = Seen::with_room_for(100_000, 1);
        let address = |n: u32| format!("customer.{n}@example.com");
        assert!((0..100_000).all(|n| seen.slot(&address(n)).1));
        assert!((0..100_000).all(|n| !seen.slot(&address(n)).1));
    }
}
