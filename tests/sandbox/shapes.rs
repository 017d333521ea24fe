//! The sandbox's answers have exactly the members and types of the vendor's published samples.

use reqwest::Method;
use segment_export::sandbox::{CLIENT_ID, DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use serde_json::{Value, json};

use crate::support::{World, answer};

/// The vendor's sample answer of this name.
fn sample(name: &str) -> Value {
    let path =
        format!("{}/tests/fixtures/campaign-monitor/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Whether both have the same members with the same types; each row must match one of the sample's rows.
fn alike(ours: &Value, sample: &Value) -> bool {
    match (ours, sample) {
        (Value::Object(ours), Value::Object(sample)) => {
            let same = |(name, value): (&String, &Value)| {
                sample.get(name).is_some_and(|sample| alike(value, sample))
            };
            ours.len() == sample.len() && ours.iter().all(same)
        }
        (Value::Array(ours), Value::Array(samples)) => {
            let known = |row| samples.iter().any(|sample| alike(row, sample));
            ours.is_empty() == samples.is_empty() && ours.iter().all(known)
        }
        (Value::Number(ours), Value::Number(sample)) => ours.is_f64() == sample.is_f64(),
        _ => std::mem::discriminant(ours) == std::mem::discriminant(sample),
    }
}

#[track_caller]
fn assert_alike(ours: &Value, name: &str) {
    let sample = sample(name);
    assert!(alike(ours, &sample), "{name}\nours:   {ours}\nvendor: {sample}");
}

/// A list with one person in every state, all but one of them with fields.
async fn with_people() -> World {
    let world = World::start().await;
    let fields = json!({"city": "Riga", "interests": ["Tea", "Coffee"]});
    let mut people = vec![json!({"email": "bounced@example.com", "state": "Bounced"})];
    for state in ["Active", "Unconfirmed", "Unsubscribed", "Deleted"] {
        let email = format!("{state}@example.com").to_lowercase();
        people.push(json!({"email": email, "state": state, "name": "Someone", "fields": fields}));
    }
    world.command(Method::POST, &format!("lists/{LIST_ID}/subscribers"), json!(people)).await;
    world
}

#[test]
fn a_missing_an_extra_and_a_mistyped_member_are_not_alike() {
    let sample = json!({"a": [{"b": 1}]});
    assert!(alike(&json!({"a": [{"b": 2}, {"b": 3}]}), &sample));
    for different in [
        json!({}),
        json!({"a": []}),
        json!({"a": [{"b": "1"}]}),
        json!({"a": [{"b": 1.5}]}),
        json!({"a": [{"b": 1, "c": 1}]}),
        json!({"a": [{"b": 1}], "c": 1}),
    ] {
        assert!(!alike(&different, &sample), "{different}");
    }
}

#[tokio::test]
async fn reads_of_lists_and_of_the_account() {
    let world = with_people().await;
    world
        .command(
            Method::POST,
            "suppressions",
            json!({"clientId": CLIENT_ID, "emails": ["gone@example.com"]}),
        )
        .await;
    world
        .post(
            &format!("lists/{LIST_ID}/webhooks.json"),
            json!({"Events": ["Subscribe"], "Url": "https://example.com", "PayloadFormat": "json"}),
        )
        .await;
    let city_only = format!("lists/{DOUBLE_OPT_IN_LIST_ID}/customfields.json");
    for (path, name) in [
        ("clients.json".to_owned(), "clients"),
        (format!("clients/{CLIENT_ID}.json"), "client_details"),
        (format!("clients/{CLIENT_ID}/lists.json"), "lists"),
        (
            format!("clients/{CLIENT_ID}/listsforemail.json?email=active%40example.com"),
            "listsforemail",
        ),
        (format!("clients/{CLIENT_ID}/suppressionlist.json?orderfield=email"), "suppressionlist"),
        (format!("lists/{LIST_ID}.json"), "list_details"),
        (format!("lists/{LIST_ID}/stats.json"), "list_stats"),
        (format!("lists/{LIST_ID}/webhooks.json"), "list_webhooks"),
        (city_only, "custom_fields"),
        ("systemdate.json".into(), "systemdate"),
        ("billingdetails.json".into(), "billingdetails"),
        ("countries.json".into(), "countries"),
        ("timezones.json".into(), "timezones"),
    ] {
        let (status, ours) = world.get(&path).await;
        assert_eq!(status, 200, "{path}: {ours}");
        assert_alike(&ours, name);
    }
}

#[tokio::test]
async fn paged_reads_of_every_state() {
    let world = with_people().await;
    for (state, preferences, name) in [
        ("active", "", "active_subscribers"),
        (
            "active",
            "?includeTrackingPreference=True",
            "active_subscribers_with_tracking_preference",
        ),
        (
            "unconfirmed",
            "?includetrackingpreference=true&includesmspreference=true",
            "unconfirmed_subscribers",
        ),
        ("unsubscribed", "", "unsubscribed_subscribers"),
        ("bounced", "", "bounced_subscribers"),
        ("deleted", "", "deleted_subscribers"),
    ] {
        let (status, ours) = world.get(&format!("lists/{LIST_ID}/{state}.json{preferences}")).await;
        assert_eq!((status, &ours["TotalNumberOfRecords"]), (200, &json!(1)));
        assert_alike(&ours, name);
    }
}

#[tokio::test]
async fn one_subscriber_with_and_without_preferences() {
    let world = World::start().await;
    let path = format!("subscribers/{LIST_ID}.json");
    let body = json!({"EmailAddress": "a@example.com", "Name": "A", "MobileNumber": "+61423153526",
        "ConsentToTrack": "Yes",
        "ConsentToSendSms": "No", "CustomFields": [{"Key": "city", "Value": "Riga"}]});
    let (status, ours) = world.post(&path, body).await;
    assert_eq!(status, 201);
    assert_alike(&ours, "add_subscriber");
    let (_, ours) =
        world.get(&format!("{path}?email=a%40example.com&includetrackingpreference=true")).await;
    assert_alike(&ours, "subscriber_details_with_track_and_sms_pref");
    // The older sample has a number without the consent that the service now adds.
    let (_, mut ours) = world.get(&format!("{path}?email=a%40example.com")).await;
    assert_eq!(ours.as_object_mut().unwrap().remove("ConsentToSendSms"), Some(json!("No")));
    assert_alike(&ours, "subscriber_details");
}

#[tokio::test]
async fn imports_and_created_objects() {
    let world = World::start().await;
    let import = format!("subscribers/{LIST_ID}/import.json");
    let person = |email: &str| json!({"EmailAddress": email, "ConsentToTrack": "Yes"});
    let (status, ours) =
        world.post(&import, json!({"Subscribers": [person("a@example.com")]})).await;
    assert_eq!(status, 201);
    assert_alike(&ours, "import_subscribers");
    let (status, ours) = world
        .post(&import, json!({"Subscribers": [person("a@example.com"), person("b@example")]}))
        .await;
    assert_eq!(status, 400);
    assert_alike(&ours, "import_subscribers_partial_success");

    let list = json!({"Title": "New", "UnsubscribePage": "", "ConfirmedOptIn": false, "ConfirmationSuccessPage": ""});
    let field = json!({"FieldName": "new date field", "DataType": "Date", "Options": []});
    let webhook =
        json!({"Events": ["Update"], "Url": "https://example.com", "PayloadFormat": "xml"});
    for (path, body, name) in [
        (format!("lists/{CLIENT_ID}.json"), list, "create_list"),
        (format!("lists/{LIST_ID}/customfields.json"), field, "create_custom_field"),
        (format!("lists/{LIST_ID}/webhooks.json"), webhook, "create_list_webhook"),
    ] {
        let (status, ours) = world.post(&path, body).await;
        assert_eq!(status, 201, "{path}: {ours}");
        assert_alike(&ours, name);
    }
    let renamed =
        json!({"FieldName": "my renamed custom field", "VisibleInPreferenceCenter": true});
    let (status, ours) =
        world.put(&format!("lists/{LIST_ID}/customfields/%5Bnewdatefield%5D.json"), renamed).await;
    assert_eq!((status, ours), (200, sample("update_custom_field")));
}

#[tokio::test]
async fn token_answers_and_token_errors() {
    let world = World::start().await;
    let tokens = world.connect("ImportSubscribers,ManageLists").await;
    assert_alike(&tokens, "oauth_exchange_token");
    let refresh = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let (status, ours) = world.token(&refresh).await;
    assert_eq!(status, 200);
    assert_alike(&ours, "refresh_oauth_token");
    assert_eq!(ours["refresh_token"], tokens["refresh_token"]);
    let later = world.connect("ImportSubscribers").await;
    world.command(Method::POST, "oauth/forget", Value::Null).await;
    assert_eq!(world.token(&refresh).await, (400, sample("oauth_refresh_token_error")));
    let system_date = world.anonymous(Method::GET, "/api/v3.3/systemdate.json");
    let access = later["access_token"].as_str().unwrap();
    assert_eq!(answer(system_date.bearer_auth(access)).await.0, 200, "access tokens stay valid");

    let (status, ours) =
        world.token(&[("grant_type", "refresh_token"), ("refresh_token", "unheard of")]).await;
    assert_eq!((status, ours), (400, sample("oauth_refresh_token_error")));
    let used = [
        ("grant_type", "authorization_code"),
        ("client_id", "8998879"),
        ("client_secret", "sandbox-oauth-secret"),
        ("code", "x"),
    ];
    assert_eq!(world.token(&used).await, (400, sample("oauth_exchange_token_error")));

    let with = |token: &Value| {
        let request = world.anonymous(Method::GET, "/api/v3.3/systemdate.json");
        answer(request.bearer_auth(token.as_str().unwrap()))
    };
    assert_eq!(with(&tokens["access_token"]).await.0, 200);
    assert_eq!(with(&json!("unheard-of")).await, (401, sample("invalid_oauth_token_api_error")));
    world.command(Method::POST, "oauth/expire", Value::Null).await;
    assert_eq!(with(&tokens["access_token"]).await, (401, sample("expired_oauth_token_api_error")));
    world.command(Method::POST, "oauth/revoke", Value::Null).await;
    assert_eq!(with(&tokens["access_token"]).await, (401, sample("revoked_oauth_token_api_error")));
}
