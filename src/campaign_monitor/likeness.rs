//! Which values are written alike, so that a few examples show every kind before they show one kind twice.

/// Where one more example goes among those that are kept: behind them, in place of one whose kind has another example,
/// or nowhere.
pub fn example_slot(kept: &[&str], value: &str, most: usize) -> Option<usize> {
    if kept.len() < most {
        return Some(kept.len());
    }
    if kept.iter().any(|one| alike(one, value)) {
        return None;
    }
    let is_repeat = |at: &usize| kept[..*at].iter().any(|earlier| alike(earlier, kept[*at]));
    (1..kept.len()).rev().find(is_repeat)
}

/// Puts an example where it belongs.
pub fn put_example<T>(kept: &mut Vec<T>, at: usize, example: T) {
    if at < kept.len() {
        kept[at] = example;
    } else {
        kept.push(example);
    }
}

/// Whether two values differ only in their digits and letters, and in how many of them follow each other.
fn alike(one: &str, other: &str) -> bool {
    signs(one).eq(signs(other))
}

/// Every run of digits as one `9`, and every run of letters as one `a`.
fn signs(value: &str) -> impl Iterator<Item = char> {
    let mut last = None;
    value.chars().map(sign).filter(move |sign| {
        let is_new = last != Some(*sign) || !matches!(sign, '9' | 'a');
        last = Some(*sign);
        is_new
    })
}

fn sign(letter: char) -> char {
    match letter {
        letter if letter.is_numeric() => '9',
        letter if letter.is_alphabetic() => 'a',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(values: &[&'static str]) -> Vec<&'static str> {
        let mut kept = vec![];
        for value in values {
            if let Some(at) = example_slot(&kept, value, 3) {
                put_example(&mut kept, at, *value);
            }
        }
        kept
    }

    #[test]
    fn values_of_other_kinds_take_the_room_of_repeats() {
        let points = ["982.345,44", "1.345,44", "7.123,00"];
        assert_eq!(kept(&points), points);
        assert_eq!(
            kept(&[&points[..], &["12,50 EUR", "8.111,00", "€ 99,00", "1 2"]].concat()),
            ["982.345,44", "€ 99,00", "12,50 EUR"]
        );
        assert_eq!(kept(&["Rīga", "", "--", "-"]), ["Rīga", "", "--"]);
    }
}
