//! Counts and positions of rows: `usize` in memory, `i64` in the database.

/// A count or a position in memory, as the database has it.
pub fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
