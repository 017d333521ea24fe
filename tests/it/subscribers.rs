//! What stands on the list afterwards, read back from Campaign Monitor.

use reqwest::Method;
use segment_export::sandbox::{API_KEY, CLIENT_ID, DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use serde_json::{Value, json};

use crate::support::{TestApp, good, people, text, until};

/// A field of every type but that for states, which the newsletter lacks at first.
const FIELDS: [(&str, &str); 7] = [
    ("City", "city"),
    ("Points", "points"),
    ("Birthday", "birthday"),
    ("Tier", "tier"),
    ("Interests", "interests"),
    ("Country", "country"),
    ("HomeState", "[HomeState]"),
];

/// The vendor's own call about the newsletter.
async fn vendor(app: &TestApp, method: Method, path: &str, body: &Value) -> Value {
    let url = app.sandbox.url().join(&format!("api/v3.3/{path}")).unwrap();
    let call = reqwest::Client::builder().build().unwrap().request(method.clone(), url);
    let call = call.basic_auth(API_KEY, Some("x"));
    let call = if method == Method::GET { call } else { call.json(body) };
    let answer = call.send().await.unwrap().error_for_status().unwrap();
    answer.json().await.unwrap()
}

/// An export of `People` with everything a mapping has. Returns its id.
async fn whole_export(app: &TestApp) -> String {
    let state = json!({"FieldName": "Home State", "DataType": "USState", "Options": []});
    vendor(app, Method::POST, &format!("lists/{LIST_ID}/customfields.json"), &state).await;
    let fields = FIELDS.map(|(field, key)| json!({"field": field, "key": key}));
    let new = json!({"displayName": "People to newsletter", "connectionId": app.connection().await,
        "listId": LIST_ID, "segments": ["People"], "mapping": {"email": "Email",
            "name": {"first": "First", "last": "Last"}, "mobileNumber": "Mobile",
            "customFields": fields, "consentToTrack": {"field": "Consent"}}});
    text(&app.post("/exports", &new).await, "exportId")
}

/// Somebody on the newsletter, as Campaign Monitor shows them to its callers.
async fn shown(app: &TestApp, email: &str) -> Value {
    let path = format!(
        "subscribers/{LIST_ID}.json?email={}&includetrackingpreference=true",
        email.replace('+', "%2B")
    );
    let mut shown = vendor(app, Method::GET, &path, &Value::Null).await;
    for time in ["Date", "ListJoinedDate", "ReadsEmailWith", "ConsentToSendSms"] {
        shown.as_object_mut().unwrap().remove(time);
    }
    shown
}

fn values(pairs: &[(&str, &str)]) -> Value {
    pairs.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// “Export segments of unified customer profiles to Campaign Monitor and use them for marketing
/// activities.”
#[tokio::test(flavor = "multi_thread")]
async fn what_a_profile_says_stands_on_the_list_afterwards_in_a_field_of_every_type() {
    let app = TestApp::start().await;
    let long = "ā".repeat(250);
    app.segment(
        "People",
        &format!(
            "CustomerId,Email,First,Last,Mobile,Consent,City,Points,Birthday,Tier,Interests,Country,HomeState\n\
             1,Ann.O'Hara+news@Example.com,Ann,O'Hara,+371 2000-0000,yes,\
             \"Rīga, \"\"Old\"\" Town\",-12.50,1987-04-30,gold,Coffee; Tea,Latvia,California\n\
             2,bob@example.com,Bob,,,no,{long},1e3,2001/12/31,Silver,brewing,Norway,\n\
             3,eve@example.com,,,,,,,,,,,\n"
        ),
    )
    .await;
    let export = whole_export(&app).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["status"], "successful", "{run}");
    let ann = json!({"EmailAddress": "Ann.O'Hara+news@Example.com", "Name": "Ann O'Hara",
        "MobileNumber": "+37120000000", "State": "Active", "ConsentToTrack": "Yes",
        "CustomFields": values(&[("[city]", "Rīga, \"Old\" Town"), ("[points]", "-12.50"),
            ("[birthday]", "1987-04-30"), ("[tier]", "Gold"), ("[interests]", "Coffee"),
            ("[interests]", "Tea"), ("[country]", "Latvia"), ("[HomeState]", "California")])});
    let bob = json!({"EmailAddress": "bob@example.com", "Name": "Bob", "State": "Active",
        "ConsentToTrack": "No", "CustomFields": values(&[("[city]", &long), ("[points]", "1000"),
            ("[birthday]", "2001-12-31"), ("[tier]", "Silver"), ("[interests]", "Brewing"),
            ("[country]", "Norway")])});
    let eve = json!({"EmailAddress": "eve@example.com", "Name": "", "State": "Active",
        "ConsentToTrack": "Yes", "CustomFields": []});
    for (email, expected) in
        [("ann.o'hara+news@example.com", ann), ("bob@example.com", bob), ("eve@example.com", eve)]
    {
        assert_eq!(shown(&app, email).await, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_in_a_profile_changes_on_the_list_and_what_is_empty_leaves_what_is_there()
{
    let app = TestApp::start().await;
    let header = "CustomerId,Email,First,Last,Mobile,Consent,City,Points,Birthday,Tier,Interests,Country,HomeState";
    let before =
        "1,ann@example.com,Ann,Lee,+37120000000,no,Riga,1,1987-04-30,Gold,Coffee;Tea,Latvia,Ohio";
    let after = "1,ann@example.com,,Roe,,,Oslo,2,,Silver,Pastry,,";
    app.segment("People", &format!("{header}\n{before}\n")).await;
    let export = whole_export(&app).await;
    app.ended(&app.start_run(&export).await).await;
    app.segment("People", &format!("{header}\n{after}\n")).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["counts"]["updated"], 1, "{run}");
    let path = format!("lists/{LIST_ID}/subscribers?email=ann@example.com");
    let kept = app.sandbox_says(&path).await;
    assert_eq!(kept["name"], "Roe");
    assert_eq!(kept["mobileNumber"], "+37120000000");
    assert_eq!(shown(&app, "ann@example.com").await["ConsentToTrack"], "No");
    let fields = json!({"[city]": ["Oslo"], "[points]": ["2"], "[birthday]": ["1987-04-30"],
        "[tier]": ["Silver"], "[interests]": ["Pastry"], "[country]": ["Latvia"],
        "[HomeState]": ["Ohio"]});
    assert_eq!(kept["fields"], fields);
}

/// People who have left the newsletter, each in another way; the last one is on the suppression list too.
const LEFT: [(&str, &str, &str); 5] = [
    ("deleted@example.com", "Deleted", "deleted"),
    ("unsubscribed@example.com", "Unsubscribed", "unsubscribed"),
    ("bounced@example.com", "Bounced", "bounced"),
    ("unconfirmed@example.com", "Unconfirmed", "unconfirmed"),
    ("suppressed@example.com", "Unsubscribed", "suppressed"),
];

/// A service whose segment `People` holds those who have left; an export of it. Returns its id.
async fn with_people_who_left(app: &TestApp) -> String {
    let people = LEFT.map(|(email, state, _)| json!({"email": email, "state": state}));
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &json!(people)).await;
    let suppressed = json!({"clientId": CLIENT_ID, "emails": ["suppressed@example.com"]});
    app.order(Method::POST, "suppressions", &suppressed).await;
    let rows = LEFT.map(|(email, _, code)| format!("{code},{email},Riga\n")).concat();
    app.segment("People", &format!("CustomerId,Email,City\n{rows}")).await;
    app.export(&app.connection().await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_who_has_left_is_brought_back_and_each_is_named_with_the_reason() {
    let app = TestApp::start().await;
    let export = with_people_who_left(&app).await;

    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!(run["counts"]["rejected"], 5, "{run}");
    assert_eq!(app.active().await, 0);
    let rejections = app.get(&format!("/runs/{}/rejections", text(&run, "runId"))).await;
    for (rejection, (email, _, code)) in rejections["items"].as_array().unwrap().iter().zip(LEFT) {
        assert_eq!(
            (text(rejection, "customerId"), text(rejection, "email"), text(rejection, "code")),
            (code.to_owned(), email.to_owned(), code.to_owned())
        );
        assert_eq!(rejection["outcome"], "rejected");
        assert!(text(rejection, "message").ends_with('.'), "in a sentence: {rejection}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_have_left_are_brought_back_only_where_the_export_and_somebody_for_each_wish_say_so()
 {
    let app = TestApp::start().await;
    let export = with_people_who_left(&app).await;
    let path = format!("/exports/{export}");
    assert_eq!(app.get(&path).await["options"]["resubscribe"], false, "nobody has said so");
    let yes = json!({"options": {"resubscribe": true}});
    good(app.request("Admin", Method::PATCH, &path).json(&yes).send().await.unwrap()).await;

    let run = app.ended(&app.start_run(&export).await).await;

    let counts = (&run["counts"]["updated"], &run["counts"]["rejected"]);
    assert_eq!(counts, (&json!(2), &json!(3)), "whose own wish it was stays away: {run}");
    for name in ["unsubscribed", "bounced", "suppressed"] {
        let who = json!({"email": format!("{name}@example.com"), "reason": "They wrote to us."});
        app.put(&format!("{path}/readmissions"), &who).await;
    }
    let run = app.ended(&app.start_run(&export).await).await;

    assert_eq!((&run["status"], &run["counts"]["updated"]), (&json!("successful"), &json!(5)));
    assert_eq!(app.active().await, 5);
    for (email, _, _) in LEFT {
        let shown = shown(&app, email).await;
        assert_eq!(
            (&shown["State"], &shown["CustomFields"][0]["Value"]),
            (&json!("Active"), &json!("Riga"))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_field_may_hold_the_whole_name_and_one_word_the_consent_of_all() {
    let app = TestApp::start().await;
    app.segment("People", "CustomerId,Email,FullName\n1,ann@example.com,Ann Lee\n").await;
    let connection = app.connection().await;
    for (consent, tracked) in [("no", "No"), ("unchanged", "No"), ("yes", "Yes")] {
        let mapping = json!({"email": "Email", "name": "FullName", "consentToTrack": consent});
        let new = json!({"displayName": consent, "connectionId": connection, "listId": LIST_ID,
            "segments": ["People"], "mapping": mapping});
        let export = text(&app.post("/exports", &new).await, "exportId");
        app.ended(&app.start_run(&export).await).await;
        let shown = shown(&app, "ann@example.com").await;
        assert_eq!(
            (&shown["Name"], &shown["ConsentToTrack"]),
            (&json!("Ann Lee"), &json!(tracked)),
            "{consent}"
        );
    }
}

/// A run of profiles with the consent of each in a field, which `mapping` reads.
async fn run_with_consents(app: &TestApp, consents: &[&str], mapping: &Value) -> Value {
    let row = |(number, consent): (usize, &&str)| {
        format!("{number},p{number}@example.com,+3712000000{number},{consent}\n")
    };
    let rows: String = consents.iter().enumerate().map(row).collect();
    app.segment("People", &format!("CustomerId,Email,Mobile,Consent\n{rows}")).await;
    let mapping = json!({"email": "Email", "mobileNumber": "Mobile",
        "consentToTrack": mapping, "consentToSendSms": mapping});
    let new = json!({"displayName": "Consents", "connectionId": app.connection().await, "listId": LIST_ID,
        "segments": ["People"], "mapping": mapping});
    let export = text(&app.post("/exports", &new).await, "exportId");
    app.ended(&app.start_run(&export).await).await
}

/// Both consents of somebody, as the list has them.
async fn consents(app: &TestApp, number: usize) -> [String; 2] {
    let path = format!(
        "subscribers/{LIST_ID}.json?email=p{number}@example.com&includetrackingpreference=true\
         &includesmspreference=true"
    );
    let shown = vendor(app, Method::GET, &path, &Value::Null).await;
    ["ConsentToTrack", "ConsentToSendSms"].map(|name| text(&shown, name))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_in_any_of_the_usual_words_is_a_no_and_what_nobody_can_read_is_not_sent() {
    let app = TestApp::start().await;
    let words = ["N", "f", "0", "off", "Y", "t", "1", "On", "maybe", "2"];

    let run = run_with_consents(&app, &words, &json!({"field": "Consent"})).await;

    assert_eq!((&run["counts"]["created"], &run["counts"]["invalid"]), (&json!(8), &json!(2)));
    for (number, word) in words.iter().enumerate().take(8) {
        let expected = if number < 4 { "No" } else { "Yes" };
        assert_eq!(consents(&app, number).await, [expected; 2], "{word}");
    }
    let path = format!("/runs/{}/rejections", text(&run, "runId"));
    let refused = app.get(&path).await;
    for rejection in refused["items"].as_array().unwrap() {
        assert_eq!(rejection["code"], "consentUnreadable", "{rejection}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_the_customer_are_read_and_others_are_a_no_that_is_counted_where_told_so() {
    let app = TestApp::start().await;
    let mapping =
        json!({"field": "Consent", "yes": ["opted in"], "no": ["opted out"], "otherwise": "no"});

    let run = run_with_consents(&app, &["Opted In", "opted out", "maybe", "y"], &mapping).await;

    assert_eq!(run["counts"]["created"], 4, "{run}");
    for (number, expected) in ["Yes", "No", "No", "Yes"].into_iter().enumerate() {
        assert_eq!(consents(&app, number).await, [expected; 2], "{number}");
    }
    let assumed = |key: &str| {
        json!({"field": "Consent", "key": key, "cut": 0, "dropped": 1,
            "byCode": [{"code": "consentUnreadable", "count": 1}]})
    };
    assert_eq!(
        run["fieldWarnings"],
        json!([assumed("ConsentToTrack"), assumed("ConsentToSendSms")])
    );
}

/// An export of so many profiles into a list whose subscribers must confirm. Returns its id.
async fn double_opt_in_export(app: &TestApp, profiles: usize) -> String {
    app.segment("People", &people(profiles)).await;
    let new = json!({"displayName": "People to be confirmed", "connectionId": app.connection().await,
        "listId": DOUBLE_OPT_IN_LIST_ID, "segments": ["People"], "mapping": {"email": "Email"}});
    text(&app.post("/exports", &new).await, "exportId")
}

/// Those on that list who have not confirmed yet.
async fn unconfirmed(app: &TestApp) -> Value {
    let digest = app.sandbox_says(&format!("lists/{DOUBLE_OPT_IN_LIST_ID}/digest")).await;
    digest["states"]["Unconfirmed"].clone()
}

/// The counts of a run in this order, and the outcome and code of its first rejection.
async fn told(app: &TestApp, run: &Value) -> ([i64; 3], Value, Value) {
    let counts = ["created", "rejected", "inDoubt"].map(|name| run["counts"][name].as_i64());
    let rejections = app.get(&format!("/runs/{}/rejections", text(run, "runId"))).await;
    let first = &rejections["items"][0];
    (counts.map(Option::unwrap), first["outcome"].clone(), first["code"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_unconfirmed_when_sent_again_is_in_doubt_and_who_was_so_before_is_rejected() {
    let app = TestApp::start().await;
    let export = double_opt_in_export(&app, 1_000).await;
    let gone = json!([{"email": "person7@example.com", "state": "Bounced"}]);
    app.order(Method::POST, &format!("lists/{DOUBLE_OPT_IN_LIST_ID}/subscribers"), &gone).await;
    let lost = json!([{"kind": "dropAfter", "match": {"path": "import"}, "times": 1}]);
    app.faults_unread(&lost).await;

    let run = app.ended(&app.start_run(&export).await).await;

    let (counts, outcome, code) = told(&app, &run).await;
    assert_eq!(counts, [0, 1, 999], "one bounced; of the others nobody knows: {run}");
    assert_eq!((outcome, code), (json!("inDoubt"), json!("unconfirmed")));
    assert_eq!(run["status"], "completedWithErrors");
    let message = text(&run["reason"], "message");
    assert!(
        message.starts_with("This run did not put 1 of 1000 profiles on the list"),
        "{message}"
    );
    assert!(message.contains("For 999 of 1000 profiles it is unknown"), "{message}");
    let batches = app.get(&format!("/runs/{}/batches", text(&run, "runId"))).await;
    let batch = &batches["items"][0];
    assert_eq!((&batch["status"], &batch["rejected"]), (&json!("inDoubt"), &json!(1)), "{batch}");

    let again = app.ended(&app.start_run(&export).await).await;
    let expected = ([0, 1_000, 0], json!("rejected"), json!("unconfirmed"));
    assert_eq!(told(&app, &again).await, expected, "this run was answered at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_put_on_a_double_opt_in_list_by_a_process_that_was_killed_is_in_doubt() {
    let patient = ["--lease-ms", "1000", "--retry-pause-ms", "60000"];
    let mut app = TestApp::start_with(&patient).await;
    let export = double_opt_in_export(&app, 1_000).await;
    app.faults(&json!([{"kind": "dropAfter", "match": {"path": "import"}}])).await;
    app.stop_service().await;
    app.start_process().await;
    let run = app.start_run(&export).await;
    until(async || unconfirmed(&app).await == 1_000).await;

    app.kill_process().await;
    app.faults(&json!([])).await;
    app.set_extra(&[]);
    app.start_service().await;

    let run = app.ended(&run).await;
    let expected = ([0, 0, 1_000], json!("inDoubt"), json!("unconfirmed"));
    assert_eq!(told(&app, &run).await, expected, "{run}");
}
