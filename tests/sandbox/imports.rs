//! Imports: who is added, who is rejected, and what is stored.

use reqwest::Method;
use segment_export::sandbox::{DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use serde_json::{Value, json};

use crate::support::World;

fn import_path() -> String {
    format!("subscribers/{LIST_ID}/import.json")
}

fn person(email: &str) -> Value {
    json!({"EmailAddress": email, "Name": "Someone", "ConsentToTrack": "Yes"})
}

fn people(emails: &[&str]) -> Value {
    let people: Vec<Value> = emails.iter().map(|email| person(email)).collect();
    json!({"Subscribers": people, "Resubscribe": false})
}

async fn raw(world: &World, email: &str) -> Value {
    let path = format!("lists/{LIST_ID}/subscribers?email={email}");
    world.command(Method::GET, &path, Value::Null).await
}

#[tokio::test]
async fn new_people_are_counted_as_new_and_known_people_as_existing() {
    let world = World::start().await;
    let (status, first) =
        world.post(&import_path(), people(&["a@example.com", "b@example.com"])).await;
    let expected = json!({
        "FailureDetails": [],
        "TotalUniqueEmailsSubmitted": 2,
        "TotalExistingSubscribers": 0,
        "TotalNewSubscribers": 2,
        "DuplicateEmailsInSubmission": [],
    });
    assert_eq!((status, first), (201, expected));
    let (status, second) =
        world.post(&import_path(), people(&["A@EXAMPLE.com", "c@example.com"])).await;
    assert_eq!(
        (status, &second["TotalExistingSubscribers"], &second["TotalNewSubscribers"]),
        (201, &json!(1), &json!(1))
    );
    assert_eq!(raw(&world, "a@example.com").await["email"], "a@example.com");
}

#[tokio::test]
async fn a_partly_failed_import_is_a_400_with_the_result_first_and_stores_the_rest() {
    let world = World::start().await;
    let request = world
        .request(Method::POST, &import_path())
        .json(&people(&["a@example.com", "example+1@example"]));
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 400);
    let text = response.text().await.unwrap();
    assert!(text.starts_with(r#"{"ResultData":{"#), "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(answer["Code"], 210);
    let failure = json!([{"EmailAddress": "example+1@example", "Code": 1, "Message": "Invalid Email Address"}]);
    assert_eq!(answer["ResultData"]["FailureDetails"], failure);
    assert_eq!(answer["ResultData"]["TotalUniqueEmailsSubmitted"], 2);
    assert_eq!(raw(&world, "a@example.com").await["state"], "Active");
}

#[tokio::test]
async fn an_import_that_cannot_be_read_or_is_too_large_stores_nothing() {
    let world = World::start().await;
    let many: Vec<Value> = (0..1001).map(|n| person(&format!("p{n}@example.com"))).collect();
    let with = |name: &str, value: Value| {
        let mut record = person("a@example.com");
        record[name] = value;
        json!({"Subscribers": [person("b@example.com"), record]})
    };
    let cases = [
        (json!({"Subscribers": []}), 212),
        (json!({}), 212),
        (json!({"Subscribers": many}), 209),
        (json!({"Subscribers": 7}), 400),
        (json!({"Subscribers": [person("a@example.com")], "Resubscribe": "maybe"}), 400),
        (with("CustomFields", json!(false)), 400),
        (with("CustomFields", json!([{"Key": "city", "Value": ["Riga"]}])), 400),
        (with("EmailAddress", json!(12)), 400),
        (with("ConsentToTrack", json!("true")), 400),
        (with("ConsentToTrack", json!(true)), 400),
        (with("ConsentToTrack", Value::Null), 214),
        (with("ConsentToTrack", json!("perhaps")), 215),
    ];
    for (body, code) in cases {
        let (status, answer) = world.post(&import_path(), body).await;
        assert_eq!((status, &answer["Code"]), (400, &json!(code)), "{answer}");
        assert!(answer.get("ResultData").is_none());
    }
    let digest = world.command(Method::GET, &format!("lists/{LIST_ID}/digest"), Value::Null).await;
    assert_eq!(digest["addresses"], 0);
}

#[tokio::test]
async fn an_unreadable_import_gets_the_words_of_the_service() {
    let world = World::start().await;
    let (_, answer) = world.post(&import_path(), json!([])).await;
    let words = "Failed to deserialize your request.\r\nPlease check the documentation and try again.\r\nFields in \
        error: subscribers";
    assert_eq!(answer, json!({"Code": 400, "Message": words}));
}

#[tokio::test]
async fn fields_store_valid_values_and_drop_invalid_ones_silently() {
    let world = World::start().await;
    let field = |key: &str, value: &str| json!({"Key": key, "Value": value});
    let mut record = person("a@example.com");
    record["CustomFields"] = json!([
        field("city", "Riga"),
        field("[firstname]", &"x".repeat(300)),
        field("Customer ID", "C-1"),
        field("points", "many"),
        field("birthday", "31/12/1999"),
        field("tier", "Platinum"),
        field("interests", "Coffee"),
        field("interests", "Brewing"),
        field("interests", "Chess"),
        field("country", "Latvia"),
        field("unheard", "of"),
        json!({"Key": "lastname", "Value": null}),
    ]);
    let (status, _) = world.post(&import_path(), json!({"Subscribers": [record]})).await;
    assert_eq!(status, 201);
    let expected = json!({
        "[city]": ["Riga"],
        "[firstname]": ["x".repeat(250)],
        "[customerid]": ["C-1"],
        "[interests]": ["Coffee", "Brewing"],
        "[country]": ["Latvia"],
    });
    assert_eq!(raw(&world, "a@example.com").await["fields"], expected);
}

#[tokio::test]
async fn later_values_replace_and_clear_earlier_ones_and_absent_fields_stay() {
    let world = World::start().await;
    let steps = [
        json!([{"Key": "city", "Value": "Riga"}, {"Key": "points", "Value": "5"},
            {"Key": "interests", "Value": "Tea"}, {"Key": "interests", "Value": "Coffee"}, {"Key": "interests",
                "Value": "Pastry"},
            {"Key": "birthday", "Value": "2000/01/02"}]),
        json!([{"Key": "points", "Value": "6"}, {"Key": "interests", "Value": "Tea", "Clear": true},
            {"Key": "birthday", "Value": "0000-00-00"}]),
        json!([{"Key": "city", "Value": "", "Clear": true}, {"Key": "points", "Value": ""}]),
    ];
    let mut seen = Vec::new();
    for fields in steps {
        let mut record = person("a@example.com");
        record["CustomFields"] = fields;
        assert_eq!(world.post(&import_path(), json!({"Subscribers": [record]})).await.0, 201);
        seen.push(raw(&world, "a@example.com").await["fields"].clone());
    }
    assert_eq!(seen[0]["[birthday]"], json!(["2000-01-02"]));
    assert_eq!(
        seen[1],
        json!({"[city]": ["Riga"], "[points]": ["6"], "[interests]": ["Coffee", "Pastry"]})
    );
    assert_eq!(seen[2], json!({"[points]": ["6"], "[interests]": ["Coffee", "Pastry"]}));
}

#[tokio::test]
async fn people_who_left_are_rejected_with_the_code_of_their_state_unless_resubscribed() {
    let world = World::start().await;
    let states = [("Unsubscribed", 206), ("Bounced", 207), ("Deleted", 205), ("Unconfirmed", 208)];
    let preset: Vec<Value> = states
        .iter()
        .map(|(state, _)| json!({"email": format!("{state}@example.com"), "state": state}))
        .collect();
    world.command(Method::POST, &format!("lists/{LIST_ID}/subscribers"), json!(preset)).await;
    world
        .post(
            "clients/4a397ccaaa55eb4e6aa1221e1e2d7122/suppress.json",
            json!({"EmailAddresses": ["never@example.com", "Deleted@example.com"]}),
        )
        .await;
    let emails = [
        "Unsubscribed@example.com",
        "Bounced@example.com",
        "Deleted@example.com",
        "Unconfirmed@example.com",
        "never@example.com",
    ];
    let (http_status, answer) = world.post(&import_path(), people(&emails)).await;
    let codes: Vec<&Value> = answer["ResultData"]["FailureDetails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["Code"])
        .collect();
    assert_eq!((http_status, json!(codes)), (400, json!([206, 207, 204, 208, 204])));

    let mut retry = people(&emails);
    retry["Resubscribe"] = json!(true);
    let (_, answer) = world.post(&import_path(), retry).await;
    let result = &answer["ResultData"];
    assert_eq!(
        (&result["TotalExistingSubscribers"], &result["FailureDetails"][0]["EmailAddress"]),
        (&json!(4), &json!("never@example.com"))
    );
    assert_eq!(raw(&world, "bounced@example.com").await["state"], "Active");
}

#[tokio::test]
async fn of_records_with_the_same_address_the_last_wins_and_the_address_is_listed_once() {
    let world = World::start().await;
    let named = |email: &str, name: &str| json!({"EmailAddress": email, "Name": name, "ConsentToTrack": "No"});
    let body = json!({"Subscribers": [named("a@example.com", "1"), named("A@example.com", "2"), named("a@example.com",
        "3")]});
    let (status, answer) = world.post(&import_path(), body).await;
    assert_eq!((status, &answer["TotalUniqueEmailsSubmitted"]), (201, &json!(1)));
    assert_eq!(answer["DuplicateEmailsInSubmission"].as_array().unwrap().len(), 1);
    assert_eq!(raw(&world, "a@example.com").await["name"], "3");
}

#[tokio::test]
async fn on_a_confirmed_opt_in_list_newcomers_are_unconfirmed_and_count_as_new() {
    let world = World::start().await;
    let path = format!("subscribers/{DOUBLE_OPT_IN_LIST_ID}/import.json");
    let (status, answer) = world.post(&path, people(&["a@example.com"])).await;
    assert_eq!((status, &answer["TotalNewSubscribers"]), (201, &json!(1)));
    let (_, page) = world.get(&format!("lists/{DOUBLE_OPT_IN_LIST_ID}/unconfirmed.json")).await;
    assert_eq!(page["TotalNumberOfRecords"], 1);
    let (_, answer) = world.post(&path, people(&["a@example.com"])).await;
    assert_eq!(answer["ResultData"]["FailureDetails"][0]["Code"], 208);
}

#[tokio::test]
async fn invalid_telephone_numbers_have_their_own_codes() {
    let world = World::start().await;
    let with_number = |email: &str, number: &str| {
        let mut record = person(email);
        record["MobileNumber"] = json!(number);
        record
    };
    let body = json!({"Subscribers": [
        with_number("a@example.com", "+37120000000"), with_number("b@example.com", "20000000"), with_number("b@",
            "1")]});
    let (_, answer) = world.post(&import_path(), body).await;
    let codes: Vec<&Value> = answer["ResultData"]["FailureDetails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| &f["Code"])
        .collect();
    assert_eq!(json!(codes), json!([220, 221]));
    assert_eq!(raw(&world, "a@example.com").await["mobileNumber"], "+37120000000");
}
