//! `POST /subscribers/{listid}/import`: up to 1000 people at once, every one added, updated or refused.

use std::collections::HashMap;

use serde::Serialize;

use crate::sandbox::address::Key;
use crate::sandbox::admission::{Admission, Door, Person};
use crate::sandbox::call::Call;
use crate::sandbox::codes::{Refusal, record_message, refusal, unreadable};
use crate::sandbox::request::{Consent, ImportRequest, Record};
use crate::sandbox::settings::{Duplicates, Imports, MissingConsent, ResubscribedCount};
use crate::sandbox::wire::{Answer, Reply};

/// The most records of one import.
const MAX_RECORDS: usize = 1000;

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ImportResult<'a> {
    failure_details: Vec<FailureDetail<'a>>,
    total_unique_emails_submitted: usize,
    total_existing_subscribers: usize,
    total_new_subscribers: usize,
    duplicate_emails_in_submission: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct FailureDetail<'a> {
    email_address: &'a str,
    code: u16,
    message: &'static str,
}

/// A record that takes part, and what it says about tracking.
type Candidate<'a> = (&'a Record<'a>, Result<Consent, u16>);

/// Imports people into a list.
pub fn import(call: &Call<'_>, list_id: &str) -> Reply {
    let list = call.list(list_id)?;
    let settings = &call.settings.imports;
    let request: ImportRequest<'_> = call.body_as(&settings.field_in_error)?;
    let records = request.subscribers.unwrap_or_default();
    call.world.calls.count_records(records.len());
    let candidates = checked(&records, settings)?;
    let (chosen, duplicates) = distinct(&candidates, settings.duplicates);

    let mut state = list.state();
    let mut book = list.client.book();
    let mut door = Door {
        list: &mut state,
        book: &mut book,
        settings,
        now: call.now,
        resubscribe: request.resubscribe.unwrap_or(false),
        imports: 1,
    };
    let mut result = admit_all(&mut door, &chosen);
    result.duplicate_emails_in_submission = duplicates;
    state.total_imported +=
        (result.total_new_subscribers + result.total_existing_subscribers) as u64;
    drop((state, book));

    let mut answer = answer(&result, settings);
    answer.delay_ms = settings.latency_ms_per_thousand * records.len() as u64 / 1000;
    Ok(answer)
}

/// What makes the whole import fail, before anything is stored.
fn checked<'a>(
    records: &'a [Record<'a>],
    settings: &Imports,
) -> Result<Vec<Candidate<'a>>, Refusal> {
    match records.len() {
        0 => return Err(refusal(212)),
        1..=MAX_RECORDS => {}
        _ => return Err(refusal(209)),
    }
    let track = |record: &'a Record<'a>| {
        let consent = record.track().and_then(|track| record.sms().map(|_| track));
        match (consent, settings.missing_consent) {
            (Err(400), _) => Err(unreadable(&settings.field_in_error)),
            (Err(214), MissingConsent::Accept) => Ok((record, Ok(Consent::Unchanged))),
            (Err(code), MissingConsent::RejectBatch) => Err(refusal(code)),
            (consent, _) => Ok((record, consent)),
        }
    };
    records.iter().map(track).collect()
}

/// One candidate for each address, and the addresses that came more than once.
fn distinct<'a>(
    candidates: &[Candidate<'a>],
    rule: Duplicates,
) -> (Vec<(Key, Candidate<'a>)>, Vec<&'a str>) {
    let mut chosen: Vec<(Key, Candidate<'a>)> = Vec::with_capacity(candidates.len());
    let mut places: HashMap<Key, (usize, bool)> = HashMap::with_capacity(candidates.len());
    let mut duplicates = Vec::new();
    for candidate in candidates {
        let email = candidate.0.email();
        let key = Key::of(email);
        let Some((place, repeated)) = places.get_mut(&key) else {
            places.insert(key, (chosen.len(), false));
            chosen.push((key, *candidate));
            continue;
        };
        if !std::mem::replace(repeated, true) {
            duplicates.push(email);
        }
        if rule != Duplicates::FirstWins {
            chosen[*place].1 = *candidate;
        }
    }
    (chosen, duplicates)
}

fn admit_all<'a>(door: &mut Door<'_>, chosen: &[(Key, Candidate<'a>)]) -> ImportResult<'a> {
    let mut result =
        ImportResult { total_unique_emails_submitted: chosen.len(), ..ImportResult::default() };
    for (key, (record, track)) in chosen {
        let admission = track.and_then(|track| door.admit(&Person::of(*key, record, track)));
        match admission {
            Ok(Admission::New) => result.total_new_subscribers += 1,
            Ok(Admission::Resubscribed)
                if door.settings.resubscribed_count == ResubscribedCount::New =>
            {
                result.total_new_subscribers += 1;
            }
            Ok(Admission::Existing | Admission::Resubscribed) => {
                result.total_existing_subscribers += 1;
            }
            Err(code) => result.failure_details.push(FailureDetail {
                email_address: record.email(),
                code,
                message: record_message(code),
            }),
        }
    }
    result
}

/// 201, or 400 with Code 210 and the result inside: what could be stored is stored in both cases.
fn answer(result: &ImportResult<'_>, settings: &Imports) -> Answer {
    let repeats = !result.duplicate_emails_in_submission.is_empty();
    if result.failure_details.is_empty() && !(repeats && settings.duplicates == Duplicates::Fail) {
        return Answer::json(201, result);
    }
    let result_data = serde_json::to_string(result).expect("plain text and numbers");
    Refusal { result_data: Some(result_data), ..refusal(210) }.into()
}
