//! How the rows of a run become records of an import: the mapping of the export, resolved against the
//! custom fields that the list really has.

use std::sync::Arc;

use super::values::Form;
use crate::campaign_monitor::CustomField;
use crate::exports::{ConsentMapping, ConsentToTrack, FieldName, Mapping, NameMapping, Options};
use crate::storage::CUSTOMER_ID;

/// Places of the columns that every page has.
pub const CUSTOMER_ID_COLUMN: usize = 0;
/// Place of the address.
pub const EMAIL_COLUMN: usize = 1;

/// What to read, and what to make of it. Columns are known by their place in a page.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The fields to read, in the order of the page's columns.
    pub columns: Arc<[String]>,
    /// The name.
    pub name: NamePlan,
    /// The mobile number.
    pub mobile: Option<usize>,
    /// The custom fields.
    pub fields: Vec<FieldPlan>,
    /// The consent to tracking.
    pub consent: ConsentPlan,
    /// How the list treats people it knows.
    pub options: Options,
}

/// Where the name comes from.
#[derive(Clone, Copy, Debug)]
pub enum NamePlan {
    /// It is not sent.
    None,
    /// From one column.
    Full(usize),
    /// From two, joined with a space.
    Parts(usize, usize),
}

/// Where the consent comes from.
#[derive(Clone, Copy, Debug)]
pub enum ConsentPlan {
    /// The same for all.
    Same(&'static str),
    /// From a column.
    Column(usize),
}

/// A custom field to be sent.
#[derive(Clone, Debug)]
pub struct FieldPlan {
    /// Its key, in the spelling of the list, without brackets.
    pub key: String,
    /// Its column.
    pub column: usize,
    /// What it takes.
    pub form: Form,
}

impl Plan {
    /// Resolves a mapping. The error names the first key that the list does not have: Campaign Monitor
    /// would drop its values without a word.
    pub fn new(
        mapping: &Mapping,
        options: Options,
        list_fields: &[CustomField],
    ) -> Result<Self, String> {
        let mut columns = Columns(vec![CUSTOMER_ID.to_owned()]);
        let email = columns.place_anew(&mapping.email);
        debug_assert_eq!(email, EMAIL_COLUMN, "the address is the second column");
        let name = match &mapping.name {
            None => NamePlan::None,
            Some(NameMapping::Full(field)) => NamePlan::Full(columns.place(field)),
            Some(NameMapping::Parts(parts)) => {
                NamePlan::Parts(columns.place(&parts.first), columns.place(&parts.last))
            }
        };
        let mobile = mapping.mobile_number.as_ref().map(|field| columns.place(field));
        let consent = match &mapping.consent_to_track {
            ConsentMapping::Same(consent) => ConsentPlan::Same(word(*consent)),
            ConsentMapping::Field(consent) => ConsentPlan::Column(columns.place(&consent.field)),
        };
        let mut fields = Vec::with_capacity(mapping.custom_fields.len());
        for custom in &mapping.custom_fields {
            let key = custom.key.as_str();
            let known = list_fields.iter().find(|field| field.bare_key().eq_ignore_ascii_case(key));
            let known = known.ok_or_else(|| key.to_owned())?;
            fields.push(FieldPlan {
                key: known.bare_key().to_owned(),
                column: columns.place(&custom.field),
                form: Form::of(known),
            });
        }
        Ok(Self { columns: columns.0.into(), name, mobile, fields, consent, options })
    }

    /// Reads what names a profile, and nothing else.
    #[must_use]
    pub fn addresses_only(mapping: &Mapping) -> Self {
        Self {
            columns: [CUSTOMER_ID.to_owned(), mapping.email.as_str().to_owned()].into(),
            name: NamePlan::None,
            mobile: None,
            fields: vec![],
            consent: ConsentPlan::Same(word(ConsentToTrack::Unchanged)),
            options: Options::default(),
        }
    }
}

/// Consent as imports write it.
#[must_use]
pub const fn word(consent: ConsentToTrack) -> &'static str {
    match consent {
        ConsentToTrack::Yes => "Yes",
        ConsentToTrack::No => "No",
        ConsentToTrack::Unchanged => "Unchanged",
    }
}

struct Columns(Vec<String>);

impl Columns {
    fn place(&mut self, field: &FieldName) -> usize {
        let known = self.0.iter().position(|name| name == field.as_str());
        known.unwrap_or_else(|| self.place_anew(field))
    }

    fn place_anew(&mut self, field: &FieldName) -> usize {
        self.0.push(field.as_str().to_owned());
        self.0.len() - 1
    }
}
