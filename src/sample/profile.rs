//! One synthetic member, with the defects of real ones.

use std::borrow::Cow;

use super::{
    people::{COUNTRIES, People},
    random::Random,
};

type Text = Cow<'static, str>;

/// A member; `None` is null.
pub(super) struct Profile {
    pub(super) customer_id: String,
    pub(super) email: Option<String>,
    pub(super) first_name: Option<Text>,
    pub(super) last_name: Option<Text>,
    pub(super) full_name: Option<String>,
    pub(super) phone: Option<Text>,
    pub(super) city: Option<Text>,
    pub(super) country: &'static str,
    /// Days since 1970-01-01.
    pub(super) birthday: Option<i32>,
    pub(super) points: Option<i64>,
    pub(super) tier: Option<&'static str>,
    pub(super) interests: Option<String>,
    pub(super) consent: Option<bool>,
}

impl Profile {
    /// The member in a row, always the same.
    pub(super) fn new(seed: u64, row: u64) -> Self {
        let mut random = Random::of(seed, row);
        let customer_id = format!("{:016x}{:016x}", random.next(), random.next());
        let person = Person::of(seed, row);
        let first_name = first_name(&mut random, &person);
        let last_name = last_name(&mut random, &person);
        let points = points(&mut random);
        Self {
            customer_id,
            email: email(&mut random, seed, row),
            full_name: full_name(
                first_name.as_deref(),
                last_name.as_deref(),
                person.people.last_first,
            ),
            first_name,
            last_name,
            phone: phone(&mut random),
            city: city(&mut random, person.people),
            country: person.people.country,
            birthday: (!random.chance(2000)).then(|| birthday(&mut random)),
            points,
            tier: points.map(tier),
            interests: interests(&mut random),
            consent: (!random.chance(3000)).then(|| random.chance(8000)),
        }
    }
}

/// A member before any defect.
struct Person {
    people: &'static People,
    first: (&'static str, &'static str),
    last: (&'static str, &'static str),
    domain: &'static str,
}

const DOMAINS: &[&str] =
    &["example.com", "example.org", "example.net", "mail.example", "post.example", "shop.example"];

impl Person {
    fn of(seed: u64, row: u64) -> Self {
        let mut random = Random::of(!seed, row);
        let people = random.pick(COUNTRIES);
        Self {
            people,
            first: random.pick(people.first),
            last: random.pick(people.last),
            domain: random.pick(DOMAINS),
        }
    }

    /// An address that no other row has.
    fn address(&self, row: u64) -> String {
        format!("{}.{}{row}@{}", self.first.1, self.last.1, self.domain)
    }
}

#[derive(PartialEq, Eq)]
enum EmailDefect {
    None,
    Repeated,
    Missing,
    Broken,
}

impl EmailDefect {
    fn of(seed: u64, row: u64) -> Self {
        match Random::of(seed.rotate_left(32) ^ 1, row).below(10_000) {
            0..100 => Self::Repeated,
            100..150 => Self::Missing,
            150..200 => Self::Broken,
            _ => Self::None,
        }
    }
}

fn email(random: &mut Random, seed: u64, row: u64) -> Option<String> {
    let address = |row| Person::of(seed, row).address(row);
    match EmailDefect::of(seed, row) {
        EmailDefect::None => Some(address(row)),
        EmailDefect::Missing => random.chance(2000).then(|| "  ".to_owned()),
        EmailDefect::Broken => Some(broken(random, &address(row))),
        EmailDefect::Repeated => {
            let earlier = earlier(random, seed, row).unwrap_or(row);
            Some(in_different_case(random, &address(earlier)))
        }
    }
}

/// A row before this one whose address has no defect.
fn earlier(random: &mut Random, seed: u64, row: u64) -> Option<u64> {
    let before = (0..16).map(|_| random.below(row.max(1)));
    let before: Vec<u64> = before.filter(|&before| before < row).collect();
    before.into_iter().find(|&before| EmailDefect::of(seed, before) == EmailDefect::None)
}

fn in_different_case(random: &mut Random, address: &str) -> String {
    let (local, domain) = address.split_once('@').expect("an address without defect has one");
    match random.below(3) {
        0 => address.to_uppercase(),
        1 => format!("{local}@{}", domain.to_uppercase()),
        _ => format!("{}{}@{domain}", local[..1].to_uppercase(), &local[1..]),
    }
}

fn broken(random: &mut Random, address: &str) -> String {
    match random.below(5) {
        0 => address.replace('@', " at "),
        1 => address.replacen('.', "..", 1),
        2 => address.replacen('.', " ", 1),
        3 => address.split_inclusive('@').next().unwrap_or(address).to_owned() + "localhost",
        _ => format!("ж{address}"),
    }
}

fn first_name(random: &mut Random, person: &Person) -> Option<Text> {
    match random.below(10_000) {
        0..200 => None,
        200..230 => Some(format!("{} 🎉", person.first.0).into()),
        _ => Some(person.first.0.into()),
    }
}

fn last_name(random: &mut Random, person: &Person) -> Option<Text> {
    match random.below(10_000) {
        0..300 => None,
        300..310 => Some("O'Brien, \"Bob\"".into()),
        _ => Some(person.last.0.into()),
    }
}

fn full_name(first: Option<&str>, last: Option<&str>, last_first: bool) -> Option<String> {
    match (first, last) {
        (Some(first), Some(last)) if last_first => Some(format!("{last}{first}")),
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (first, last) => first.or(last).map(str::to_owned),
    }
}

/// Numbers that Ofcom, the North American Numbering Plan, Arcep and the Bundesnetzagentur reserve for fiction.
fn phone(random: &mut Random) -> Option<Text> {
    let defect = random.below(10_000);
    let number = match random.below(4) {
        0 => format!("+442079460{:03}", random.below(1000)),
        1 => format!("+1{}55501{:02}", random.pick(&[202, 212, 415, 512]), random.below(100)),
        2 => format!("+3319900{:04}", random.below(10_000)),
        _ => format!("+493023125{:03}", random.below(1000)),
    };
    match defect {
        0..1500 => None,
        1500..1800 => Some((random.pick(&["n/a", "12345", "0700 CALL ME", "+", "unknown"])).into()),
        _ => Some(number.into()),
    }
}

fn city(random: &mut Random, people: &People) -> Option<Text> {
    let city = random.pick(people.cities);
    match random.below(10_000) {
        0..500 => None,
        500..505 => Some(format!("{city}\nOld Town").into()),
        505..525 => Some(format!("{city}{}", ", behind the mill by the river".repeat(10)).into()),
        _ => Some(city.into()),
    }
}

/// From 1940 to 2007.
fn birthday(random: &mut Random) -> i32 {
    let days = i32::try_from(random.below(24_836)).expect("it is small");
    days - 10_957
}

/// Few points are more frequent than many.
fn points(random: &mut Random) -> Option<i64> {
    let points = random.below(250) * random.below(200);
    (!random.chance(300)).then(|| i64::try_from(points).expect("it is small"))
}

fn tier(points: i64) -> &'static str {
    match points {
        ..10_000 => "Bronze",
        10_000..25_000 => "Silver",
        _ => "Gold",
    }
}

/// Any of four, separated by `;`.
fn interests(random: &mut Random) -> Option<String> {
    let chosen = random.below(16);
    let all = ["Coffee", "Tea", "Pastry", "Brewing"].iter().enumerate();
    let interests: Vec<&str> =
        all.filter(|(bit, _)| chosen >> bit & 1 == 1).map(|(_, name)| *name).collect();
    (!interests.is_empty()).then(|| interests.join(";"))
}
