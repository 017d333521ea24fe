//! Consents that nobody can read: which field and which word, so that people can say what it means.

use super::columns::Columns;
use super::plan::Plan;
use crate::campaign_monitor::{ConsentReading, Target, all_shown};
use crate::params::Params;

/// Characters of a word that are shown.
const WORD_CHARS_SHOWN: usize = 100;

/// A consent of a profile that is neither a yes nor a no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadableConsent {
    /// The member of the mapping.
    pub member: &'static str,
    /// The field of the profile.
    pub field: String,
    /// Its first characters; what nobody sees is shown.
    pub word: String,
}

/// The consents, by the members of a mapping.
const MEMBERS: [(Target, &str); 2] =
    [(Target::ConsentToTrack, "consentToTrack"), (Target::ConsentToSendSms, "consentToSendSms")];

impl Plan {
    /// The consents of a row for which it is not sent.
    pub fn unreadable_consents(&self, page: &Columns<'_>, row: usize) -> Vec<UnreadableConsent> {
        let consents = self.consents(page, row).into_iter().zip(self.consent_texts(page, row));
        let unreadable = MEMBERS
            .into_iter()
            .zip(consents)
            .filter(|(_, (reading, _))| *reading == ConsentReading::Unreadable);
        let name = |((target, member), (_, text))| UnreadableConsent {
            member,
            field: self.names.get(target).0.to_owned(),
            word: all_shown(text).chars().take(WORD_CHARS_SHOWN).collect(),
        };
        unreadable.map(name).collect()
    }
}

/// The fields and the members of the mapping that the sentences name, without the words of the person.
pub fn params(consents: &[UnreadableConsent]) -> Params {
    let joined = |name: fn(&UnreadableConsent) -> &str| {
        consents.iter().map(name).collect::<Vec<_>>().join(", ")
    };
    let params = Params::default().with("field", joined(|consent| &consent.field));
    params.with("member", joined(|consent| consent.member))
}

/// Why the profile is not sent, in sentences.
pub fn explain(consents: &[UnreadableConsent]) -> String {
    let sentence = |UnreadableConsent { member, field, word }: &UnreadableConsent| {
        format!(
            "“{field}” has “{word}”, which is neither a yes nor a no. Add the word to `yes` or to `no` of `{member}`, \
             or correct the profile."
        )
    };
    consents.iter().map(sentence).collect::<Vec<_>>().join(" ")
}
