//! The mapping of an export that flags people who leave: members get the other value of the flag.

use std::borrow::Cow;

use super::custom_field::CustomFieldMapping;
use super::empty::EmptyValue;
use super::leavers::{LeaverFlag, Leavers};
use super::mapping::Mapping;
use super::source::ValueSource;

impl Mapping {
    /// With the flag of members, where people who leave get a flag.
    #[must_use]
    pub fn flagged(&self, leavers: &Leavers) -> Cow<'_, Self> {
        let Leavers::Flag(flag) = leavers else { return Cow::Borrowed(self) };
        let mut mapping = self.clone();
        mapping.custom_fields.push(flag.into());
        Cow::Owned(mapping)
    }
}

impl From<&LeaverFlag> for CustomFieldMapping {
    fn from(flag: &LeaverFlag) -> Self {
        Self {
            source: ValueSource::Constant(flag.inside.clone()),
            key: flag.key.clone(),
            format: None,
            timezone: None,
            if_empty: EmptyValue::default(),
        }
    }
}
