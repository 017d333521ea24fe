//! Expressions over digits as one table, in which each digit of a text is looked up once.
//!
//! The expressions are those of the library of telephone numbers, which has no other letters than digits in them. What
//! a table finds does not depend on the order in which an expression tries its parts.

use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::{start, syntax};
use regex_automata::{Anchored, MatchKind};

/// What the library makes of it cannot be known from tables: it has to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undecided;

/// The most memory of a table, in bytes, and of what it is made from: those of all countries have room in half of it.
const BYTES_MAX: usize = 4 << 20;

/// Up to 16 expressions that are compared with a text at once.
pub struct Table {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
}

impl Table {
    /// `None` when one of the expressions is none, or the table were too large.
    pub fn of(expressions: &[String]) -> Option<Self> {
        let limits = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(BYTES_MAX))
            .determinize_size_limit(Some(BYTES_MAX));
        let dfa = dense::Builder::new()
            .configure(limits)
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false))
            .build_many(expressions)
            .ok()?;
        let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        Some(Self { dfa, start })
    }

    /// The expressions that the whole text is, a bit each.
    pub fn matches(&self, text: &str) -> u16 {
        let mut state = self.start;
        for digit in text.bytes() {
            state = self.dfa.next_state(state, digit);
            if self.dfa.is_dead_state(state) {
                return 0;
            }
        }
        let end = self.dfa.next_eoi_state(state);
        let count = if self.dfa.is_match_state(end) { self.dfa.match_len(end) } else { 0 };
        let bit = |index| 1 << self.dfa.match_pattern(end, index).as_usize();
        (0..count).map(bit).fold(0, |found, bit: u16| found | bit)
    }

    /// Where the beginning of the text ends that is the only expression; undecided where it may end in several places.
    pub fn beginning(&self, text: &str) -> Result<Option<usize>, Undecided> {
        let (mut found, mut state) = (None, self.start);
        for (position, digit) in text.bytes().enumerate() {
            state = self.dfa.next_state(state, digit);
            if self.dfa.is_dead_state(state) {
                return Ok(found);
            }
            // The table tells it one digit later.
            if self.dfa.is_match_state(state) && found.replace(position).is_some() {
                return Err(Undecided);
            }
        }
        let ends_here = self.dfa.is_match_state(self.dfa.next_eoi_state(state));
        if ends_here && found.replace(text.len()).is_some() { Err(Undecided) } else { Ok(found) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(expressions: &[&str]) -> Table {
        Table::of(&expressions.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn a_text_is_every_expression_that_it_matches_from_its_first_to_its_last_digit() {
        let table = table(&[r"2\d{7}", r"2[0-4]\d{6}|80\d{6}", "2[0-9]*"]);
        for (text, expected) in
            [("20000000", 0b111), ("29000000", 0b101), ("80000000", 0b010), ("2000", 0b100)]
        {
            assert_eq!(table.matches(text), expected, "{text}");
        }
        for text in ["", "3", "200000001x", "+2"] {
            assert_eq!(table.matches(text), 0, "{text}");
        }
    }

    #[test]
    fn a_beginning_is_found_where_it_can_end_in_one_place_only() {
        for (expression, text, expected) in [
            ("00", "00371", Ok(Some(2))),
            ("00", "0", Ok(None)),
            ("00", "00", Ok(Some(2))),
            ("[08]", "8612", Ok(Some(1))),
            ("80?", "8012", Err(Undecided)),
            ("80?", "812", Ok(Some(1))),
            (r"([2-9]\d{6})$|1", "2345678", Ok(Some(7))),
            (r"([2-9]\d{6})$|1", "23456789", Ok(None)),
            ("(?:0(1)?)?", "23", Ok(Some(0))),
            ("(?:0(1)?)?", "02", Err(Undecided)),
        ] {
            assert_eq!(table(&[expression]).beginning(text), expected, "{expression} {text}");
        }
    }

    #[test]
    fn what_is_no_expression_or_takes_too_much_memory_has_no_table() {
        assert!(Table::of(&["(".to_owned()]).is_none());
        assert!(Table::of(&[r"\d*1\d{20}".to_owned()]).is_none());
    }
}
