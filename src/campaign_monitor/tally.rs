//! How many values did not fit, or were assumed, while records were written.

/// The keys that warnings about values outside the custom fields go by.
pub(super) const MOBILE_NUMBER: &str = "MobileNumber";
pub(super) const CONSENT_TO_TRACK: &str = "ConsentToTrack";
pub(super) const CONSENT_TO_SEND_SMS: &str = "ConsentToSendSms";

/// How many values of a field were longer than it accepts, or of another form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfits {
    pub key: String,
    /// Sent all the same, but only their beginning.
    pub cut: i64,
    /// Not sent.
    pub dropped: i64,
}

/// Counts the values that did not fit.
pub(super) struct Tally {
    pub(super) fields: Vec<Misfits>,
    pub(super) mobile_dropped: i64,
    pub(super) tracking_assumed: i64,
    pub(super) sms_assumed: i64,
}

impl Tally {
    /// For custom fields with these keys.
    pub(super) fn of(keys: impl Iterator<Item = String>) -> Self {
        let fields = keys.map(|key| Misfits { key, cut: 0, dropped: 0 }).collect();
        Self { fields, mobile_dropped: 0, tracking_assumed: 0, sms_assumed: 0 }
    }

    pub(super) fn misfits(mut self) -> Vec<Misfits> {
        let others = [
            (MOBILE_NUMBER, self.mobile_dropped),
            (CONSENT_TO_TRACK, self.tracking_assumed),
            (CONSENT_TO_SEND_SMS, self.sms_assumed),
        ];
        let others = others.map(|(key, dropped)| Misfits { key: key.into(), cut: 0, dropped });
        self.fields.extend(others);
        self.fields.retain(|field| field.cut + field.dropped > 0);
        self.fields
    }
}
