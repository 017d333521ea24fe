//! Which fields of a profile become which parts of a subscriber, and whether the segments have them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::consent::ConsentMapping;
use super::country::CountryCode;
use super::custom_field::CustomFieldMapping;
use super::empty::{self, NullWord};
use super::field_name::FieldName;
use super::mobile::MobileMapping;
use super::name::NameMapping;
use crate::schedules::TimeZone;
use crate::segments::Segment;
use crate::wire::list;

/// Custom fields of a mapping; part of the contract.
pub const CUSTOM_FIELDS_MAX: usize = 100;

/// Which fields of a profile become which parts of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// The field that holds the e-mail address.
    pub email: FieldName,
    /// Where the name comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameMapping>,
    /// Where the mobile number comes from: in E.164 (`+37120000000`), or as its country writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mobile_number: Option<MobileMapping>,
    /// What goes into custom fields of the list.
    #[serde(default, deserialize_with = "list::<CUSTOM_FIELDS_MAX, _, _>")]
    #[schema(max_items = 100)]
    pub custom_fields: Vec<CustomFieldMapping>,
    /// Whether opens and clicks of these people may be tracked.
    #[serde(default)]
    pub consent_to_track: ConsentMapping,
    /// Whether text messages may be sent to them; recorded with the mobile number only.
    #[serde(default, skip_serializing_if = "ConsentMapping::is_default")]
    pub consent_to_send_sms: ConsentMapping,
    /// Where moments become days, if neither they nor their custom field name a zone: UTC when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<TimeZone>,
    /// The country of mobile numbers that do not name theirs. Without it they are not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_country: Option<CountryCode>,
    /// Words that stand for nothing in the data.
    #[serde(default, deserialize_with = "empty::words", skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub null_words: Vec<NullWord>,
    /// Whether blanks around texts are removed. Around everything else they always are.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub trim: bool,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
const fn is_yes(trim: &bool) -> bool {
    *trim
}

impl Mapping {
    /// Every field the mapping reads, with the JSON pointer to it.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, &FieldName)> {
        let mut fields = vec![("/mapping/email".to_owned(), &self.email)];
        if let Some(name) = &self.name {
            fields.extend(
                name.fields().into_iter().map(|(at, field)| (format!("/mapping/name{at}"), field)),
            );
        }
        if let Some(mobile) = &self.mobile_number {
            let read = mobile.fields().into_iter();
            fields.extend(read.map(|(at, field)| (format!("/mapping/mobileNumber{at}"), field)));
        }
        for (index, custom) in self.custom_fields.iter().enumerate() {
            let (member, read) = custom.source.fields();
            let pointer = format!("/mapping/customFields/{index}/{member}");
            fields.extend(read.into_iter().map(|field| (pointer.clone(), field)));
        }
        for (member, consent) in [
            ("consentToTrack", &self.consent_to_track),
            ("consentToSendSms", &self.consent_to_send_sms),
        ] {
            if let ConsentMapping::Field(consent) = consent {
                fields.push((format!("/mapping/{member}/field"), &consent.field));
            }
        }
        fields
    }

    /// Every field that a segment lacks or that cannot be mapped, with the first such segment. A segment that was never
    /// filled lacks none: its fields are unknown.
    #[must_use]
    pub fn missing_from<'a>(
        &'a self,
        segments: impl IntoIterator<Item = &'a Segment>,
    ) -> Vec<MissingField> {
        let segments: Vec<_> = segments.into_iter().collect();
        let missing = |(pointer, field): (String, &'a FieldName)| {
            let why = segments.iter().find_map(|segment| segment.refuses_field(field.as_str()))?;
            Some(MissingField { pointer, why })
        };
        self.fields().into_iter().filter_map(missing).collect()
    }
}

/// A field of the mapping that a segment lacks.
#[derive(Debug)]
pub struct MissingField {
    /// JSON pointer (RFC 6901) to the field.
    pub pointer: String,
    /// Which segment lacks which field, and what it has instead, in sentences.
    pub why: String,
}
