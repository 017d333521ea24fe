//! Which rows of a run the rows of a page are.

use super::integers::to_i64;

/// The rows of a run that a page holds, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Positions {
    /// All of them, from this one on.
    From(i64),
    /// These only.
    Each(Vec<i64>),
}

impl Positions {
    /// The row of the run, from 0.
    pub fn of(&self, row: usize) -> i64 {
        match self {
            Self::From(first) => first + to_i64(row),
            Self::Each(positions) => positions[row],
        }
    }

    /// The row of the page that has this position.
    pub fn row(&self, position: i64) -> Option<usize> {
        match self {
            Self::From(first) => usize::try_from(position - first).ok(),
            Self::Each(positions) => positions.binary_search(&position).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_where_it_came_from() {
        for positions in [Positions::From(7), Positions::Each(vec![7, 8, 9])] {
            assert_eq!((positions.of(0), positions.of(2)), (7, 9));
            assert_eq!((positions.row(8), positions.row(6)), (Some(1), None));
        }
        assert_eq!(Positions::Each(vec![2, 5]).row(3), None);
    }
}
