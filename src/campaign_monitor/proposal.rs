//! Which formats the values of a column fit, where the present one does not: proposed to people, never used by itself.
//!
//! A candidate reads each value as the mapping would with that format, in the zones of the field. It is proposed where
//! it reads nearly all values, and sends more of them than the present format; where no format does, the one that sends
//! the most is, if that is at least half of them. Where several send as many, all of them are proposed, each with what
//! it would make of a value: nobody but the customer can know which is meant.

mod formats;
mod null_words;

use super::likeness::{example_slot, put_example};
use super::problem::ProblemCode;
use super::values::{Fit, Form};
pub use formats::ProposedFormat;
use formats::{DATES, NUMBERS, OPTIONS};
pub use null_words::is_null_word;

/// A format fits when it reads so many of a hundred values.
const PERCENT_FITTING: i64 = 90;
/// Where none fits, the best one is proposed when it sends so many of a hundred.
const PERCENT_MIN: i64 = 50;
/// Values that are named of those that a format does not send.
const MISFITS_MAX: usize = 3;

/// What the formats make of the values of a column so far.
#[derive(Clone, Debug)]
pub struct Candidates {
    present: Form,
    tried: Vec<Candidate>,
    /// Values there are at most.
    rows: i64,
    values: i64,
    /// Values that are sent with the present format.
    sent: i64,
    /// Values that have another form than the present format.
    unread: i64,
    /// The first value of which two formats make two things.
    telling: Option<String>,
}

/// A format, and what it makes of the values so far.
#[derive(Clone, Debug)]
struct Candidate {
    format: ProposedFormat,
    form: Form,
    /// Values that have its form, also those that the list does not accept.
    reads: i64,
    sends: i64,
    has_short_values: bool,
    /// The first value that the present format sends otherwise or not at all.
    example: Option<String>,
    /// Some values that it does not send, as different as there are.
    misfits: Vec<String>,
}

/// The formats that fit nearly all values of a column, or more of them than any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Values that stand for something.
    pub values: i64,
    /// How many of them each of the formats would send.
    pub fitting: i64,
    /// How many are sent with the present format.
    pub present: i64,
    /// Some that would not be sent.
    pub misfits: Vec<String>,
    pub formats: Vec<ProposedReading>,
}

impl Proposal {
    /// Whether many values do not fit.
    pub const fn is_partial(&self) -> bool {
        self.fitting * 100 < self.values * PERCENT_FITTING
    }
}

/// A format, and what it makes of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProposedReading {
    pub format: ProposedFormat,
    pub value: String,
    /// What would be sent for it; several options are separated by `;`.
    pub sent: String,
}

impl Candidates {
    /// All formats for a field of this form in so many rows; `None` where no format is of use.
    pub fn of(form: &Form, rows: i64) -> Option<Self> {
        let formats: Vec<_> = match form {
            Form::Date(..) => DATES.map(ProposedFormat::Date).into(),
            Form::Number(..) => NUMBERS.map(ProposedFormat::Number).into(),
            Form::Many(..) => OPTIONS.map(ProposedFormat::Options).into(),
            _ => return None,
        };
        let candidates = formats.into_iter().filter_map(|format| Candidate::of(form, format));
        let (present, tried) = (form.clone(), candidates.collect());
        Some(Self { present, tried, rows, values: 0, sent: 0, unread: 0, telling: None })
    }

    /// Reads one more value in every format. One that stands for nothing does not count.
    pub fn see(&mut self, value: &str) {
        let now = read(&self.present, value);
        if now.is_err() && is_null_word(value) {
            return;
        }
        self.values += 1;
        self.sent += i64::from(now.is_ok());
        self.unread += i64::from(now.as_ref().is_err_and(|code| is_another_form(*code)));
        let mut sent: Option<String> = None;
        for candidate in &mut self.tried {
            let Some(text) = candidate.see(value, &now) else { continue };
            let is_telling = sent.as_ref().is_some_and(|sent| *sent != text);
            if is_telling && self.telling.is_none() {
                self.telling = Some(value.to_owned());
            }
            sent = Some(text);
        }
        let unread_max = self.rows * (100 - PERCENT_MIN) / 100;
        self.tried.retain(|candidate| self.values - candidate.reads <= unread_max);
    }

    /// What fits the values that were seen best, and more of them than the present format.
    pub fn proposal(&self) -> Option<Proposal> {
        let chosen = self.chosen();
        let best = chosen.iter().map(|one| one.sends).max()?;
        if self.unread == 0 || best <= self.sent {
            return None;
        }
        let chosen: Vec<_> = chosen.into_iter().filter(|one| one.sends == best).collect();
        let chosen = one_for_each_meaning(&chosen);
        let is_partial = best * 100 < self.values * PERCENT_FITTING;
        if is_partial && (are_mixed(&chosen) || chosen.iter().any(|one| self.mixes_days(one))) {
            return None;
        }
        let telling = self.telling.as_deref().filter(|_| chosen.len() > 1);
        Some(Proposal {
            values: self.values,
            fitting: best,
            present: self.sent,
            misfits: chosen[0].misfits.clone(),
            formats: chosen.iter().filter_map(|one| one.reading(telling)).collect(),
        })
    }

    /// Whether a day that a format does not send is one with day and month swapped: others would be read wrongly.
    fn mixes_days(&self, one: &Candidate) -> bool {
        let swapped = one.format.swapped().and_then(|format| Candidate::of(&self.present, format));
        swapped.is_some_and(|swapped| swapped.sends_what_misfits(one))
    }

    /// What reads nearly all values; of what reads any number one, and only where nothing else does. Else what sends
    /// many of them.
    fn chosen(&self) -> Vec<&Candidate> {
        let fits = |one: &&Candidate| one.reads * 100 >= self.values * PERCENT_FITTING;
        let fitting = self.tried.iter().filter(fits);
        let (vague, usual): (Vec<_>, Vec<_>) = fitting.partition(|one| one.format.is_vague());
        // The last one that is not less than any is the first one from behind.
        let vague = vague.into_iter().rev().max_by_key(|one| one.sends);
        match (usual.is_empty(), vague) {
            (false, _) => usual,
            (true, Some(vague)) => vec![vague],
            (true, None) => self.partly_fitting(),
        }
    }

    /// What sends at least half of the values. What reads any number does not count.
    fn partly_fitting(&self) -> Vec<&Candidate> {
        let fits = |one: &&Candidate| {
            !one.format.is_vague() && one.sends * 100 >= self.values * PERCENT_MIN
        };
        self.tried.iter().filter(fits).collect()
    }
}

impl Candidate {
    fn of(form: &Form, format: ProposedFormat) -> Option<Self> {
        let form = form.in_notation(format.notation()?)?;
        let (has_short_values, example, misfits) = (false, None, vec![]);
        Some(Self { format, form, reads: 0, sends: 0, has_short_values, example, misfits })
    }

    /// What it would send of one more value.
    fn see(&mut self, value: &str, now: &Result<String, ProblemCode>) -> Option<String> {
        let sent = read(&self.form, value);
        self.reads += i64::from(!sent.as_ref().is_err_and(|code| is_another_form(*code)));
        let Ok(text) = sent else {
            self.add_misfit(value);
            return None;
        };
        self.sends += 1;
        self.has_short_values |= has_short_parts(value);
        if now.as_ref() != Ok(&text) {
            self.example.get_or_insert_with(|| value.to_owned());
        }
        Some(text)
    }

    fn add_misfit(&mut self, value: &str) {
        let kept: Vec<_> = self.misfits.iter().map(String::as_str).collect();
        let at = example_slot(&kept, value, MISFITS_MAX).filter(|_| !kept.contains(&value));
        if let Some(at) = at {
            put_example(&mut self.misfits, at, value.to_owned());
        }
    }

    fn sends_what_misfits(&self, other: &Self) -> bool {
        other.misfits.iter().any(|value| read(&self.form, value).is_ok())
    }

    /// What it makes of this value, or of its own example.
    fn reading(&self, telling: Option<&str>) -> Option<ProposedReading> {
        let format = if self.has_short_values { self.format.short() } else { self.format };
        let of = |value: &str| {
            let sent = read(&self.form, value).ok()?;
            Some(ProposedReading { format, value: value.to_owned(), sent })
        };
        telling.and_then(of).or_else(|| of(self.example.as_deref()?))
    }
}

/// Whether one of the formats sends a value that another one does not: the column mixes them, and none is its format.
fn are_mixed(all: &[&Candidate]) -> bool {
    all.iter().any(|one| all.iter().any(|other| one.sends_what_misfits(other)))
}

/// Of formats that differ only in what stands between thousands, which no value tells, the first.
fn one_for_each_meaning<'a>(all: &[&'a Candidate]) -> Vec<&'a Candidate> {
    let mut kept: Vec<&Candidate> = vec![];
    for one in all {
        if !kept.iter().any(|other| one.format.has_the_decimals_of(other.format)) {
            kept.push(one);
        }
    }
    kept
}

/// What is sent of a value, several options separated by `;`; or why it is not sent, or not all of it.
fn read(form: &Form, text: &str) -> Result<String, ProblemCode> {
    let mut sent = vec![];
    for value in form.values(text) {
        match form.fit(&value) {
            Fit::Complete(fitting) => sent.push(fitting.into_owned()),
            Fit::Cut(_) => return Err(ProblemCode::Cut),
            Fit::Unfit(code) => return Err(code),
        }
    }
    Ok(sent.join(";"))
}

/// Whether a value is written otherwise than it is read, and is not merely one that the list does not accept.
const fn is_another_form(code: ProblemCode) -> bool {
    use ProblemCode::{NotADate, NotANumber, UnknownOption};
    matches!(code, NotADate | NotANumber | UnknownOption)
}

/// Whether one of the first two numbers has one digit, as in `1/12/1990`.
fn has_short_parts(value: &str) -> bool {
    let mut numbers =
        value.split(|letter: char| !letter.is_ascii_digit()).filter(|n| !n.is_empty());
    numbers.by_ref().take(2).any(|number| number.len() == 1)
}

#[cfg(test)]
mod tests;
