//! An instance that is kept in a file: `apply`, `apply --plan` and `config export`.

use reqwest::Method;
use segment_export::sandbox::{API_KEY, LIST_ID};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::support::{TestApp, good, people, text};

/// What a command of the program printed, and how it ended.
struct Ended {
    code: i32,
    out: String,
    err: String,
}

impl Ended {
    fn plan(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }

    /// What is created or changed, as `kind name action`.
    fn changes(&self) -> Vec<String> {
        let plan = self.plan();
        let changes = plan["changes"].as_array().unwrap().iter();
        let word = |change: &Value, member: &str| change[member].as_str().unwrap().to_owned();
        changes
            .map(|change| ["kind", "name", "action"].map(|member| word(change, member)).join(" "))
            .collect()
    }
}

async fn program_as(app: &TestApp, role: &str, words: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
    command
        .args(words)
        .env("RUST_LOG", "error")
        .env("CM_KEY", API_KEY)
        .env("OTHER_KEY", "another-account-key")
        .env("HOOK_URL", "http://127.0.0.1:9/services/T000/B000/abcdefghijklmnopqrstWXYZ");
    command.env("SEGMENT_EXPORT_URL", app.url()).env("SEGMENT_EXPORT_TOKEN", app.token(role));
    command.env("SEGMENT_EXPORT_INSTANCE", app.instance.to_string());
    let output = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// Applies a file as an administrator; `more` may be `--plan`.
async fn apply(app: &TestApp, file: &str, more: &[&str]) -> Ended {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("instance.yaml");
    std::fs::write(&path, file).unwrap();
    let path = path.display().to_string();
    program_as(app, "Admin", &[&["apply", "-f", &path], more].concat()).await
}

/// A file with everything that one can have.
fn file() -> String {
    format!(
        "\
connections:
- displayName: Newsletter
  type: campaignMonitor
  allowedRoles: adminsAndContributors
  consent: {{agreed: true, textVersion: \"2026-11\", lang: lv}}
  credentials: {{kind: apiKey, apiKeyEnv: CM_KEY}}
  exportUser: true
segments:
- name: HighValue
  displayName: High value
- name: Spare
  displayName: Spare
  source: {{kind: upload}}
exports:
- displayName: High value to newsletter
  connection: Newsletter
  listId: {LIST_ID}
  segments: [HighValue]
  mapping:
    email: Email
    consentToTrack: no
  sync:
    send: changes
  schedule: {{kind: custom, timezone: Europe/Riga, cron: [0 6 * * 1-5]}}
schedule: {{active: true, recurrence: daily, timezone: Europe/Riga, times: [06:00]}}
"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_planned_applied_and_then_nothing_is_left_to_do() {
    let app = TestApp::start().await;
    let planned = apply(&app, &file(), &["--plan"]).await;
    assert_eq!(planned.code, 2, "{}", planned.err);
    let all = [
        "connection Newsletter create",
        "segment HighValue create",
        "segment Spare create",
        "export High value to newsletter create",
        "schedule system refresh update",
    ];
    assert_eq!(planned.changes(), all);
    assert_eq!(app.get("/connections").await["items"], json!([]), "a plan changes nothing");
    assert!(!planned.out.contains(API_KEY), "{}", planned.out);

    let applied = apply(&app, &file(), &[]).await;
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert_eq!(applied.changes(), all);
    assert!(applied.err.contains("5 changed, 0 unchanged"), "{}", applied.err);
    let connection = &app.get("/connections").await["items"][0];
    assert_eq!(connection["status"], "connected");
    assert_eq!(
        (&connection["consent"]["lang"], &connection["consent"]["textVersion"]),
        (&json!("lv"), &json!("2026-11"))
    );
    let export = &app.get("/exports").await["items"][0];
    assert_eq!(export["connectionId"], connection["connectionId"]);
    assert_eq!(export["mapping"]["consentToTrack"], "no");
    assert_eq!(export["schedule"]["cron"], json!(["0 6 * * 1-5"]));

    for more in [&["--plan"][..], &[]] {
        let unchanged = apply(&app, &file(), more).await;
        assert_eq!((unchanged.code, unchanged.changes()), (0, vec![]), "{}", unchanged.out);
        assert_eq!(unchanged.plan()["unchanged"], 5);
    }
    let version = &app.get("/exports").await["items"][0]["version"];
    assert_eq!(*version, export["version"], "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_says_what_it_could_do_to_people_and_what_is_left_out_returns_to_its_default() {
    let app = TestApp::start().await;
    assert_eq!(apply(&app, &file(), &[]).await.code, 0);
    let harsh = file().replace(
        "    send: changes\n",
        "    leavers: {action: delete}\n    resubscribe: always\n    brake: {removals: null, approver: anyEditor}\n",
    );
    let planned = apply(&app, &harsh, &["--plan"]).await;
    let change = &planned.plan()["changes"][0];
    let harms: Vec<_> =
        change["harms"].as_array().unwrap().iter().map(|harm| harm.as_str().unwrap()).collect();
    assert_eq!(harms.len(), 4, "{harms:?}");
    for (harm, words) in harms.iter().zip([
        "deleted from the list",
        "although they left",
        "No second person",
        "No number of removals",
    ]) {
        assert!(harm.contains(words), "{harm}");
    }
    let pointers: Vec<_> =
        change["members"].as_array().unwrap().iter().map(|member| &member["pointer"]).collect();
    assert!(pointers.contains(&&json!("/sync/send")), "{pointers:?}");
    let applied = apply(&app, &harsh, &[]).await;
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(
        applied.err.contains("warning: export “High value to newsletter”: People who leave"),
        "{}",
        applied.err
    );
    let sync = app.get("/exports").await["items"][0]["sync"].clone();
    assert_eq!((&sync["leavers"]["action"], &sync["send"]), (&json!("delete"), &json!("all")));

    let kind = apply(&app, &file(), &[]).await;
    assert_eq!(kind.plan()["changes"][0]["harms"], json!([]), "what is taken back harms nobody");
    let sync = app.get("/exports").await["items"][0]["sync"].clone();
    assert_eq!(
        sync,
        json!({"send": "changes", "leavers": {"action": "keep"}, "resubscribe": "never", "verify": "counts",
        "brake": {"removals": {"count": 500, "percent": 15}, "additions": null, "hold": "removals",
            "approver": "secondPerson"}})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_that_an_export_writes_into_are_in_the_file_and_the_plan_says_what_they_get() {
    let app = TestApp::start().await;
    assert_eq!(apply(&app, &file(), &[]).await.code, 0);
    let (log, left) = (app.storage_url("row-log"), app.storage_url("who-left"));
    let folders = format!(
        "    send: changes\n  rowLog: {{url: \"{log}\"}}\n  feedback: {{url: \"{left}\"}}\n"
    );
    let told = file().replace("    send: changes\n", &folders);
    let planned = apply(&app, &told, &["--plan"]).await;
    let harms = planned.plan()["changes"][0]["harms"].clone();
    assert_eq!(harms.as_array().unwrap().len(), 2, "{harms}");
    assert!(harms.to_string().contains("addresses of people who unsubscribed"), "{harms}");
    assert_eq!(apply(&app, &told, &[]).await.code, 0);
    let export = app.get("/exports").await["items"][0].clone();
    assert_eq!(
        (&export["feedback"], &export["rowLog"]["url"]),
        (&json!({"url": left}), &json!(log))
    );
    let exported = program_as(&app, "Admin", &["config", "export"]).await.out;
    assert!(exported.contains("feedback:") && exported.contains(&left), "{exported}");
    assert_eq!(apply(&app, &exported, &["--plan"]).await.code, 0);
    assert_eq!(apply(&app, &file(), &[]).await.code, 0);
    assert_eq!(app.get("/exports").await["items"][0]["feedback"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_file_does_not_name_stays_and_is_named() {
    let app = TestApp::start().await;
    app.segment("Older", &people(2)).await;
    app.connection().await;
    let applied = apply(&app, &file(), &[]).await;
    assert_eq!(applied.code, 0, "{}", applied.err);
    let others: Vec<_> = applied.plan()["notInFile"]
        .as_array()
        .unwrap()
        .iter()
        .map(|thing| thing["kind"].clone())
        .collect();
    assert_eq!(others, ["connection", "segment"]);
    assert_eq!(app.get("/segments/Older").await["memberCount"], 2);
    let nothing = apply(&app, "# nothing yet\n", &["--plan"]).await;
    assert_eq!(nothing.code, 0, "{}", nothing.err);
    assert_eq!(nothing.plan()["notInFile"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_when_it_is_another_one() {
    let app = TestApp::start().await;
    assert_eq!(apply(&app, &file(), &[]).await.code, 0);
    let other = file().replace("CM_KEY", "OTHER_KEY");
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "a-third-account-word\n").unwrap();
    let third =
        file().replace("apiKeyEnv: CM_KEY", &format!("apiKeyFile: {}", key.path().display()));
    for (file, last_four) in [(other, "-key"), (third, "word")] {
        let planned = apply(&app, &file, &["--plan"]).await;
        // The API shows the last four characters of a key: two keys that end in the same ones are the same.
        assert_eq!(planned.code, if last_four == "-key" { 0 } else { 2 }, "{}", planned.out);
        assert_eq!(apply(&app, &file, &[]).await.code, 0);
        assert_eq!(app.get("/connections").await["items"][0]["credential"]["lastFour"], last_four);
    }
    let missing = apply(&app, &file().replace("CM_KEY", "NO_SUCH_KEY"), &["--plan"]).await;
    assert_eq!(missing.code, 1);
    assert!(
        missing.err.contains("instance.yaml:6: The variable NO_SUCH_KEY is not set."),
        "{}",
        missing.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_unknown_ambiguous_or_there_twice_are_refused_with_their_lines() {
    let app = TestApp::start().await;
    assert_eq!(apply(&app, &file(), &[]).await.code, 0);
    let wrong = file()
        .replace("connection: Newsletter", "connection: Newsleter")
        .replace("[HighValue]", "[HighValue, Gone]");
    let refused = apply(&app, &wrong, &["--plan"]).await;
    assert_eq!(refused.code, 1);
    for flaw in [
        "instance.yaml:16: Neither this file nor the instance has a connection with the name “Newsleter”.",
        "instance.yaml:18: Neither this file nor the instance has a segment with the name “Gone”.",
    ] {
        assert!(refused.err.contains(flaw), "{}", refused.err);
    }
    let twice = file().replace("- name: Spare", "- name: HighValue");
    let refused = apply(&app, &twice, &["--plan"]).await;
    assert!(
        refused
            .err
            .contains("instance.yaml:11: The segment “HighValue” is there twice: first in line 9."),
        "{}",
        refused.err
    );

    let export = app.get("/exports").await["items"][0].clone();
    let copy = json!({"displayName": export["displayName"]});
    app.post(&format!("/exports/{}/duplicate", export["exportId"].as_str().unwrap()), &copy).await;
    for command in [
        apply(&app, &file(), &["--plan"]).await,
        program_as(&app, "Admin", &["config", "export"]).await,
    ] {
        assert_eq!(command.code, 1);
        assert!(
            command.err.contains("2 exports with the name “High value to newsletter”"),
            "{}",
            command.err
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_instance_has_is_written_as_a_file_that_changes_nothing_there_and_makes_the_same_elsewhere()
 {
    let app = TestApp::start().await;
    assert_eq!(apply(&app, &file(), &[]).await.code, 0);
    app.segment("HighValue", &people(3)).await;
    let export = &app.get("/exports").await["items"][0];
    let rich = json!({
        "mapping": {"name": {"first": "City", "last": "CustomerId"}, "nullWords": ["NULL"], "trim": false,
            "consentToTrack": {"field": "City", "yes": ["jā"], "otherwise": "no"},
            "customFields": [{"key": "city", "template": "{{City|-}}"}]},
        "sync": {"leavers": {"action": "delete"}}
    });
    let path = format!("/exports/{}", text(export, "exportId"));
    good(app.request("Admin", Method::PATCH, &path).json(&rich).send().await.unwrap()).await;
    let exported = program_as(&app, "Admin", &["config", "export"]).await;
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert!(!exported.out.contains(API_KEY), "{}", exported.out);
    let same = apply(&app, &exported.out, &["--plan"]).await;
    assert_eq!((same.code, same.changes()), (0, vec![]), "{}\n{}", exported.out, same.err);

    let elsewhere = TestApp::start().await;
    elsewhere.segment("HighValue", &people(3)).await;
    let with_key = "  exportUser: true\n  credentials: {kind: apiKey, apiKeyEnv: CM_KEY}";
    let with_key = exported.out.replacen("  exportUser: true", with_key, 1);
    let moved = apply(&elsewhere, &with_key, &[]).await;
    assert_eq!(moved.code, 0, "{}\n{}", with_key, moved.err);
    assert_eq!(moved.changes().len(), 4, "the segment is there already");
    let (there, here) = (elsewhere.get("/exports").await, app.get("/exports").await);
    for member in ["mapping", "sync", "listId", "segments"] {
        assert_eq!(there["items"][0][member], here["items"][0][member], "{member}");
    }
    let again = program_as(&elsewhere, "Admin", &["config", "export"]).await;
    assert_eq!(again.out, exported.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_apply_what_it_may_change() {
    let app = TestApp::start().await;
    assert_eq!(apply(&app, &file(), &[]).await.code, 0);
    let file_of_all = file();
    let (_, exports) = file_of_all.split_once("\nexports:").unwrap();
    let exports = format!("exports:{}", exports.split_once("\nschedule:").unwrap().0);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let part = path("exports.yaml", &exports.replace("send: changes", "send: all"));
    let contributor = program_as(&app, "Contributor", &["apply", "-f", &part]).await;
    assert_eq!(contributor.code, 0, "{}", contributor.err);
    let viewer = program_as(&app, "Viewer", &["apply", "-f", &part]).await;
    assert_eq!(viewer.code, 1);
    assert!(viewer.err.contains("forbidden"), "{}", viewer.err);
    let all = path("all.yaml", &file());
    let contributor = program_as(&app, "Contributor", &["apply", "-f", &all, "--plan"]).await;
    assert_eq!(contributor.code, 1);
    assert!(
        contributor.err.contains("forbidden") || contributor.err.contains("administrators"),
        "{}",
        contributor.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_rejects_is_said_in_its_words_and_the_rest_can_be_applied_later() {
    let app = TestApp::start().await;
    let wrong = file().replace("[0 6 * * 1-5]", "[0 6 * * *, 5 6 * * *]");
    let stopped = apply(&app, &wrong, &[]).await;
    assert_eq!(stopped.code, 1);
    assert!(
        stopped.err.contains(
            "export “High value to newsletter” could not be applied, after 3 of 5 changes"
        ),
        "{}",
        stopped.err
    );
    assert!(stopped.err.contains("/schedule/cron: Leave at least 15 minutes"), "{}", stopped.err);
    let rest = apply(&app, &file(), &[]).await;
    assert_eq!(
        rest.changes(),
        ["export High value to newsletter create", "schedule system refresh update"]
    );
    assert_eq!(rest.code, 0, "{}", rest.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_changed_is_in_the_plan_and_the_audit_says_what_applied_it() {
    let app = TestApp::start().await;
    assert_eq!(apply(&app, &file(), &[]).await.code, 0);
    app.put("/segments/Spare", &json!({"displayName": "Mine"})).await;
    let applied = apply(&app, &file(), &[]).await;
    assert_eq!(applied.changes(), ["segment Spare update"]);
    let event = &app.get("/audit-events?limit=1").await["items"][0];
    assert_eq!(
        (&event["action"], &event["after"]["displayName"]),
        (&json!("segment.save"), &json!("Spare"))
    );
    assert!(text(&event["origin"], "userAgent").ends_with(" apply"), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_that_is_missing_or_wrong_is_named() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, format!("{}\n", app.token("Admin"))).unwrap();
    let run = async |settings: &[(&str, &str)]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
        command.args(["config", "export"]).envs(settings.iter().copied());
        let output = command.output().await.unwrap();
        (
            output.status.success(),
            String::from_utf8([output.stdout, output.stderr].concat()).unwrap(),
        )
    };
    let instance = ("SEGMENT_EXPORT_INSTANCE", &*app.instance.to_string());
    let (url, file) =
        (("SEGMENT_EXPORT_URL", app.url()), ("SEGMENT_EXPORT_TOKEN_FILE", token.to_str().unwrap()));
    assert!(run(&[url, instance, file]).await.0, "a token may come from a file");
    for (settings, words) in [
        (&[url, instance][..], "set SEGMENT_EXPORT_TOKEN or SEGMENT_EXPORT_TOKEN_FILE"),
        (
            &[("SEGMENT_EXPORT_URL", "exports"), instance, file],
            "SEGMENT_EXPORT_URL (or --url) cannot have",
        ),
        (&[("SEGMENT_EXPORT_URL", "http://127.0.0.1:1"), instance, file], "cannot be reached"),
        (&[url, instance, ("SEGMENT_EXPORT_TOKEN", "hush-hush")], "The bearer token is not valid"),
    ] {
        let (is_success, said) = run(settings).await;
        assert!(!is_success && said.contains(words) && !said.contains("hush"), "{words}: {said}");
    }
}

fn file_of_alerts(secret: &str) -> String {
    format!(
        "\
channels:
- displayName: Campaign team
  kind: webhook
  urlEnv: HOOK_URL
  secretFile: {secret}
- displayName: Spare
  kind: slack
  urlEnv: HOOK_URL
  active: false
alertRules:
- {{kind: runFailed, channels: [Campaign team], remindHours: 24}}
- {{kind: notFresh, hours: 30}}
"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_and_rules_are_applied_by_name_and_then_nothing_is_left_to_do() {
    let app = TestApp::start_with(&crate::alerts::ALLOWED).await;
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret").display().to_string();
    let file = file_of_alerts(&secret);
    let planned = apply(&app, &file, &["--plan"]).await;
    assert_eq!(planned.code, 2, "{}", planned.err);
    let all =
        ["channel Campaign team create", "channel Spare create", "alertRules alert rules update"];
    assert_eq!(planned.changes(), all);
    assert!(!planned.out.contains("abcdefghij"), "{}", planned.out);
    let applied = apply(&app, &file, &[]).await;
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(std::fs::read_to_string(&secret).unwrap().starts_with("whsec_"));
    let channels = app.get("/channels").await;
    let (spare, team) = (&channels["items"][0], &channels["items"][1]);
    assert_eq!((&spare["active"], &team["active"]), (&json!(false), &json!(true)));
    let rules = app.get("/alert-rules").await;
    assert_eq!(rules["rules"][0]["kind"], "notFresh");
    assert_eq!(rules["rules"][1]["channels"], json!([team["channelId"]]));

    let again = apply(&app, &file, &["--plan"]).await;
    assert_eq!((again.code, again.changes()), (0, vec![]), "{}{}", again.out, again.err);
    let off = file.replace("  active: false\n", "").replace("hours: 30", "hours: 31");
    let changed = apply(&app, &off, &[]).await;
    assert_eq!(changed.changes(), ["channel Spare update", "alertRules alert rules update"]);
    assert_eq!(app.get("/channels").await["items"][0]["active"], true);

    let exported = program_as(&app, "Admin", &["config", "export"]).await;
    assert_eq!(exported.code, 0, "{}", exported.err);
    assert!(!exported.out.contains("hooks") && exported.out.contains("Campaign team"));
    let same = apply(&app, &exported.out, &["--plan"]).await;
    assert_eq!((same.code, same.changes()), (0, vec![]), "{}{}", same.out, same.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_channels_and_rules_is_named_with_its_line() {
    let app = TestApp::start_with(&crate::alerts::ALLOWED).await;
    let hook = json!({"displayName": "Team", "kind": "slack", "url": "http://127.0.0.1:9/x"});
    app.post("/channels", &hook).await;
    for (file, line, words) in [
        (
            "alertRules:\n- {kind: runFailed, channels: [Nobody]}\n",
            2,
            "has a channel with the name “Nobody”",
        ),
        ("alertRules:\n- {kind: runFailed, hours: 3}\n", 2, "`hours` does not belong"),
        ("alertRules:\n- {kind: runFailed}\n- {kind: runFailed}\n", 3, "is there twice"),
        ("channels:\n- {displayName: New, kind: slack}\n", 2, "needs `urlEnv` or `urlFile`"),
        ("channels:\n- {displayName: New, kind: email}\n", 2, "needs `to`"),
        (
            "channels:\n- {displayName: Team, kind: teams, urlEnv: HOOK_URL}\n",
            2,
            "has another kind",
        ),
        ("channels:\n- {displayName: New, kind: slack, urlEnv: NO_SUCH}\n", 2, "is not set"),
    ] {
        let refused = apply(&app, file, &[]).await;
        let place = format!("instance.yaml:{line}:");
        assert!(refused.code == 1 && refused.err.contains(&place), "{file}{}", refused.err);
        assert!(refused.err.contains(words), "{file}{}", refused.err);
    }
}
