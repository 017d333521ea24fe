//! How long an erasure takes: run by hand, with `cargo test --release --test it -- --ignored --nocapture figures`.

use std::time::Instant;

use serde_json::{Value, json};

use super::{completed, erase, export, site};
use crate::support::{TestApp, people};

/// `ERASURE_EXPORTS`, `ERASURE_MEMBERS` and `ERASURE_PEOPLE` say otherwise.
#[expect(
    clippy::disallowed_methods,
    reason = "the size of a measurement is no setting of the service"
)]
fn size(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement"]
async fn so_many_people_over_so_many_exports_take_so_long() {
    let app = TestApp::start().await;
    let exports = size("ERASURE_EXPORTS", 10);
    let members = size("ERASURE_MEMBERS", 20_000);
    let sought = size("ERASURE_PEOPLE", 1_000);
    for number in 0..exports {
        let segment = format!("Segment{number}");
        app.segment(&segment, &people(members)).await;
        let export = export(&app, &segment, &json!({})).await;
        app.ended_within(&app.start_run(&export).await, std::time::Duration::from_mins(10)).await;
    }
    let named: Vec<Value> =
        (0..sought).map(|row| json!({"email": format!("person{row}@example.com")})).collect();
    let started = Instant::now();
    let id = erase(&app, &json!(named)).await;
    let done = completed(&app, &id).await;
    for word in ["lists", "baselines", "uploads"] {
        println!("{word}: {}", site(&done, word));
    }
    println!(
        "{sought} people, {exports} exports of {members}: {:.1} s",
        started.elapsed().as_secs_f64()
    );
}
