//! What the list of the sink has, while it remembers: the subscribers that were imported, in pages as Campaign Monitor
//! answers them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

/// Subscribers by their addresses, each as one row of a page.
#[derive(Default)]
pub struct List {
    rows: Vec<(String, Box<str>)>,
    is_sorted: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Import<'a> {
    #[serde(borrow)]
    subscribers: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Address<'a> {
    #[serde(borrow)]
    email_address: Cow<'a, str>,
}

impl List {
    /// Adds the subscribers of an import; an address that is there already is there twice.
    pub fn add(&mut self, body: &[u8]) -> serde_json::Result<()> {
        self.is_sorted = false;
        for record in serde_json::from_slice::<Import<'_>>(body)?.subscribers {
            let address = serde_json::from_str::<Address<'_>>(record.get())?.email_address;
            let open = record.get().trim_end_matches('}');
            self.rows.push((address.into_owned(), format!(r#"{open},"State":"Active"}}"#).into()));
        }
        Ok(())
    }

    /// A page of so many subscribers in the order of their addresses, from 1.
    pub fn page(&mut self, number: usize, size: usize) -> String {
        if !self.is_sorted {
            self.rows.sort_unstable_by(|one, other| one.0.cmp(&other.0));
            self.is_sorted = true;
        }
        let first = (number - 1) * size;
        let shown = self.rows.iter().skip(first).take(size).map(|(_, row)| &**row);
        let results = shown.collect::<Vec<_>>().join(",");
        let (total, pages) = (self.rows.len(), self.rows.len().div_ceil(size).max(1));
        format!(
            r#"{{"Results":[{results}],"TotalNumberOfRecords":{total},"NumberOfPages":{pages},"PageNumber":{number}}}"#
        )
    }
}
