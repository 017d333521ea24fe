//! The code of the documents, run as it stands there.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{ChildStdout, Command};

use crate::support::TestApp;

/// The block of a page that defines this function.
fn block<'p>(page: &'p str, function: &str) -> &'p str {
    let blocks = page.split("```js\n").skip(1).filter_map(|rest| rest.split("```").next());
    let is_it = |block: &&str| block.contains(&format!("function {function}("));
    blocks.into_iter().find(is_it).unwrap()
}

/// What a page gives the function: an address that may change, and a first token that is not accepted.
const AROUND: &str = "
import { readFileSync } from 'node:fs';
const [file, instance, run, good] = process.argv.slice(2);
const api = { toString: () => `${readFileSync(file, 'utf8')}v1/instances/${instance}` };
let current = 'expired';
const token = async (renew) => (renew ? (current = good) : current);
";

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_follower_outlives_a_restart_and_an_expired_token() {
    let mut app = TestApp::start_with(&["--lease-ms", "1000"]).await;
    let export = app.export_of(8_000).await;
    app.stop_service().await;
    app.start_process().await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"hang": {}}}])).await;
    let run = app.start_run(&export).await;
    let folder = tempfile::tempdir().unwrap();
    let (script, address) = (folder.path().join("follow.mjs"), folder.path().join("address"));
    let follow = block(include_str!("../../../docs/FRONT-ENDS.md"), "follow");
    let show = "await follow(run, (run) => console.log(JSON.stringify(run)));";
    std::fs::write(&script, format!("{AROUND}{follow}{show}")).unwrap();
    std::fs::write(&address, app.url()).unwrap();
    let mut follower = Command::new("node");
    follower.args([&script, &address]);
    follower.args([&app.instance.to_string(), &run, &app.token("Viewer")]);
    let mut follower = follower.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut shown = BufReader::new(follower.stdout.take().unwrap()).lines();

    let first = next(&mut shown).await.expect("it shows the run as it is");
    assert!(first.contains(&run), "{first}");
    app.kill_process().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    app.faults(&json!([])).await;
    app.start_process().await;
    std::fs::write(&address, app.url()).unwrap();

    let mut last = first;
    while let Some(line) = next(&mut shown).await {
        last = line;
    }
    assert!(follower.wait().await.unwrap().success());
    let last: Value = serde_json::from_str(&last).unwrap();
    assert_eq!(last["status"], "successful", "{last}");
}

async fn next(shown: &mut Lines<BufReader<ChildStdout>>) -> Option<String> {
    tokio::time::timeout(Duration::from_mins(3), shown.next_line()).await.unwrap().unwrap()
}
