//! What is folded is read: by members and by keys, from one layer and from several.

mod damage;
mod find;
mod seek;

use std::collections::BTreeMap;
use std::path::PathBuf;

use futures::{StreamExt, TryStreamExt, stream};
use proptest::prelude::*;
use proptest::test_runner::Config;
use uuid::Uuid;

use super::*;
use crate::db;
use crate::names::{ExportId, RunId};
use crate::storage::{RootSettings, Storage};

/// A storage in a temporary folder.
struct Fixture {
    folder: tempfile::TempDir,
    storage: Storage,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = url::Url::from_directory_path(folder.path()).unwrap();
        let storage = Storage::open(&[RootSettings::default_at(url.as_str())]).unwrap();
        Self { folder, storage }
    }

    async fn fold(&self, old: &Baseline, members: &[ListMember]) -> Baseline {
        let pages = members.chunks(100).map(|page| Ok::<_, Error>(page.to_vec()));
        fold(&self.storage, old, stream::iter(pages.collect::<Vec<_>>())).await.unwrap()
    }

    async fn try_members(&self, baseline: &Baseline) -> Result<Vec<ListMember>, Error> {
        let pages: Vec<_> = members(&self.storage, baseline).try_collect().await?;
        Ok(pages.concat())
    }

    async fn members(&self, baseline: &Baseline) -> Vec<ListMember> {
        self.try_members(baseline).await.unwrap()
    }

    async fn try_index(&self, baseline: &Baseline) -> Result<Index, Error> {
        Index::load(&self.storage, baseline, HashKind::Content).await
    }

    /// The objects in the storage.
    fn objects(&self) -> Vec<PathBuf> {
        let folder = walkdir::WalkDir::new(self.folder.path().join("baselines"));
        let files = folder.into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path);
        files.filter(|path| path.is_file()).collect()
    }
}

fn empty() -> Baseline {
    let (instance, export) = (Uuid::now_v7(), ExportId(Uuid::now_v7()));
    Baseline::new(instance, export, "list", "made so", RunId(Uuid::now_v7()), db::now())
}

fn member(person: u64, content: u64) -> ListMember {
    ListMember {
        address: format!("person.{person}@example.com"),
        customer_id: format!("C-{person}"),
        content,
        record: content.wrapping_mul(31),
        state: MemberState::ALL[usize::try_from(content % 12).unwrap()],
        origin: MemberOrigin::ALL[usize::try_from(person % 3).unwrap()],
        run: RunId(Uuid::from_u64_pair(7, content)),
    }
}

fn people(range: std::ops::Range<u64>, content: u64) -> Vec<ListMember> {
    range.map(|person| member(person, content)).collect()
}

/// In the order of their keys.
fn sorted(baseline: &Baseline, mut members: Vec<ListMember>) -> Vec<ListMember> {
    members.sort_by_key(|member| baseline.key(&member.address));
    members
}

fn layer_rows(baseline: &Baseline) -> Vec<u64> {
    baseline.layers.iter().map(|layer| layer.rows).collect()
}

#[tokio::test]
async fn members_are_read_as_they_were_folded_in_the_order_of_their_keys() {
    let fixture = Fixture::new();
    let folded = fixture.fold(&empty(), &people(0..3000, 17)).await;
    assert_eq!((folded.members, layer_rows(&folded)), (3000, vec![3000]));
    assert_eq!(fixture.members(&folded).await, sorted(&folded, people(0..3000, 17)));
}

#[tokio::test]
async fn an_index_finds_every_member_by_its_slot_and_nobody_else() {
    let fixture = Fixture::new();
    let base = fixture.fold(&empty(), &people(0..2000, 3)).await;
    let folded = fixture.fold(&base, &people(1900..2100, 4)).await;
    let content = fixture.try_index(&folded).await.unwrap();
    let record = Index::load(&fixture.storage, &folded, HashKind::Record).await.unwrap();
    let members = fixture.members(&folded).await;
    assert_eq!((content.len(), record.len(), members.len()), (2100, 2100, 2100));
    for (slot, member) in members.iter().enumerate() {
        let found = content.find(folded.key(&member.address.to_ascii_uppercase())).unwrap();
        assert_eq!((found.slot, found.state, found.origin), (slot, member.state, member.origin));
        assert!(found.has_hash(member.content) && !found.has_hash(member.record));
        assert!(record.find(folded.key(&member.address)).unwrap().has_hash(member.record));
    }
    assert_eq!(content.find(folded.key("stranger@example.com")), None);
}

#[tokio::test]
async fn the_newest_row_of_a_member_counts_in_layers_and_when_they_are_merged() {
    let fixture = Fixture::new();
    let mut newest = people(0..1000, 1);
    let mut folded = fixture.fold(&empty(), &newest).await;
    let mut rows = vec![];
    for round in 2..=6 {
        folded = fixture.fold(&folded, &people(0..round, round)).await;
        rows.push(layer_rows(&folded));
        for (before, person) in newest.iter_mut().zip(0..round) {
            *before = after(Some(&*before), member(person, round));
        }
        let expected = sorted(&folded, newest.clone());
        assert_eq!(fixture.members(&folded).await, expected, "round {round}");
    }
    assert_eq!(rows[..2], [vec![1000, 2], vec![1000, 2, 3]]);
    assert_eq!(rows[3..], [vec![1000, 2, 3, 4, 5], vec![1000]]);
}

#[tokio::test]
async fn a_known_member_keeps_its_origin_until_an_answer_proves_that_it_is_ours() {
    use MemberOrigin::{Ours, Stranger, Unknown};
    let fixture = Fixture::new();
    let with = |person, content, origin| ListMember { origin, ..member(person, content) };
    let origins = async |baseline: &Baseline| {
        let mut members = fixture.members(baseline).await;
        members.retain(|member| member.customer_id.len() == "C-0".len());
        members.sort_by_key(|member| member.customer_id.clone());
        members.iter().map(|member| member.origin).collect::<Vec<_>>()
    };
    for others in [0, 1000] {
        let first = [(0, Ours), (1, Stranger), (2, Unknown), (3, Stranger)];
        let first = first.map(|(person, origin)| with(person, 1, origin));
        let base = [first.to_vec(), people(100..100 + others, 1)].concat();
        let base = fixture.fold(&empty(), &base).await;
        let update = [(0, Stranger), (1, Unknown), (2, Ours)];
        let update = update.map(|(person, origin)| with(person, 2, origin));
        let folded = fixture.fold(&base, &update).await;
        assert_eq!(folded.layers.len(), if others == 0 { 1 } else { 2 });
        assert_eq!(origins(&folded).await, [Ours, Stranger, Ours, Stranger]);
        let again = fixture.fold(&folded, &update.map(|one| with_content(one, 3))).await;
        assert_eq!(origins(&again).await, [Ours, Stranger, Ours, Stranger]);
    }
}

fn with_content(member: ListMember, content: u64) -> ListMember {
    ListMember { content, ..member }
}

#[tokio::test]
async fn of_several_rows_of_one_address_in_any_case_the_last_one_counts() {
    let fixture = Fixture::new();
    let upper = ListMember { address: "PERSON.1@example.com".into(), ..member(1, 6) };
    let folded = fixture.fold(&empty(), &[member(1, 4), member(2, 5), upper.clone()]).await;
    assert_eq!(fixture.members(&folded).await, sorted(&folded, vec![upper, member(2, 5)]));
    assert_eq!(folded.members, 2);
}

#[tokio::test]
async fn a_fold_of_nothing_writes_nothing() {
    let fixture = Fixture::new();
    let none = fixture.fold(&empty(), &[]).await;
    assert_eq!((none.members, fixture.members(&none).await), (0, vec![]));
    assert!(fixture.try_index(&none).await.unwrap().is_empty());
    let folded = fixture.fold(&none, &people(0..10, 1)).await;
    assert_eq!(fixture.fold(&folded, &[]).await, folded);
    assert_eq!(fixture.objects().len(), 1);
}

#[tokio::test]
async fn a_member_who_is_forgotten_is_in_no_object_of_the_next_version() {
    let fixture = Fixture::new();
    let base = fixture.fold(&empty(), &people(0..1000, 1)).await;
    let old = fixture.fold(&base, &people(7..9, 2)).await;
    let stays = |member: &ListMember| member.address != "person.7@example.com";
    let staying = members(&fixture.storage, &old).map_ok(|mut page| {
        page.retain(stays);
        page
    });

    let next = fold(&fixture.storage, &old.without_members(), staying).await.unwrap();

    assert_eq!((next.members, next.layers.len(), next.version), (999, 1, old.version));
    let expected: Vec<_> = fixture.members(&old).await.into_iter().filter(stays).collect();
    assert_eq!(fixture.members(&next).await, expected);
}

#[tokio::test]
async fn long_ids_are_kept_and_close_a_row_group_early() {
    let fixture = Fixture::new();
    let long = |person| ListMember { customer_id: "é".repeat(600_000), ..member(person, person) };
    let folded = fixture.fold(&empty(), &(0..20).map(long).collect::<Vec<_>>()).await;
    assert_eq!(fixture.members(&folded).await, sorted(&folded, (0..20).map(long).collect()));
}

#[tokio::test]
async fn a_fold_whose_members_fail_ends_with_their_error_and_leaves_nothing() {
    let fixture = Fixture::new();
    let old = fixture.fold(&empty(), &people(0..10, 1)).await;
    let failing =
        stream::iter([Ok(people(0..10, 2)), Err(Error::Damaged { path: "elsewhere".into() })]);
    let error = fold(&fixture.storage, &old, failing).await.unwrap_err();
    assert!(matches!(error, Error::Damaged { path } if path == "elsewhere"));
    assert_eq!(fixture.objects().len(), 1);
    assert_eq!(fixture.members(&old).await.len(), 10);
}

#[tokio::test]
async fn a_fold_that_is_left_on_the_way_leaves_nothing() {
    let fixture = Fixture::new();
    let endless = stream::repeat_with(|| Ok::<_, Error>(people(0..1000, 1)));
    let old = empty();
    let folding = fold(
        &fixture.storage,
        &old,
        endless.then(async |page| {
            tokio::task::yield_now().await;
            page
        }),
    );
    let left = tokio::time::timeout(std::time::Duration::from_millis(50), folding).await;
    assert!(left.is_err());
    assert!(fixture.objects().is_empty());
}

#[tokio::test]
async fn a_member_stream_that_nobody_reads_to_its_end_stops() {
    let fixture = Fixture::new();
    let folded = fixture.fold(&empty(), &people(0..20_000, 1)).await;
    let mut pages = members(&fixture.storage, &folded);
    assert_eq!(pages.next().await.unwrap().unwrap().len(), 1000);
    drop(pages);
    assert_eq!(fixture.members(&folded).await.len(), 20_000);
}

#[tokio::test]
async fn an_index_of_many_members_takes_sixteen_bytes_each() {
    let fixture = Fixture::new();
    let folded = fixture.fold(&empty(), &people(0..40_000, 1)).await;
    let index = fixture.try_index(&folded).await.unwrap();
    assert_eq!(index.len(), 40_000);
    assert!(index.bytes() <= 17 * index.len(), "{}", index.bytes());
    assert_eq!(fixture.members(&folded).await, sorted(&folded, people(0..40_000, 1)));
}

/// Some rounds of updates of few people, so that most are updated several times.
fn rounds() -> impl Strategy<Value = Vec<Vec<(u64, u64)>>> {
    prop::collection::vec(prop::collection::vec((0..60_u64, any::<u64>()), 0..40), 0..8)
}

/// A member that is known keeps its origin, except that somebody who had left, by whatever way, comes back as a
/// stranger unless an answer proves that they are ours.
fn after(before: Option<&ListMember>, now: ListMember) -> ListMember {
    use MemberState::{Bounced, Deleted, DeletedByUs, Suppressed, Unsubscribed, UnsubscribedByUs};
    let Some(before) = before else { return now };
    let off = [Unsubscribed, Bounced, Deleted, Suppressed, DeletedByUs, UnsubscribedByUs];
    let is_back = off.contains(&before.state) && !off.contains(&now.state);
    let origin = match now.origin {
        MemberOrigin::Ours => MemberOrigin::Ours,
        _ if is_back => MemberOrigin::Stranger,
        _ => before.origin,
    };
    ListMember { origin, ..now }
}

proptest! {
    #![proptest_config(Config { cases: 24, failure_persistence: None, ..Config::default() })]

    #[test]
    fn whatever_is_folded_in_whatever_order_the_last_of_each_member_is_read(
        rounds in rounds(),
        rotate in any::<prop::sample::Index>(),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let fixture = Fixture::new();
            let (mut folded, mut expected) = (empty(), BTreeMap::new());
            for round in rounds {
                let last: BTreeMap<u64, u64> = round.iter().copied().collect();
                // Of each member the last one stays the last one; else the order is another.
                let mut others = round.clone();
                others.rotate_left(if round.is_empty() { 0 } else { rotate.index(round.len()) });
                let updates = others.into_iter().chain(last.clone());
                let updates: Vec<_> = updates.map(|(person, content)| member(person, content)).collect();
                folded = fixture.fold(&folded, &updates).await;
                for (person, content) in last {
                    let next = after(expected.get(&person), member(person, content));
                    expected.insert(person, next);
                }
            }
            let people: Vec<_> = expected.into_values().collect();
            let index = fixture.try_index(&folded).await.unwrap();
            let is_found = |person: &ListMember| {
                let known = index.find(folded.key(&person.address));
                known.is_some_and(|known| known.has_hash(person.content))
            };
            assert!(people.iter().all(is_found));
            assert_eq!(index.len(), people.len());
            assert_eq!(fixture.members(&folded).await, sorted(&folded, people));
        });
    }
}
