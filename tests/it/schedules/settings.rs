//! Setting schedules: one, several, and what is refused.

use reqwest::Method;
use serde_json::{Value, json};

use super::{every_morning, idle, planned, send};
use crate::support::refused;

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
