//! Values that cannot be sent as they are: each is named, all are counted, and a field that loses all of them says so.

use std::collections::BTreeSet;
use std::fmt::Write;

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};

use crate::support::{TestApp, refused, text};

const HEADER: &str = "CustomerId,Email,Born,Points,City";

/// An export of the birthday, the points and the city of `People`. Returns its id.
async fn export(app: &TestApp) -> String {
    let fields = [("Born", "birthday"), ("Points", "points"), ("City", "city")];
    let fields = fields.map(|(field, key)| json!({"field": field, "key": key}));
    let new = json!({"displayName": "People to newsletter", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"], "mapping": {"email": "Email", "customFields": fields}});
    text(&app.post("/exports", &new).await, "exportId")
}

/// A run of these rows.
async fn run_of(app: &TestApp, rows: &str) -> Value {
    app.segment("People", &format!("{HEADER}\n{rows}")).await;
    app.ended(&app.start_run(&export(app).await).await).await
}

/// `rows` profiles, each with what `rest` has after its address.
fn rows(rows: usize, rest: impl Fn(usize) -> String) -> String {
    let mut csv = String::new();
    for row in 0..rows {
        writeln!(csv, "{row},person{row}@example.com,{}", rest(row)).unwrap();
    }
    csv
}

async fn download(app: &TestApp, run: &Value, accept: &str) -> String {
    let path = format!("/runs/{}/value-problems", text(run, "runId"));
    let request = app.request("Contributor", Method::GET, &path).header("Accept", accept);
    request.send().await.unwrap().text().await.unwrap()
}

/// Every value problem of a run.
async fn problems(app: &TestApp, run: &Value) -> Vec<Value> {
    let lines = download(app, run, "application/x-ndjson").await;
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn warning(field: &str, key: &str, code: &str, count: i64) -> Value {
    let cut = if code == "cut" { count } else { 0 };
    json!({"field": field, "key": key, "cut": cut, "dropped": count - cut, "byCode": [{"code": code, "count": count}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_loses_every_date_says_which_field_it_was_and_what_to_do() {
    let app = TestApp::start().await;

    let run = run_of(&app, &rows(1_000, |_| "31/12/1990,7,Riga".into())).await;

    assert_eq!(run["status"], "completedWithErrors", "{run}");
    assert_eq!(
        (&run["reason"]["code"], &run["counts"]["created"]),
        (&json!("fieldLost"), &json!(1_000))
    );
    let message = text(&run["reason"], "message");
    for words in ["“Born”", "“birthday”", "1000 values", "Preview the export"] {
        assert!(message.contains(words), "{words}: {message}");
    }
    assert!(!message.contains("1990"), "a Viewer may not read profiles: {message}");
    assert_eq!(run["fieldWarnings"], json!([warning("Born", "birthday", "notADate", 1_000)]));
    let problems = problems(&app, &run).await;
    assert_eq!(problems.len(), 1_000);
    let expected = json!({"position": 7, "customerId": "7", "email": "person7@example.com", "field": "Born",
        "key": "birthday", "code": "notADate", "params": {"field": "Born", "key": "birthday"},
        "value": "31/12/1990", "sent": null});
    assert_eq!(problems[7], expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_good_value_or_a_beginning_is_enough_for_a_field_that_is_not_lost() {
    let app = TestApp::start().await;
    let long = "ā".repeat(300);
    let csv = format!(
        "1,ann@example.com,31/12/1990,many,{long}\n2,bob@example.com,1990-12-31,8,{long}\n"
    );

    let run = run_of(&app, &csv).await;

    assert_eq!((&run["status"], &run["reason"]), (&json!("successful"), &Value::Null), "{run}");
    let cut = problems(&app, &run).await.into_iter().find(|problem| problem["code"] == "cut");
    let cut = cut.unwrap();
    assert_eq!((text(&cut, "value"), text(&cut, "sent")), ("ā".repeat(100), "ā".repeat(250)));
}

#[tokio::test(flavor = "multi_thread")]
async fn value_problems_come_as_json_pages_csv_and_lines_and_say_the_same() {
    let app = TestApp::start().await;
    let csv = "1,ann@example.com,soon,=1+1,a\n2,bob@example.com,2\u{200b}x,\"a, b\",b\n3,eve@example.com,,,\n";

    let run = run_of(&app, csv).await;

    let path = format!("/runs/{}/value-problems", text(&run, "runId"));
    let first = app.get(&format!("{path}?limit=3")).await;
    let rest = app.get(&format!("{path}?limit=3&cursor={}", text(&first, "nextCursor"))).await;
    let pages =
        [first["items"].as_array().unwrap().clone(), rest["items"].as_array().unwrap().clone()];
    let lines = problems(&app, &run).await;
    assert_eq!((pages.concat(), &rest["nextCursor"]), (lines.clone(), &Value::Null));
    let told: Vec<_> = lines
        .iter()
        .map(|line| (text(line, "customerId"), text(line, "key"), text(line, "value")))
        .collect();
    let told: Vec<_> =
        told.iter().map(|(id, key, value)| (id.as_str(), key.as_str(), value.as_str())).collect();
    let expected = [
        ("1", "birthday", "soon"),
        ("1", "points", "=1+1"),
        ("2", "birthday", "2<U+200B>x"),
        ("2", "points", "a, b"),
    ];
    assert_eq!(told, expected);
    let csv = download(&app, &run, "text/csv").await;
    let expected = "position,customerId,email,field,key,code,value,sent\r\n\
        0,1,ann@example.com,Born,birthday,notADate,soon,\r\n\
        0,1,ann@example.com,Points,points,notANumber,'=1+1,\r\n\
        1,2,bob@example.com,Born,birthday,notADate,2<U+200B>x,\r\n\
        1,2,bob@example.com,Points,points,notANumber,\"a, b\",\r\n";
    assert_eq!(csv, expected);
    let dates = app.get(&format!("{path}?code=notADate")).await;
    assert_eq!(dates["items"].as_array().unwrap().len(), 2);
    let viewer = app.request("Viewer", Method::GET, &path).send().await.unwrap();
    refused(viewer, 403).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_value_problems_of_a_run_are_stored_and_all_are_counted() {
    let app = TestApp::start().await;

    let run = run_of(&app, &rows(10_500, |_| "1990-12-31,many,Riga".into())).await;

    assert_eq!(run["fieldWarnings"], json!([warning("Points", "points", "notANumber", 10_500)]));
    assert_eq!(problems(&app, &run).await.len(), 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_neither_loses_nor_doubles_value_problems_and_names_the_winners_all_the_same() {
    let settings = ["--lease-ms", "600", "--uploads-in-flight", "4"];
    let mut app = TestApp::start_with(&settings).await;
    let flawed = |row: usize| {
        format!("1990-12-31,{},Riga", if row.is_multiple_of(2) { "many" } else { "7" })
    };
    let csv =
        rows(12_000, flawed) + "again,PERSON3@example.com,,,\nlast,person11999@example.com,,,\n";
    app.segment("People", &format!("{HEADER}\n{csv}")).await;
    let export = export(&app).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(2_000)).await;

    app.kill_process().await;
    app.start_process().await;

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], &run["attempt"]), (&json!("successful"), &json!(2)), "{run}");
    assert_eq!(run["fieldWarnings"], json!([warning("Points", "points", "notANumber", 6_000)]));
    let problems = problems(&app, &run).await;
    let positions: BTreeSet<_> = problems.iter().map(|one| one["position"].as_i64()).collect();
    assert_eq!((problems.len(), positions.len()), (6_000, 6_000));
    let duplicates = app.get(&format!("/runs/{}/rejections", text(&run, "runId"))).await;
    let winners: Vec<_> =
        duplicates["items"].as_array().unwrap().iter().map(|one| text(one, "winner")).collect();
    assert_eq!(winners, ["3", "11999"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_not_lost_when_an_earlier_attempt_of_the_run_sent_one_of_its_values() {
    let mut app = TestApp::start_with(&["--uploads-in-flight", "1"]).await;
    let born =
        |row: usize| if row == 0 { "1990-12-31,1,Riga" } else { "31/12/1990,many,Riga" }.to_owned();
    app.segment("People", &format!("{HEADER}\n{}", rows(5_000, born))).await;
    let export = export(&app).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(0)).await;

    app.stop_service().await;
    app.start_service().await;

    let run = app.ended(&run).await;
    assert_eq!((&run["status"], &run["reason"]), (&json!("successful"), &Value::Null), "{run}");
    assert_eq!(problems(&app, &run).await.len(), 2 * 4_999);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_two_attempts_of_a_run_lost_together_is_named_with_all_of_its_values() {
    let mut app = TestApp::start_with(&["--lease-ms", "600", "--uploads-in-flight", "1"]).await;
    app.segment("People", &format!("{HEADER}\n{}", rows(5_000, |_| "31/12/1990,7,Riga".into())))
        .await;
    let export = export(&app).await;
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 100}}}])).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    app.run_when(&run, |run| run["counts"]["created"].as_i64() > Some(1_000)).await;

    app.kill_process().await;
    app.start_process().await;

    let run = app.ended(&run).await;
    assert_eq!(
        (&run["attempt"], &run["status"]),
        (&json!(2), &json!("completedWithErrors")),
        "{run}"
    );
    assert_eq!(run["reason"]["code"], "fieldLost");
    let message = text(&run["reason"], "message");
    assert!(message.contains("“Born”") && message.contains("5000 values"), "{message}");
    assert_eq!(run["fieldWarnings"], json!([warning("Born", "birthday", "notADate", 5_000)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_lists_value_problems_with_examples_and_proposes_the_format_that_fits_all_values()
{
    let app = TestApp::start().await;
    let day = |row: usize| format!("{:02}/12/1990,\"1.234,{row}\",Riga", row % 28 + 1);
    app.segment("People", &format!("{HEADER}\n{}", rows(1_200, day))).await;
    let path = format!("/exports/{}/preview", export(&app).await);

    let preview = app.post(&path, &json!({})).await;

    let [dates, numbers] = [&preview["valueProblems"][0], &preview["valueProblems"][1]];
    assert_eq!((&dates["code"], &dates["count"]), (&json!("notADate"), &json!(1_200)), "{preview}");
    assert_eq!((&numbers["code"], &numbers["key"]), (&json!("notANumber"), &json!("points")));
    assert_eq!(dates["examples"].as_array().unwrap().len(), 5);
    let first = json!({"customerId": "0", "email": "person0@example.com", "value": "01/12/1990", "sent": null,
        "count": 43});
    assert_eq!(dates["examples"][0], first);
    let formats: Vec<_> =
        preview["formatProposals"].as_array().unwrap().iter().map(|one| &one["formats"]).collect();
    let day_first = json!([{"format": "dd/MM/yyyy", "value": "01/12/1990", "sent": "1990/12/01"}]);
    let comma =
        json!([{"format": {"decimal": ",", "group": "."}, "value": "1.234,0", "sent": "1234.0"}]);
    assert_eq!(formats, [&day_first, &comma]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_two_formats_fit_all_values_a_preview_proposes_both_and_asks() {
    let app = TestApp::start().await;
    app.segment("People", &format!("{HEADER}\n{}", rows(3, |_| "02/03/1990,1,Riga".into()))).await;
    let path = format!("/exports/{}/preview", export(&app).await);

    let preview = app.post(&path, &json!({})).await;

    let proposal = &preview["formatProposals"][0];
    assert_eq!(
        (&proposal["formats"][0]["format"], &proposal["formats"][0]["sent"]),
        (&json!("dd/MM/yyyy"), &json!("1990/03/02"))
    );
    assert_eq!(
        (&proposal["formats"][1]["format"], &proposal["formats"][1]["sent"]),
        (&json!("MM/dd/yyyy"), &json!("1990/02/03"))
    );
    assert!(text(proposal, "message").contains("Nobody but you can know"), "{proposal}");
    let unproposed = json!([]);
    app.segment("People", &format!("{HEADER}\n{}", rows(3, |_| "1990-12-31,1,Riga".into()))).await;
    let preview = app.post(&path, &json!({})).await;
    assert_eq!(
        (&preview["formatProposals"], &preview["valueProblems"]),
        (&unproposed, &unproposed)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_format_is_proposed_where_saving_would_refuse_it() {
    let app = TestApp::start().await;
    let lines = "{\"CustomerId\":\"1\",\"Email\":\"ann@example.com\",\"Born\":32905,\"Points\":1e30,\"City\":\"\"}\n";
    app.segment("People", &format!("{HEADER}\n{}", rows(1, |_| ",,".into()))).await;
    let export = export(&app).await;
    app.upload("People", "application/x-ndjson", lines.to_owned()).await;

    let preview = app.post(&format!("/exports/{export}/preview"), &json!({})).await;

    assert_eq!(preview["valueProblems"].as_array().unwrap().len(), 2, "{preview}");
    let proposals = preview["formatProposals"].as_array().unwrap();
    assert_eq!(
        (proposals.len(), &proposals[0]["formats"][0]["format"]),
        (1, &json!("excelSerial"))
    );
}
