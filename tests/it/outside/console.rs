//! People in the console, in Debian's Chromium and Firefox: `tests/browser/console*.mjs` say what they do.

use std::process::Stdio;

use chrono::TimeDelta;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Child;
use tokio::sync::OnceCell;

use super::{Provider, browser, install, pictures, with_a_way_back};
use crate::programs::{INSTALLING, debian_with, succeed};
use crate::support::TestApp;

/// Builds the console where a debug build of the service reads it, and tests what needs no browser.
async fn built_console() {
    const CONSOLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/console");
    static BUILT: OnceCell<()> = OnceCell::const_new();
    let build = async || {
        let _alone = INSTALLING.lock().await;
        install(CONSOLE).await;
        succeed("npm", &["run", "build"], CONSOLE).await;
        succeed("npm", &["test"], CONSOLE).await;
    };
    BUILT.get_or_init(build).await;
}

/// The browsers that people use, and how the scripts call them.
const CHROMIUM: &str = "chromium";
const FIREFOX: &str = "firefox";

/// Debian's Firefox; Chromium comes with the scripts.
async fn bring(engine: &str) {
    if engine == FIREFOX {
        debian_with("firefox-esr", "/usr/bin/firefox-esr").await;
    }
}

/// A person's way through the console, in one of the browsers. Pictures come from Chromium alone.
async fn go(script: &str, app: &TestApp, arguments: &[&str], engine: &str) {
    let home = browser().await;
    bring(engine).await;
    built_console().await;
    let folder = pictures().filter(|_| engine == CHROMIUM).unwrap_or_default();
    let all = [[script, app.url()].as_slice(), arguments, &[engine, folder.as_str()]].concat();
    succeed("node", &all, &home).await;
}

/// From nothing to a run that is accounted for.
async fn three_people_in_the_console(engine: &str) {
    let app = with_a_way_back(&[]).await;
    go("console.mjs", &app, &[API_KEY], engine).await;
    assert_eq!(app.active().await, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_a_contributor_and_a_viewer_go_their_ways_in_the_console() {
    three_people_in_the_console(CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_go_the_same_ways_in_firefox() {
    three_people_in_the_console(FIREFOX).await;
}

/// People leave a list after an approval.
async fn an_approval_in_the_console(engine: &str) {
    let app = with_a_way_back(&[]).await;
    go("console_sync.mjs", &app, &[API_KEY, LIST_ID], engine).await;
    assert_eq!(app.active().await, 31, "fifteen of the people are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_approves_in_the_console_whom_a_contributor_wants_to_remove() {
    an_approval_in_the_console(CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make firefox`"]
async fn the_approval_is_the_same_in_firefox() {
    an_approval_in_the_console(FIREFOX).await;
}

/// Somebody is told of a run that lost people, and takes care of it.
async fn an_alert_in_the_console(engine: &str) {
    let app = with_a_way_back(&["--channels-allow-private"]).await;
    go("console_alerts.mjs", &app, &[API_KEY, LIST_ID], engine).await;
    assert_eq!(app.active().await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sets_up_alerts_in_the_console_and_a_contributor_takes_care_of_one() {
    an_alert_in_the_console(CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make firefox`"]
async fn alerts_are_the_same_in_firefox() {
    an_alert_in_the_console(FIREFOX).await;
}

/// Two people are erased, and the proof is saved.
async fn an_erasure_in_the_console(engine: &str) {
    let app = TestApp::start().await;
    go("console_erasures.mjs", &app, &[API_KEY, LIST_ID], engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_erases_two_people_in_the_console_and_saves_the_proof() {
    an_erasure_in_the_console(CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make firefox`"]
async fn an_erasure_is_the_same_in_firefox() {
    an_erasure_in_the_console(FIREFOX).await;
}

/// Why somebody is not on a list, and what is kept.
async fn people_in_the_console(engine: &str) {
    let app = TestApp::start().await;
    let sandbox = app.sandbox.url().to_string();
    go("console_people.mjs", &app, &[API_KEY, LIST_ID, &sandbox], engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_reads_in_the_console_why_somebody_is_not_on_a_list_and_what_is_kept() {
    people_in_the_console(CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make firefox`"]
async fn somebody_is_found_in_firefox_too() {
    people_in_the_console(FIREFOX).await;
}

/// What `make try` serves, until it is dropped; and its address.
async fn trial() -> (Child, String) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let bind = free.local_addr().unwrap().to_string();
    drop(free);
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_segment-export"));
    command.args(["try", "--bind", &bind, "--rows", "2000", "--latency-ms", "50"]);
    command.kill_on_drop(true).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("in a browser") {
            return (process, format!("http://{bind}/"));
        }
    }
    panic!("`segment-export try` ended before it served the console");
}

/// From what `make try` begins with to a finished run and an answer, with every click counted.
async fn clicks_in_the_console(engine: &str) {
    let home = browser().await;
    bring(engine).await;
    built_console().await;
    let (process, url) = trial().await;
    succeed("node", &["console_stopwatch.mjs", &url, engine], &home).await;
    drop(process);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_marketer_needs_twelve_clicks_to_the_first_run_and_four_to_why_somebody_is_not_there() {
    clicks_in_the_console(CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make firefox`"]
async fn a_marketer_needs_as_few_clicks_in_firefox() {
    clicks_in_the_console(FIREFOX).await;
}

/// Where the time of a run went, and what was planned.
async fn time_in_the_console(engine: &str) {
    let app = TestApp::start().await;
    go("console_observe.mjs", &app, &[API_KEY, LIST_ID], engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_sees_in_the_console_where_the_time_of_a_run_went_and_what_was_planned() {
    time_in_the_console(CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make firefox`"]
async fn the_time_of_a_run_is_seen_in_firefox_too() {
    time_in_the_console(FIREFOX).await;
}

/// Faults, broken streams, expired tokens, two tabs and two people.
async fn trouble_in_the_console(engine: &str) {
    let app = TestApp::start().await;
    let sandbox = app.sandbox.url().to_string();
    go("console_trouble.mjs", &app, &[API_KEY, LIST_ID, &sandbox], engine).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_keeps_what_people_typed_and_says_what_to_do_when_things_go_wrong() {
    trouble_in_the_console(CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make firefox`"]
async fn trouble_is_said_in_firefox_too() {
    trouble_in_the_console(FIREFOX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_view_of_the_console_and_long_lists_are_fast_on_a_slow_processor() {
    let home = browser().await;
    built_console().await;
    let app = TestApp::start().await;
    succeed("node", &["console_speed.mjs", app.url(), API_KEY, LIST_ID], &home).await;
}

/// At a certified `OpenID` provider.
async fn a_sign_in_to_the_console(engine: &str) {
    let home = browser().await;
    bring(engine).await;
    built_console().await;
    let provider = Provider::start().await;
    let settings = ["--auth-issuer", &provider.issuer, "--console-client-id", "console"];
    let app = TestApp::start_with(&settings).await;
    let redirect = format!("{}console/", app.url());
    let claims =
        json!({"redirectUri": redirect, "roles": ["Contributor"], "instances": [app.instance]});
    provider.order("console", &claims).await;
    succeed("node", &["console_sign_in.mjs", app.url(), engine], &home).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_to_the_console_at_a_certified_openid_provider_and_no_token_is_stored() {
    a_sign_in_to_the_console(CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "it takes minutes: `make firefox`"]
async fn people_sign_in_with_firefox_too() {
    a_sign_in_to_the_console(FIREFOX).await;
}

/// Somebody signs in at the provider, whose tokens live for seconds, and is still there when the token has ended.
async fn sign_in_that_ends(renewal: &str) {
    let home = browser().await;
    built_console().await;
    let provider = Provider::start().await;
    let settings = [
        ["--auth-issuer", provider.issuer.as_str()],
        ["--console-client-id", "console"],
        ["--auth-leeway-seconds", "0"],
    ];
    let app = TestApp::start_with(settings.as_flattened()).await;
    let redirect = format!("{}console/", app.url());
    let claims = json!({"redirectUri": redirect, "roles": ["Contributor"], "instances": [app.instance],
        "seconds": 20, "refresh": renewal == "silent"});
    provider.order("console", &claims).await;
    succeed("node", &["console_sign_in_ended.mjs", app.url(), renewal], &home).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_has_ended_is_renewed_in_a_window_and_what_was_typed_stays() {
    sign_in_that_ends("window").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_has_ended_is_renewed_silently_where_the_provider_allows_it() {
    sign_in_that_ends("silent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_while_somebody_types_loses_nothing_in_the_console() {
    browser().await;
    built_console().await;
    let app = TestApp::start_with(&["--auth-leeway-seconds", "0"]).await;
    let [first, second] =
        [60, 120].map(|life| app.token_that_expires_in("Admin", TimeDelta::seconds(life)));
    go("console_session.mjs", &app, &[&first, &second, &app.token("Admin")], CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_the_console_can_be_done_by_keyboard_alone() {
    let app = TestApp::start().await;
    let sandbox = app.sandbox.url().to_string();
    go("console_keyboard.mjs", &app, &[API_KEY, LIST_ID, &sandbox], CHROMIUM).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn states_off_the_way_are_accessible_and_every_page_speaks_the_language_of_its_reader() {
    let app = TestApp::start().await;
    let sandbox = app.sandbox.url().to_string();
    go("console_states.mjs", &app, &[API_KEY, LIST_ID, &sandbox], CHROMIUM).await;
}
