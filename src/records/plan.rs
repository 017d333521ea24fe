//! How the rows of a run become records of an import: the mapping of the export, resolved against the
//! custom fields that the list really has.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;

use super::columns::{Blanks, Columns, EMAIL_COLUMN};
use super::consents::Consents;
use super::field_list::{FieldList, custom_fields};
use super::fingerprint::fingerprint;
use super::value_problems::TargetNames;
use crate::campaign_monitor::{
    self, ConsentSource, CustomField, CustomFieldColumn, EmailColumn, Encoded, Layout, NameColumns,
    address::Flaw,
};
use crate::erasures::TombstoneSet;
use crate::exports::Mapping;
use crate::storage::{CUSTOMER_ID, WantedColumns};

/// What to read of each member, and which part of a subscriber it becomes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The fields to read, in the order of the page's columns.
    pub columns: Arc<[String]>,
    /// Those of them that every file must have.
    needed: Arc<[String]>,
    /// For value problems: where each value comes from, and where it goes to.
    pub names: TargetNames,
    /// How records are made, as a hash: it differs where their bytes may.
    pub fingerprint: String,
    layout: Layout,
    blanks: Blanks,
    /// Who is not sent; `None` where nobody was erased.
    pub(super) tombstones: Option<Arc<TombstoneSet>>,
}

impl Plan {
    /// Resolves a mapping. The error names the first key that the list does not have: Campaign Monitor
    /// would drop its values without a word.
    pub fn new(
        mapping: &Mapping,
        resubscribe: bool,
        list_fields: &[CustomField],
    ) -> Result<Self, String> {
        let mut columns = FieldList::new();
        let email = columns.email(&mapping.email);
        let name = columns.name(mapping.name.as_ref());
        let mobile_number = columns.mobile_number(mapping);
        let consent_to_track = columns.consent(&mapping.consent_to_track);
        let consent_to_send_sms = columns.consent(&mapping.consent_to_send_sms);
        let custom_fields = custom_fields(mapping, list_fields, &mut columns)?;
        let names = TargetNames::of(mapping, &custom_fields);
        let layout = Layout {
            email,
            name,
            mobile_number,
            custom_fields,
            consent_to_track,
            consent_to_send_sms,
            resubscribe,
        };
        let fingerprint = fingerprint(mapping, resubscribe, list_fields);
        let (columns, needed, blanks) = (columns.0.into(), needed(mapping), blanks(mapping));
        Ok(Self { columns, needed, names, fingerprint, layout, blanks, tombstones: None })
    }

    /// Reads every field that a run reads, and makes no records: for when the fields of the list are unknown.
    pub fn without_list(mapping: &Mapping) -> Self {
        let mut columns = FieldList::new();
        let email = columns.email(&mapping.email);
        columns.name(mapping.name.as_ref());
        columns.mobile_number(mapping);
        let consent_to_track = columns.consent(&mapping.consent_to_track);
        let consent_to_send_sms = columns.consent(&mapping.consent_to_send_sms);
        for custom in &mapping.custom_fields {
            columns.source(&custom.source);
        }
        let layout = without_values(email, consent_to_track, consent_to_send_sms);
        Self { columns: columns.0.into(), layout, ..Self::without_values(mapping) }
    }

    /// Reads what names a profile and decides whether it is sent, and nothing else.
    pub fn without_values(mapping: &Mapping) -> Self {
        let mut columns = FieldList::new();
        let email = columns.email(&mapping.email);
        let consent_to_track = columns.consent(&mapping.consent_to_track);
        let consent_to_send_sms = columns.consent(&mapping.consent_to_send_sms);
        let layout = without_values(email, consent_to_track, consent_to_send_sms);
        let (columns, names) = (columns.0.into(), TargetNames::default());
        let (needed, blanks, fingerprint) = (needed(mapping), blanks(mapping), String::new());
        Self { columns, needed, names, fingerprint, layout, blanks, tombstones: None }
    }

    /// Whether people come back who left the list.
    pub const fn resubscribes(&self) -> bool {
        self.layout.resubscribe
    }

    /// The same, but people come back who unsubscribed, bounced or were deleted.
    pub fn with_resubscribing(&self) -> Self {
        Self { layout: Layout { resubscribe: true, ..self.layout.clone() }, ..self.clone() }
    }

    /// The same, but nobody who unsubscribed, bounced or was deleted is subscribed again.
    pub fn without_resubscribing(&self) -> Self {
        Self { layout: Layout { resubscribe: false, ..self.layout.clone() }, ..self.clone() }
    }

    /// Whether profiles with one address may differ in their consents.
    pub const fn reads_consents(&self) -> bool {
        let Layout { consent_to_track, consent_to_send_sms, .. } = &self.layout;
        matches!(consent_to_track, ConsentSource::Column(..))
            || matches!(consent_to_send_sms, ConsentSource::Column(..))
    }

    /// The plan that reads only what decides between profiles with one address.
    pub fn decisive(&self) -> Self {
        let mut columns = self.columns[..=EMAIL_COLUMN].to_vec();
        let mut moved = |source: &ConsentSource| match source {
            ConsentSource::Fixed(consent) => ConsentSource::Fixed(*consent),
            ConsentSource::Column(column, words) => {
                columns.push(self.columns[*column].clone());
                ConsentSource::Column(columns.len() - 1, words.clone())
            }
        };
        let consent_to_track = moved(&self.layout.consent_to_track);
        let consent_to_send_sms = moved(&self.layout.consent_to_send_sms);
        let layout = without_values(self.layout.email, consent_to_track, consent_to_send_sms);
        let layout = Layout { resubscribe: self.layout.resubscribe, ..layout };
        let (columns, names) = (columns.into(), TargetNames::default());
        Self { columns, names, fingerprint: String::new(), layout, ..self.clone() }
    }

    /// What is read of the members of a segment.
    pub fn wanted(&self) -> WantedColumns {
        WantedColumns { names: self.columns.clone(), needed: self.needed.clone() }
    }

    /// The columns of a page, read as the mapping says.
    pub fn columns_of<'a>(&'a self, page: &'a RecordBatch) -> Columns<'a> {
        Columns::with(page, &self.blanks)
    }

    /// The address to which a row is sent, or what is wrong with it.
    pub fn address<'a>(&self, page: &'a Columns<'_>, row: usize) -> Result<Cow<'a, str>, Flaw> {
        self.layout.email.read(page, row)
    }

    /// What a row says to tracking and to text messages.
    pub fn consents(&self, page: &Columns<'_>, row: usize) -> Consents {
        [&self.layout.consent_to_track, &self.layout.consent_to_send_sms]
            .map(|source| source.read(page, row))
    }

    /// What the same consents are read from.
    pub(super) fn consent_texts<'a>(&self, page: &'a Columns<'_>, row: usize) -> [&'a str; 2] {
        [&self.layout.consent_to_track, &self.layout.consent_to_send_sms]
            .map(|source| source.text(page, row))
    }

    /// Whether mobile numbers that name no country get one.
    pub fn completes_mobile_numbers(&self) -> bool {
        self.layout.mobile_number.as_ref().is_some_and(|mobile| mobile.country.is_some())
    }

    /// The custom fields of the list that are filled, in the order of the mapping.
    pub fn custom_fields(&self) -> &[CustomFieldColumn] {
        &self.layout.custom_fields
    }

    /// What a row has for the custom field in this place.
    pub fn custom_value<'a>(
        &'a self,
        index: usize,
        page: &'a Columns<'a>,
        row: usize,
    ) -> Option<Cow<'a, str>> {
        self.layout.custom_fields[index].source.read(page, row)
    }

    /// The record of one row, as an import has it among others.
    pub fn record(&self, page: &RecordBatch, row: usize) -> Bytes {
        let Encoded { body, records, .. } = self.encode(page, &[row]);
        records.first().map_or_else(Bytes::new, |span| body.slice(span.clone()))
    }

    /// The import of these rows of a page, and the values that did not fit their fields.
    pub fn encode(&self, page: &RecordBatch, rows: &[usize]) -> Encoded {
        campaign_monitor::encode(&self.layout, &self.columns_of(page), rows)
    }
}

/// The layout of records that are never sent.
fn without_values(
    email: EmailColumn,
    consent_to_track: ConsentSource,
    consent_to_send_sms: ConsentSource,
) -> Layout {
    Layout {
        email,
        name: NameColumns::None,
        mobile_number: None,
        custom_fields: vec![],
        consent_to_track,
        consent_to_send_sms,
        resubscribe: false,
    }
}

/// The fields that every file must have.
fn needed(mapping: &Mapping) -> Arc<[String]> {
    let names = mapping.needed_fields().into_iter().map(|field| field.as_str().to_owned());
    [CUSTOMER_ID.to_owned()].into_iter().chain(names).collect()
}

fn blanks(mapping: &Mapping) -> Blanks {
    let null_words = mapping.null_words.iter().map(|word| word.as_str().to_owned());
    Blanks { null_words: null_words.collect(), keep: !mapping.trim }
}

#[cfg(test)]
mod tests {
    use arrow_array::{Array, StringArray};
    use serde_json::{Value, json};

    use super::*;

    fn mapping(value: Value) -> Mapping {
        serde_json::from_value(value).unwrap()
    }

    /// Encodes one profile, each of whose fields holds its own name.
    fn encoded(plan: &Plan) -> Value {
        let fields = plan.columns.iter().enumerate().map(|(position, name)| {
            let array: Arc<dyn Array> = Arc::new(StringArray::from(vec![name.as_str()]));
            (position.to_string(), array)
        });
        let encoded = plan.encode(&RecordBatch::try_from_iter(fields).unwrap(), &[0]);
        serde_json::from_slice(&encoded.body).unwrap()
    }

    #[test]
    fn every_part_of_a_mapping_is_read_from_its_field() {
        let mapping = mapping(json!({
            "email": "Email",
            "name": {"first": "First", "last": "Last"},
            "customFields": [{"field": "City", "key": "[CITY]"}, {"field": "First", "key": "given"}],
            "consentToTrack": {"field": "Consent", "yes": ["consent"]},
            "consentToSendSms": "no",
        }));
        let field = |key: &str| -> CustomField {
            let field = json!({"FieldName": key, "Key": format!("[{key}]"), "DataType": "Text"});
            serde_json::from_value(field).unwrap()
        };
        let plan = Plan::new(&mapping, true, &[field("city"), field("Given")]).unwrap();
        assert_eq!(*plan.columns, ["CustomerId", "Email", "First", "Last", "Consent", "City"]);
        let body = encoded(&plan);
        let expected = json!([{
            "EmailAddress": "Email",
            "Name": "First Last",
            "CustomFields": [{"Key": "city", "Value": "City"}, {"Key": "Given", "Value": "First"}],
            "ConsentToTrack": "Yes",
            "ConsentToSendSms": "No",
        }]);
        assert_eq!((&body["Subscribers"], &body["Resubscribe"]), (&expected, &json!(true)));
    }

    #[test]
    fn the_same_fields_are_read_in_the_same_order_where_the_list_is_unknown() {
        let mapping = mapping(json!({
            "email": "Email",
            "name": {"first": "First", "last": "Last"},
            "mobileNumber": "Mobile",
            "customFields": [{"template": "{{Street}} {{City}}", "key": "home"}],
            "consentToTrack": {"field": "Consent"},
        }));
        let home = json!([{"FieldName": "home", "Key": "[home]", "DataType": "Text"}]);
        let home: Vec<CustomField> = serde_json::from_value(home).unwrap();
        let plan = Plan::new(&mapping, false, &home).unwrap();
        assert_eq!(plan.columns, Plan::without_list(&mapping).columns);
    }

    #[test]
    fn a_key_that_the_list_lacks_is_named() {
        let mapping =
            mapping(json!({"email": "Email", "customFields": [{"field": "City", "key": "town"}]}));
        assert_eq!(Plan::new(&mapping, false, &[]).unwrap_err(), "town");
    }

    #[test]
    fn only_the_address_and_the_consents_of_a_field_decide_between_profiles() {
        let plan = |value| Plan::new(&mapping(value), false, &[]).unwrap();
        let fixed = json!({"email": "Email", "name": "Name", "consentToTrack": "yes"});
        let fixed = plan(fixed);
        assert!(!fixed.reads_consents());
        assert_eq!(*fixed.decisive().columns, ["CustomerId", "Email"]);
        let own = json!({"email": "Email", "name": "Name", "consentToSendSms": {"field": "Sms"}});
        let decisive = plan(own).decisive();
        assert!(decisive.reads_consents());
        assert_eq!(*decisive.columns, ["CustomerId", "Email", "Sms"]);
    }
}
