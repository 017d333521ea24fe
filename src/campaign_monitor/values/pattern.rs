//! Patterns of dates, such as `dd/MM/yyyy`: the letters of .NET, Java and Excel.
//!
//! A time behind the day is read although the pattern names none: exports often add `00:00:00`. So is a last point
//! behind a day with points, as Latvians and Hungarians write it.

use jiff::civil::{Date, Time};

use super::moment::{self, Moment, Named};
use super::scan::Scan;

/// A pattern that names the year, the month and the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Token>);

/// A part of a pattern. A number is as long as its letters where another one touches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Year,
    Month(Width),
    Day(Width),
    Hour(Width),
    Minute(Width),
    Second(Width),
    Fraction,
    /// `AM` or `PM`.
    HalfDay,
    Zone,
    Letter(char),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Width {
    OneOrTwo,
    Two,
}

/// What has been read so far.
#[derive(Default)]
struct Parts {
    year: i16,
    month: i16,
    day: i16,
    hour: i16,
    minute: i16,
    second: i16,
    zone: Option<Named>,
}

impl Pattern {
    /// `None` when a part cannot be understood, stands there twice, or the day, the month or the year is missing.
    pub fn parse(text: &str) -> Option<Self> {
        let mut tokens = vec![];
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let count = rest.len() - rest.trim_start_matches(letter).len();
            let (token, read) = token(letter, count / letter.len_utf8(), rest)?;
            tokens.push(token);
            rest = &rest[read..];
        }
        let packed = packed(&tokens)?;
        is_complete(&packed).then_some(Self(packed))
    }

    pub(super) fn read(&self, value: &str) -> Option<Moment> {
        let mut scan = Scan(value);
        let mut parts = Parts::default();
        for token in &self.0 {
            parts.read(*token, &mut scan)?;
        }
        let day = date(parts.year, parts.month, parts.day)?;
        let (time, zone) = self.rest(&parts, &mut scan)?;
        Some(Moment { written: day.to_datetime(time), zone })
    }

    /// What stands behind the last part: a time and a zone, or nothing.
    fn rest(&self, parts: &Parts, scan: &mut Scan<'_>) -> Option<(Time, Option<Named>)> {
        let names = |wanted: fn(&Token) -> bool| self.0.iter().any(wanted);
        if !names(|token| matches!(token, Token::Hour(_))) {
            self.skip_last_point(scan);
            return behind_a_day(scan);
        }
        let time = moment::time(parts.hour, parts.minute, parts.second)?;
        let zone = if parts.zone.is_some() { parts.zone } else { moment::zone(scan)? };
        scan.is_at_end()
            .then_some((time, zone))
            .or_else(|| moment::is_zone_name(scan.0).then_some((time, zone)))
    }

    /// `12.05.1979.` is the same day as without the last point.
    fn skip_last_point(&self, scan: &mut Scan<'_>) {
        let point = Token::Letter('.');
        if self.0.contains(&point) && self.0.last() != Some(&point) {
            scan.accept('.');
        }
    }
}

/// Nothing, or a blank or a `T` and a time.
pub(super) fn behind_a_day(scan: &mut Scan<'_>) -> Option<(Time, Option<Named>)> {
    if scan.is_at_end() {
        return Some((Time::midnight(), None));
    }
    scan.accept(',');
    let is_apart = scan.accept_if(|next| next == 'T' || next == 't' || next.is_whitespace());
    is_apart.then(|| moment::time_and_zone(scan))?
}

pub(super) fn date(year: i16, month: i16, day: i16) -> Option<Date> {
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

impl Parts {
    fn read(&mut self, token: Token, scan: &mut Scan<'_>) -> Option<()> {
        match token {
            Token::Year => self.year = scan.first_digits(4)?,
            Token::Month(width) => self.month = width.read(scan)?,
            Token::Day(width) => self.day = width.read(scan)?,
            Token::Hour(width) => self.hour = width.read(scan)?,
            Token::Minute(width) => self.minute = width.read(scan)?,
            Token::Second(width) => self.second = width.read(scan)?,
            Token::Fraction => {
                let count = scan.count_digits();
                scan.0 = &scan.0[count..];
            }
            Token::HalfDay => self.hour = moment::afternoon(self.hour, scan)?,
            Token::Zone => self.zone = moment::zone(scan)?,
            Token::Letter(letter) if letter.is_whitespace() => {
                let is_blank = scan.accept_if(char::is_whitespace);
                is_blank.then_some(())?;
            }
            Token::Letter(letter) => scan.accept(letter).then_some(())?,
        }
        Some(())
    }
}

impl Width {
    fn read(self, scan: &mut Scan<'_>) -> Option<i16> {
        match self {
            Self::OneOrTwo => scan.digits(1, 2),
            Self::Two => scan.first_digits(2),
        }
    }
}

/// The part that begins with this letter, so many times, and how many bytes it has.
fn token(letter: char, count: usize, rest: &str) -> Option<(Token, usize)> {
    let width = if count == 1 { Width::OneOrTwo } else { Width::Two };
    let token = match (letter, count) {
        ('y', 4) => Token::Year,
        ('M', 1 | 2) => Token::Month(width),
        ('d', 1 | 2) => Token::Day(width),
        ('H' | 'h', 1 | 2) => Token::Hour(width),
        ('m', 1 | 2) => Token::Minute(width),
        ('s', 1 | 2) => Token::Second(width),
        ('S' | 'f' | 'F', 1..=9) => Token::Fraction,
        ('a', 1) | ('t', 2) => Token::HalfDay,
        ('X' | 'x' | 'z' | 'Z', 1..=3) | ('K', 1) => Token::Zone,
        ('T', 1) => Token::Letter(letter),
        ('\'', 1) => return quoted(rest),
        (letter, _) if !letter.is_alphanumeric() => {
            return Some((Token::Letter(letter), letter.len_utf8()));
        }
        _ => return None,
    };
    Some((token, count))
}

/// A letter in quotes, such as `'T'`, stands for itself; a `Z` is the zone UTC, which must not be overlooked.
fn quoted(rest: &str) -> Option<(Token, usize)> {
    let (letter, _) =
        rest[1..].split_once('\'').filter(|(letter, _)| !["Z", "z"].contains(letter))?;
    let mut letters = letter.chars();
    let token = Token::Letter(letters.next()?);
    letters.next().is_none().then_some((token, letter.len() + 2))
}

/// Numbers that touch have as many digits as letters, others one or two; `None` where one letter touches a number.
fn packed(tokens: &[Token]) -> Option<Vec<Token>> {
    let is_number = |token: Option<&Token>| {
        token.is_some_and(|token| token.width().is_some() || *token == Token::Year)
    };
    let touches = |index: usize| {
        is_number(tokens.get(index + 1)) || (index > 0 && is_number(tokens.get(index - 1)))
    };
    let adjusted = |(index, token): (usize, &Token)| match (token.width(), touches(index)) {
        (Some(Width::OneOrTwo), true) => None,
        (Some(Width::Two), false) => Some(token.loose()),
        _ => Some(*token),
    };
    tokens.iter().enumerate().map(adjusted).collect()
}

impl Token {
    const fn width(self) -> Option<Width> {
        match self {
            Self::Month(width)
            | Self::Day(width)
            | Self::Hour(width)
            | Self::Minute(width)
            | Self::Second(width) => Some(width),
            _ => None,
        }
    }

    const fn loose(self) -> Self {
        match self {
            Self::Month(_) => Self::Month(Width::OneOrTwo),
            Self::Day(_) => Self::Day(Width::OneOrTwo),
            Self::Hour(_) => Self::Hour(Width::OneOrTwo),
            Self::Minute(_) => Self::Minute(Width::OneOrTwo),
            Self::Second(_) => Self::Second(Width::OneOrTwo),
            other => other,
        }
    }
}

fn is_complete(tokens: &[Token]) -> bool {
    let count = |wanted: fn(&Token) -> bool| tokens.iter().filter(|token| wanted(token)).count();
    let clock = [
        count(|token| matches!(token, Token::Hour(_))),
        count(|token| matches!(token, Token::Minute(_))),
        count(|token| matches!(token, Token::Second(_))),
        count(|token| *token == Token::HalfDay),
        count(|token| *token == Token::Zone),
    ];
    // Half a day alone is no time.
    let has_clock = clock[0] == 1 || clock[3] == 0;
    has_clock
        && count(|token| *token == Token::Year) == 1
        && count(|token| matches!(token, Token::Month(_))) == 1
        && count(|token| matches!(token, Token::Day(_))) == 1
        && clock.iter().all(|count| *count <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign_monitor::values::zones::Zones;

    fn day(pattern: &str, value: &str) -> Option<String> {
        let moment = Pattern::parse(pattern).unwrap().read(value)?;
        moment.day(&Zones::default()).map(|day| day.to_string())
    }

    #[test]
    fn a_pattern_names_the_day_the_month_and_the_year_once() {
        for text in [
            "dd/MM/yyyy",
            "M/d/yyyy",
            "dd.MM.yyyy",
            "yyyyMMdd",
            "yyyy-MM-dd'T'HH:mm:ss.fffXXX",
            "M/d/yyyy h:mm:ss a",
            "yyyyMMddHHmmss",
            "d. M. yyyy",
            "yyyy年M月d日",
        ] {
            assert_eq!(Pattern::parse(text).is_some(), text != "yyyy年M月d日", "{text}");
        }
        for text in [
            "",
            "dd/MM",
            "dd/MM/yy",
            "dd/MMM/yyyy",
            "dd/mm/yyyy",
            "DD/MM/YYYY",
            "dMyyyy",
            "dd/MM/yyyy dd",
            "hello",
            "dd/MM/yyyy a",
            "yyyy-MM-dd'T'HH:mm:ss'Z'",
        ] {
            assert_eq!(Pattern::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_read_as_the_pattern_says_and_a_time_behind_it_too() {
        for (pattern, value, expected) in [
            ("dd/MM/yyyy", "31/12/1990", Some("1990-12-31")),
            ("dd/MM/yyyy", "02/03/1990", Some("1990-03-02")),
            ("M/d/yyyy", "2/3/1990", Some("1990-02-03")),
            ("dd/MM/yyyy", "1/2/1990", Some("1990-02-01")),
            ("dd.MM.yyyy", "01.02.1990 00:00:00", Some("1990-02-01")),
            ("M/d/yyyy", "12/31/1990 11:59 PM", Some("1990-12-31")),
            ("M/d/yyyy", "12/31/1990, 11:59:00\u{202f}PM", Some("1990-12-31")),
            ("M/d/yyyy h:mm:ss a", "12/31/1990 1:02:03 am", Some("1990-12-31")),
            ("dd.MM.yyyy", "31.12.1990.", Some("1990-12-31")),
            ("dd.MM.yyyy", "31.12.1990. 10:00", Some("1990-12-31")),
            ("yyyy.MM.dd.", "1990.12.31.", Some("1990-12-31")),
            ("dd.MM.yyyy", "31.12.1990..", None),
            ("dd.MM.yyyy.", "31.12.1990..", None),
            ("dd.MM.yyyy.", "31.12.1990", None),
            ("dd/MM/yyyy", "31/12/1990.", None),
            ("yyyyMMdd", "19901231", Some("1990-12-31")),
            ("yyyyMMddHHmmss", "19901231235959", Some("1990-12-31")),
            ("yyyyMMdd", "199012310", None),
            ("yyyyMMdd", "1990123", None),
            ("dd/MM/yyyy", "31.12.1990", None),
            ("dd/MM/yyyy", "12/31/1990", None),
            ("dd/MM/yyyy", "30/02/1990", None),
            ("dd/MM/yyyy", "31/12/90", None),
            ("dd/MM/yyyy", "31/12/1990 25:00", None),
            ("dd/MM/yyyy", "31/12/1990 and more", None),
            ("dd/MM/yyyy HH:mm", "31/12/1990", None),
            ("dd/MM/yyyy HH:mmXXX", "31/12/1990 10:00+02:00[Europe/Riga]", Some("1990-12-31")),
            ("dd/MM/yyyy HH:mmXXX", "31/12/1990 10:00+02:00[Europe/Riga", None),
            ("dd/MM/yyyy HH:mmXXX", "31/12/1990 10:00+02:00[] or so", None),
            ("dd/MM/yyyy HH:mmXXX", "31/12/1990 10:00+02:00[a] and [b]", None),
            ("dd/MM/yyyy", "29/02/1900", None),
            ("dd/MM/yyyy", "29/02/2000", Some("2000-02-29")),
            ("dd/MM/yyyy", "31/12/19900", None),
            ("dd/MM/yyyy", "٣١/١٢/١٩٩٠", None),
        ] {
            assert_eq!(day(pattern, value).as_deref(), expected, "{pattern} {value}");
        }
    }
}
