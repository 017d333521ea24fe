//! A list that two exports follow, over a connection each, while people come, leave and move between their segments
//! every day, others write to the list, and a second person approves or declines what is held.

use std::time::Duration;

use anyhow::Result;
use futures::future::try_join;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::cluster::caller::{Caller, text};
use crate::cluster::campaign_monitor::Desk;
use crate::list_audit;
use crate::people::{self, Day, Person, Standing};
use crate::{LOOK_EVERY, Shared};

const PEOPLE: usize = 2400;
/// A usual day removes fewer, a large one more.
const BRAKE: i64 = 45;
/// So many people unsubscribe, and so many are added by others, while the runs of a day are under way.
const WISHES: usize = 3;
/// On one day in so many somebody cancels one of both runs.
const CANCEL_EVERY: u32 = 6;

/// What happens to people who leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Delete,
    Flag,
}

impl Action {
    pub const ALL: [Self; 2] = [Self::Delete, Self::Flag];

    fn sync(self) -> Value {
        let leavers = match self {
            Self::Delete => json!({"action": "delete"}),
            Self::Flag => json!({"action": "flag", "key": "insegment", "in": "Yes", "out": "No"}),
        };
        json!({"send": "changes", "leavers": leavers, "resubscribe": "ourRemovals", "verify": "full",
            "brake": {"removals": {"count": BRAKE, "percent": 100}}})
    }
}

/// A list, its two exports, and everybody concerned.
pub struct SharedList {
    pub caller: Caller,
    approver: Caller,
    pub desk: Desk,
    pub list: String,
    pub action: Action,
    segments: [String; 2],
    exports: [String; 2],
    pub people: Vec<Person>,
    /// People who were off the list when a run came to remove them: a process may have died right after it did.
    pub gone: i64,
    random: StdRng,
}

/// The two runs of a day.
pub struct Ended {
    pub day: Day,
    pub runs: [Value; 2],
}

impl SharedList {
    pub async fn start(caller: &Caller, desk: &Desk, action: Action, seed: u64) -> Result<Self> {
        let mut random = StdRng::seed_from_u64(seed);
        let list = desk.add_list(&["city", "insegment"]).await?;
        let people = people::people(PEOPLE, &list.to_lowercase(), &mut random);
        let (mut segments, mut exports) =
            ([const { String::new() }; 2], [const { String::new() }; 2]);
        for side in 0..2 {
            let name = format!("{action:?}{side}of{list}");
            let connection = caller.add_connection(&name).await?;
            caller.add_segment(&name, people::csv(&people, side, Day::Usual)).await?;
            let export = caller.add_export(&name, &connection, &list).await?;
            let sync = json!({"sync": action.sync()});
            caller.call(Method::PATCH, &format!("/exports/{export}"), Some(sync)).await?;
            (segments[side], exports[side]) = (name, export);
        }
        let strangers: Vec<_> = people
            .iter()
            .filter(|person| person.standing == Standing::Stranger)
            .map(address)
            .collect();
        desk.put_people(&list, &strangers).await?;
        let (caller, approver) = (caller.clone(), caller.other("second@example.com").await?);
        Ok(Self {
            caller,
            approver,
            desk: desk.clone(),
            list,
            action,
            segments,
            exports,
            people,
            gone: 0,
            random,
        })
    }

    /// Lets day after day pass until it is to be calm, and one more then.
    pub async fn follow(mut self, ledger: Shared, calm: CancellationToken) -> Result<()> {
        loop {
            let is_last = calm.is_cancelled();
            let day = if is_last { Day::Usual } else { Day::choose(&mut self.random) };
            let ended = self.day(day, &ledger).await?;
            let audit = list_audit::audit(&mut self, &ended).await?;
            ledger.lock().expect("no panic while locked").close_day(audit);
            if is_last {
                return Ok(());
            }
        }
    }

    async fn day(&mut self, day: Day, ledger: &Shared) -> Result<Ended> {
        people::pass(&mut self.people, day, &mut self.random);
        for (side, segment) in self.segments.iter().enumerate() {
            self.caller.put_members(segment, people::csv(&self.people, side, day)).await?;
        }
        let first = self.random.random_range(0..2);
        let mut runs = [const { String::new() }; 2];
        for side in [first, 1 - first] {
            runs[side] = self.caller.start_run(&self.exports[side]).await?;
            ledger.lock().expect("no panic while locked").started += 1;
        }
        self.others_write().await?;
        if self.random.random_range(0..CANCEL_EVERY) == 0 {
            self.caller.attempt(&format!("{}/cancel", runs[first]), &json!({})).await?;
        }
        let watch = |side: usize| watch(&self.caller, &self.approver, &runs[side], day, ledger);
        let (one, other) = try_join(watch(0), watch(1)).await?;
        Ok(Ended { day, runs: [one, other] })
    }

    /// Some members unsubscribe, and somebody else adds people whom no segment has had yet.
    async fn others_write(&mut self) -> Result<()> {
        sleep(Duration::from_millis(self.random.random_range(0..1500))).await;
        let mut leaving = self.some(|person| person.is_member() && person.was_on_list);
        leaving.retain(|number| self.people[*number].standing != Standing::SaidNo);
        let joining =
            self.some(|person| !person.was_member && person.standing == Standing::OfExports);
        let address = |number: &usize| self.people[*number].address.clone();
        let unsubscribed: Vec<_> = leaving.iter().map(address).collect();
        let added: Vec<_> = joining.iter().map(address).collect();
        self.desk.set_state(&self.list, &unsubscribed, "Unsubscribed").await?;
        self.desk.put_people(&self.list, &added).await?;
        for number in leaving {
            self.people[number].standing = Standing::SaidNo;
        }
        for number in joining {
            self.people[number].standing = Standing::Stranger;
        }
        Ok(())
    }

    /// A few people of a kind, by their numbers.
    fn some(&mut self, is_so: impl Fn(&Person) -> bool) -> Vec<usize> {
        let from = self.random.random_range(0..self.people.len());
        let all = (from..self.people.len()).chain(0..from);
        all.filter(|number| is_so(&self.people[*number])).take(WISHES).collect()
    }
}

fn address(person: &Person) -> String {
    person.address.clone()
}

/// Looks at a run until it has ended, and decides for it where it waits.
async fn watch(
    caller: &Caller,
    approver: &Caller,
    run: &str,
    day: Day,
    ledger: &Shared,
) -> Result<Value> {
    loop {
        let now = caller.call(Method::GET, run, None).await?;
        ledger.lock().expect("no panic while locked").look(&now);
        if !now["endUtc"].is_null() {
            return Ok(now);
        }
        if now["status"] == "awaitingApproval" {
            decide(approver, run, day).await?;
            ledger.lock().expect("no panic while locked").decisions += 1;
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Approves what is right, and declines a mistake.
async fn decide(approver: &Caller, run: &str, day: Day) -> Result<()> {
    if day.is_mistake() {
        let note = json!({"note": "The segment is not whole."});
        return approver.attempt(&format!("{run}/decline"), &note).await.map(drop);
    }
    let plan = approver.call(Method::GET, &format!("{run}/plan"), None).await?;
    let approval = json!({"planHash": text(&plan, "hash")?});
    approver.attempt(&format!("{run}/approve"), &approval).await.map(drop)
}
