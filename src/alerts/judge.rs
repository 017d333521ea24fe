//! Judges what has left a mark: runs that ended or wait for an approval, connections whose credentials were rejected or
//! replaced, verifications that are done.
//!
//! A mark is claimed in the transaction that changes the alert. A process that is killed before leaves the mark to
//! another one; of two that read it, one takes it.

use sqlx::Result;

use super::change::apply;
use super::finding::{AlertSubject, Finding};
use super::harmless::{harmless, masked};
use super::history::{usual_count, usual_duration};
use super::reading::{is_complete, profiles_refused, run_failed, values_lost};
use super::rule::AlertRule;
use super::rule_kind::RuleKind;
use super::rules::RuleList;
use super::slow::slow;
use super::{store_history, store_rules};
use crate::connections::{self, Connection, ConnectionStatus};
use crate::db::{Db, ReadHandle, Time, WriteHandle};
use crate::exports::{self, Export};
use crate::names::{ConnectionId, Culprit, RunId};
use crate::params::Params;
use crate::runs::{self, Reason, ReasonCode, Run};
use crate::verifications::{self, ListVerification, VerificationId, VerificationStatus};

/// Marks that are read at a time.
const STEP: i64 = 100;

/// The kinds that the end of a run says something about.
const OF_RUNS: [RuleKind; 6] = [
    RuleKind::RunFailed,
    RuleKind::ProfilesRefused,
    RuleKind::ValuesLost,
    RuleKind::CountDeviates,
    RuleKind::RunSlow,
    RuleKind::AwaitingApproval,
];

/// Judges what has left a mark, and returns how many marks there were. One that fails blocks no other: it is retried.
pub async fn judge_due(db: &Db, now: Time) -> Result<usize> {
    let mut read = db.read().await?;
    let runs = runs::store_marks::due(&mut read, STEP).await?;
    let connections = connections::store_marks::due(&mut read, STEP).await?;
    let verifications = verifications::store_marks::due(&mut read, STEP).await?;
    drop(read);
    for id in &runs {
        report(judge_run(db, *id, now).await);
    }
    for id in &connections {
        report(judge_connection(db, *id, now).await);
    }
    for id in &verifications {
        report(judge_verification(db, *id, now).await);
    }
    Ok(runs.len() + connections.len() + verifications.len())
}

fn report(judged: Result<()>) {
    if let Err(error) = judged {
        tracing::warn!(%error, "an alert could not be judged; retrying");
    }
}

async fn judge_run(db: &Db, id: RunId, now: Time) -> Result<()> {
    let mut tx = db.write().await?;
    let Some(run) = runs::store_marks::take(&mut tx, id).await? else { return Ok(()) };
    // Locked, so that two runs of an export are judged one after the other.
    let export = exports::store::get_to_change(&mut tx, run.instance_id, run.export_id).await?;
    if let Some(export) = export
        && !store_history::has_later_verdict(&mut tx, run.export_id, run.id).await?
    {
        let rules = store_rules::of_export(&mut tx, run.instance_id, export.id).await?;
        judge_by(&mut tx, &run, &export, &rules, now).await?;
    }
    tx.commit().await
}

async fn judge_by(
    tx: &mut WriteHandle,
    run: &Run,
    export: &Export,
    rules: &RuleList,
    now: Time,
) -> Result<()> {
    let subject = AlertSubject::export(export, Some(run.id));
    for kind in OF_RUNS {
        let rule = rules.of(kind);
        let found = match rule {
            Some(rule) => find(tx, run, export, rule).await?,
            None => Finding::Unknown,
        };
        apply(tx, &subject, kind, rule, &found, now).await?;
    }
    Ok(())
}

async fn find(
    tx: &mut ReadHandle,
    run: &Run,
    export: &Export,
    rule: &AlertRule,
) -> Result<Finding> {
    Ok(match rule.kind {
        RuleKind::RunFailed => run_failed(run),
        RuleKind::ProfilesRefused => profiles_refused(run, rule),
        RuleKind::ValuesLost => values_lost(run, rule),
        RuleKind::CountDeviates => count_deviates(tx, run, export, rule).await?,
        RuleKind::RunSlow => run_slow(tx, run, export, rule).await?,
        RuleKind::AwaitingApproval => awaiting_approval(tx, export).await?,
        RuleKind::RunLate
        | RuleKind::NotFresh
        | RuleKind::ConnectionNeedsAttention
        | RuleKind::VerificationFailed
        | RuleKind::ChannelNeedsAttention => Finding::Unknown,
    })
}

async fn count_deviates(
    tx: &mut ReadHandle,
    run: &Run,
    export: &Export,
    rule: &AlertRule,
) -> Result<Finding> {
    if !is_complete(run) {
        return Ok(Finding::Unknown);
    }
    let at = (run.id, run.submitted_utc);
    let Some(usual) = usual_count(tx, export, at, rule.runs()).await? else {
        return Ok(Finding::Unknown);
    };
    let selected = run.counts.selected;
    if !usual.is_far(selected, rule.percent()) {
        return Ok(Finding::Clear);
    }
    let words = format!(
        "The run selected {selected} profiles; {} are usual on such a day. Check the segments of the export.",
        usual.median
    );
    let params = Params::default().with("selected", selected).with("usual", usual.median);
    Ok(Finding::holds(rule.kind, Culprit::User, words, params))
}

/// A run that ended early was not slow.
async fn run_slow(
    tx: &mut ReadHandle,
    run: &Run,
    export: &Export,
    rule: &AlertRule,
) -> Result<Finding> {
    let (Some(start), Some(end)) = (run.start_utc, run.end_utc) else {
        return Ok(Finding::Unknown);
    };
    if !is_complete(run) {
        return Ok(Finding::Clear);
    }
    let usual = usual_duration(tx, export, run.id).await?;
    Ok(slow(usual, end - start, rule))
}

async fn awaiting_approval(tx: &mut ReadHandle, export: &Export) -> Result<Finding> {
    let held = runs::store_plans::held_of_export(tx, export.id).await?;
    Ok(held.map_or(Finding::Clear, |held| {
        let waiting = || Reason::new(ReasonCode::AwaitingApproval, "");
        Finding::Holds(harmless(&held.reason.map_or_else(waiting, |reason| reason.0)))
    }))
}

async fn judge_connection(db: &Db, id: ConnectionId, now: Time) -> Result<()> {
    let mut tx = db.write().await?;
    let Some(connection) = connections::store_marks::take(&mut tx, id).await? else {
        return Ok(());
    };
    let rules = store_rules::of_instance(&mut tx, connection.instance_id).await?;
    let (subject, kind) =
        (AlertSubject::connection(&connection), RuleKind::ConnectionNeedsAttention);
    apply(&mut tx, &subject, kind, rules.of(kind), &needs_attention(&connection), now).await?;
    tx.commit().await
}

fn needs_attention(connection: &Connection) -> Finding {
    if connection.status() != ConnectionStatus::NeedsAttention {
        return Finding::Clear;
    }
    let why = connection.refused_message.as_deref().unwrap_or_default();
    let reason = Reason::new(ReasonCode::CredentialsRefused, masked(why));
    Finding::Holds(harmless(&reason))
}

async fn judge_verification(db: &Db, id: VerificationId, now: Time) -> Result<()> {
    let mut tx = db.write().await?;
    let Some(verification) = verifications::store_marks::take(&mut tx, id).await? else {
        return Ok(());
    };
    if let Some(run) = runs::store::get(&mut tx, verification.run_id).await?
        && let Some(export) =
            exports::store::get_to_change(&mut tx, run.instance_id, run.export_id).await?
    {
        let rules = store_rules::of_export(&mut tx, run.instance_id, export.id).await?;
        let (subject, kind) =
            (AlertSubject::export(&export, Some(run.id)), RuleKind::VerificationFailed);
        apply(&mut tx, &subject, kind, rules.of(kind), &verified(&verification), now).await?;
    }
    tx.commit().await
}

fn verified(verification: &ListVerification) -> Finding {
    match (verification.status, verification.missing) {
        (VerificationStatus::Completed, Some(0)) => Finding::Clear,
        (VerificationStatus::Completed, Some(missing)) => {
            let words = format!(
                "The verification of the run did not find {missing} of the profiles that it sent. Open the \
                 verifications of the run to see more, and start the export again with all members."
            );
            let params = Params::default().with("missing", missing);
            Finding::holds(RuleKind::VerificationFailed, Culprit::External, words, params)
        }
        _ => Finding::Unknown,
    }
}
