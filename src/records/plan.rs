//! How the rows of a run become records of an import: the mapping of the export, resolved against the
//! custom fields that the list really has.

use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;

use super::columns::{Blanks, Columns, EMAIL_COLUMN};
use crate::campaign_monitor::{
    self, Consent, ConsentReading, ConsentSource, ConsentWords, CustomField, CustomFieldColumn,
    Form, IfEmpty, Layout, Misfits, MobileColumn, NameColumns, Reading, Source, TemplatePart,
    Zones,
};
use crate::exports::{
    ConsentChoice, ConsentField, ConsentMapping, ConsentWord, CountryCode, CustomFieldMapping,
    EmptyValue, FieldName, Mapping, NameMapping, Options, OtherConsent, TemplatePiece, ValueSource,
};
use crate::runs::FieldWarning;
use crate::schedules::TimeZone;
use crate::storage::CUSTOMER_ID;

/// What to read of each member, and which part of a subscriber it becomes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The fields to read, in the order of the page's columns.
    pub columns: Arc<[String]>,
    layout: Layout,
    blanks: Blanks,
}

impl Plan {
    /// Resolves a mapping. The error names the first key that the list does not have: Campaign Monitor
    /// would drop its values without a word.
    pub fn new(
        mapping: &Mapping,
        options: Options,
        list_fields: &[CustomField],
    ) -> Result<Self, String> {
        let mut columns = FieldList(vec![CUSTOMER_ID.to_owned()]);
        let email = columns.push(&mapping.email);
        debug_assert_eq!(email, EMAIL_COLUMN, "the address is the second column");
        let name = columns.name(mapping.name.as_ref());
        let mobile_number = columns.mobile_number(mapping);
        let consent_to_track = columns.consent(&mapping.consent_to_track);
        let consent_to_send_sms = columns.consent(&mapping.consent_to_send_sms);
        let custom_fields = custom_fields(mapping, list_fields, &mut columns)?;
        let resubscribe = options.resubscribe;
        let layout = Layout {
            email,
            name,
            mobile_number,
            custom_fields,
            consent_to_track,
            consent_to_send_sms,
            resubscribe,
        };
        Ok(Self { columns: columns.0.into(), layout, blanks: blanks(mapping) })
    }

    /// Reads what names a profile, and nothing else.
    pub fn addresses_only(mapping: &Mapping) -> Self {
        Self {
            columns: [CUSTOMER_ID.to_owned(), mapping.email.as_str().to_owned()].into(),
            layout: Layout {
                email: EMAIL_COLUMN,
                name: NameColumns::None,
                mobile_number: None,
                custom_fields: vec![],
                consent_to_track: ConsentSource::Fixed(Consent::Unchanged),
                consent_to_send_sms: ConsentSource::Fixed(Consent::Unchanged),
                resubscribe: Options::default().resubscribe,
            },
            blanks: blanks(mapping),
        }
    }

    /// The same, but nobody who unsubscribed, bounced or was deleted is subscribed again.
    pub fn without_resubscribing(&self) -> Self {
        Self { layout: Layout { resubscribe: false, ..self.layout.clone() }, ..self.clone() }
    }

    /// The columns of a page, read as the mapping says.
    pub fn columns_of<'a>(&'a self, page: &'a RecordBatch) -> Columns<'a> {
        Columns::with(page, &self.blanks)
    }

    /// Whether every consent of a row can be read.
    pub fn can_read_consent(&self, page: &Columns<'_>, row: usize) -> bool {
        let sources = [&self.layout.consent_to_track, &self.layout.consent_to_send_sms];
        sources.iter().all(|source| source.read(page, row) != ConsentReading::Unreadable)
    }

    /// The body of an import of these rows of a page, and the values that did not fit their fields.
    pub fn encode(&self, page: &RecordBatch, rows: &[usize]) -> (Bytes, Vec<FieldWarning>) {
        let (body, misfits) = campaign_monitor::encode(&self.layout, &self.columns_of(page), rows);
        let warning = |Misfits { key, cut, dropped }| FieldWarning { key, cut, dropped };
        (body, misfits.into_iter().map(warning).collect())
    }
}

fn custom_fields(
    mapping: &Mapping,
    list_fields: &[CustomField],
    columns: &mut FieldList,
) -> Result<Vec<CustomFieldColumn>, String> {
    let mut fields = Vec::with_capacity(mapping.custom_fields.len());
    for custom in &mapping.custom_fields {
        let key = custom.key.as_str();
        let known = list_fields.iter().find(|field| field.bare_key().eq_ignore_ascii_case(key));
        let known = known.ok_or_else(|| key.to_owned())?;
        fields.push(CustomFieldColumn {
            key: known.bare_key().to_owned(),
            source: columns.source(&custom.source),
            form: Form::of(known, reading(mapping, custom)),
            if_empty: if_empty(custom.if_empty),
        });
    }
    Ok(fields)
}

/// How the data writes the values of a field. What saving has refused since does not come here.
fn reading(mapping: &Mapping, custom: &CustomFieldMapping) -> Reading {
    let rules = |zone: &Option<TimeZone>| zone.as_ref().map(|zone| zone.rules().clone());
    Reading {
        format: custom.format.as_ref().and_then(|format| format.meaning().ok()),
        zones: Zones { field: rules(&custom.timezone), mapping: rules(&mapping.timezone) },
    }
}

fn blanks(mapping: &Mapping) -> Blanks {
    let null_words = mapping.null_words.iter().map(|word| word.as_str().to_owned());
    Blanks { null_words: null_words.collect(), keep: !mapping.trim }
}

const fn if_empty(choice: EmptyValue) -> IfEmpty {
    match choice {
        EmptyValue::Keep => IfEmpty::Keep,
        EmptyValue::Clear => IfEmpty::Clear,
    }
}

const fn translate(consent: ConsentChoice) -> Consent {
    match consent {
        ConsentChoice::Yes => Consent::Yes,
        ConsentChoice::No => Consent::No,
        ConsentChoice::Unchanged => Consent::Unchanged,
    }
}

fn words(consent: &ConsentField) -> ConsentWords {
    let otherwise = match consent.otherwise {
        OtherConsent::Reject => None,
        OtherConsent::No => Some(Consent::No),
        OtherConsent::Unchanged => Some(Consent::Unchanged),
    };
    let texts = |words: &[ConsentWord]| words.iter().map(|word| word.as_str().to_owned()).collect();
    ConsentWords { yes: texts(&consent.yes), no: texts(&consent.no), otherwise }
}

/// The fields to read, each once; the address always has a column of its own.
struct FieldList(Vec<String>);

impl FieldList {
    fn position(&mut self, field: &FieldName) -> usize {
        let known = self.0.iter().position(|name| name == field.as_str());
        known.unwrap_or_else(|| self.push(field))
    }

    fn name(&mut self, mapping: Option<&NameMapping>) -> NameColumns {
        match mapping {
            None => NameColumns::None,
            Some(NameMapping::Full(field)) => {
                NameColumns::Full(Source::Column(self.position(field)))
            }
            Some(NameMapping::Parts(parts)) => {
                NameColumns::Parts(self.position(&parts.first), self.position(&parts.last))
            }
            Some(NameMapping::Source(source)) => NameColumns::Full(self.source(source)),
        }
    }

    fn mobile_number(&mut self, mapping: &Mapping) -> Option<MobileColumn> {
        let mobile = mapping.mobile_number.as_ref()?;
        Some(MobileColumn {
            source: self.source(&mobile.source()),
            country: mapping.default_country.as_ref().and_then(CountryCode::phones),
            if_empty: if_empty(mobile.if_empty()),
        })
    }

    fn source(&mut self, source: &ValueSource) -> Source {
        match source {
            ValueSource::Field(field) => Source::Column(self.position(field)),
            ValueSource::Constant(constant) => Source::Constant(constant.as_str().to_owned()),
            ValueSource::Template(template) => {
                let part = |piece: &TemplatePiece| match piece {
                    TemplatePiece::Text(text) => TemplatePart::Text(text.clone()),
                    TemplatePiece::Field(field, default) => {
                        TemplatePart::Column(self.position(field), default.clone())
                    }
                };
                Source::Template(template.pieces().iter().map(part).collect())
            }
        }
    }

    fn consent(&mut self, mapping: &ConsentMapping) -> ConsentSource {
        match mapping {
            ConsentMapping::Same(consent) => ConsentSource::Fixed(translate(*consent)),
            ConsentMapping::Field(consent) => {
                ConsentSource::Column(self.position(&consent.field), words(consent))
            }
        }
    }

    fn push(&mut self, field: &FieldName) -> usize {
        self.0.push(field.as_str().to_owned());
        self.0.len() - 1
    }
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
        let (body, _) = plan.encode(&RecordBatch::try_from_iter(fields).unwrap(), &[0]);
        serde_json::from_slice(&body).unwrap()
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
        let options = Options { resubscribe: true };
        let plan = Plan::new(&mapping, options, &[field("city"), field("Given")]).unwrap();
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
    fn a_key_that_the_list_lacks_is_named() {
        let mapping =
            mapping(json!({"email": "Email", "customFields": [{"field": "City", "key": "town"}]}));
        assert_eq!(Plan::new(&mapping, Options::default(), &[]).unwrap_err(), "town");
    }
}
