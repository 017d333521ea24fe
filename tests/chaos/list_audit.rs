//! A list that two exports follow, held at the end of a day against what is known of everybody.
//!
//! Whatever has happened: members are on it, those who unsubscribed are not, nobody is removed whom somebody else put
//! there, and after a mistake nobody is removed at all. Who has left is gone, but for people whom the runs count as
//! kept: not every answer says who put somebody on the list.

use std::collections::HashMap;

use anyhow::Result;
use reqwest::Method;
use serde_json::Value;

use crate::cluster::caller::{Caller, text};
use crate::cluster::campaign_monitor::Listed;
use crate::people::{Day, Person, Standing};
use crate::shared_list::{Action, Ended, SharedList};

/// What was found on a day.
#[derive(Default)]
pub struct DayAudit {
    /// People who were removed, or flagged.
    pub removed: i64,
    /// Whether it was looked for people who should have left.
    pub is_exact: bool,
    pub removed_by_mistake: usize,
    pub mailed_after_a_no: usize,
    /// Sentences, each of which must not be.
    pub breaches: Vec<String>,
}

/// Audits a list after both runs of a day have ended.
pub async fn audit(shared: &mut SharedList, ended: &Ended) -> Result<DayAudit> {
    let everybody = shared.desk.everybody(&shared.list).await?;
    let found: HashMap<_, _> =
        everybody.iter().map(|one| (one.email.to_lowercase(), one)).collect();
    let mut audit = DayAudit { removed: ended.sum(&["flagged", "deleted"]), ..DayAudit::default() };
    for run in &ended.runs {
        audit.check_end(run, ended);
    }
    shared.gone += ended.sum(&["gone"]);
    let (mut left, mut refused) = (0, 0);
    for person in &mut shared.people {
        let listed = found.get(&person.address).copied();
        left += i64::from(has_stayed(person, listed, shared.action, ended.day));
        let is_refused = !person.was_on_list && listed.is_some_and(|one| one.state == "Deleted");
        if is_refused && person.standing == Standing::OfExports {
            // Who was gone when a run came counts as deleted by somebody, and stays away.
            refused += i64::from(person.is_sent_on(ended.day));
        } else {
            audit.check_person(person, listed, ended);
        }
        if shared.action == Action::Flag && !ended.is_canceled() {
            audit.check_flag(person, listed, ended.day);
        }
        person.was_on_list = listed.is_some_and(|one| one.state == "Active");
    }
    audit.check_leavers(left, ended);
    if refused > shared.gone && !ended.is_canceled() {
        audit.removed_by_mistake += 1;
        audit
            .breaches
            .push(format!("{refused} members stay deleted, and {} were gone", shared.gone));
    }
    let wishes = shared.people.iter().filter(|person| person.standing == Standing::SaidNo).count();
    for run in &ended.runs {
        audit.check_proof(&shared.caller, run, wishes).await?;
    }
    Ok(audit)
}

/// Whether somebody is on the list who should have left it.
fn has_stayed(person: &Person, listed: Option<&Listed>, action: Action, day: Day) -> bool {
    let is_left = !person.is_sent_on(day) && person.standing != Standing::Stranger;
    is_left
        && listed.is_some_and(|one| {
            one.state == "Active" && (action == Action::Delete || !is_flagged(one, "No"))
        })
}

fn is_flagged(one: &Listed, flag: &str) -> bool {
    one.fields.get("[insegment]").is_some_and(|values| values == &[flag])
}

impl Ended {
    /// People of both runs by what was done to them.
    fn sum(&self, outcomes: &[&str]) -> i64 {
        let of = |run: &Value| -> i64 {
            outcomes.iter().filter_map(|name| run["counts"]["leavers"][name].as_i64()).sum()
        };
        self.runs.iter().map(of).sum()
    }

    fn are_declined(&self) -> bool {
        self.runs.iter().all(|run| run["reason"]["code"] == "declined")
    }

    fn is_declined(&self) -> bool {
        self.runs.iter().any(|run| run["reason"]["code"] == "declined")
    }

    /// Whether a run was cancelled: then not all members are sent, and the next day heals it.
    fn is_canceled(&self) -> bool {
        self.runs.iter().any(|run| run["status"] == "canceled")
    }

    /// Whether a run took nobody off because it was not sure of something.
    fn is_cautious(&self) -> bool {
        self.runs.iter().any(|run| run["warnings"].to_string().contains("nobodyRemoved"))
    }
}

impl DayAudit {
    fn check_end(&mut self, run: &Value, ended: &Ended) {
        let status = run["status"].as_str().unwrap_or_default();
        let is_well = matches!(status, "successful" | "completedWithErrors")
            || (ended.day.is_mistake() && run["reason"]["code"] == "declined")
            || ended.is_canceled();
        if !is_well {
            self.breaches.push(format!("it ended otherwise than it should: {run}"));
        }
    }

    fn check_person(&mut self, person: &Person, listed: Option<&Listed>, ended: &Ended) {
        let is_active = listed.is_some_and(|one| one.state == "Active");
        let must_be = person.standing == Standing::Stranger
            || person.is_sent_on(ended.day) && !ended.is_canceled();
        // Of the other export people may have left rightly.
        let is_kept = ended.are_declined() && person.was_on_list;
        if person.standing == Standing::SaidNo {
            if is_active {
                self.mailed_after_a_no += 1;
                self.breach("who unsubscribed is on the list again", person, listed, ended);
            }
        } else if (must_be || is_kept) && !is_active {
            self.removed_by_mistake += 1;
            self.breach("who should be on the list is not", person, listed, ended);
        }
    }

    fn check_flag(&mut self, person: &Person, listed: Option<&Listed>, day: Day) {
        let Some(one) = listed.filter(|one| one.state == "Active") else { return };
        if person.is_sent_on(day) && is_flagged(one, "No") {
            self.breaches.push(format!("a member is flagged as left: {one:?}"));
        }
    }

    /// A receipt says the same as the run, and the list read back lacks nobody but those who have
    /// unsubscribed.
    async fn check_proof(&mut self, caller: &Caller, run: &Value, wishes: usize) -> Result<()> {
        let path = format!("/runs/{}", text(run, "runId")?);
        let receipt = caller.call(Method::GET, &format!("{path}/receipt"), None).await?;
        if receipt["counts"] != run["counts"] {
            self.breaches
                .push(format!("the receipt has other counts than the run: {receipt} {run}"));
        }
        let verified = caller.call(Method::GET, &format!("{path}/verifications"), None).await?;
        for one in verified["items"].as_array().into_iter().flatten() {
            if one["missing"].as_u64().is_some_and(|missing| missing > wishes as u64) {
                self.breaches.push(format!("people are missing on the list: {one} {run}"));
            }
        }
        Ok(())
    }

    /// Nobody stays unseen: those who stay are counted as kept, failed or remaining.
    fn check_leavers(&mut self, stayed: i64, ended: &Ended) {
        self.is_exact = !ended.is_declined() && !ended.is_cautious() && !ended.is_canceled();
        let counted = ended.sum(&["kept", "failed", "remaining"]);
        if self.is_exact && stayed > counted {
            let [one, other] = &ended.runs;
            self.breaches.push(format!(
                "{stayed} who left are still there, and {counted} are counted: {one} {other}"
            ));
        }
    }

    fn breach(&mut self, what: &str, person: &Person, listed: Option<&Listed>, ended: &Ended) {
        let Person { address, is_in, standing, was_on_list, .. } = person;
        let runs = ended.runs.each_ref().map(|run| run["runId"].to_string());
        self.breaches.push(format!(
            "{what}: {address} in {is_in:?}, {standing:?}, on the list before: {was_on_list}, \
                now {listed:?}; a day {:?}, runs {runs:?}",
            ended.day
        ));
    }
}
