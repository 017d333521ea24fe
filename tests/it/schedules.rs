//! When exports run by themselves: planned times, and what stands in their way.

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, Response};
use segment_export::db;
use segment_export::exports::ExportId;
use segment_export::schedules::scheduler::fire_due;
use segment_export::schedules::store::{exports_due, move_export_on, plan};
use segment_export::{exports, keeper, sql};
use serde_json::{Value, json};

use crate::support::{TestApp, check_law, people, refused, text};

type Time = DateTime<Utc>;

/// A service that takes calls; times are fired by the test, at moments of its choice.
async fn idle() -> TestApp {
    TestApp::start_with(&["--roles", "api"]).await
}

fn every_morning() -> Value {
    json!({"kind": "custom", "timezone": "Europe/Riga", "cron": ["0 6 * * *"]})
}

fn id(export: &str) -> ExportId {
    ExportId(export.parse().unwrap())
}

fn time(value: &Value) -> Time {
    value.as_str().unwrap().parse().unwrap()
}

async fn set_schedule(app: &TestApp, export: &str, schedule: &Value) -> Value {
    app.put(&format!("/exports/{export}/schedule"), schedule).await["schedule"].clone()
}

/// An export with a schedule of its own, and its next planned time.
async fn planned(app: &TestApp) -> (String, Time) {
    let export = app.export_of(3).await;
    let schedule = set_schedule(app, &export, &every_morning()).await;
    (export, time(&schedule["nextRunsUtc"][0]))
}

/// The runs of an export, newest first.
async fn runs_of(app: &TestApp, export: &str) -> Vec<Value> {
    let runs = app.get(&format!("/runs?exportId={export}")).await["items"].clone();
    let runs = runs.as_array().unwrap().clone();
    runs.iter().for_each(check_law);
    runs
}

/// The one run of an export, which must be skipped, and why.
async fn skipped(app: &TestApp, export: &str) -> String {
    let runs = runs_of(app, export).await;
    let [run] = runs.as_slice() else { panic!("{runs:?}") };
    assert_eq!(run["status"], "skipped", "{run}");
    assert!(run["endUtc"].is_string(), "{run}");
    assert_eq!(run["counts"]["remaining"], run["counts"]["selected"], "nothing was sent: {run}");
    assert_eq!(app.get(&format!("/exports/{export}")).await["lastRun"]["runId"], run["runId"]);
    text(&run["reason"], "code")
}

async fn send(app: &TestApp, role: &str, method: Method, path: &str, body: &Value) -> Response {
    app.request(role, method, path).json(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_planned_time_starts_one_run_when_it_comes_and_the_next_one_is_planned() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    fire_due(&app.app(), first - TimeDelta::seconds(1)).await.unwrap();
    assert!(runs_of(&app, &export).await.is_empty(), "it is too early");

    fire_due(&app.app(), first).await.unwrap();
    fire_due(&app.app(), first).await.unwrap();

    let runs = runs_of(&app, &export).await;
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(runs[0]["status"], "queued");
    assert_eq!(runs[0]["submissionKind"], "scheduled");
    assert_eq!(runs[0]["submittedBy"], "Admin@example.com", "it acts as the export user");
    assert_eq!(time(&runs[0]["plannedUtc"]), first);
    assert_eq!(runs[0]["warnings"], json!([]), "it is not late");
    let events = app.get("/audit-events?action=export.startRun").await;
    assert_eq!(events["items"][0]["actor"]["subject"], "scheduler", "{events}");
    assert_eq!(events["items"][0]["after"]["submittedBy"], "Admin@example.com", "{events}");
    app.post(&format!("/runs/{}/cancel", text(&runs[0], "runId")), &json!({})).await;
    fire_due(&app.app(), first + TimeDelta::days(1)).await.unwrap();
    assert_eq!(runs_of(&app, &export).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_schedulers_one_fires_a_time() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    let daily =
        json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["00:00"]});
    let schedule = app.put("/schedule", &daily).await;
    let follower = app.export(&app.connection().await).await;
    let now = first.max(time(&schedule["nextRunsUtc"][0]));
    let schedulers = [app.open().await, app.open().await, app.open().await];

    let fired = schedulers
        .iter()
        .flat_map(|scheduler| (0..4).map(|_| async { fire_due(scheduler, now).await.unwrap() }));
    futures::future::join_all(fired).await;

    assert_eq!(runs_of(&app, &export).await.len(), 1);
    assert_eq!(runs_of(&app, &follower).await.len(), 1);
    let events = app.get("/audit-events?action=instance.startRefresh").await;
    assert_eq!(events["items"].as_array().unwrap().len(), 1, "{events}");
    assert_eq!(events["items"][0]["actor"]["subject"], "scheduler", "{events}");
    assert_eq!(events["items"][0]["after"]["started"], 1, "{events}");
    for scheduler in schedulers {
        scheduler.db.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_time_and_its_run_loses_neither() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    let db = app.app().db.clone();

    let mut tx = db.write().await.unwrap();
    let stored = exports::store::get(&mut tx, app.instance, id(&export)).await.unwrap().unwrap();
    let next = stored.schedule.next(first);
    assert!(move_export_on(&mut tx, &stored, next).await.unwrap());
    drop(tx);

    fire_due(&app.app(), first).await.unwrap();
    assert_eq!(runs_of(&app, &export).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_missed_while_the_service_was_down_run_once_and_late_and_say_so() {
    let mut app = TestApp::start_with(&["--schedule-ms", "20"]).await;
    let (export, _) = planned(&app).await;
    let missed = db::now() - TimeDelta::days(3);
    let db = app.app().db.clone();
    app.stop_service().await;
    assert!(db.read().await.is_err(), "the service is down");
    let down = app.open().await;
    let mut tx = down.db.write().await.unwrap();
    plan(&mut tx, id(&export), Some(missed)).await.unwrap();
    tx.commit().await.unwrap();
    down.db.close().await;

    app.start_service().await;

    let run = app.first_run(&export).await;
    let run = app.ended(&text(&run, "runId")).await;
    assert_eq!(run["status"], "successful", "{run}");
    assert_eq!(time(&run["plannedUtc"]), missed);
    assert_eq!(run["warnings"][0]["code"], "late", "{run}");
    assert_eq!(app.active().await, 3);
    let mut tx = app.app().db.read().await.unwrap();
    let due = exports_due(&mut tx, db::now(), None, 10).await.unwrap();
    assert!(due.is_empty(), "three days are made up for by one run");
    assert_eq!(runs_of(&app, &export).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_still_runs_when_it_is_due_gets_a_skipped_run() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    let open = app.start_run(&export).await;

    fire_due(&app.app(), first).await.unwrap();

    let runs = runs_of(&app, &export).await;
    assert_eq!(runs.len(), 2);
    assert_eq!(runs[0]["status"], "skipped");
    assert_eq!(runs[0]["reason"]["code"], "runAlreadyOpen");
    assert_eq!(runs[0]["submissionKind"], "scheduled");
    let last = app.get(&format!("/exports/{export}")).await["lastRun"].clone();
    assert_eq!(last["runId"], open.as_str(), "what still runs is shown");
    let path = format!("/exports/{export}/runs");
    let again = send(&app, "Admin", Method::POST, &path, &json!({})).await;
    assert_eq!(refused(again, 409).await["runId"], open.as_str());
    let events = app.get("/audit-events?action=export.startRun&actor=scheduler").await;
    let skipped = &events["items"][0];
    assert_eq!(skipped["actor"]["subject"], "scheduler", "{events}");
    assert_eq!(skipped["after"]["runId"], runs[0]["runId"], "{events}");
    assert_eq!(skipped["after"]["status"], "skipped", "{events}");
    assert_eq!(skipped["after"]["reason"]["code"], "runAlreadyOpen", "{events}");
    app.post(&format!("/runs/{open}/cancel"), &json!({})).await;
    let last = app.get(&format!("/exports/{export}")).await["lastRun"].clone();
    assert_eq!(last["status"], "skipped");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_cannot_run_is_skipped_with_the_reason() {
    let app = idle().await;
    app.segment("People", &people(3)).await;
    let (inactive, left, empty) =
        (app.connection().await, app.connection().await, app.pending_connection().await);
    let exports = [app.export(&inactive).await, app.export(&left).await, app.export(&empty).await];
    app.post(&format!("/exports/{}/detach", exports[0]), &json!({})).await;
    let user = format!("/connections/{left}/export-user");
    app.request("Admin", Method::DELETE, &user).send().await.unwrap();
    app.put(&format!("/connections/{empty}/export-user"), &json!({})).await;

    let refresh = app.post("/refreshes", &json!({"refreshId": "r1"})).await;

    assert_eq!(refresh["started"], json!([]));
    let reasons = ["noConnection", "exportUserMissing", "connectionNotConnected"];
    for ((export, reason), named) in
        exports.iter().zip(reasons).zip(refresh["skipped"].as_array().unwrap())
    {
        assert_eq!(skipped(&app, export).await, reason);
        assert_eq!(named["exportId"], export.as_str());
        assert_eq!(named["reason"]["code"], reason);
    }
    app.put(&user, &json!({})).await;
    let refresh = app.post("/refreshes", &json!({"refreshId": "r2"})).await;
    assert_eq!(refresh["started"][0]["exportId"], exports[1].as_str(), "it runs again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_whose_credentials_are_refused_skips_its_scheduled_runs() {
    let app = TestApp::start().await;
    let (export, first) = planned(&app).await;
    let refusal = json!({"status": {"status": 401, "code": 100}});
    app.faults(&json!([{"match": {"path": "import"}, "kind": refusal}])).await;
    app.ended(&app.start_run(&export).await).await;

    fire_due(&app.app(), first).await.unwrap();

    let runs = runs_of(&app, &export).await;
    assert_eq!(runs[0]["status"], "skipped");
    assert_eq!(runs[0]["reason"]["code"], "credentialsRefused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_with_one_export_holds_up_no_other() {
    let app = idle().await;
    let (broken, first) = planned(&app).await;
    let good = app.export(&app.connection().await).await;
    set_schedule(&app, &good, &every_morning()).await;
    let mut tx = app.app().db.write().await.unwrap();
    sql!(&mut tx, |db| {
        sqlx::query("UPDATE exports SET mapping = $2 WHERE id = $1")
            .bind(id(&broken))
            .bind(sqlx::types::Json(json!({"no": "mapping"})))
            .execute(db)
            .await
            .map(drop)
    })
    .unwrap();
    tx.commit().await.unwrap();

    fire_due(&app.app(), first).await.unwrap();

    assert_eq!(runs_of(&app, &good).await.len(), 1);
    assert!(runs_of(&app, &broken).await.is_empty());
    let mut tx = app.app().db.read().await.unwrap();
    let due = exports_due(&mut tx, first, None, 10).await.unwrap();
    assert_eq!(due, [(app.instance, id(&broken))], "its time is not lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_that_has_come_survives_changes_of_anything_but_the_schedule() {
    let app = idle().await;
    let (export, first) = planned(&app).await;
    let missed = first - TimeDelta::days(2);
    let mut tx = app.app().db.write().await.unwrap();
    plan(&mut tx, id(&export), Some(missed)).await.unwrap();
    tx.commit().await.unwrap();
    let path = format!("/exports/{export}");

    let rename = json!({"displayName": "Another name", "schedule": every_morning()});
    send(&app, "Admin", Method::PATCH, &path, &rename).await.error_for_status().unwrap();
    fire_due(&app.app(), db::now()).await.unwrap();
    let runs = runs_of(&app, &export).await;
    assert_eq!(time(&runs[0]["plannedUtc"]), missed);
    app.post(&format!("/runs/{}/cancel", text(&runs[0], "runId")), &json!({})).await;

    set_schedule(&app, &export, &json!({"kind": "manual"})).await;
    fire_due(&app.app(), first + TimeDelta::days(9)).await.unwrap();
    assert_eq!(runs_of(&app, &export).await.len(), 1, "nothing is planned any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_refresh_starts_every_active_export_that_follows_it() {
    let app = idle().await;
    app.segment("People", &people(3)).await;
    let mut exports = Vec::new();
    for schedule in [
        json!({"kind": "systemRefresh", "active": true}),
        json!({"kind": "systemRefresh", "active": false}),
        json!({"kind": "manual"}),
        every_morning(),
    ] {
        let export = app.export(&app.connection().await).await;
        set_schedule(&app, &export, &schedule).await;
        exports.push(export);
    }
    assert_eq!(app.get("/schedule").await["active"], false, "it is off by default");
    let weekly = json!({"active": true, "recurrence": "weekly", "weekdays": ["monday", "friday"],
        "timezone": "America/New_York", "times": ["06:00", "18:30"]});
    let schedule = app.put("/schedule", &weekly).await;
    let times: Vec<_> = schedule["nextRunsUtc"].as_array().unwrap().iter().map(time).collect();
    assert_eq!(times.len(), 5);
    assert!(times.is_sorted());
    let next = async |export: &str| {
        app.get(&format!("/exports/{export}")).await["schedule"]["nextRunsUtc"].clone()
    };
    assert_eq!(next(&exports[0]).await, schedule["nextRunsUtc"]);
    assert_eq!(next(&exports[1]).await, json!([]));
    assert_eq!(next(&exports[2]).await, json!([]));
    assert_eq!(next(&exports[3]).await.as_array().unwrap().len(), 5);

    set_schedule(
        &app,
        &exports[3],
        &json!({"kind": "custom", "active": false, "timezone": "UTC", "cron": ["0 6 * * *"]}),
    )
    .await;
    fire_due(&app.app(), times[0]).await.unwrap();

    let runs = runs_of(&app, &exports[0]).await;
    assert_eq!(runs.len(), 1);
    assert_eq!(time(&runs[0]["plannedUtc"]), times[0]);
    for export in &exports[1..] {
        assert!(runs_of(&app, export).await.is_empty());
    }
    let off =
        json!({"active": false, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    assert_eq!(app.put("/schedule", &off).await["nextRunsUtc"], json!([]));
    app.post(&format!("/runs/{}/cancel", text(&runs[0], "runId")), &json!({})).await;
    fire_due(&app.app(), times[4]).await.unwrap();
    assert_eq!(runs_of(&app, &exports[0]).await.len(), 1, "it is switched off");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_is_reported_again_starts_nothing_and_answers_the_same() {
    let app = idle().await;
    let export = app.export_of(3).await;
    let report = json!({"refreshId": "2026-11-24T06:00"});
    let report = async || app.post("/refreshes", &report).await;

    let (one, other) = tokio::join!(report(), report());
    assert_eq!(one, other);
    assert_eq!(one["started"][0]["exportId"], export.as_str());
    let run = text(&one["started"][0], "runId");
    app.post(&format!("/runs/{run}/cancel"), &json!({})).await;
    keeper::tidy(&app.app(), db::now() + TimeDelta::days(399)).await.unwrap();
    assert_eq!(report().await, one);
    assert_eq!(runs_of(&app, &export).await.len(), 1);

    let another = app.post("/refreshes", &json!({"refreshId": "2026-11-24T12:00"})).await;
    assert_ne!(text(&another["started"][0], "runId"), run);
    assert_eq!(runs_of(&app, &export).await[0]["submissionKind"], "scheduled");
    let keyed = app.request("Admin", Method::POST, "/refreshes").header("Idempotency-Key", "k");
    let keyed = keyed.json(&json!({"refreshId": "2026-11-24T18:00"}));
    let (first, again) = (keyed.try_clone().unwrap(), keyed);
    first.send().await.unwrap().error_for_status().unwrap();
    let again = again.send().await.unwrap();
    assert_eq!(again.headers()["idempotency-replayed"], "true");
    keeper::tidy(&app.app(), db::now() + TimeDelta::days(401)).await.unwrap();
    assert_ne!(report().await, one, "it is forgotten after its time");
}

#[tokio::test(flavor = "multi_thread")]
async fn run_all_runs_what_has_an_active_schedule_and_the_caller_may_run() {
    let app = idle().await;
    app.segment("People", &people(3)).await;
    let (own, shared) = (app.connection().await, app.connection().await);
    let sharing = json!({"allowedRoles": "adminsAndContributors"});
    let path = format!("/connections/{shared}");
    send(&app, "Admin", Method::PATCH, &path, &sharing).await.error_for_status().unwrap();
    let (of_admins, of_all) = (app.export(&own).await, app.export(&shared).await);
    let (manual, custom) = (app.export(&shared).await, app.export(&own).await);
    set_schedule(&app, &manual, &json!({"kind": "manual"})).await;
    set_schedule(&app, &custom, &every_morning()).await;
    let all = json!({"scope": "all"});

    let run = send(&app, "Contributor", Method::POST, "/runs", &all).await;
    assert_eq!(run.status(), 202);
    let run: Value = run.json().await.unwrap();
    assert_eq!(run["started"].as_array().unwrap().len(), 1);
    assert_eq!(run["started"][0]["exportId"], of_all.as_str());
    let run = app.post("/runs", &all).await;
    let started: Vec<_> =
        run["started"].as_array().unwrap().iter().map(|run| text(run, "exportId")).collect();
    assert_eq!(started, [of_admins.clone(), custom]);
    assert_eq!(run["skipped"][0]["exportId"], of_all.as_str());
    assert_eq!(run["skipped"][0]["reason"]["code"], "runAlreadyOpen");
    assert!(runs_of(&app, &manual).await.is_empty());
    let run = runs_of(&app, &of_admins).await[0].clone();
    assert_eq!(run["submissionKind"], "onDemand");
    assert_eq!(run["plannedUtc"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn several_schedules_change_together_or_not_at_all() {
    let app = idle().await;
    let (one, _) = planned(&app).await;
    let other = app.export(&app.connection().await).await;
    let change = async |body: Value| send(&app, "Admin", Method::POST, "/schedules", &body).await;
    let schedule =
        async |export: &str| app.get(&format!("/exports/{export}")).await["schedule"].clone();
    let ids = json!([one, other]);

    let off = json!({"exportIds": ids, "mode": "keepIndividual", "active": false});
    let off: Value = change(off).await.error_for_status().unwrap().json().await.unwrap();
    assert_eq!(off["items"][1]["exportId"], other.as_str());
    let seen = schedule(&one).await;
    assert_eq!((&seen["kind"], &seen["active"]), (&json!("custom"), &json!(false)));
    assert_eq!(seen["cron"], json!(["0 6 * * *"]), "it keeps its times");
    assert_eq!(seen["nextRunsUtc"], json!([]));
    assert_eq!(schedule(&other).await["kind"], "systemRefresh");

    let nightly =
        json!({"kind": "custom", "timezone": "UTC", "cron": ["0 2 * * 1-5", "0 4 * * 6,0"]});
    let new = json!({"exportIds": ids, "mode": "defineNew", "schedule": nightly});
    change(new).await.error_for_status().unwrap();
    assert_eq!(schedule(&one).await, schedule(&other).await);
    assert_eq!(schedule(&one).await["cron"], nightly["cron"]);

    let unknown = uuid::Uuid::now_v7();
    let half = json!({"exportIds": [one, unknown], "mode": "keepIndividual", "active": false});
    let problem = refused(change(half).await, 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/exportIds/1");
    assert_eq!(schedule(&one).await["active"], true, "all or nothing");
    for (body, pointer) in [
        (json!({"exportIds": [], "mode": "keepIndividual", "active": true}), "/exportIds"),
        (
            json!({"exportIds": [one, one], "mode": "keepIndividual", "active": true}),
            "/exportIds/1",
        ),
        (json!({"exportIds": [one], "mode": "keepIndividual"}), "/active"),
        (
            json!({"exportIds": [one], "mode": "defineNew", "schedule": nightly, "active": true}),
            "/active",
        ),
        (
            json!({"exportIds": [one], "mode": "defineNew", "schedule": {"kind": "custom", "timezone": "UTC"}}),
            "/schedule/cron",
        ),
    ] {
        let problem = refused(change(body.clone()).await, 422).await;
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_that_cannot_be_kept_is_refused_with_the_place() {
    let app = idle().await;
    let path = format!("/exports/{}/schedule", app.export_of(1).await);
    let zone = "Europe/Riga";
    let cases = [
        (
            json!({"kind": "custom", "timezone": zone, "cron": ["0 6 * * *", "0 25 * * *"]}),
            400,
            "/cron/1",
            "invalid",
        ),
        (
            json!({"kind": "custom", "timezone": zone, "cron": ["0 0 6 * * *"]}),
            400,
            "/cron/0",
            "invalid",
        ),
        (
            json!({"kind": "custom", "timezone": "Europe/Atlantis", "cron": ["0 6 * * *"]}),
            400,
            "/timezone",
            "invalid",
        ),
        (json!({"kind": "hourly"}), 400, "/kind", "invalid"),
        (json!({"kind": "custom", "cron": ["0 6 * * *"]}), 422, "/timezone", "missing"),
        (json!({"kind": "custom", "timezone": zone}), 422, "/cron", "wrongNumber"),
        (
            json!({"kind": "custom", "timezone": zone, "cron": ["0 6 30 2 *"]}),
            422,
            "/cron/0",
            "neverComes",
        ),
        (
            json!({"kind": "custom", "timezone": zone, "cron": ["*/10 * * * *"]}),
            422,
            "/cron",
            "tooClose",
        ),
        (
            json!({"kind": "custom", "timezone": zone, "cron": ["0 6 * * *", "5 6 * * *"]}),
            422,
            "/cron",
            "tooClose",
        ),
        (json!({"kind": "manual", "timezone": zone}), 422, "/timezone", "notOfThisKind"),
        (json!({"kind": "systemRefresh", "cron": ["0 6 * * *"]}), 422, "/cron", "notOfThisKind"),
    ];
    for (schedule, status, pointer, code) in cases {
        let answer = send(&app, "Admin", Method::PUT, &path, &schedule).await;
        let problem = refused(answer, status).await;
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{schedule}"
        );
    }
    let daily = |more: Value| {
        let mut schedule =
            json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
        schedule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        schedule
    };
    let cases = [
        (daily(json!({"times": []})), 422, "/times", "wrongNumber"),
        (
            daily(json!({"times": ["01:00", "02:00", "03:00", "04:00", "05:00"]})),
            422,
            "/times",
            "wrongNumber",
        ),
        (daily(json!({"times": ["06:00", "06:00"]})), 422, "/times/1", "repeated"),
        (daily(json!({"times": ["6:00"]})), 400, "/times/0", "invalid"),
        (daily(json!({"weekdays": ["monday"]})), 422, "/weekdays", "notOfThisKind"),
        (daily(json!({"recurrence": "weekly"})), 422, "/weekdays", "missing"),
        (daily(json!({"recurrence": "monthly"})), 400, "/recurrence", "invalid"),
        (daily(json!({"timezone": "Riga"})), 400, "/timezone", "invalid"),
    ];
    for (schedule, status, pointer, code) in cases {
        let problem =
            refused(send(&app, "Admin", Method::PUT, "/schedule", &schedule).await, status).await;
        let error = &problem["errors"][0];
        assert_eq!(
            (&error["pointer"], &error["code"]),
            (&json!(pointer), &json!(code)),
            "{schedule}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_change_of_a_schedule_changes_nothing() {
    let app = idle().await;
    let export = app.export_of(1).await;
    let daily =
        json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    let put = async |path: &str, tag: &str, body: &Value| {
        app.request("Admin", Method::PUT, path)
            .header("If-Match", tag)
            .json(body)
            .send()
            .await
            .unwrap()
    };
    let first = put("/schedule", "\"0\"", &daily).await.error_for_status().unwrap();
    assert_eq!(first.headers()["etag"], "\"1\"");
    refused(put("/schedule", "\"0\"", &daily).await, 412).await;
    put("/schedule", "\"1\"", &daily).await.error_for_status().unwrap();
    assert_eq!(app.get("/schedule").await["version"], 2);
    let path = format!("/exports/{export}/schedule");
    refused(put(&path, "\"9\"", &every_morning()).await, 412).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_take_the_roles_that_exports_and_instances_take() {
    let app = idle().await;
    let export = app.export_of(1).await;
    let own = format!("/exports/{export}/schedule");
    let daily =
        json!({"active": true, "recurrence": "daily", "timezone": "UTC", "times": ["06:00"]});
    let several = json!({"exportIds": [export], "mode": "keepIndividual", "active": false});
    let calls = [
        (Method::GET, "/schedule", json!(null), ["Viewer", "Contributor"]),
        (Method::PUT, "/schedule", daily, ["Viewer", "Contributor"]),
        (Method::POST, "/refreshes", json!({"refreshId": "r"}), ["Viewer", "Contributor"]),
        // The connection is not shared with contributors.
        (Method::PUT, &own, every_morning(), ["Viewer", "Contributor"]),
        (Method::POST, "/schedules", several, ["Viewer", "Contributor"]),
        (Method::POST, "/runs", json!({"scope": "all"}), ["Viewer", "Viewer"]),
    ];
    for (method, path, body, roles) in calls {
        for role in roles {
            refused(send(&app, role, method.clone(), path, &body).await, 403).await;
        }
    }
    assert_eq!(app.get(&format!("/exports/{export}")).await["version"], 1, "nothing was changed");
}
