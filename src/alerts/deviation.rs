//! What is usual, by the median and the median deviation: one bad run does not bend them, as it would bend a mean.

/// With fewer values nothing is called usual.
const VALUES_MIN: usize = 5;
/// The median deviation of values that scatter by chance, times this, is their standard deviation.
const MAD_TO_SIGMA: f64 = 1.4826;
/// What lies farther out is one value in 370 by chance alone.
const SIGMAS: f64 = 3.0;

/// What is usual of some values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usual {
    pub median: i64,
    /// The median of how far each value is from it.
    pub deviation: i64,
}

impl Usual {
    /// `None` of too few values.
    #[must_use]
    pub fn of(values: &[i64]) -> Option<Self> {
        if values.len() < VALUES_MIN {
            return None;
        }
        let middle = median(values.to_vec());
        let deviation = median(values.iter().map(|value| (value - middle).abs()).collect());
        Some(Self { median: middle, deviation })
    }

    /// Whether a value is far from what is usual: by more than so many percent, and by more than values scatter.
    #[must_use]
    pub fn is_far(&self, value: i64, percent: i64) -> bool {
        let distance = (value - self.median).abs();
        let scatter = to_f64(self.deviation) * MAD_TO_SIGMA * SIGMAS;
        distance > 0
            && i128::from(distance) * 100 > i128::from(self.median) * i128::from(percent)
            && to_f64(distance) > scatter
    }
}

fn median(mut values: Vec<i64>) -> i64 {
    values.sort_unstable();
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        i64::midpoint(values[middle - 1], values[middle])
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of profiles are below 2^53")]
const fn to_f64(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_run_does_not_bend_what_is_usual() {
        let usual = Usual::of(&[1000, 1010, 990, 1005, 0, 995, 1000]).unwrap();
        assert_eq!(usual.median, 1000);
        assert!(!usual.is_far(1020, 30) && usual.is_far(0, 30) && usual.is_far(2000, 30));
    }

    #[test]
    fn a_number_that_scatters_is_not_far_and_one_that_never_changes_has_the_percent_alone() {
        let scattering = Usual::of(&[100, 200, 300, 400, 500]).unwrap();
        assert!(!scattering.is_far(600, 30) && scattering.is_far(800, 30));
        let steady = Usual::of(&[100; 5]).unwrap();
        assert!(!steady.is_far(130, 30) && steady.is_far(131, 30) && steady.is_far(69, 30));
        let none = Usual::of(&[0; 5]).unwrap();
        assert!(!none.is_far(0, 30) && none.is_far(1, 30));
    }

    #[test]
    fn of_a_few_runs_nothing_is_usual() {
        assert_eq!(Usual::of(&[1, 2, 3, 4]), None);
    }
}
