//! Writes the records of an import straight from the columns of a page: no row is copied on the way.
//!
//! The shape is that of `POST /subscribers/{listid}/import.json` in API v3.3. `ConsentToTrack` is
//! always there; empty values are left out, so that what the list has stays, and so is an unchanged `ConsentToSendSms`.

use std::cell::RefCell;

use bytes::Bytes;
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::address;
use super::consent::{Consent, ConsentReading, ConsentWords};
use super::tally::{CONSENT_TO_SEND_SMS, CONSENT_TO_TRACK, MOBILE_NUMBER, Misfits, Tally};
use super::values::{Fit, Form, mobile_number};

/// Bytes of an average record, to start with enough room.
const RECORD_BYTES: usize = 320;

/// Which column of a page holds which part of a subscriber. Columns are known by their position.
#[derive(Clone, Debug)]
pub struct Layout {
    pub email: usize,
    pub name: NameColumns,
    pub mobile_number: Option<usize>,
    pub custom_fields: Vec<CustomFieldColumn>,
    pub consent_to_track: ConsentSource,
    /// Only recorded with a mobile number.
    pub consent_to_send_sms: ConsentSource,
    /// Whether people who have unsubscribed are subscribed again.
    pub resubscribe: bool,
}

/// Where the name comes from.
#[derive(Clone, Copy, Debug)]
pub enum NameColumns {
    /// It is not sent.
    None,
    Full(usize),
    /// A first and a last name, joined with a space.
    Parts(usize, usize),
}

/// Where a consent comes from.
#[derive(Clone, Debug)]
pub enum ConsentSource {
    /// The same for every subscriber.
    Fixed(Consent),
    /// Of each its own, in the customer's words.
    Column(usize, ConsentWords),
}

impl ConsentSource {
    /// The consent of one row, which may be unreadable.
    pub fn read(&self, page: &dyn Cells, row: usize) -> ConsentReading {
        match self {
            Self::Fixed(consent) => ConsentReading::Clear(*consent),
            Self::Column(column, words) => words.read(page.get(*column, row)),
        }
    }
}

/// A column that goes into a custom field.
#[derive(Clone, Debug)]
pub struct CustomFieldColumn {
    /// In the spelling of the list, without brackets.
    pub key: String,
    pub column: usize,
    pub form: Form,
}

/// The values of a page, as text.
pub trait Cells {
    /// The value in a column and a row, without blanks around it; `None` when nothing is left.
    fn get(&self, column: usize, row: usize) -> Option<&str>;
}

/// The body of an import of these rows of a page, and the values that did not fit.
///
/// # Panics
/// Never: text always serializes.
pub fn encode(layout: &Layout, page: &dyn Cells, rows: &[usize]) -> (Bytes, Vec<Misfits>) {
    let keys = layout.custom_fields.iter().map(|field| field.key.clone());
    let tally = RefCell::new(Tally::of(keys));
    let body = Body { layout, page, rows, tally: &tally };
    let mut bytes = Vec::with_capacity(rows.len() * RECORD_BYTES);
    serde_json::to_writer(&mut bytes, &body).expect("text always serializes");
    (bytes.into(), tally.into_inner().misfits())
}

struct Body<'a> {
    layout: &'a Layout,
    page: &'a dyn Cells,
    rows: &'a [usize],
    tally: &'a RefCell<Tally>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("Import", 4)?;
        body.serialize_field("Subscribers", &Subscribers(self))?;
        body.serialize_field("Resubscribe", &self.layout.resubscribe)?;
        body.serialize_field("QueueSubscriptionBasedAutoResponders", &false)?;
        body.serialize_field("RestartSubscriptionBasedAutoresponders", &false)?;
        body.end()
    }
}

struct Subscribers<'a>(&'a Body<'a>);

impl Serialize for Subscribers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut records = serializer.serialize_seq(Some(self.0.rows.len()))?;
        for row in self.0.rows {
            records.serialize_element(&Record { body: self.0, row: *row })?;
        }
        records.end()
    }
}

struct Record<'a> {
    body: &'a Body<'a>,
    row: usize,
}

impl Record<'_> {
    fn get(&self, column: usize) -> Option<&str> {
        self.body.page.get(column, self.row)
    }

    /// What is sent of a consent; assumed ones are counted. A row with one that nobody can read does not come here.
    fn consent(&self, source: &ConsentSource, assumed: fn(&mut Tally) -> &mut i64) -> Consent {
        match source.read(self.body.page, self.row) {
            ConsentReading::Clear(consent) => consent,
            ConsentReading::Assumed(consent) => {
                *assumed(&mut self.body.tally.borrow_mut()) += 1;
                consent
            }
            ConsentReading::Unreadable => Consent::No,
        }
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let layout = self.body.layout;
        let mut record = serializer.serialize_map(None)?;
        let email = address::sent(self.get(layout.email).unwrap_or_default());
        record.serialize_entry("EmailAddress", &email)?;
        match layout.name {
            NameColumns::None => {}
            NameColumns::Full(column) => {
                if let Some(name) = self.get(column) {
                    record.serialize_entry("Name", name)?;
                }
            }
            NameColumns::Parts(first, last) => match (self.get(first), self.get(last)) {
                (Some(first), Some(last)) => {
                    record.serialize_entry("Name", &Joined(first, last))?;
                }
                (Some(name), None) | (None, Some(name)) => record.serialize_entry("Name", name)?,
                (None, None) => {}
            },
        }
        if let Some(text) = layout.mobile_number.and_then(|column| self.get(column)) {
            match mobile_number(text) {
                Some(number) => record.serialize_entry(MOBILE_NUMBER, &number)?,
                None => self.body.tally.borrow_mut().mobile_dropped += 1,
            }
        }
        if !layout.custom_fields.is_empty() {
            record.serialize_entry("CustomFields", &CustomFields(self))?;
        }
        let tracking = self.consent(&layout.consent_to_track, |tally| &mut tally.tracking_assumed);
        record.serialize_entry(CONSENT_TO_TRACK, tracking.word())?;
        let sms = self.consent(&layout.consent_to_send_sms, |tally| &mut tally.sms_assumed);
        if sms != Consent::Unchanged {
            record.serialize_entry(CONSENT_TO_SEND_SMS, sms.word())?;
        }
        record.end()
    }
}

/// A first and a last name, joined without a copy.
struct Joined<'a>(&'a str, &'a str);

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{} {}", self.0, self.1))
    }
}

struct CustomFields<'a>(&'a Record<'a>);

impl Serialize for CustomFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_seq(None)?;
        for (index, field) in self.0.body.layout.custom_fields.iter().enumerate() {
            let Some(text) = self.0.get(field.column) else {
                continue;
            };
            for value in field.form.values(text) {
                match field.form.fit(value) {
                    Fit::Complete(value) => {
                        fields.serialize_element(&Pair { key: &field.key, value: &value })?;
                    }
                    Fit::Cut(value) => {
                        self.0.body.tally.borrow_mut().fields[index].cut += 1;
                        fields.serialize_element(&Pair { key: &field.key, value })?;
                    }
                    Fit::Unfit(_) => self.0.body.tally.borrow_mut().fields[index].dropped += 1,
                }
            }
        }
        fields.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Pair<'a> {
    key: &'a str,
    value: &'a str,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Columns 0 to 7 of a page, every one of them mapped.
    fn layout() -> Layout {
        let many = Form::Many(vec!["Tea".into(), "Coffee".into()]);
        let field = |key: &str, column, form| CustomFieldColumn { key: key.into(), column, form };
        Layout {
            email: 0,
            name: NameColumns::Parts(1, 2),
            mobile_number: Some(3),
            custom_fields: vec![
                field("city", 4, Form::Text),
                field("Points", 5, Form::Number),
                field("interests", 6, many),
            ],
            consent_to_track: ConsentSource::Column(7, ConsentWords::default()),
            consent_to_send_sms: ConsentSource::Fixed(Consent::Unchanged),
            resubscribe: false,
        }
    }

    struct OneRow<'a>([&'a str; 8]);

    impl Cells for OneRow<'_> {
        fn get(&self, column: usize, _row: usize) -> Option<&str> {
            Some(self.0[column]).filter(|text| !text.is_empty())
        }
    }

    fn encoded(cells: [&str; 8]) -> (Value, Vec<Misfits>) {
        let (body, misfits) = encode(&layout(), &OneRow(cells), &[0]);
        (serde_json::from_slice(&body).unwrap(), misfits)
    }

    #[test]
    fn a_record_has_every_mapped_part_in_the_form_of_the_list() {
        let (body, misfits) = encoded([
            "ann@example.com",
            "Ann",
            "O’Brien",
            "+371 20000000",
            "Rīga",
            "12",
            "tea;Coffee",
            "true",
        ]);
        let expected = json!({
            "Subscribers": [{
                "EmailAddress": "ann@example.com",
                "Name": "Ann O’Brien",
                "MobileNumber": "+37120000000",
                "CustomFields": [
                    {"Key": "city", "Value": "Rīga"},
                    {"Key": "Points", "Value": "12"},
                    {"Key": "interests", "Value": "Tea"},
                    {"Key": "interests", "Value": "Coffee"},
                ],
                "ConsentToTrack": "Yes",
            }],
            "Resubscribe": false,
            "QueueSubscriptionBasedAutoResponders": false,
            "RestartSubscriptionBasedAutoresponders": false,
        });
        assert_eq!(body, expected);
        assert!(misfits.is_empty());
    }

    #[test]
    fn empty_values_are_left_out_and_unfit_ones_counted() {
        let long = "x".repeat(300);
        let (body, misfits) =
            encoded(["ann@example.com", "", "Lee", "none", &long, "many", "", ""]);
        let record = &body["Subscribers"][0];
        assert_eq!(record["Name"], "Lee");
        assert_eq!(record["ConsentToTrack"], "Unchanged");
        assert!(record.get("MobileNumber").is_none());
        assert_eq!(record["CustomFields"].as_array().unwrap().len(), 1);
        let misfit = |key: &str, cut, dropped| Misfits { key: key.into(), cut, dropped };
        let expected = [misfit("city", 1, 0), misfit("Points", 0, 1), misfit("MobileNumber", 0, 1)];
        assert_eq!(misfits, expected);
    }
}
