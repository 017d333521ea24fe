//! The attacks: how many at a time, what each sends, and how often.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::wire::{Kept, Outcome, Request, Sent};
use crate::service::token_of;

/// Callers of the attacking instance: together they may make more calls than one.
const CALLERS: usize = 10;
/// A caller that was refused tries again after this; `Retry-After` is for others.
const IMPATIENT: Duration = Duration::from_millis(500);

/// What is attacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// Ten times the calls of an instance.
    Calls,
    /// Ten times the slots of uploads, a byte a second.
    Uploads,
    /// Ten times the slots of previews, in a loop.
    Previews,
    /// Ten times the slots of registrations, in a loop.
    Registrations,
    /// Ten times the followers of runs.
    Streams,
    /// Ten times the bodies that are received at a time, a byte a second.
    Bodies,
    /// 5,000 connections that read one list.
    Connections,
    /// Ten times the slots of a worker.
    Runs,
}

/// What the attacker has.
pub struct Target {
    pub port: u16,
    pub path: String,
    pub tokens: Vec<String>,
    pub exports: Vec<String>,
    pub run: String,
    pub file: String,
}

/// What came of the calls of an attack.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub answered: usize,
    pub refused: usize,
    pub broken_off: usize,
}

impl Tally {
    pub const fn tried(&self) -> usize {
        self.answered + self.refused + self.broken_off
    }

    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Answered => self.answered += 1,
            Outcome::RefusedWell => self.refused += 1,
            Outcome::BrokenOff => self.broken_off += 1,
        }
    }

    fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.refused += other.refused;
        self.broken_off += other.broken_off;
    }
}

/// Tokens of callers of any instance.
pub async fn tokens() -> Result<Vec<String>> {
    let mut tokens = Vec::with_capacity(CALLERS);
    for caller in 0..CALLERS {
        tokens.push(token_of(&format!("attacker{caller}@example.com")).await?);
    }
    Ok(tokens)
}

impl Attack {
    pub const ALL: [Self; 8] = [
        Self::Calls,
        Self::Uploads,
        Self::Previews,
        Self::Registrations,
        Self::Streams,
        Self::Bodies,
        Self::Connections,
        Self::Runs,
    ];

    pub const fn words(self) -> &'static str {
        match self {
            Self::Calls => "3,000 calls a second",
            Self::Uploads => "40 uploads, a byte a second",
            Self::Previews => "20 previews in a loop",
            Self::Registrations => "40 registrations in a loop",
            Self::Streams => "1,000 followers of a run",
            Self::Bodies => "6,500 JSON bodies, a byte a second",
            Self::Connections => "5,000 connections on one list",
            Self::Runs => "40 runs at a time",
        }
    }

    /// Without a worker a run stays open, to be followed.
    pub const fn roles(self) -> &'static str {
        match self {
            Self::Runs => "api,worker",
            _ => "api",
        }
    }

    /// How many attackers there are, and how often each calls when it is answered at once.
    const fn shape(self) -> (usize, Duration) {
        match self {
            Self::Calls => (300, Duration::from_millis(100)),
            Self::Uploads | Self::Registrations | Self::Runs => (40, IMPATIENT),
            Self::Previews => (20, IMPATIENT),
            Self::Streams => (1000, IMPATIENT),
            Self::Bodies => (6500, Duration::from_secs(2)),
            Self::Connections => (5000, Duration::from_secs(1)),
        }
    }

    fn request(self, target: &Target, attacker: usize) -> Request {
        let (export, json) = (&target.exports[0], "application/json");
        let (method, end, media, body) = match self {
            Self::Calls => ("GET", "/connections".to_owned(), json, Sent::AtOnce(String::new())),
            Self::Uploads => {
                ("PUT", "/segments/Uploaded/members".to_owned(), "text/csv", Sent::Slowly)
            }
            Self::Previews => {
                ("POST", format!("/exports/{export}/preview"), json, Sent::AtOnce(String::new()))
            }
            Self::Registrations => {
                let source = json!({"kind": "files", "format": "csv",
                    "url": format!("file://{}", target.file)});
                let body = json!({"displayName": "Registered", "source": source}).to_string();
                ("PUT", format!("/segments/Registered{attacker}"), json, Sent::AtOnce(body))
            }
            Self::Streams => {
                let path = format!("/runs/{}/events", target.run);
                ("GET", path, json, Sent::AtOnce(String::new()))
            }
            Self::Bodies => ("POST", "/exports".to_owned(), json, Sent::Slowly),
            Self::Connections => {
                ("GET", "/segments?limit=100".to_owned(), json, Sent::AtOnce(String::new()))
            }
            Self::Runs => {
                let export = &target.exports[attacker % target.exports.len()];
                ("POST", format!("/exports/{export}/runs"), json, Sent::AtOnce(String::new()))
            }
        };
        Request { method, path: format!("{}{end}", target.path), media, body }
    }

    /// Attacks until the time has passed.
    pub async fn run(self, target: Target, until: Instant) -> Result<Tally> {
        let (attackers, pause) = self.shape();
        let (target, mut tasks) = (Arc::new(target), JoinSet::new());
        for attacker in 0..attackers {
            tasks.spawn(self.attack(target.clone(), attacker, pause, until));
        }
        let mut all = Tally::default();
        while let Some(tally) = tasks.join_next().await {
            all.add(tally?);
        }
        Ok(all)
    }

    async fn attack(
        self,
        target: Arc<Target>,
        attacker: usize,
        pause: Duration,
        until: Instant,
    ) -> Tally {
        let request = self.request(&target, attacker);
        let token = &target.tokens[attacker % target.tokens.len()];
        let (mut kept, mut tally) = (Kept::default(), Tally::default());
        // Not all in the same moment.
        sleep(pause * u32::try_from(attacker % 100).unwrap_or_default() / 100).await;
        while Instant::now() < until {
            let next = Instant::now() + pause;
            tally.count(kept.call(target.port, token, &request, until).await);
            sleep_until(next.min(until)).await;
        }
        tally
    }
}
