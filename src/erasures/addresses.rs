//! The addresses that lists have received for a `CustomerId`: those of one person, or of a crowd that shares an id
//! which names nobody (`0`, `n/a`). Addresses that only uploads have for it tell a crowd as well, and are not erased
//! for it: they may be those of others.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use xxhash_rust::xxh3::xxh3_64;

use super::people::{People, normalized};
use crate::campaign_monitor::address;

/// More addresses are not those of one person.
const ADDRESSES_MAX: usize = 20;

/// The addresses of each id. Of a crowd only hashes are kept.
#[derive(Clone, Debug, Default)]
pub struct AddressesById(BTreeMap<String, OfOneId>);

#[derive(Clone, Debug, Default)]
struct OfOneId {
    /// All of them, as long as these are no crowd.
    addresses: BTreeSet<String>,
    hashes: HashSet<u64>,
}

impl OfOneId {
    fn add(&mut self, address: String) {
        self.count(&address);
        if !self.is_crowd() {
            self.addresses.insert(address);
        }
    }

    fn count(&mut self, address: &str) {
        self.hashes.insert(xxh3_64(address.as_bytes()));
        if self.is_crowd() {
            self.addresses.clear();
        }
    }

    fn is_crowd(&self) -> bool {
        self.hashes.len() > ADDRESSES_MAX
    }
}

impl AddressesById {
    /// Adds an address that was received for an id.
    pub fn add(&mut self, customer_id: &str, address: &str) {
        let of_id = self.0.entry(customer_id.trim().to_owned()).or_default();
        of_id.add(normalized(address));
    }

    /// Counts the address in a text that a profile with an id has, if there is one.
    pub fn count(&mut self, customer_id: &str, text: &str) {
        if let Some(address) = address::meant(text) {
            let of_id = self.0.entry(customer_id.trim().to_owned()).or_default();
            of_id.count(&normalized(&address));
        }
    }

    /// Adds what was found elsewhere.
    pub fn merge(&mut self, other: Self) {
        for (id, OfOneId { addresses, hashes }) in other.0 {
            let of_id = self.0.entry(id).or_default();
            of_id.hashes.extend(hashes);
            for address in addresses {
                of_id.add(address);
            }
            if of_id.is_crowd() {
                of_id.addresses.clear();
            }
        }
    }

    /// How many people are named by an id for which no address was found.
    #[must_use]
    pub fn unknown(&self, people: &People) -> usize {
        let is_known = |of_id: &OfOneId| of_id.is_crowd() || !of_id.addresses.is_empty();
        people.customer_ids.iter().filter(|id| !self.0.get(*id).is_some_and(is_known)).count()
    }

    /// Adds the addresses of ids that name one person to the people, and takes the other ids from them. Returns these,
    /// each with the number of its addresses.
    pub fn resolve(self, people: &mut People) -> BTreeMap<String, usize> {
        let mut crowds = BTreeMap::new();
        for (id, of_id) in self.0 {
            if of_id.is_crowd() {
                people.customer_ids.remove(&id);
                crowds.insert(id, of_id.hashes.len());
            } else {
                people.emails.extend(of_id.addresses);
            }
        }
        crowds
    }
}

/// What there is to know of ids that were left out, by the numbers of their addresses. It names none of them.
#[must_use]
pub fn left_out(crowds: impl IntoIterator<Item = usize>) -> String {
    let mut counts: Vec<_> = crowds.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let shown = counts.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let who = match counts.len() {
        1 => format!("A CustomerId of this request has {shown} addresses"),
        many => format!("{many} CustomerIds of this request have {shown} addresses"),
    };
    format!(
        "{who}: more than {ADDRESSES_MAX} are not those of one person, and an id names one person. So nobody was \
         deleted for it, here or in any other place, and it keeps nobody from being sent. Send a request with the \
         addresses of the person themselves."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(count: usize) -> AddressesById {
        let mut found = AddressesById::default();
        for number in 0..count {
            found.add("0", &format!("Person{number}@example.com"));
            found.add("0 ", &format!("person{number}@example.com"));
        }
        found
    }

    fn named() -> People {
        People { customer_ids: ["0".to_owned(), "17".to_owned()].into(), ..People::default() }
    }

    #[test]
    fn an_id_of_one_person_gives_their_addresses_and_one_of_a_crowd_gives_none_and_is_left_out() {
        let mut people = named();
        assert_eq!(with(1).unknown(&people), 1, "17");
        assert!(with(ADDRESSES_MAX).resolve(&mut people).is_empty());
        assert_eq!((people.emails.len(), people.customer_ids.len()), (ADDRESSES_MAX, 2));
        let mut people = named();
        let crowds = with(ADDRESSES_MAX + 1).resolve(&mut people);
        assert_eq!(crowds, [("0".to_owned(), ADDRESSES_MAX + 1)].into());
        assert_eq!((people.emails.len(), people.customer_ids.len()), (0, 1));
    }

    #[test]
    fn addresses_of_several_lists_are_counted_together_and_each_once() {
        let mut found = with(15);
        found.merge(with(18));
        assert!(found.resolve(&mut named()).is_empty(), "18 of them");
        let mut found = with(15);
        let mut others = AddressesById::default();
        (0..6).for_each(|number| others.add("0", &format!("other{number}@example.com")));
        found.merge(others);
        let mut people = named();
        assert_eq!(found.resolve(&mut people), [("0".to_owned(), 21)].into());
        assert!(people.emails.is_empty());
    }

    #[test]
    fn an_address_of_a_profile_makes_a_crowd_and_is_no_address_of_the_person() {
        let mut found = with(15);
        for number in 0..5 {
            found.count("0", &format!("Guest <guest{number}@example.com>"));
            found.count("0", &format!("Person{number}@example.com, as before"));
            found.count("0", "no address @ all");
        }
        let mut people = named();
        let mut more = AddressesById::default();
        more.count("0", "guest5@example.com");
        more.merge(found.clone());
        assert!(found.resolve(&mut people).is_empty(), "20 of them");
        assert_eq!(people.emails.len(), 15);
        let mut people = named();
        assert_eq!(more.resolve(&mut people), [("0".to_owned(), 21)].into());
        assert!(people.emails.is_empty());
    }

    #[test]
    fn what_is_left_out_is_said_without_the_ids() {
        assert!(left_out([4812]).starts_with("A CustomerId of this request has 4812 addresses: "));
        assert!(
            left_out([21, 900])
                .starts_with("2 CustomerIds of this request have 900, 21 addresses: ")
        );
    }
}
