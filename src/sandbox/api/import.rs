//! `POST /subscribers/{listid}/import`: up to 1000 people at once, each added, updated or rejected.

use std::collections::HashMap;

use serde::Serialize;

use crate::sandbox::address::Key;
use crate::sandbox::call::Call;
use crate::sandbox::codes::{ApiError, api_error, record_message, unreadable};
use crate::sandbox::list::List;
use crate::sandbox::request::{Consent, ImportRequest, Record};
use crate::sandbox::settings::{Duplicates, Imports, MissingConsent, ResubscribedCount};
use crate::sandbox::upsert::{Outcome, Person, Upsert};
use crate::sandbox::wire::{Answer, Reply};

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

/// A record, and its consent to tracking or the code that rejects it.
type Candidate<'a> = (&'a Record<'a>, Result<Consent, u16>);

pub fn import(call: &Call<'_>, list_id: &str) -> Reply {
    let list = call.list(list_id)?;
    let settings = &call.settings.imports;
    let request: ImportRequest<'_> = call.body_as(&settings.field_in_error)?;
    let records = request.subscribers.unwrap_or_default();
    call.world.call_log.count_records(records.len());
    let candidates = checked(&records, settings)?;
    let (chosen, duplicates) = distinct(&candidates, settings.duplicates);

    let mut result = store(call, &list, request.resubscribe.unwrap_or(false), &chosen);
    result.duplicate_emails_in_submission = duplicates;
    let mut answer = answer(&result, settings);
    answer.delay_ms = settings.latency_ms_per_thousand * records.len() as u64 / 1000;
    Ok(answer)
}

fn store<'a>(
    call: &Call<'_>,
    list: &List,
    resubscribe: bool,
    chosen: &[(Key, Candidate<'a>)],
) -> ImportResult<'a> {
    let mut state = list.state();
    let mut contacts = list.client.contacts();
    let mut upsert = Upsert {
        list: &mut state,
        contacts: &mut contacts,
        settings: &call.settings.imports,
        now: call.now,
        resubscribe,
        imports: 1,
    };
    let result = upsert_all(&mut upsert, chosen);
    state.total_imported +=
        (result.total_new_subscribers + result.total_existing_subscribers) as u64;
    result
}

/// Checks whether the whole import fails, before anything is stored.
fn checked<'a>(
    records: &'a [Record<'a>],
    settings: &Imports,
) -> Result<Vec<Candidate<'a>>, ApiError> {
    match records.len() {
        0 => return Err(api_error(212)),
        1..=MAX_RECORDS => {}
        _ => return Err(api_error(209)),
    }
    let track = |record: &'a Record<'a>| {
        let consent = record.track().and_then(|track| record.sms().map(|_| track));
        match (consent, settings.missing_consent) {
            (Err(400), _) => Err(unreadable(&settings.field_in_error)),
            (Err(214), MissingConsent::Accept) => Ok((record, Ok(Consent::Unchanged))),
            (Err(code), MissingConsent::RejectBatch) => Err(api_error(code)),
            (consent, _) => Ok((record, consent)),
        }
    };
    records.iter().map(track).collect()
}

/// One candidate for each address, and the addresses that occur more than once.
fn distinct<'a>(
    candidates: &[Candidate<'a>],
    rule: Duplicates,
) -> (Vec<(Key, Candidate<'a>)>, Vec<&'a str>) {
    let mut chosen: Vec<(Key, Candidate<'a>)> = Vec::with_capacity(candidates.len());
    let mut positions: HashMap<Key, (usize, bool)> = HashMap::with_capacity(candidates.len());
    let mut duplicates = Vec::new();
    for candidate in candidates {
        let email = candidate.0.email();
        let key = Key::of(email);
        let Some((position, repeated)) = positions.get_mut(&key) else {
            positions.insert(key, (chosen.len(), false));
            chosen.push((key, *candidate));
            continue;
        };
        if !std::mem::replace(repeated, true) {
            duplicates.push(email);
        }
        if rule != Duplicates::FirstWins {
            chosen[*position].1 = *candidate;
        }
    }
    (chosen, duplicates)
}

fn upsert_all<'a>(upsert: &mut Upsert<'_>, chosen: &[(Key, Candidate<'a>)]) -> ImportResult<'a> {
    let mut result =
        ImportResult { total_unique_emails_submitted: chosen.len(), ..ImportResult::default() };
    for (key, (record, track)) in chosen {
        let outcome = track.and_then(|track| upsert.apply(&Person::of(*key, record, track)));
        match outcome {
            Ok(Outcome::New) => result.total_new_subscribers += 1,
            Ok(Outcome::Resubscribed)
                if upsert.settings.resubscribed_count == ResubscribedCount::New =>
            {
                result.total_new_subscribers += 1;
            }
            Ok(Outcome::Existing | Outcome::Resubscribed) => {
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

/// 201, or 400 with Code 210 and the result inside; in both cases the valid records are stored.
fn answer(result: &ImportResult<'_>, settings: &Imports) -> Answer {
    let repeats = !result.duplicate_emails_in_submission.is_empty();
    if result.failure_details.is_empty() && !(repeats && settings.duplicates == Duplicates::Fail) {
        return Answer::json(201, result);
    }
    let result_data = serde_json::to_string(result).expect("plain text and numbers");
    ApiError { result_data: Some(result_data), ..api_error(210) }.into()
}
