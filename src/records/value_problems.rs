//! Names the values that could not be sent: the profile, its field, and the field of the list.

use super::columns::{CUSTOMER_ID_COLUMN, Columns, EMAIL_COLUMN};
use super::positions::Positions;
use crate::campaign_monitor::{
    CONSENT_TO_SEND_SMS, CONSENT_TO_TRACK, CustomFieldColumn, EMAIL_ADDRESS, Encoded,
    MOBILE_NUMBER, Misfit, NAME, Target, all_shown,
};
use crate::exports::{ConsentMapping, Mapping, NameMapping};
use crate::runs::{FieldWarning, FieldWarnings, ValueProblem};

/// The fields of the profile that the parts of a subscriber come from, and what these are called.
#[derive(Clone, Debug, Default)]
pub struct TargetNames {
    /// Field and key of each custom field, in the order of the layout.
    custom_fields: Vec<(String, String)>,
    email: String,
    name: String,
    mobile_number: String,
    consent_to_track: String,
    consent_to_send_sms: String,
}

impl TargetNames {
    /// Of a mapping, and of its custom fields as the list has them.
    pub fn of(mapping: &Mapping, custom_fields: &[CustomFieldColumn]) -> Self {
        let fields = mapping.custom_fields.iter().map(|custom| custom.source.label());
        let keys = custom_fields.iter().map(|field| field.key.clone());
        let mobile = mapping.mobile_number.as_ref().map(|mobile| mobile.source().label());
        let consent = |consent: &ConsentMapping| match consent {
            ConsentMapping::Same(_) => String::new(),
            ConsentMapping::Field(consent) => consent.field.as_str().to_owned(),
        };
        Self {
            custom_fields: fields.zip(keys).collect(),
            email: mapping.email.field().as_str().to_owned(),
            name: mapping.name.as_ref().map(NameMapping::label).unwrap_or_default(),
            mobile_number: mobile.unwrap_or_default(),
            consent_to_track: consent(&mapping.consent_to_track),
            consent_to_send_sms: consent(&mapping.consent_to_send_sms),
        }
    }

    /// The field of the profile, and the key on the list.
    pub fn get(&self, target: Target) -> (&str, &str) {
        match target {
            Target::CustomField(index) => {
                let (field, key) = &self.custom_fields[index];
                (field, key)
            }
            Target::Email => (&self.email, EMAIL_ADDRESS),
            Target::Name => (&self.name, NAME),
            Target::MobileNumber => (&self.mobile_number, MOBILE_NUMBER),
            Target::ConsentToTrack => (&self.consent_to_track, CONSENT_TO_TRACK),
            Target::ConsentToSendSms => (&self.consent_to_send_sms, CONSENT_TO_SEND_SMS),
        }
    }

    /// The values of a page, counted by field.
    pub fn warnings(&self, encoded: &Encoded) -> FieldWarnings {
        let mut warnings = FieldWarnings::default();
        for tally in &encoded.targets {
            let (field, key) = self.get(tally.target);
            let mut warning = FieldWarning::new(field, key);
            tally.misfits.iter().for_each(|(code, count)| warning.count(*code, *count));
            warnings.count_values(key, tally.sent, warning.dropped);
            if !tally.misfits.is_empty() {
                warnings.fields.push(warning);
            }
        }
        warnings
    }

    /// The value problems of a page whose rows stand there in the run.
    pub fn problems(
        &self,
        misfits: Vec<Misfit>,
        columns: &Columns<'_>,
        positions: &Positions,
    ) -> Vec<ValueProblem> {
        let (mut last, mut number) = (None, 0);
        let name = |misfit: Misfit| {
            number = if last == Some(misfit.row) { number + 1 } else { 1 };
            last = Some(misfit.row);
            let text = |column| columns.written(column, misfit.row).unwrap_or_default();
            let (field, key) = self.get(misfit.target);
            ValueProblem {
                position: positions.of(misfit.row),
                number,
                customer_id: text(CUSTOMER_ID_COLUMN).to_owned(),
                email: all_shown(text(EMAIL_COLUMN)).into_owned(),
                field: field.to_owned(),
                key: key.to_owned(),
                code: misfit.code,
                value: misfit.value,
                sent: misfit.sent,
            }
        };
        misfits.into_iter().map(name).collect()
    }
}

#[cfg(test)]
mod tests;
