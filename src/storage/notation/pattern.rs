//! Days by a pattern of the annotations of Customer Insights, such as `dd/MM/yyyy HH:mm:ss`: the letters of Java and
//! .NET. Names of months and years of two digits are not read.

use jiff::fmt::strtime;

use super::{
    days::plain_blanks,
    times::{self, Clock},
};

/// A pattern that names the year, the month and the day, each once.
pub(super) struct Pattern {
    /// As `strptime` has it.
    format: String,
    /// How many characters a value has, where numbers touch each other.
    packed: Option<usize>,
    has_time: bool,
}

impl Pattern {
    /// `None` when a part cannot be understood, or the day, the month or the year is missing.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (mut format, mut rest) = (String::new(), text);
        let (mut touches, mut behind_number) = (false, false);
        while let Some(letter) = rest.chars().next() {
            let count = rest.len() - rest.trim_start_matches(letter).len();
            let Some((part, read)) = part(letter, count / letter.len_utf8(), rest) else {
                let before = &text[..text.len() - rest.len()];
                return zone_at_end(rest).then(|| Self::of(format, touches.then_some(before)))?;
            };
            let is_number = part.starts_with('%') && part != "%p";
            touches |= is_number && behind_number;
            behind_number = is_number;
            format.push_str(&part);
            rest = &rest[read..];
        }
        Self::of(format, touches.then_some(text))
    }

    fn of(format: String, packed: Option<&str>) -> Option<Self> {
        let once = |part| format.matches(part).count() == 1;
        let is_complete = ["%Y", "%m", "%d"].into_iter().all(once);
        let letters = |text: &str| text.chars().filter(|letter| *letter != '\'').count();
        let has_time = ["%H", "%I"].into_iter().any(once);
        is_complete.then(|| Self { packed: packed.map(letters), has_time, format })
    }

    /// Whether it is the form of ISO 8601 with day and month in the other order.
    pub(super) fn has_day_before_month(&self) -> bool {
        self.format.starts_with("%Y") && self.format.find("%d") < self.format.find("%m")
    }

    /// The day in the form of ISO 8601; `None` where the value does not fit.
    pub(super) fn read(&self, value: &str) -> Option<String> {
        let value = plain_blanks(value);
        let (day, clock) = self.apart(value.trim())?;
        if self.packed.is_some_and(|letters| day.chars().count() != letters) {
            return None;
        }
        let read = strtime::parse(&self.format, day).ok()?;
        let date = read.to_date().ok().filter(|date| date.year() >= 1000)?;
        let time = if self.has_time { Some(read.to_time().ok()?) } else { clock.time };
        Some(times::written(date, Clock { time, ..clock }))
    }

    /// What the pattern covers, and what stands behind it: a zone, or also the time where the pattern has none.
    fn apart<'a>(&self, value: &'a str) -> Option<(&'a str, Clock)> {
        if self.has_time {
            let (day, zone) = times::without_zone(value);
            return Some((day, Clock { zone, time: None }));
        }
        let end = value.find(':').and_then(|colon| value[..colon].rfind([' ', 'T']));
        let (day, time) = value.split_at(end.unwrap_or(value.len()));
        let clock = times::read(time.trim_start_matches([' ', 'T']))?;
        Some((day.trim_end_matches([' ', ',']), clock))
    }
}

/// The part of `strptime` for a letter that stands so many times, and how many bytes of the pattern it is.
fn part(letter: char, count: usize, rest: &str) -> Option<(String, usize)> {
    let part = match (letter, count) {
        ('y' | 'u', 4) => "%Y",
        ('M', 1 | 2) => "%m",
        ('d', 1 | 2) => "%d",
        ('H', 1 | 2) => "%H",
        ('h', 1 | 2) => "%I",
        ('m', 1 | 2) => "%M",
        ('s', 1 | 2) => "%S",
        ('S' | 'f' | 'F', 1..=9) => "%f",
        ('a', 1) | ('t', 2) => "%p",
        ('T', 1) => "T",
        ('\'', 1) => return quoted(rest),
        (' ', _) => " ",
        (letter, _) if letter.is_ascii_punctuation() && letter != '%' && letter != '\'' => {
            return Some((letter.to_string(), 1));
        }
        _ => return None,
    };
    Some((part.to_owned(), count))
}

/// Letters in quotes, such as `'T'`, stand for themselves; a `'Z'` is a zone.
fn quoted(rest: &str) -> Option<(String, usize)> {
    let (letters, _) = rest[1..].split_once('\'')?;
    let is_plain = !letters.is_empty() && !letters.contains(['%', 'Z']);
    is_plain.then(|| (letters.to_owned(), letters.len() + 2))
}

/// What can stand at the end for a zone. A value may have one or not.
fn zone_at_end(rest: &str) -> bool {
    let is_letters = |letter: char| matches!(letter, 'X' | 'x' | 'z' | 'Z' | 'K');
    rest == "'Z'" || rest.chars().all(is_letters)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, value: &str) -> Option<String> {
        Pattern::parse(pattern).unwrap().read(value)
    }

    #[test]
    fn a_day_is_read_by_its_pattern() {
        for (pattern, value, expected) in [
            ("dd/MM/yyyy", "01/02/1990", "1990-02-01"),
            ("MM/dd/yyyy", "01/02/1990", "1990-01-02"),
            ("d.M.yyyy", "1.2.1990", "1990-02-01"),
            ("yyyyMMdd", "19900201", "1990-02-01"),
            ("yyyy/dd/MM", "1990/01/02", "1990-02-01"),
            ("dd/MM/yyyy", "01/02/1990 23:59:59", "1990-02-01T23:59:59"),
            ("dd/MM/yyyy HH:mm:ss", "01/02/1990 23:59:59", "1990-02-01T23:59:59"),
            ("dd/MM/yyyy hh:mm a", "01/02/1990 11:59 PM", "1990-02-01T23:59:00"),
            ("yyyy-MM-dd'T'HH:mm:ss:SSS", "1990-02-01T10:00:00:250", "1990-02-01T10:00:00.25"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", "1990-02-01T10:00:00.250Z", "1990-02-01T10:00:00.25Z"),
            ("dd.MM.yyyy HH:mm:ssXXX", "01.02.1990 10:00:00+02:00", "1990-02-01T10:00:00+02:00"),
            ("dd.MM.yyyy HH:mm:ss Z", "01.02.1990 10:00:00 -0530", "1990-02-01T10:00:00-05:30"),
            ("yyyyMMddHHmmss", "19900201235959", "1990-02-01T23:59:59"),
        ] {
            assert_eq!(read(pattern, value).as_deref(), Some(expected), "{pattern} {value}");
        }
    }

    #[test]
    fn what_does_not_fit_the_pattern_stays_as_it_is() {
        for (pattern, value) in [
            ("dd/MM/yyyy", "31/02/1990"),
            ("dd/MM/yyyy", "12/31/1990"),
            ("dd/MM/yyyy", "01/02/90"),
            ("dd/MM/yyyy", "01.02.1990"),
            ("dd/MM/yyyy", "1990-02-01"),
            ("dd/MM/yyyy", "01/02/1990 or so"),
            ("dd/MM/yyyy", "01/02/19901"),
            ("dd/MM/yyyy HH:mm:ss", "01/02/1990"),
            ("dd/MM/yyyy HH:mm:ss", "01/02/1990 25:00:00"),
            ("yyyyMMdd", "1990112"),
            ("yyyyMMdd", "199002010"),
            ("dd/MM/yyyy", ""),
            ("dd/MM/yyyy", "é"),
        ] {
            assert_eq!(read(pattern, value), None, "{pattern} {value}");
        }
    }

    #[test]
    fn a_pattern_that_is_not_understood_is_none() {
        for pattern in [
            "",
            "dd/mm/yyyy",
            "dd/MM/yy",
            "dd MMM yyyy",
            "EEE dd/MM/yyyy",
            "yyyy-MM",
            "dd/dd/MM/yyyy",
            "%d/%m/%Y",
            "'dd/MM/yyyy",
            "dd/MM/yyyy G",
            "Zdd/MM/yyyy",
        ] {
            assert!(Pattern::parse(pattern).is_none(), "{pattern}");
        }
    }
}
