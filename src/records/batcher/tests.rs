//! Whatever happens to members from run to run, each is sent or has been acknowledged with the same record.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::{ArrayRef, StringArray};
use futures::stream;
use proptest::prelude::*;
use proptest::test_runner::Config;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::baselines::{Baseline, Error, Index, MemberOrigin, MemberState, fold};
use crate::campaign_monitor::CustomField;
use crate::db;
use crate::names::{ExportId, RunId};
use crate::records::columns::EMAIL_COLUMN;
use crate::records::comparison::Comparison;
use crate::records::encoded::EncodedBatch;
use crate::records::hasher::Hasher;
use crate::storage::{RootSettings, Storage};

/// Somebody's city in a round, from none; and what becomes of the record, if it is sent.
type Person = (u8, Answer);

#[derive(Clone, Copy, Debug)]
enum Answer {
    Accepted,
    /// For a mistake in the record.
    Rejected,
    None,
}

/// The people of a run, how many rows its pages have, and which field of the list gets the city.
type Round = (Vec<Person>, usize, bool);

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let answer = prop_oneof![4 => Just(Answer::Accepted), 1 => Just(Answer::Rejected), 1 => Just(Answer::None)];
    let people = prop::collection::vec((0..4_u8, answer), 1..60);
    prop::collection::vec((people, 1..9_usize, prop::bool::weighted(0.8)), 1..6)
}

fn plan(is_city: bool) -> Arc<Plan> {
    let key = if is_city { "city" } else { "town" };
    let mapping = json!({"email": "Email", "customFields": [{"field": "City", "key": key}]});
    let fields = ["city", "town"]
        .map(|key| json!({"FieldName": key, "Key": format!("[{key}]"), "DataType": "Text"}));
    let fields: Vec<CustomField> = serde_json::from_value(json!(fields)).unwrap();
    Arc::new(Plan::new(&serde_json::from_value(mapping).unwrap(), false, &fields).unwrap())
}

/// The record of a person, in words: nobody without a city has a value for the field.
fn record(city: u8, is_city: bool) -> (u8, bool) {
    (city, city > 0 && is_city)
}

fn pages(people: &[Person], rows: usize) -> Vec<RecordBatch> {
    let all: Vec<_> = people.iter().enumerate().collect();
    let page = |some: &[(usize, &Person)]| {
        let text = |texts: Vec<String>| Arc::new(StringArray::from(texts)) as ArrayRef;
        let ids = some.iter().map(|(person, _)| person.to_string()).collect();
        let emails = some.iter().map(|(person, _)| format!("p{person}@example.com")).collect();
        let city = |city: u8| if city == 0 { String::new() } else { format!("City {city}") };
        let cities = some.iter().map(|(_, (of, _))| city(*of)).collect();
        let columns = [("0", text(ids)), ("1", text(emails)), ("2", text(cities))];
        RecordBatch::try_from_iter(columns).unwrap()
    };
    all.chunks(rows).map(page).collect()
}

/// An export whose runs keep a baseline.
struct World {
    _folder: tempfile::TempDir,
    storage: Storage,
    baseline: Option<Baseline>,
    /// The record of each person that was acknowledged last.
    acknowledged: BTreeMap<usize, (u8, bool)>,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = url::Url::from_directory_path(folder.path()).unwrap();
        let storage = Storage::open(&[RootSettings::default_at(url.as_str())]).unwrap();
        Self { _folder: folder, storage, baseline: None, acknowledged: BTreeMap::new() }
    }

    async fn marking(&self, plan: &Plan) -> (Baseline, Marking) {
        let run = RunId(Uuid::now_v7());
        let Some(baseline) = self.baseline.clone() else {
            let (instance, export) = (Uuid::now_v7(), ExportId(Uuid::now_v7()));
            let new = Baseline::new(instance, export, "list", &plan.fingerprint, run, db::now());
            let hasher = Hasher::new(new.seed, &plan.fingerprint);
            return (
                new,
                Marking {
                    hasher,
                    comparison: None,
                    lookup: None,
                    elsewhere: Arc::default(),
                    knows_elsewhere: true,
                    held_back: None,
                    here: None,
                    readmitted: Arc::default(),
                    is_emptied: false,
                    run,
                },
            );
        };
        let is_same = baseline.fingerprint == plan.fingerprint;
        let kind = if is_same { HashKind::Content } else { HashKind::Record };
        let index = Index::load(&self.storage, &baseline, kind).await.unwrap();
        let comparison = Comparison::new(baseline.clone(), Arc::new(index), kind, false);
        let hasher = Hasher::new(baseline.seed, &plan.fingerprint);
        (
            baseline,
            Marking {
                hasher,
                comparison: Some(Arc::new(comparison)),
                lookup: None,
                elsewhere: Arc::default(),
                knows_elsewhere: true,
                held_back: None,
                here: None,
                readmitted: Arc::default(),
                is_emptied: false,
                run,
            },
        )
    }

    async fn run(&mut self, (people, rows, is_city): &Round) {
        let plan = plan(*is_city);
        let (old, marking) = self.marking(&plan).await;
        let batches = batches(&plan, &marking, people, *rows, Accounted::default());
        resumes(&plan, &marking, people, *rows, &batches);
        self.check(&batches, people, *is_city);
        let members = self.answer(&batches, people, *is_city);
        let next = fold(&self.storage, &old, stream::iter([Ok::<_, Error>(members)])).await;
        self.baseline = Some(Baseline { fingerprint: plan.fingerprint.clone(), ..next.unwrap() });
    }

    /// Every row is sent once or has been acknowledged with the same record.
    fn check(&self, batches: &[EncodedBatch], people: &[Person], is_city: bool) {
        let mut sent = BTreeSet::new();
        for batch in batches {
            assert!(batch.records.len() <= 1000 && batch.hashes.len() == batch.records.len());
            assert_eq!(to_i64(batch.records.len()) + batch.unchanged, batch.rows());
            let positions = batch.records.iter().map(|row| batch.positions.of(*row));
            assert!(positions.clone().all(|row| (batch.first_row..batch.end).contains(&row)));
            sent.extend(positions.map(|row| usize::try_from(row).unwrap()));
        }
        let rows = batches.iter().map(EncodedBatch::rows).sum::<i64>();
        assert_eq!(rows, to_i64(people.len()));
        for (person, (city, _)) in people.iter().enumerate() {
            let is_acknowledged = self.acknowledged.get(&person) == Some(&record(*city, is_city));
            assert!(sent.contains(&person) || is_acknowledged, "{person} is skipped");
        }
    }

    /// What becomes of the records.
    fn answer(
        &mut self,
        batches: &[EncodedBatch],
        people: &[Person],
        is_city: bool,
    ) -> Vec<ListMember> {
        let mut members = Vec::new();
        for batch in batches {
            members.extend(batch.rehashed.iter().cloned());
            let columns = crate::records::columns::Columns::of(&batch.page);
            for (row, hashes) in batch.records.iter().zip(&batch.hashes) {
                let person = usize::try_from(batch.positions.of(*row)).unwrap();
                let (city, answer) = people[person];
                let state = match answer {
                    Answer::Accepted => MemberState::OnList,
                    Answer::Rejected => continue,
                    Answer::None => MemberState::InDoubt,
                };
                match state {
                    MemberState::OnList => self.acknowledged.insert(person, record(city, is_city)),
                    _ => self.acknowledged.remove(&person),
                };
                members.push(ListMember {
                    address: columns.get(EMAIL_COLUMN, *row).unwrap().to_owned(),
                    customer_id: person.to_string(),
                    content: hashes.content,
                    record: hashes.record,
                    state,
                    origin: MemberOrigin::Ours,
                    run: RunId(Uuid::nil()),
                });
            }
        }
        members
    }
}

fn batches(
    plan: &Arc<Plan>,
    marking: &Marking,
    people: &[Person],
    rows: usize,
    accounted: Accounted,
) -> Vec<EncodedBatch> {
    made(plan, marking, pages(people, rows), None, accounted)
}

fn made(
    plan: &Arc<Plan>,
    marking: &Marking,
    pages: Vec<RecordBatch>,
    only: Option<BTreeMap<i64, i64>>,
    accounted: Accounted,
) -> Vec<EncodedBatch> {
    let sifter = Sifter::new(plan.clone(), 3000, 7, marking.comparison.clone());
    let mut maker = Batcher::new(plan.clone(), sifter, marking.clone(), only, accounted);
    let encoder = maker.encoder();
    let mut drafts: Vec<_> = pages.into_iter().flat_map(|page| maker.add(page)).collect();
    drafts.extend(maker.finish());
    drafts.into_iter().map(|draft| encoder.encode(draft)).collect()
}

type Summary = (i64, i64, i64, Option<i64>, i64);

fn summary(batch: &EncodedBatch) -> Summary {
    (batch.number, batch.first_row, batch.end, batch.body_hash, batch.unchanged)
}

/// An attempt that resumes makes the batches that are missing, and one that reads again those that are there.
fn resumes(
    plan: &Arc<Plan>,
    marking: &Marking,
    people: &[Person],
    rows: usize,
    all: &[EncodedBatch],
) {
    let (written, missing): (Vec<_>, Vec<_>) =
        all.iter().enumerate().partition(|(index, _)| index % 2 == 0);
    let summaries = |some: Vec<(usize, &EncodedBatch)>| {
        some.into_iter().map(|(_, batch)| summary(batch)).collect::<Vec<_>>()
    };
    let ranges: BTreeMap<_, _> =
        written.iter().map(|(_, batch)| (batch.first_row, batch.end)).collect();
    let accounted = Accounted { position: 0, answered: ranges.clone() };
    let resumed = batches(plan, marking, people, rows, accounted);
    assert_eq!(resumed.iter().map(summary).collect::<Vec<_>>(), summaries(missing));
    let only = Some(ranges);
    let again = made(plan, marking, pages(people, rows), only, Accounted::default());
    assert_eq!(again.iter().map(summary).collect::<Vec<_>>(), summaries(written));
}

proptest! {
    #![proptest_config(Config { cases: 32, failure_persistence: None, ..Config::default() })]

    #[test]
    fn from_run_to_run_nobody_is_skipped_whose_record_is_not_acknowledged(rounds in rounds()) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut world = World::new();
            for round in &rounds {
                world.run(round).await;
            }
        });
    }
}

#[tokio::test]
async fn a_run_in_which_nothing_changed_sends_nothing_also_with_another_mapping() {
    let mut world = World::new();
    let people = vec![(0, Answer::Accepted); 50];
    for is_city in [true, true, false, false] {
        world.run(&(people.clone(), 7, is_city)).await;
        let plan = plan(is_city);
        let (_, marking) = world.marking(&plan).await;
        let batches = batches(&plan, &marking, &people, 7, Accounted::default());
        assert_eq!(batches.iter().map(summary).collect::<Vec<_>>(), [(1, 0, 50, None, 50)]);
    }
}

#[tokio::test]
async fn changes_are_gathered_into_full_calls() {
    let mut world = World::new();
    let people: Vec<Person> = vec![(1, Answer::Accepted); 2500];
    world.run(&(people.clone(), 100, true)).await;
    let moved: Vec<Person> =
        (0..2500).map(|row| (1 + u8::from(row % 2 == 0), Answer::Accepted)).collect();
    let plan = plan(true);
    let (_, marking) = world.marking(&plan).await;
    let batches = batches(&plan, &marking, &moved, 100, Accounted::default());
    let spans: Vec<_> = batches.iter().map(|batch| (batch.end, batch.records.len())).collect();
    assert_eq!(spans, [(2000, 1000), (2500, 250)]);
}
