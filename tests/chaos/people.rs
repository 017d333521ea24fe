//! People who come, leave and move between two segments every day, as the program knows them: what the list must be.

use std::fmt::Write;

use rand::RngExt;
use rand::rngs::StdRng;

/// One in so many comes, leaves or moves on a usual day, and one in so many has another record.
const MOVES_EVERY: u32 = 30;
const CHANGES_EVERY: u32 = 50;
/// One in so many is on the list before any export sends anybody.
const STRANGER_EVERY: usize = 10;

/// Why somebody may be on the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Because an export sends the person.
    OfExports,
    /// Somebody else put the person there.
    Stranger,
    /// Not any more: the person unsubscribed.
    SaidNo,
}

/// Somebody who may be in a segment, on the list, both, or neither.
#[derive(Clone)]
pub struct Person {
    number: usize,
    pub address: String,
    /// In which of both segments.
    pub is_in: [bool; 2],
    /// Whether a segment ever had the person.
    pub was_member: bool,
    pub standing: Standing,
    /// On the list when it was looked at last.
    pub was_on_list: bool,
    record: u32,
}

impl Person {
    /// Whether a segment has the person, on a day without a mistake.
    pub fn is_member(&self) -> bool {
        self.is_in.contains(&true)
    }

    /// Whether an export sends the person on a day.
    pub fn is_sent_on(&self, day: Day) -> bool {
        self.is_in[1] || self.is_in[0] && !day.lacks(self)
    }

    fn set(&mut self, is_in: [bool; 2]) {
        self.is_in = is_in;
        self.was_member |= self.is_member();
    }
}

/// What happens to the segments of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// Few people come, leave, move, or change.
    Usual,
    /// Many leave at once, which is right.
    Large,
    /// A segment has lost half of its people by mistake: tomorrow they are back.
    Halved,
    /// A segment has lost all of them by mistake.
    Emptied,
}

impl Day {
    pub fn choose(random: &mut StdRng) -> Self {
        match random.random_range(0..8) {
            0 => Self::Large,
            1 => Self::Halved,
            2 => Self::Emptied,
            _ => Self::Usual,
        }
    }

    /// Whether somebody who sees the plan declines it.
    pub const fn is_mistake(self) -> bool {
        matches!(self, Self::Halved | Self::Emptied)
    }

    /// Whether the first segment lacks a person of it today.
    const fn lacks(self, person: &Person) -> bool {
        match self {
            Self::Usual | Self::Large => false,
            Self::Halved => person.number.is_multiple_of(2),
            Self::Emptied => true,
        }
    }
}

/// So many people with addresses of one list: half of them in a segment, few in both.
pub fn people(count: usize, domain: &str, random: &mut StdRng) -> Vec<Person> {
    let person = |number| {
        let mut person = Person {
            number,
            address: format!("q{number}@{domain}.example.com"),
            is_in: [false; 2],
            was_member: false,
            standing: if number.is_multiple_of(STRANGER_EVERY) {
                Standing::Stranger
            } else {
                Standing::OfExports
            },
            was_on_list: false,
            record: 0,
        };
        person.set(somewhere(random));
        person
    };
    (0..count).map(person).collect()
}

fn somewhere(random: &mut StdRng) -> [bool; 2] {
    [[true, false], [false, true], [true, true], [false, false]][random.random_range(0..4)]
}

/// Lets a day pass: people are in other segments than before, or have other records.
pub fn pass(people: &mut [Person], day: Day, random: &mut StdRng) {
    let moves_every = if day == Day::Large { 4 } else { MOVES_EVERY };
    for person in people {
        if random.random_range(0..moves_every) == 0 {
            person.set(somewhere(random));
        }
        if random.random_range(0..CHANGES_EVERY) == 0 {
            person.record += 1;
        }
    }
}

/// One of both segments on a day, as CSV.
pub fn csv(people: &[Person], segment: usize, day: Day) -> String {
    let mut csv = String::from("CustomerId,Email,City\n");
    let is_lacking = |person: &Person| segment == 0 && day.lacks(person);
    for person in people.iter().filter(|person| person.is_in[segment] && !is_lacking(person)) {
        let Person { number, address, record, .. } = person;
        let _ = writeln!(csv, "{number},{address},Riga {record}");
    }
    csv
}
