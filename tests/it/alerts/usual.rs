//! What is usual on a day of the same kind, however many runs of the other kind of day lie between.

use chrono::{Datelike, TimeDelta, Weekday};
use segment_export::{db, sql};
use serde_json::json;
use uuid::Uuid;

use super::{alerts, start};
use crate::support::{TestApp, people, until};

/// More than a working week has between two weekends, with a run each hour.
const BETWEEN: usize = 130;

/// A day before `now` that is of the other kind.
fn other_day(now: db::Time) -> db::Time {
    let is_weekend = |time: db::Time| matches!(time.weekday(), Weekday::Sat | Weekday::Sun);
    let mut days = (1..7).map(|days| now - TimeDelta::days(days));
    days.find(|day| is_weekend(*day) != is_weekend(now)).unwrap()
}

/// Copies the only run of the service: so many that were submitted a week ago, and so many of the other kind of day
/// after them.
async fn copy_runs(app: &TestApp, [same, others]: [usize; 2]) {
    let (app, now) = (app.app(), db::now());
    let mut tx = app.db.write().await.unwrap();
    let copy = "CREATE TEMP TABLE copied AS SELECT * FROM runs";
    sql!(&mut tx, |db| sqlx::query(copy).execute(db).await.map(drop)).unwrap();
    let times = [vec![now - TimeDelta::days(7); same], vec![other_day(now); others]].concat();
    for time in times {
        let change = "UPDATE copied SET id = $1, submitted_utc = $2";
        let id = Uuid::now_v7();
        sql!(&mut tx, |db| sqlx::query(change).bind(id).bind(time).execute(db).await.map(drop))
            .unwrap();
        let insert = "INSERT INTO runs SELECT * FROM copied";
        sql!(&mut tx, |db| sqlx::query(insert).execute(db).await.map(drop)).unwrap();
    }
    sql!(&mut tx, |db| sqlx::query("DROP TABLE copied").execute(db).await.map(drop)).unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_run_of_a_weekend_is_compared_with_the_one_before_however_often_an_export_runs() {
    let app = start().await;
    app.put("/alert-rules", &json!({"rules": [{"kind": "countDeviates", "percent": 50}]})).await;
    let export = app.export_of(10).await;
    app.ended(&app.start_run(&export).await).await;
    copy_runs(&app, [6, BETWEEN]).await;
    app.segment("People", &people(4)).await;
    app.ended(&app.start_run(&export).await).await;
    until(async || alerts(&app).await.len() == 1).await;
    assert_eq!(alerts(&app).await[0]["kind"], "countDeviates");
}
