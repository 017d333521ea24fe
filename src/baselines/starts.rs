//! Where in a sorted list of keys the search for one begins: for each value of its upper bits, the position of the
//! first key that has it. Keys are hashes, so that a few have the same: a search reads them and no others, whose
//! memory is far away.

use std::ops::Range;

/// Keys that have the same upper bits, on average, at most.
const KEYS_TOGETHER: usize = 8;

/// The positions of the first keys. Keys that somebody made to stand together make a search halve them.
pub struct Starts {
    /// By the upper bits; one more than there are values of them.
    positions: Vec<u32>,
    shift: u32,
}

impl Starts {
    /// Of keys in their order.
    pub fn of(keys: impl ExactSizeIterator<Item = u64>) -> Self {
        let values = (keys.len() / KEYS_TOGETHER).next_power_of_two().max(2);
        let shift = u64::BITS - values.ilog2();
        let mut positions = Vec::with_capacity(values + 1);
        let mut position: u32 = 0;
        for key in keys {
            let upto = usize::try_from(key >> shift).map_or(values, |value| value + 1);
            positions.resize(upto.max(positions.len()), position);
            position += 1;
        }
        positions.resize(values + 1, position);
        Self { positions, shift }
    }

    /// The positions that a key may have.
    pub fn near(&self, key: u64) -> Range<usize> {
        let value = usize::try_from(key >> self.shift).unwrap_or_default();
        self.positions[value] as usize..self.positions[value + 1] as usize
    }

    /// The memory that it takes.
    pub const fn bytes(&self) -> usize {
        self.positions.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_in_the_range_where_it_is_sought() {
        for count in [0, 1, 2, 15, 16, 1000] {
            let mut keys: Vec<u64> =
                (0..count).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
            keys.extend([0, u64::MAX]);
            keys.sort_unstable();
            keys.dedup();
            let starts = Starts::of(keys.iter().copied());
            for (position, key) in keys.iter().enumerate() {
                assert!(starts.near(*key).contains(&position), "{key:x} of {count}");
            }
        }
        assert_eq!(Starts::of(std::iter::empty::<u64>()).near(7), 0..0);
    }

    #[test]
    fn few_keys_are_near_one() {
        let mut keys: Vec<u64> =
            (0..100_000).map(|n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect();
        keys.sort_unstable();
        let starts = Starts::of(keys.iter().copied());
        assert!(keys.iter().all(|key| starts.near(*key).len() < 64));
    }
}
