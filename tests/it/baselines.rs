//! The table of baselines, whichever engine it is, and the objects that it names.

use std::fs;

use chrono::TimeDelta;
use futures::{TryStreamExt, stream};
use reqwest::Method;
use segment_export::app::App;
use segment_export::baselines::{
    Baseline, Error, ListMember, MemberOrigin, MemberState, fold, members, store,
};
use segment_export::db;
use segment_export::names::{ExportId, RunId};
use segment_export::sandbox::LIST_ID;
use segment_export::upkeep::janitor;
use uuid::Uuid;

use crate::orphans::files_in;
use crate::support::{TestApp, good};

fn people(range: std::ops::Range<u64>) -> Vec<ListMember> {
    let member = |person: u64| ListMember {
        address: format!("person{person}@example.com"),
        customer_id: person.to_string(),
        content: person,
        record: person,
        state: MemberState::OnList,
        origin: MemberOrigin::Ours,
        run: RunId(Uuid::nil()),
    };
    range.map(member).collect()
}

/// A service without runs, and a new baseline of an export of it.
async fn started() -> (TestApp, Baseline) {
    let test = TestApp::start_with(&["--roles", "api"]).await;
    let export = export_id(&test.export_of(3).await);
    let (run, now) = (RunId(Uuid::now_v7()), db::now());
    let baseline = Baseline::new(test.instance, export, LIST_ID, "as mapped", run, now);
    (test, baseline)
}

fn export_id(text: &str) -> ExportId {
    ExportId(text.parse().unwrap())
}

/// Folds people into a baseline and stores it; `None` when it is not stored.
async fn folded(app: &App, old: &Baseline, range: std::ops::Range<u64>) -> Option<Baseline> {
    let page = stream::iter([Ok::<_, Error>(people(range))]);
    let next = fold(&app.storage, old, page).await.unwrap();
    let is_stored = replaced(app, &next).await;
    let stored = stored(app, &next).await;
    is_stored.then(|| stored.unwrap())
}

async fn replaced(app: &App, next: &Baseline) -> bool {
    replaced_at(app, next, db::now()).await
}

async fn replaced_at(app: &App, next: &Baseline, now: db::Time) -> bool {
    let mut tx = app.db.write().await.unwrap();
    let replaced = store::replace(&mut tx, next, now).await.unwrap();
    tx.commit().await.unwrap();
    replaced
}

async fn stored(app: &App, baseline: &Baseline) -> Option<Baseline> {
    let mut tx = app.db.read().await.unwrap();
    store::get(&mut tx, baseline.export_id, &baseline.list_id).await.unwrap()
}

async fn addresses(app: &App, baseline: &Baseline) -> usize {
    let pages: Vec<_> = members(&app.storage, baseline).try_collect().await.unwrap();
    pages.iter().map(Vec::len).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_is_read_as_it_was_stored() {
    let (test, new) = started().await;
    let app = test.app();
    assert_eq!(stored(&app, &new).await, None);

    let first = folded(&app, &new, 0..1000).await.unwrap();
    let second = folded(&app, &first, 990..1010).await.unwrap();

    assert_eq!((first.version, first.members, first.layers.len()), (1, 1000, 1));
    assert_eq!((second.version, second.members, second.layers.len()), (2, 1010, 2));
    let same = |baseline: &Baseline| Baseline {
        version: 0,
        layers: new.layers.clone(),
        members: 0,
        updated_utc: new.updated_utc,
        ..baseline.clone()
    };
    assert_eq!((same(&first), same(&second)), (new.clone(), new));
    assert_eq!(addresses(&app, &second).await, 1010);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_change_the_same_version_one_is_stored() {
    let (test, new) = started().await;
    let app = test.app();
    let first = folded(&app, &new, 0..10).await.unwrap();
    assert!(folded(&app, &new, 0..20).await.is_none(), "there is a first version already");
    let second = folded(&app, &first, 0..30).await.unwrap();
    assert!(folded(&app, &first, 0..40).await.is_none());
    assert_eq!(stored(&app, &new).await.unwrap(), second);
    assert_eq!(second.members, 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_baselines_of_a_list_are_found_over_all_exports() {
    let (test, new) = started().await;
    let app = test.app();
    let other = test.export(&test.connection().await).await;
    let other = Baseline { export_id: export_id(&other), ..new.clone() };
    let elsewhere = Baseline { list_id: "another".into(), ..new.clone() };
    for baseline in [&new, &other, &elsewhere] {
        assert!(replaced(&app, baseline).await);
    }
    let mut tx = app.db.read().await.unwrap();
    let found = store::of_list(&mut tx, LIST_ID).await.unwrap();
    let exports: Vec<_> = found.iter().map(|baseline| baseline.export_id).collect();
    assert_eq!(exports, [new.export_id, other.export_id]);
    assert!(store::of_list(&mut tx, "none").await.unwrap().is_empty());
}

async fn remove_export(test: &TestApp, export: ExportId) {
    let path = format!("/exports/{}", export.0);
    good(test.request("Admin", Method::DELETE, &path).send().await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_is_removed_takes_its_baselines_along_and_gets_no_new_one() {
    let (test, new) = started().await;
    let app = test.app();
    let first = folded(&app, &new, 0..10).await.unwrap();
    let elsewhere = Baseline { list_id: "another".into(), ..new.clone() };
    assert!(replaced(&app, &elsewhere).await);

    remove_export(&test, new.export_id).await;

    for baseline in [&new, &elsewhere] {
        assert_eq!(stored(&app, baseline).await, None);
    }
    for late in [&new, &first] {
        assert!(!replaced(&app, late).await, "its run ended too late");
    }
}

fn objects(test: &TestApp) -> usize {
    files_in(&test.storage().join("baselines")).len()
}

async fn remove_orphans_after(test: &TestApp, hours: i64) {
    janitor::remove_orphans(&test.app(), db::now() + TimeDelta::hours(hours)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_no_baseline_names_are_removed_when_they_are_old_enough() {
    let (test, new) = started().await;
    let app = test.app();
    let first = folded(&app, &new, 0..100).await.unwrap();
    assert!(folded(&app, &new, 0..10).await.is_none(), "this one never counts");
    let stranger = test.storage().join("baselines/notes.txt");
    fs::write(&stranger, "").unwrap();
    assert_eq!(objects(&test), 3);

    remove_orphans_after(&test, 23).await;
    assert_eq!(objects(&test), 3, "its run may still be ending");
    remove_orphans_after(&test, 25).await;
    assert_eq!(objects(&test), 2);

    assert!(stranger.exists(), "it is not ours to remove");
    assert_eq!(addresses(&app, &first).await, 100);
    remove_export(&test, new.export_id).await;
    remove_orphans_after(&test, 25).await;
    assert_eq!(objects(&test), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_layers_of_the_version_before_stay_for_those_who_read_them() {
    let (test, new) = started().await;
    let app = test.app();
    let first = folded(&app, &new, 0..100).await.unwrap();
    let page = stream::iter([Ok::<_, Error>(people(0..90))]);
    let second = fold(&app.storage, &first, page).await.unwrap();
    assert_eq!((second.layers.len(), objects(&test)), (1, 2), "they were merged");
    assert!(replaced_at(&app, &second, db::now() + TimeDelta::hours(2)).await);

    remove_orphans_after(&test, 25).await;
    assert_eq!(objects(&test), 2, "it was replaced less than a day before");
    assert_eq!(addresses(&app, &first).await, 100);
    remove_orphans_after(&test, 27).await;
    assert_eq!(objects(&test), 1);
    assert_eq!(addresses(&app, &second).await, 100);
}
