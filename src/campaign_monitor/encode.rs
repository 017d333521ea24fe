//! Writes the records of an import straight from the columns of a page: no row is copied on the way.
//!
//! The shape is that of `POST /subscribers/{listid}/import.json` in API v3.3. `ConsentToTrack` is
//! always there; empty values are left out, so that what the list has stays, and so is an unchanged `ConsentToSendSms`.

use std::borrow::Cow;
use std::cell::RefCell;

use bytes::Bytes;
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::address;
use super::consent::{Consent, ConsentReading};
use super::layout::{ConsentSource, IfEmpty, Layout, NameColumns};
use super::source::{Cells, Source};
use super::tally::{CONSENT_TO_SEND_SMS, CONSENT_TO_TRACK, MOBILE_NUMBER, Misfits, Tally};
use super::values::{Fit, mobile_number};

/// Bytes of an average record, to start with enough room.
const RECORD_BYTES: usize = 320;

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

    fn read<'a>(&'a self, source: &'a Source) -> Option<Cow<'a, str>> {
        source.read(self.body.page, self.row)
    }

    /// The number to send: an empty one removes that of the list, and one that is a problem never does.
    fn mobile_number(&self) -> Option<String> {
        let mobile = self.body.layout.mobile_number.as_ref()?;
        let Some(text) = self.read(&mobile.source) else {
            return (mobile.if_empty == IfEmpty::Clear).then(String::new);
        };
        let number = mobile_number(&text, mobile.country);
        if number.is_none() {
            self.body.tally.borrow_mut().mobile_dropped += 1;
        }
        number
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
        match &layout.name {
            NameColumns::None => {}
            NameColumns::Full(source) => {
                if let Some(name) = self.read(source) {
                    record.serialize_entry("Name", &name)?;
                }
            }
            NameColumns::Parts(first, last) => match (self.get(*first), self.get(*last)) {
                (Some(first), Some(last)) => {
                    record.serialize_entry("Name", &Joined(first, last))?;
                }
                (Some(name), None) | (None, Some(name)) => record.serialize_entry("Name", name)?,
                (None, None) => {}
            },
        }
        if let Some(number) = self.mobile_number() {
            record.serialize_entry(MOBILE_NUMBER, &number)?;
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
            let Some(text) = self.0.read(&field.source) else {
                if field.if_empty == IfEmpty::Clear {
                    fields.serialize_element(&Cleared {
                        key: &field.key,
                        value: "",
                        clear: true,
                    })?;
                }
                continue;
            };
            for value in field.form.values(&text) {
                match field.form.fit(&value) {
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

/// Removes what the list has.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Cleared<'a> {
    key: &'a str,
    value: &'static str,
    clear: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::campaign_monitor::consent::ConsentWords;
    use crate::campaign_monitor::layout::{CustomFieldColumn, MobileColumn};
    use crate::campaign_monitor::values::{Form, Reading};

    /// Columns 0 to 7 of a page, every one of them mapped.
    fn layout() -> Layout {
        let field = |key: &str, column, data_type: &str| {
            let of_list = json!({"FieldName": key, "Key": format!("[{key}]"), "DataType": data_type,
                "FieldOptions": ["Tea", "Coffee"]});
            let form = Form::of(&serde_json::from_value(of_list).unwrap(), Reading::default());
            let (source, if_empty) = (Source::Column(column), IfEmpty::Keep);
            CustomFieldColumn { key: key.into(), source, form, if_empty }
        };
        Layout {
            email: 0,
            name: NameColumns::Parts(1, 2),
            mobile_number: Some(MobileColumn {
                source: Source::Column(3),
                country: None,
                if_empty: IfEmpty::Keep,
            }),
            custom_fields: vec![
                field("city", 4, "Text"),
                field("Points", 5, "Number"),
                field("interests", 6, "MultiSelectMany"),
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
        encoded_by(&layout(), cells)
    }

    fn encoded_by(layout: &Layout, cells: [&str; 8]) -> (Value, Vec<Misfits>) {
        let (body, misfits) = encode(layout, &OneRow(cells), &[0]);
        (serde_json::from_slice(&body).unwrap(), misfits)
    }

    #[test]
    fn an_empty_value_clears_where_told_so_and_one_that_is_a_problem_never_does() {
        let mut layout = layout();
        layout.mobile_number.as_mut().unwrap().if_empty = IfEmpty::Clear;
        layout.custom_fields.iter_mut().for_each(|field| field.if_empty = IfEmpty::Clear);
        let fields = |body: &Value| body["Subscribers"][0]["CustomFields"].clone();

        let (empty, _) = encoded_by(&layout, ["ann@example.com", "", "", "", "", "", "", ""]);
        let clear = |key: &str| json!({"Key": key, "Value": "", "Clear": true});
        assert_eq!(fields(&empty), json!([clear("city"), clear("Points"), clear("interests")]));
        assert_eq!(empty["Subscribers"][0]["MobileNumber"], "");

        let (unfit, _) =
            encoded_by(&layout, ["ann@example.com", "", "", "none", "Riga", "many", "Gin", ""]);
        assert_eq!(fields(&unfit), json!([{"Key": "city", "Value": "Riga"}]));
        assert!(unfit["Subscribers"][0].get("MobileNumber").is_none());
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
