//! What is said of lists that could not be searched for people, and of people for whom none could be.

use std::collections::BTreeMap;

/// Things that a remark names; of more it has only the number.
const SHOWN_MAX: usize = 50;

/// The first of some things, and how many there are besides.
pub(super) fn shown(things: &[String]) -> String {
    let first = things.iter().take(SHOWN_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    match things.len().saturating_sub(SHOWN_MAX) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// What there is to know of lists that exports may have filled, and that no account of a connection has: their ids,
/// each with the name of an export.
#[must_use]
pub fn unreached(lists: &BTreeMap<String, String>) -> String {
    let named = |(list, export): (&String, &String)| format!("{list} (“{export}”)");
    let known: Vec<_> = lists.iter().map(named).collect();
    format!(
        "Not reached: {}. Exports of this instance send or have sent to these lists, and no connection leads to their \
         account: it was removed, its credentials are those of another account, or the list was removed at Campaign \
         Monitor. The people may be there. Delete them there yourself, or connect the account and send the request \
         again. Of every other list:",
        shown(&known)
    )
}

/// What there is to know of people who were named by an id, and of whom no address is known.
#[must_use]
pub fn unaddressed(people: usize) -> String {
    let who = match people {
        1 => "Of a CustomerId of this request no address is".to_owned(),
        many => format!("Of {many} CustomerIds of this request no address is"),
    };
    format!(
        "{who} known here, and a list knows only addresses: no list was asked for it. Where such a person may be on a \
         list, send a request with their address."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_were_not_reached_are_named_up_to_a_number() {
        let lists = |count: usize| -> BTreeMap<String, String> {
            (0..count).map(|list| (format!("list{list:03}"), "Newsletter".to_owned())).collect()
        };
        assert!(unreached(&lists(1)).starts_with("Not reached: list000 (“Newsletter”). Exports "));
        let many = unreached(&lists(SHOWN_MAX + 7));
        assert!(many.contains(" and 7 more. ") && !many.contains("list050"), "{many}");
    }

    #[test]
    fn people_without_an_address_are_counted_and_not_named() {
        assert!(unaddressed(1).starts_with("Of a CustomerId of this request no address is known"));
        assert!(unaddressed(12).starts_with("Of 12 CustomerIds of this request no address is"));
    }
}
