//! Which fields of a profile become which parts of a subscriber, and whether the segments have them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::consent::ConsentMapping;
use super::country::CountryCode;
use super::custom_field::CustomFieldMapping;
use super::email::EmailMapping;
use super::empty::{self, EmptyValue, NullWord};
use super::field_name::FieldName;
use super::mobile::MobileMapping;
use super::name::NameMapping;
use super::source::ValueSource;
use crate::params::Params;
use crate::schedules::TimeZone;
use crate::segments::{Segment, SegmentName};
use crate::wire::list;

/// Custom fields of a mapping; part of the contract.
pub const CUSTOM_FIELDS_MAX: usize = 100;

/// Which fields of a profile become which parts of a subscriber.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mapping {
    /// Where the e-mail address comes from.
    pub email: EmailMapping,
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
    /// Every field the mapping reads.
    fn fields(&self) -> Vec<FieldUse<'_>> {
        let pointer = format!("/mapping/email{}", self.email.pointer());
        let mut fields = vec![FieldUse::new(pointer, self.email.field(), true)];
        if let Some(name) = &self.name {
            let is_needed = name.is_composed();
            let used = |(at, field)| FieldUse::new(format!("/mapping/name{at}"), field, is_needed);
            fields.extend(name.fields().into_iter().map(used));
        }
        if let Some(mobile) = &self.mobile_number {
            let is_needed = is_needed(&mobile.source(), mobile.if_empty());
            let used =
                |(at, field)| FieldUse::new(format!("/mapping/mobileNumber{at}"), field, is_needed);
            fields.extend(mobile.fields().into_iter().map(used));
        }
        for (index, custom) in self.custom_fields.iter().enumerate() {
            let (member, read) = custom.source.fields();
            let pointer = format!("/mapping/customFields/{index}/{member}");
            let is_needed = is_needed(&custom.source, custom.if_empty);
            let used = |field| FieldUse::new(pointer.clone(), field, is_needed);
            fields.extend(read.into_iter().map(used));
        }
        for (member, consent) in [
            ("consentToTrack", &self.consent_to_track),
            ("consentToSendSms", &self.consent_to_send_sms),
        ] {
            if let ConsentMapping::Field(consent) = consent {
                let pointer = format!("/mapping/{member}/field");
                fields.push(FieldUse::new(pointer, &consent.field, true));
            }
        }
        fields
    }

    /// The fields that every file of a folder must have: where one lacks them, something else would be sent.
    #[must_use]
    pub fn needed_fields(&self) -> Vec<&FieldName> {
        let needed = self.fields().into_iter().filter(|used| used.is_needed);
        needed.map(|used| used.field).collect()
    }

    /// Every field that a segment lacks or that cannot be mapped, with the first such segment. A segment that was never
    /// filled lacks none: its fields are unknown.
    #[must_use]
    pub fn missing_from<'a>(
        &'a self,
        segments: impl IntoIterator<Item = &'a Segment>,
    ) -> Vec<MappingFault> {
        let segments: Vec<_> = segments.into_iter().collect();
        let missing = |FieldUse { pointer, field, is_needed }: FieldUse<'a>| {
            let refusal = |segment: &&Segment| {
                let (why, others) = segment.refuses_field(field.as_str(), is_needed)?;
                Some((Some(segment.name.clone()), why, others))
            };
            let (segment, why, others) = segments.iter().find_map(refusal)?;
            Some(MappingFault { pointer, why, field: field.as_str().to_owned(), segment, others })
        };
        self.fields().into_iter().filter_map(missing).collect()
    }
}

/// Whether an empty field does something: it removes what the list has, or makes another value of the other fields.
fn is_needed(source: &ValueSource, if_empty: EmptyValue) -> bool {
    source.is_composed() || if_empty == EmptyValue::Clear
}

/// A field that a mapping reads.
struct FieldUse<'a> {
    /// JSON pointer (RFC 6901) to the field.
    pointer: String,
    field: &'a FieldName,
    /// Whether an empty value is more than a value of the list that stays.
    is_needed: bool,
}

impl<'a> FieldUse<'a> {
    const fn new(pointer: String, field: &'a FieldName, is_needed: bool) -> Self {
        Self { pointer, field, is_needed }
    }
}

/// What in a mapping does not go with the data of a segment.
#[derive(Debug)]
pub struct MappingFault {
    /// JSON pointer (RFC 6901) to it.
    pub pointer: String,
    /// What is wrong, and what the segment has instead, in sentences.
    pub why: String,
    /// The field that does not go with it.
    pub field: String,
    /// The segment that lacks the field; `None` where the data of all is meant.
    pub segment: Option<SegmentName>,
    /// What the sentences name beside both.
    pub others: Params,
}

impl MappingFault {
    /// The names in its sentences.
    #[must_use]
    pub fn params(&self) -> Params {
        let params = self.others.clone().with("field", self.field.as_str());
        match &self.segment {
            Some(segment) => params.with("segment", segment.as_str()),
            None => params,
        }
    }
}
