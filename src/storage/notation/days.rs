//! Days as a culture writes them: `01.02.1990`, `2/1/1990 11:59:00 PM`, `1990. 02. 01.`; years have four digits.

use jiff::civil::Date;

use super::{
    cultures::{Days, Order},
    times,
};

/// The day in the form of ISO 8601; `None` where it has that form already, or is not a day of the culture.
pub(super) fn read(culture: Days, value: &str) -> Option<String> {
    if is_iso(value) {
        return None;
    }
    let value = plain_blanks(value);
    let (numbers, rest) = numbers(culture.marks, value.trim())?;
    let day = day(culture.order, numbers)?;
    let is_apart = rest.is_empty() || rest.starts_with([' ', ',', 'T']);
    let clock = is_apart.then(|| times::read(rest.trim_start_matches([' ', ',', 'T'])))??;
    Some(times::written(day, clock))
}

/// Whether a value begins as `1990-02-01` or `1990/02/01` do.
pub(super) fn is_iso(value: &str) -> bool {
    let mark = |byte: &u8| matches!(byte, b'-' | b'/');
    let bytes = value.trim_start().as_bytes();
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => mark(byte) && *byte == bytes[4],
            _ => byte.is_ascii_digit(),
        })
        && !bytes.get(10).is_some_and(u8::is_ascii_digit)
}

/// Cultures write blanks at which no line breaks before `AM` and in days.
pub(super) fn plain_blanks(value: &str) -> String {
    value.chars().map(|letter| if letter.is_whitespace() { ' ' } else { letter }).collect()
}

/// Three numbers with the same mark between them, and what stands behind them; a last mark belongs to them.
fn numbers<'a>(marks: &str, value: &'a str) -> Option<([&'a str; 3], &'a str)> {
    let (first, rest) = digits(value)?;
    let mark = rest.chars().next().filter(|mark| marks.contains(*mark))?;
    let after = |rest: &'a str| rest.strip_prefix(mark).map(str::trim_start);
    let (second, rest) = digits(after(rest)?)?;
    let (third, rest) = digits(after(rest)?)?;
    let rest = if mark == '.' { rest.strip_prefix('.').unwrap_or(rest) } else { rest };
    Some(([first, second, third], rest))
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

fn day(order: Order, [first, second, third]: [&str; 3]) -> Option<Date> {
    let [year, month, day] = match order {
        Order::Day => [third, second, first],
        Order::Month => [third, first, second],
        Order::Year => [first, second, third],
    };
    let small = |text: &str| text.parse::<i8>().ok().filter(|_| text.len() <= 2);
    let year = year.parse().ok().filter(|_| year.len() == 4)?;
    Date::new(year, small(month)?, small(day)?).ok()
}

#[cfg(test)]
mod tests {
    use super::{super::cultures, *};

    fn read_in(culture: &str, value: &str) -> Option<String> {
        read(cultures::days(culture).unwrap(), value)
    }

    #[test]
    fn day_and_month_stand_where_the_culture_puts_them() {
        for (culture, value, expected) in [
            ("de-DE", "01.02.1990", "1990-02-01"),
            ("de-DE", "1.2.1990", "1990-02-01"),
            ("de-DE", "31.12.1990 23:59:59", "1990-12-31T23:59:59"),
            ("de-DE", "01.02.1990 00:30:00 +02:00", "1990-02-01T00:30:00+02:00"),
            ("en-US", "2/1/1990", "1990-02-01"),
            ("en-US", "02/01/1990", "1990-02-01"),
            ("en-US", "12/31/1990 11:59:00 PM", "1990-12-31T23:59:00"),
            ("en-US", "12/31/1990 11:59:00\u{202f}PM", "1990-12-31T23:59:00"),
            ("en-US", "12/31/1990 12:00:00 AM", "1990-12-31T00:00:00"),
            ("en-US", "12/31/1990 12:05 am -05:00", "1990-12-31T00:05:00-05:00"),
            ("en-GB", "01/02/1990", "1990-02-01"),
            ("en-GB", "01/02/1990 10:00Z", "1990-02-01T10:00:00Z"),
            ("fr-FR", "01/02/1990 10:00", "1990-02-01T10:00:00"),
            ("nl-NL", "1-2-1990 10:00", "1990-02-01T10:00:00"),
            ("lv-LV", "01.02.1990", "1990-02-01"),
            ("hr-HR", "1. 2. 1990.", "1990-02-01"),
            ("cs-CZ", "1.\u{a0}2.\u{a0}1990", "1990-02-01"),
            ("fi-FI", "1.2.1990 12.30.00", "1990-02-01T12:30:00"),
            ("hu-HU", "1990. 02. 01.", "1990-02-01"),
            ("hu-HU", "1990.02.01. 8:05:00", "1990-02-01T08:05:00"),
            ("lt-LT", "1990.02.01", "1990-02-01"),
            ("zh-CN", "1990/2/1", "1990-02-01"),
            ("ko-KR", "1990. 2. 1.", "1990-02-01"),
            ("en-CA", "1990-2-1", "1990-02-01"),
            ("de-DE", "01.02.1990 10:00:00.1234567", "1990-02-01T10:00:00.1234567"),
        ] {
            assert_eq!(read_in(culture, value).as_deref(), Some(expected), "{culture} {value}");
        }
    }

    #[test]
    fn what_is_iso_already_or_not_a_day_of_the_culture_stays_as_it_is() {
        for (culture, value) in [
            ("de-DE", "1990-02-01"),
            ("de-DE", "1990/02/01"),
            ("en-US", "1990-02-01T10:00:00+02:00"),
            ("sv-SE", "1990-02-01"),
            ("de-DE", "02/03/1990"),
            ("en-US", "31.12.1990"),
            ("en-US", "31/12/1990"),
            ("en-GB", "12/31/1990"),
            ("de-DE", "30.02.1990"),
            ("de-DE", "01.02.90"),
            ("de-DE", "1.2/1990"),
            ("de-DE", "01.02.19900"),
            ("de-DE", "1990.02.01"),
            ("hu-HU", "01.02.1990"),
            ("de-DE", "01.02.1990 25:00:00"),
            ("de-DE", "01.02.1990 or so"),
            ("de-DE", "01.02.1990x"),
            ("de-DE", "32905"),
            ("de-DE", "Februar"),
            ("de-DE", ""),
            ("bg-BG", "1.2.1990 г."),
        ] {
            assert_eq!(read_in(culture, value), None, "{culture} {value}");
        }
    }
}
