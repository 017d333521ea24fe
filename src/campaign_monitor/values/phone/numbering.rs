//! How the numbers of each country look: what the library of telephone numbers knows, as tables.
//!
//! The tables of a country are made when its first number is read, and stay.

use std::sync::{LazyLock, OnceLock};

use rlibphonenumber::interfaces::AsOriginal;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

use super::table::{Table, Undecided};

/// No number has more digits, with whatever stands before it.
pub const DIGITS_MAX: usize = 31;
const CALLING_CODES: usize = 1000;

/// The countries of each calling code, in the library's order: the main one comes first.
static COUNTRIES: LazyLock<Vec<Vec<Country>>> =
    LazyLock::new(|| (0..CALLING_CODES).map(countries_of).collect());

struct Country {
    region: Region,
    numbering: OnceLock<Option<Numbering>>,
}

fn countries_of(code: usize) -> Vec<Country> {
    let regions = i32::try_from(code)
        .ok()
        .and_then(|code| PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(code));
    let country = |region| Country { region, numbering: OnceLock::new() };
    regions.into_iter().flatten().map(country).collect()
}

/// Whether numbers begin with this calling code somewhere.
pub fn is_calling_code(code: usize) -> bool {
    COUNTRIES.get(code).is_some_and(|countries| !countries.is_empty())
}

/// How the numbers of each country with this calling code look, the main one first.
pub fn numberings(
    code: usize,
) -> impl ExactSizeIterator<Item = Result<&'static Numbering, Undecided>> {
    let countries: &'static [Country] = COUNTRIES.get(code).map_or(&[], Vec::as_slice);
    countries.iter().map(move |country| {
        let numbering = country.numbering.get_or_init(|| Numbering::of(country.region, code));
        numbering.as_ref().ok_or(Undecided)
    })
}

/// How the numbers of one country look.
pub fn numbering(region: Region, code: usize) -> Result<&'static Numbering, Undecided> {
    let countries = COUNTRIES.get(code).ok_or(Undecided)?;
    let position = countries.iter().position(|country| country.region == region);
    numberings(code).nth(position.ok_or(Undecided)?).unwrap_or(Err(Undecided))
}

/// How the numbers of a country look, and what stands before them.
pub struct Numbering {
    pub code: usize,
    /// The calling code as digits, which a number may begin with.
    pub code_text: String,
    /// What is dialled before the calling code of another country.
    international: Option<Table>,
    /// What is dialled before a number within the country.
    national: Option<Table>,
    /// Whether a number is written otherwise where something was dialled before it.
    is_rewritten: bool,
    kinds: Kinds,
    /// The lengths of numbers, a bit each: of whole ones, and of those that only a part of the country dials.
    possible: u32,
    local: u32,
}

impl Numbering {
    /// `None` where the library describes a country as no other.
    fn of(region: Region, code: usize) -> Option<Self> {
        let library = PHONE_NUMBER_UTIL.as_original();
        let calling_code = i32::try_from(code).ok()?;
        let metadata = library.get_metadata_for_region_or_calling_code(calling_code, region)?;
        let general = &metadata.general_desc;
        general.national_number_pattern().pattern_base.as_ref()?;
        let mut described = vec![
            general,
            &metadata.premium_rate,
            &metadata.toll_free,
            &metadata.shared_cost,
            &metadata.voip,
            &metadata.personal_number,
            &metadata.pager,
            &metadata.uan,
            &metadata.voicemail,
            &metadata.fixed_line,
        ];
        if !metadata.original.same_mobile_and_fixed_line_pattern() {
            described.push(&metadata.mobile);
        }
        described.retain(|kind| kind.national_number_pattern().pattern_base.is_some());
        let mut kinds = vec![];
        for kind in described {
            let expression = expression(kind.national_number_pattern().pattern_base.as_ref())??;
            kinds.push(Kind { expression, lengths: &kind.original.possible_length });
        }
        let leading = expression(metadata.leading_digits().pattern_base.as_ref())?;
        let international = expression(metadata.international_prefix().pattern_base.as_ref())?;
        let national = expression(metadata.national_prefix_for_parsing().pattern_base.as_ref())?;
        Some(Self {
            code,
            code_text: code.to_string(),
            international: table(international)?,
            national: table(national)?,
            is_rewritten: !metadata.original.national_prefix_transform_rule().is_empty(),
            kinds: Kinds::of(&kinds, leading)?,
            possible: bits(&general.original.possible_length)?,
            local: bits(&general.original.possible_length_local_only)?,
        })
    }

    pub fn inspect(&self, digits: &str) -> NumberFindings {
        self.kinds.inspect(digits)
    }

    /// Whether these are the digits of a number, however many they are.
    pub fn is_number(&self, digits: &str) -> bool {
        self.kinds.table.matches(digits) & 1 != 0
    }

    /// What follows the digits that are dialled before the calling code of another country.
    pub fn after_international<'a>(&self, digits: &'a str) -> Result<Option<&'a str>, Undecided> {
        let Some(table) = &self.international else { return Ok(None) };
        let end = table.beginning(digits)?;
        Ok(end.map(|end| &digits[end..]).filter(|rest| !rest.starts_with('0')))
    }

    /// The digits without those that are dialled before them within the country.
    pub fn without_national<'a>(&self, digits: &'a str) -> Result<&'a str, Undecided> {
        let Some(table) = self.national.as_ref().filter(|_| !digits.is_empty()) else {
            return Ok(digits);
        };
        let Some(end) = table.beginning(digits)?.filter(|end| *end > 0) else { return Ok(digits) };
        if self.is_rewritten {
            return Err(Undecided);
        }
        let rest = &digits[end..];
        let is_part = self.is_number(digits) && !self.is_number(rest);
        Ok(if is_part { digits } else { rest })
    }

    pub fn is_too_long(&self, length: usize) -> bool {
        let beyond = u32::BITS - self.possible.leading_zeros();
        self.possible != 0 && !self.is_local(length) && length >= beyond as usize
    }

    /// Whether a number has so many digits, or none has as many.
    pub fn is_long_enough(&self, length: usize) -> bool {
        let is_possible = self.possible & (1 << length) != 0 && !self.is_local(length);
        is_possible || self.is_too_long(length)
    }

    const fn is_local(&self, length: usize) -> bool {
        self.local & (1 << length) != 0
    }
}

/// What numbers of one kind look like, such as those of mobile telephones.
struct Kind<'a> {
    expression: String,
    /// How many digits they may have; any where there are none.
    lengths: &'a [i32],
}

/// The kinds of numbers of a country, of which the first is every number.
struct Kinds {
    /// Their expressions, and the first digits that only this country has.
    table: Table,
    /// Which of these expressions may have so many digits, a bit each.
    by_length: [u16; DIGITS_MAX + 1],
    /// The bits of all kinds but the first.
    several: u16,
    /// The bit of the first digits.
    leading: u16,
}

/// What the library would find out about digits.
#[derive(Clone, Copy)]
pub struct NumberFindings {
    pub has_leading_digits: bool,
    /// They are a number of some kind.
    pub is_valid: bool,
}

impl Kinds {
    fn of(kinds: &[Kind<'_>], first_digits: Option<String>) -> Option<Self> {
        let leading = if first_digits.is_some() { 1 << kinds.len() } else { 0 };
        let mut expressions: Vec<_> = kinds.iter().map(|kind| kind.expression.clone()).collect();
        expressions.extend(first_digits.map(|digits| format!("(?:{digits})[0-9]*")));
        let by_length = std::array::from_fn(|length| {
            let fits = |kind: &Kind<'_>| kind.lengths.is_empty() || has(kind.lengths, length);
            let bits = kinds.iter().enumerate().map(|(bit, kind)| u16::from(fits(kind)) << bit);
            bits.fold(leading, |all, bit| all | bit)
        });
        let several = (1 << kinds.len()) - 2;
        Some(Self { table: Table::of(&expressions)?, by_length, several, leading })
    }

    fn inspect(&self, digits: &str) -> NumberFindings {
        let found = self.table.matches(digits) & self.by_length[digits.len()];
        NumberFindings {
            has_leading_digits: found & self.leading != 0,
            is_valid: found & 1 != 0 && found & self.several != 0,
        }
    }
}

/// What an expression of the library is without its anchors; `None` inside where there is none.
#[expect(clippy::option_option, reason = "none at all and one of another form are two things")]
fn expression(base: Option<&String>) -> Option<Option<String>> {
    let Some(base) = base else { return Some(None) };
    let inner = base.strip_prefix("^(?:")?.strip_suffix(")$")?;
    Some(Some(inner.to_owned()))
}

/// The table of one expression, where there is any.
#[expect(clippy::option_option, reason = "no expression and one without a table are two things")]
fn table(expression: Option<String>) -> Option<Option<Table>> {
    let Some(expression) = expression else { return Some(None) };
    Table::of(&[expression]).map(Some)
}

fn has(lengths: &[i32], length: usize) -> bool {
    i32::try_from(length).is_ok_and(|length| lengths.contains(&length))
}

/// A bit for each length. The library writes no length at all as -1 alone.
fn bits(lengths: &[i32]) -> Option<u32> {
    if lengths == [-1] {
        return Some(0);
    }
    let is_known = lengths.iter().all(|length| (0..=31).contains(length));
    is_known.then(|| lengths.iter().fold(0, |bits, length| bits | 1 << length))
}
