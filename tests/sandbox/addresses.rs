//! A subscriber who gets another address: who stays what they are, and what is rejected.

use segment_export::sandbox::{DOUBLE_OPT_IN_LIST_ID, LIST_ID};
use serde_json::{Value, json};

use crate::support::World;

const LISTS: [&str; 2] = [LIST_ID, DOUBLE_OPT_IN_LIST_ID];

async fn store(world: &World, list: &str, email: &str, state: &str) {
    let people = json!([{"email": email, "state": state}]);
    world.command(reqwest::Method::POST, &format!("lists/{list}/subscribers"), people).await;
}

async fn change(world: &World, list: &str, old: &str, new: &str) -> (u16, Value) {
    let person = json!({"EmailAddress": new, "Name": "Ann", "ConsentToTrack": "Unchanged"});
    world.put(&format!("subscribers/{list}.json?email={old}"), person).await
}

async fn read(world: &World, list: &str, email: &str) -> (u16, Value) {
    world.get(&format!("subscribers/{list}.json?email={email}")).await
}

#[tokio::test]
async fn another_address_keeps_state_and_dates_and_nobody_is_added() {
    let world = World::start().await;
    for list in LISTS {
        for (name, state) in [("ann", "Active"), ("bob", "Unsubscribed")] {
            let (old, new) = (format!("{name}@example.com"), format!("{name}2@example.com"));
            store(&world, list, &old, state).await;
            let (_, before) = read(&world, list, &old).await;
            assert_eq!(change(&world, list, &old, &new).await.0, 200);
            let (_, after) = read(&world, list, &new).await;
            for member in ["State", "ListJoinedDate", "Date"] {
                assert_eq!(after[member], before[member], "{list}: {member}");
            }
            assert_eq!((&after["EmailAddress"], &after["Name"]), (&json!(new), &json!("Ann")));
            let (status, gone) = read(&world, list, &old).await;
            assert_eq!((status, &gone["Code"]), (400, &json!(203)));
        }
    }
}

#[tokio::test]
async fn an_address_that_is_taken_unknown_or_malformed_changes_nobody() {
    let world = World::start().await;
    for name in ["ann", "bob"] {
        store(&world, LIST_ID, &format!("{name}@example.com"), "Active").await;
    }
    let cases = [
        ("ann@example.com", "bob@example.com", 201),
        ("eve@example.com", "eva@example.com", 203),
        ("ann@example.com", "ann", 211),
    ];
    for (old, new, code) in cases {
        let (status, refused) = change(&world, LIST_ID, old, new).await;
        assert_eq!((status, &refused["Code"]), (400, &json!(code)), "{old} {new}");
    }
    assert_eq!(read(&world, LIST_ID, "ann@example.com").await.1["State"], "Active");
    assert_eq!(read(&world, LIST_ID, "eva@example.com").await.0, 400);
}
