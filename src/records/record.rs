//! Writes the records of an import straight from the columns of a page: no row is copied on the way.
//!
//! The shape is that of `POST /subscribers/{listid}/import.json` in API v3.3. `ConsentToTrack` is
//! always there; empty values are left out, so that what the list has stays.

use std::cell::RefCell;

use arrow_array::RecordBatch;
use bytes::Bytes;
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::columns::Columns;
use super::plan::{ConsentPlan, EMAIL_COLUMN, NamePlan, Plan};
use super::values::{Fit, mobile_number};
use crate::runs::FieldWarning;

/// The key that warnings about mobile numbers go by.
const MOBILE_NUMBER: &str = "MobileNumber";
/// Bytes of an average record, to start with enough room.
const RECORD_BYTES: usize = 320;

/// The body of an import of these rows, and the values that did not fit.
///
/// # Panics
/// Never: text always serializes.
#[must_use]
pub fn encode(plan: &Plan, page: &RecordBatch, rows: &[usize]) -> (Bytes, Vec<FieldWarning>) {
    let tally = RefCell::new(Tally::of(plan));
    let body = Body { plan, columns: &Columns::of(page), rows, tally: &tally };
    let mut bytes = Vec::with_capacity(rows.len() * RECORD_BYTES);
    serde_json::to_writer(&mut bytes, &body).expect("text always serializes");
    (bytes.into(), tally.into_inner().warnings())
}

struct Body<'a> {
    plan: &'a Plan,
    columns: &'a Columns<'a>,
    rows: &'a [usize],
    tally: &'a RefCell<Tally>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut body = serializer.serialize_struct("Import", 4)?;
        body.serialize_field("Subscribers", &Subscribers(self))?;
        body.serialize_field("Resubscribe", &self.plan.options.resubscribe)?;
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
        self.body.columns.get(column, self.row)
    }

    fn consent(&self) -> &'static str {
        match self.body.plan.consent {
            ConsentPlan::Same(word) => word,
            ConsentPlan::Column(column) => self.get(column).map_or("Unchanged", consent_word),
        }
    }
}

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plan = self.body.plan;
        let mut record = serializer.serialize_map(None)?;
        record.serialize_entry("EmailAddress", self.get(EMAIL_COLUMN).unwrap_or_default())?;
        match plan.name {
            NamePlan::None => {}
            NamePlan::Full(column) => {
                if let Some(name) = self.get(column) {
                    record.serialize_entry("Name", name)?;
                }
            }
            NamePlan::Parts(first, last) => match (self.get(first), self.get(last)) {
                (Some(first), Some(last)) => {
                    record.serialize_entry("Name", &Joined(first, last))?;
                }
                (Some(name), None) | (None, Some(name)) => record.serialize_entry("Name", name)?,
                (None, None) => {}
            },
        }
        if let Some(text) = plan.mobile.and_then(|column| self.get(column)) {
            match mobile_number(text) {
                Some(number) => record.serialize_entry(MOBILE_NUMBER, &number)?,
                None => self.body.tally.borrow_mut().mobile_dropped += 1,
            }
        }
        if !plan.fields.is_empty() {
            record.serialize_entry("CustomFields", &CustomFields(self))?;
        }
        record.serialize_entry("ConsentToTrack", self.consent())?;
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
        for (index, field) in self.0.body.plan.fields.iter().enumerate() {
            let Some(text) = self.0.get(field.column) else {
                continue;
            };
            for value in field.form.values(text) {
                match field.form.fit(value) {
                    Fit::Whole(value) => {
                        fields.serialize_element(&Pair { key: &field.key, value: &value })?;
                    }
                    Fit::Cut(value) => {
                        self.0.body.tally.borrow_mut().fields[index].cut += 1;
                        fields.serialize_element(&Pair { key: &field.key, value })?;
                    }
                    Fit::Unfit => self.0.body.tally.borrow_mut().fields[index].dropped += 1,
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

/// What a consent field says. What nobody can read changes nothing.
fn consent_word(text: &str) -> &'static str {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["yes", "true", "1"]) {
        "Yes"
    } else if is(&["no", "false", "0"]) {
        "No"
    } else {
        "Unchanged"
    }
}

/// Counts the values that did not fit.
struct Tally {
    fields: Vec<FieldWarning>,
    mobile_dropped: i64,
}

impl Tally {
    fn of(plan: &Plan) -> Self {
        let fields = plan.fields.iter().map(|field| FieldWarning {
            key: field.key.clone(),
            cut: 0,
            dropped: 0,
        });
        Self { fields: fields.collect(), mobile_dropped: 0 }
    }

    fn warnings(mut self) -> Vec<FieldWarning> {
        self.fields.push(FieldWarning {
            key: MOBILE_NUMBER.into(),
            cut: 0,
            dropped: self.mobile_dropped,
        });
        self.fields.retain(|field| field.cut + field.dropped > 0);
        self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign_monitor::CustomField;
    use crate::exports::{Mapping, Options};
    use arrow_array::{Array, StringArray};
    use std::sync::Arc;

    fn encoded(
        mapping: serde_json::Value,
        columns: &[(&str, &str)],
    ) -> (serde_json::Value, Vec<FieldWarning>) {
        let mapping: Mapping = serde_json::from_value(mapping).unwrap();
        let field = |key: &str, data_type: &str, options: &[&str]| {
            serde_json::from_value::<CustomField>(serde_json::json!(
                {"FieldName": key, "Key": format!("[{key}]"), "DataType": data_type, "FieldOptions": options}))
            .unwrap()
        };
        let list = [
            field("city", "Text", &[]),
            field("Points", "Number", &[]),
            field("interests", "MultiSelectMany", &["Tea", "Coffee"]),
        ];
        let plan = Plan::new(&mapping, Options::default(), &list).unwrap();
        let value = |name: &String| {
            columns.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
        };
        let page =
            RecordBatch::try_from_iter(plan.columns.iter().enumerate().map(|(place, name)| {
                let array: Arc<dyn Array> = Arc::new(StringArray::from(vec![value(name)]));
                (format!("{place}"), array)
            }));
        let (body, warnings) = encode(&plan, &page.unwrap(), &[0]);
        (serde_json::from_slice(&body).unwrap(), warnings)
    }

    #[test]
    fn a_record_has_every_mapped_part_in_the_form_of_the_list() {
        let mapping = serde_json::json!({"email": "Email", "name": {"first": "First", "last": "Last"}, "mobileNumber": "Phone",
            "customFields": [{"field": "City", "key": "City"}, {"field": "Points", "key": "[points]"}, {"field": "Likes", "key": "interests"}],
            "consentToTrack": {"field": "Consent"}});
        let columns = [
            ("Email", " ann@example.com "),
            ("First", "Ann"),
            ("Last", "O’Brien"),
            ("Phone", "+371 20000000"),
            ("City", "Rīga"),
            ("Points", "12"),
            ("Likes", "tea;Coffee"),
            ("Consent", "true"),
        ];
        let (body, warnings) = encoded(mapping, &columns);
        assert_eq!(
            body,
            serde_json::json!({
            "Subscribers": [{"EmailAddress": "ann@example.com", "Name": "Ann O’Brien", "MobileNumber": "+37120000000",
                "CustomFields": [{"Key": "city", "Value": "Rīga"}, {"Key": "Points", "Value": "12"},
                    {"Key": "interests", "Value": "Tea"}, {"Key": "interests", "Value": "Coffee"}],
                "ConsentToTrack": "Yes"}],
            "Resubscribe": false, "QueueSubscriptionBasedAutoResponders": false, "RestartSubscriptionBasedAutoresponders": false})
        );
        assert!(warnings.is_empty());
    }

    #[test]
    fn empty_values_are_left_out_and_unfit_ones_counted() {
        let mapping = serde_json::json!({"email": "Email", "name": {"first": "First", "last": "Last"}, "mobileNumber": "Phone",
            "customFields": [{"field": "City", "key": "city"}, {"field": "Points", "key": "points"}]});
        let long = "x".repeat(300);
        let columns = [
            ("Email", "ann@example.com"),
            ("First", ""),
            ("Last", "Lee"),
            ("Phone", "none"),
            ("City", long.as_str()),
            ("Points", "many"),
        ];
        let (body, warnings) = encoded(mapping, &columns);
        let record = &body["Subscribers"][0];
        assert_eq!(record["Name"], "Lee");
        assert_eq!(record["ConsentToTrack"], "Unchanged");
        assert!(record.get("MobileNumber").is_none());
        assert_eq!(record["CustomFields"].as_array().unwrap().len(), 1);
        let warning = |key: &str, cut, dropped| FieldWarning { key: key.into(), cut, dropped };
        assert_eq!(
            warnings,
            [warning("city", 1, 0), warning("Points", 0, 1), warning("MobileNumber", 0, 1)]
        );
    }

    #[test]
    fn a_key_that_the_list_lacks_is_named() {
        let mapping: Mapping =
            serde_json::from_value(serde_json::json!({"email": "Email", "customFields": [{"field": "City", "key": "town"}]})).unwrap();
        assert_eq!(Plan::new(&mapping, Options::default(), &[]).unwrap_err(), "town");
    }
}
