//! Random numbers that are the same in every run.

/// The generator `SplitMix64` (Steele, Lea, Flood 2014), which is short enough that it will never change.
pub(super) struct Random(u64);

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    /// The numbers of one row; the first of them differs from that of every other row of the seed.
    pub(super) fn of(seed: u64, row: u64) -> Self {
        Self(mix(seed).wrapping_add(row.wrapping_mul(mix(STEP) | 1)))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    /// From 0 to `end` - 1.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// True in `cases` of 10,000.
    pub(super) fn chance(&mut self, cases: u64) -> bool {
        self.below(10_000) < cases
    }

    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = self.below(choices.len() as u64);
        choices[usize::try_from(index).expect("it is below a length")]
    }
}

/// A bijection: different numbers stay different.
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}
