//! The fields of the profile that a mapping reads, and the parts of a subscriber that they become.

use super::columns::EMAIL_COLUMN;
use crate::campaign_monitor::{
    Consent, ConsentSource, CustomField, CustomFieldColumn, EmailColumn, Form, IfEmpty,
    MobileColumn, NameColumns, Reading, Source, TemplatePart, Zones,
};
use crate::exports::{
    ConsentChoice, ConsentMapping, CountryCode, CustomFieldMapping, EmailMapping, EmptyValue,
    FieldName, Mapping, NameMapping, TemplatePiece, ValueSource,
};
use crate::schedules::TimeZone;
use crate::storage::CUSTOMER_ID;

/// The fields to read, each once; the address always has a column of its own.
pub(super) struct FieldList(pub(super) Vec<String>);

impl FieldList {
    /// Every page has the customer id first.
    pub(super) fn new() -> Self {
        Self(vec![CUSTOMER_ID.to_owned()])
    }

    /// The address has the second column for itself.
    pub(super) fn email(&mut self, email: &EmailMapping) -> EmailColumn {
        let column = self.push(email.field());
        debug_assert_eq!(column, EMAIL_COLUMN, "the address is the second column");
        EmailColumn { column, repair: email.repairs() }
    }

    fn position(&mut self, field: &FieldName) -> usize {
        let known = self.0.iter().position(|name| name == field.as_str());
        known.unwrap_or_else(|| self.push(field))
    }

    pub(super) fn name(&mut self, mapping: Option<&NameMapping>) -> NameColumns {
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

    pub(super) fn mobile_number(&mut self, mapping: &Mapping) -> Option<MobileColumn> {
        let mobile = mapping.mobile_number.as_ref()?;
        Some(MobileColumn {
            source: self.source(&mobile.source()),
            country: mapping.default_country.as_ref().and_then(CountryCode::phones),
            if_empty: if_empty(mobile.if_empty()),
        })
    }

    pub(super) fn source(&mut self, source: &ValueSource) -> Source {
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

    pub(super) fn consent(&mut self, mapping: &ConsentMapping) -> ConsentSource {
        match mapping {
            ConsentMapping::Same(consent) => ConsentSource::Fixed(translate(*consent)),
            ConsentMapping::Field(consent) => {
                ConsentSource::Column(self.position(&consent.field), consent.meaning())
            }
        }
    }

    fn push(&mut self, field: &FieldName) -> usize {
        self.0.push(field.as_str().to_owned());
        self.0.len() - 1
    }
}

/// What goes into custom fields. The error names the first key that the list does not have.
pub(super) fn custom_fields(
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
