//! The command: what is proven in how much time, as tables, and an error when something is broken.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::model::{Explored, explore};
use crate::sabotage::Sabotage;
use crate::scope::Scope;
use crate::scopes;
use crate::simulator::{Failure, Tally, scope_of, shrink, simulate};

/// Seconds without `--seconds`.
const SECONDS: u64 = 60;
/// From so many seconds on the larger scopes are explored too.
const LONG_SECONDS: u64 = 600;
/// The longest that something broken may stay unfound.
const FOUND_WITHIN: Duration = Duration::from_secs(30);
/// Seeds after which something broken counts as not found.
const SEEDS_MAX: u64 = 2_000_000;

struct Options {
    seconds: u64,
    seed: u64,
    /// One seed alone, with its steps.
    is_replay: bool,
    part: Option<String>,
}

/// `--seconds N`, `--seed S` for the first seed, `--replay S`, `--part model|power|limits|simulator`.
pub fn run(arguments: &[String]) -> ExitCode {
    let options = options(arguments);
    if options.is_replay {
        return replay(options.seed);
    }
    let begun = Instant::now();
    let is_part = |part: &str| options.part.as_deref().is_none_or(|only| only == part);
    let mut is_well = true;
    if is_part("model") {
        is_well &= model(&options);
    }
    if is_part("power") {
        is_well &= power(options.seed);
    }
    if is_part("limits") {
        is_well &= limits();
    }
    if is_part("simulator") {
        let left = Duration::from_secs(options.seconds).saturating_sub(begun.elapsed());
        is_well &= simulator(options.seed, left.max(Duration::from_secs(5)));
    }
    if is_well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn options(arguments: &[String]) -> Options {
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number = |name: &str| value(name).and_then(|text| text.parse().ok());
    Options {
        seconds: number("--seconds").unwrap_or(SECONDS),
        seed: number("--replay").or_else(|| number("--seed")).unwrap_or(1),
        is_replay: value("--replay").is_some(),
        part: value("--part"),
    }
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Explores every state of each scope.
fn model(options: &Options) -> bool {
    println!("Every state within the bounds:");
    let mut scopes = scopes::short();
    if options.seconds >= LONG_SECONDS {
        scopes.extend(scopes::long());
    }
    let mut is_well = true;
    let mut seen = std::collections::BTreeSet::new();
    for scope in scopes {
        let name = scope.name;
        let explored = explore(scope, Duration::from_secs(options.seconds.max(120)), threads());
        let Explored { states, depth, took, is_complete, .. } = &explored;
        let seconds = took.as_secs_f64();
        println!("  {states:>9} states, {depth:>3} steps deep, {seconds:>6.1} s: {name}");
        if let Some((property, steps)) = &explored.broken {
            println!("    BROKEN: {property}");
            print_steps(steps);
            is_well = false;
        } else if !is_complete {
            println!("    NOT COMPLETE: the time was over");
            is_well = false;
        }
        seen.extend(explored.seen);
    }
    println!("  seen on the way: {}", seen.into_iter().collect::<Vec<_>>().join("; "));
    is_well
}

/// Shows the known limits: one that is not found any more is none.
fn limits() -> bool {
    println!("Known limits, each with the shortest way there:");
    let mut is_well = true;
    for scope in scopes::limits() {
        let name = scope.name;
        let explored = explore(scope, FOUND_WITHIN, threads());
        println!("  {name}: {}", by_model(&explored));
        is_well &= explored.broken.is_some();
        print_steps(&explored.broken.map(|(_, steps)| steps).unwrap_or_default());
    }
    is_well
}

/// Breaks one thing at a time, and looks how soon the model and the simulator find it.
fn power(seed: u64) -> bool {
    println!("Broken on purpose, and found:");
    let mut is_well = true;
    for sabotage in Sabotage::ALL {
        let explored = explore(scopes::broken(sabotage), FOUND_WITHIN, threads());
        let simulated = find(seed, sabotage);
        is_well &= explored.broken.is_some() && simulated.is_some();
        println!("  {sabotage:?}: {}; {}", by_model(&explored), by_simulator(simulated));
    }
    is_well
}

fn by_model(explored: &Explored) -> String {
    let seconds = explored.took.as_secs_f64();
    match &explored.broken {
        Some((property, steps)) => format!(
            "model: “{property}” after {} states, {} steps, {seconds:.2} s",
            explored.states,
            steps.len()
        ),
        None => format!("model: NOT FOUND in {} states, {seconds:.2} s", explored.states),
    }
}

fn by_simulator(found: Option<(u64, Failure, Duration)>) -> String {
    match found {
        Some((seeds, failure, took)) => format!(
            "simulator: “{}” after {seeds} seeds, {:.2} s, shrunk to {} steps",
            failure.property,
            took.as_secs_f64(),
            failure.trace.len()
        ),
        None => "simulator: NOT FOUND".to_owned(),
    }
}

fn find(first: u64, sabotage: Sabotage) -> Option<(u64, Failure, Duration)> {
    let (begun, mut tally) = (Instant::now(), Tally::default());
    for seed in first..first + SEEDS_MAX {
        if let Some(failure) = simulate(seed, Some(sabotage), &mut tally) {
            let took = begun.elapsed();
            let scope = scope_of(seed, Some(sabotage));
            return Some((tally.seeds, shrink(&scope, failure), took));
        }
        if begun.elapsed() > FOUND_WITHIN {
            return None;
        }
    }
    None
}

/// Simulates seed after seed in every thread, until the time is over.
fn simulator(first: u64, most: Duration) -> bool {
    let (begun, count) = (Instant::now(), threads());
    let stride = u64::try_from(count).unwrap_or(1);
    let workers: Vec<_> = (0..stride)
        .map(|offset| {
            std::thread::spawn(move || {
                let (mut tally, mut seed) = (Tally::default(), first + offset);
                while begun.elapsed() < most {
                    if let Some(failure) = simulate(seed, None, &mut tally) {
                        return (tally, Some((seed, failure)));
                    }
                    seed += stride;
                }
                (tally, None)
            })
        })
        .collect();
    let mut sum = Tally::default();
    let mut failed = vec![];
    for worker in workers {
        let Ok((tally, failure)) = worker.join() else { return false };
        sum = sum.with(&tally);
        failed.extend(failure);
    }
    print_tally(&sum, begun.elapsed(), first);
    for (seed, failure) in &failed {
        print_failure(*seed, failure.clone());
    }
    failed.is_empty()
}

fn replay(seed: u64) -> ExitCode {
    match simulate(seed, None, &mut Tally::default()) {
        None => {
            println!("seed {seed}: every property holds");
            ExitCode::SUCCESS
        }
        Some(failure) => {
            print_failure(seed, failure);
            ExitCode::FAILURE
        }
    }
}

fn print_failure(seed: u64, failure: Failure) {
    let scope = scope_of(seed, None);
    let steps = failure.trace.len();
    let shrunk = shrink(&scope, failure);
    println!(
        "  BROKEN by seed {seed}: {} ({steps} steps, shrunk to {})",
        shrunk.property,
        shrunk.trace.len()
    );
    print_scope(&scope);
    print_steps(&shrunk.trace);
}

fn print_scope(scope: &Scope) {
    println!("    {scope:?}");
}

fn print_steps(steps: &[crate::actions::Action]) {
    for step in steps {
        println!("    {step:?}");
    }
}

fn print_tally(tally: &Tally, took: Duration, first: u64) {
    let Tally { seeds, steps, milliseconds, kills, pauses, .. } = tally;
    let Tally { calls_failed, commits_failed, others, runs, profiles, removed, .. } = tally;
    let seconds = took.as_secs_f64();
    let (hours, rate) = (milliseconds / 3_600_000, per_second(*seeds, took));
    println!("Simulated, from seed {first} on:");
    println!(
        "  {seeds} seeds in {seconds:.1} s: {rate} a second; {steps} steps, {hours} hours of their clocks"
    );
    println!("  {runs} runs ended, {profiles} profiles, {removed} people removed");
    println!(
        "  {kills} kills, {pauses} leases expired while their worker lived, {calls_failed} calls and {commits_failed} \
         transactions failed, {others} other faults"
    );
}

fn per_second(count: u64, took: Duration) -> u64 {
    u64::try_from(u128::from(count) * 1_000 / took.as_millis().max(1)).unwrap_or(u64::MAX)
}

impl Tally {
    fn with(self, more: &Self) -> Self {
        Self {
            seeds: self.seeds + more.seeds,
            steps: self.steps + more.steps,
            milliseconds: self.milliseconds + more.milliseconds,
            kills: self.kills + more.kills,
            pauses: self.pauses + more.pauses,
            calls_failed: self.calls_failed + more.calls_failed,
            commits_failed: self.commits_failed + more.commits_failed,
            others: self.others + more.others,
            runs: self.runs + more.runs,
            profiles: self.profiles + more.profiles,
            removed: self.removed + more.removed,
        }
    }
}
