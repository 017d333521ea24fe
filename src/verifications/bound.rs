//! How many people can be missing at most, when only some pages of a list were read.

/// How likely the bound holds is 95 %.
const DOUBT: f64 = 0.05;

/// The most people that can be missing, with 95 % certainty, when `missing` were found on `read` of `pages` pages that
/// were drawn at random. It assumes that the order of addresses has nothing to do with who is missing.
#[must_use]
pub fn missing_at_most(read: i64, pages: i64, missing: i64) -> i64 {
    if read >= pages {
        return missing;
    }
    if read <= 0 {
        return i64::MAX;
    }
    let share = ratio(read, pages);
    if missing == 0 {
        return rounded(DOUBT.ln() / (1.0 - share).ln());
    }
    let (mut low, mut high) = (missing, rounded(20.0 * (to_f64(missing) + 3.0) / share));
    while low + 1 < high {
        let middle = low + (high - low) / 2;
        if at_most(missing, middle, share) < DOUBT { high = middle } else { low = middle }
    }
    low
}

/// How likely at most `found` of `all` are seen, each with this probability.
fn at_most(found: i64, all: i64, share: f64) -> f64 {
    let (odds, mut term) = (share / (1.0 - share), to_f64(all) * (1.0 - share).ln());
    let mut sum = term.exp();
    for one in 1..=found.min(all) {
        term += (to_f64(all - one + 1) / to_f64(one) * odds).ln();
        sum += term.exp();
    }
    sum
}

fn ratio(part: i64, all: i64) -> f64 {
    to_f64(part) / to_f64(all)
}

#[expect(clippy::cast_precision_loss, reason = "a bound is no exact number")]
const fn to_f64(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_possible_truncation, reason = "it is at least 0, and saturates")]
fn rounded(number: f64) -> i64 {
    number.round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_without_a_gap_bound_what_is_missing() {
        for (read, bound) in [(3, 997), (5, 598), (10, 298), (30, 98), (100, 28), (300, 8)] {
            assert_eq!(missing_at_most(read, 1000, 0), bound, "{read}");
        }
        assert_eq!(missing_at_most(1000, 1000, 0), 0, "the whole list was read");
        assert_eq!(missing_at_most(7, 7, 3), 3);
        assert_eq!(missing_at_most(0, 7, 0), i64::MAX);
    }

    #[test]
    fn what_was_found_missing_raises_the_bound() {
        let bounds = [0, 1, 2, 10, 500].map(|missing| missing_at_most(100, 1000, missing));
        assert!(bounds.is_sorted(), "{bounds:?}");
        assert!((44..48).contains(&bounds[1]), "about 4.74 times ten: {bounds:?}");
        assert!((5_000..6_000).contains(&bounds[4]), "{bounds:?}");
    }
}
