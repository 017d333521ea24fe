//! People who leave a list: what an unsubscribe and a delete do, to this list and to others, and who comes back.

use reqwest::Method;
use segment_export::sandbox::{CLIENT_ID, LIST_ID};
use serde_json::{Value, json};

use crate::support::World;

async fn import(world: &World, list: &str, email: &str, resubscribe: bool) -> (u16, Value) {
    let person = json!({"EmailAddress": email, "ConsentToTrack": "Yes"});
    let body = json!({"Subscribers": [person], "Resubscribe": resubscribe});
    world.post(&format!("subscribers/{list}/import.json"), body).await
}

async fn other_list(world: &World, setting: &str) -> String {
    let list = json!({"Title": setting, "UnsubscribeSetting": setting, "ConfirmedOptIn": false});
    let (status, id) = world.post(&format!("lists/{CLIENT_ID}.json"), list).await;
    assert_eq!(status, 201);
    id.as_str().unwrap().to_owned()
}

async fn state(world: &World, list: &str, email: &str) -> Value {
    let (_, person) = world.get(&format!("subscribers/{list}.json?email={email}")).await;
    person["State"].clone()
}

async fn unsubscribe(world: &World, email: &str) -> u16 {
    let path = format!("subscribers/{LIST_ID}/unsubscribe.json");
    world.post(&path, json!({"EmailAddress": email})).await.0
}

async fn delete(world: &World, email: &str) -> u16 {
    let path = format!("subscribers/{LIST_ID}.json?email={email}");
    world.request(Method::DELETE, &path).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn an_unsubscribe_silences_the_person_on_every_list_of_the_client_that_shares_it() {
    let world = World::start().await;
    let shared = other_list(&world, "AllClientLists").await;
    let alone = other_list(&world, "OnlyThisList").await;
    for list in [LIST_ID, &shared, &alone] {
        import(&world, list, "ann@example.com", false).await;
    }
    assert_eq!(unsubscribe(&world, "ann@example.com").await, 200);
    assert_eq!(state(&world, LIST_ID, "ann@example.com").await, "Unsubscribed");
    assert_eq!(state(&world, &shared, "ann@example.com").await, "Unsubscribed");
    assert_eq!(state(&world, &alone, "ann@example.com").await, "Active");
    let (_, suppressed) = world.get(&format!("clients/{CLIENT_ID}/suppressionlist.json")).await;
    assert_eq!(suppressed["Results"][0]["EmailAddress"], "ann@example.com");
    let (_, refused) = import(&world, &shared, "ann@example.com", false).await;
    assert_eq!(refused["ResultData"]["FailureDetails"][0]["Code"], 204);
    assert_eq!(unsubscribe(&world, "ann@example.com").await, 400, "she has left already");
}

#[tokio::test]
async fn a_deleted_person_stays_readable_and_comes_back_only_when_asked_for() {
    let world = World::start().await;
    import(&world, LIST_ID, "ann@example.com", false).await;
    let (_, before) = world.get(&format!("subscribers/{LIST_ID}.json?email=ann@example.com")).await;
    assert_eq!(delete(&world, "ann@example.com").await, 200);
    assert_eq!(delete(&world, "ann@example.com").await, 400, "deleted already");
    assert_eq!(state(&world, LIST_ID, "ann@example.com").await, "Deleted");
    let (_, refused) = import(&world, LIST_ID, "ann@example.com", false).await;
    assert_eq!(refused["ResultData"]["FailureDetails"][0]["Code"], 205);
    assert_eq!(import(&world, LIST_ID, "ann@example.com", true).await.0, 201);
    let (_, after) = world.get(&format!("subscribers/{LIST_ID}.json?email=ann@example.com")).await;
    assert_eq!(after["State"], "Active");
    assert_eq!(after["ListJoinedDate"], before["ListJoinedDate"], "she joined when she came first");
}
