//! The figures at the end.

use std::time::Duration;

use crate::events::Happened;
use crate::ledger::{Ledger, SentAgain};
use crate::world::WINDOW;

/// Breaches that are shown; all of them count.
const SHOWN: usize = 5;

/// Prints what was seen, a figure a line.
pub fn print(
    ledger: &Ledger,
    happened: &Happened,
    sent_again: &[SentAgain],
    takeovers: &[Duration],
    lease: Duration,
    trespasses: &[String],
) {
    let (workers, apis) = (happened.worker_kills.len(), happened.api_kills);
    println!(
        "kills                           {}: {workers} of workers, {apis} of APIs",
        workers + apis
    );
    println!("other events                    {}", happened.others);
    println!("runs started / ended            {} / {}", ledger.started, ledger.ended);
    println!("runs stuck                      {}", ledger.started - ledger.ended);
    println!("polls, the law of counts held   {}", ledger.polls);
    println!("profiles expected on the lists  {}", ledger.expected);
    println!("profiles on the lists           {}", ledger.listed);
    println!("profiles accounted for          {}", ledger.counted);
    println!("lost                            {}", ledger.lost);
    println!("counted twice                   {}", ledger.counted_twice);
    println!(
        "days of shared lists            {}, {} of them exact",
        ledger.days, ledger.exact_days
    );
    println!("people who left and were removed {}", ledger.removed);
    println!("plans decided by a second person {}", ledger.decisions);
    println!("removed by mistake              {}", ledger.removed_by_mistake);
    println!("on the list again after a no    {}", ledger.mailed_after_a_no);
    for (part, again) in sent_again.iter().enumerate() {
        println!("sent again, part {}              {again}", part + 1);
    }
    let median = takeovers.get(takeovers.len() / 2).copied().unwrap_or_default();
    let longest = takeovers.last().copied().unwrap_or_default();
    println!(
        "runs of killed workers          {}, taken over after {median:.1?} (median), {longest:.1?} (longest); the \
            lease is {lease:?}",
        takeovers.len()
    );
    println!("writes without holding the run  {}", trespasses.len());
    println!("breaches                        {}", ledger.breaches.len());
    for breach in trespasses.iter().take(SHOWN).chain(ledger.breaches.iter().take(SHOWN)) {
        println!("  {breach}");
    }
}

impl std::fmt::Display for SentAgain {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { records, most, lost_attempts, most_for_one } = self;
        write!(
            out,
            "{records} of at most {most}; {lost_attempts} attempts were lost, {most_for_one} for one of them at most \
                ({WINDOW} may be in flight)"
        )
    }
}
