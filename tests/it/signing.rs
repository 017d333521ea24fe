//! The keys that sign receipts: replaced, revoked, and changed by several programs at once.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{TestApp, good, text};

async fn public_keys(app: &TestApp) -> Value {
    let keys = app.anonymous(Method::GET, ".well-known/segment-export/jwks.json");
    good(keys.send().await.unwrap()).await
}

fn ids(keys: &Value) -> Vec<String> {
    keys.as_array().unwrap().iter().map(|key| text(key, "kid")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_keys_say_since_when_one_is_retired_or_revoked() {
    let app = TestApp::start().await;
    let first = ids(&public_keys(&app).await["keys"]);
    let (succeeds, said) = app.command(&["keys", "renew-signing"], &[]).await;
    assert!(succeeds, "{said}");
    let renewed = public_keys(&app).await;
    assert_eq!(
        (&renewed["keys"][0]["retiredUtc"], &renewed["revoked"]),
        (&Value::Null, &json!([]))
    );
    assert_eq!(text(&renewed["keys"][1], "kid"), first[0]);
    assert!(renewed["keys"][1]["retiredUtc"].is_string(), "{renewed}");

    let (succeeds, said) = app.command(&["keys", "revoke-signing", &first[0]], &[]).await;
    assert!(succeeds, "{said}");
    let revoked = public_keys(&app).await;
    assert_eq!(ids(&revoked["keys"]), ids(&renewed["keys"])[..1]);
    assert_eq!(ids(&revoked["revoked"]), first);
    assert!(revoked["revoked"][0]["revokedUtc"].is_string(), "{revoked}");
    app.command(&["keys", "revoke-signing", &first[0]], &[]).await;
    assert_eq!(public_keys(&app).await, revoked, "the first time counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_that_signs_is_replaced_and_an_unknown_one_is_named() {
    let app = TestApp::start().await;
    let first = ids(&public_keys(&app).await["keys"]);
    let (succeeds, said) = app.command(&["keys", "revoke-signing", &first[0]], &[]).await;
    assert!(succeeds, "{said}");
    let revoked = public_keys(&app).await;
    assert_eq!((ids(&revoked["revoked"]), ids(&revoked["keys"]).len()), (first, 1));
    assert!(said.contains(&ids(&revoked["keys"])[0]), "it names the key that signs: {said}");
    let unknown = "01a207dd-b4e0-7f80-8b12-e46a7c3d5920";
    let (succeeds, said) = app.command(&["keys", "revoke-signing", unknown], &[]).await;
    assert!(!succeeds && said.contains(unknown), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_that_renew_and_revoke_at_once_leave_one_key_that_signs() {
    let app = TestApp::start().await;
    let first = ids(&public_keys(&app).await["keys"]).remove(0);
    let renew = async || app.command(&["keys", "renew-signing"], &[]).await;
    let order = ["keys", "revoke-signing", &first];
    let revoke = app.command(&order, &[]);
    let (one, two, three) = tokio::join!(renew(), renew(), revoke);
    let said = [one, two, three].map(|(succeeds, said)| {
        assert!(succeeds, "{said}");
        said
    });
    let keys = public_keys(&app).await;
    assert_eq!(ids(&keys["revoked"]), [first]);
    let all = keys["keys"].as_array().unwrap();
    let signs: Vec<_> = all.iter().filter(|key| key["retiredUtc"].is_null()).collect();
    assert_eq!(signs.len(), 1, "{keys}");
    let named = ids(&keys["keys"]);
    for said in said {
        assert!(named.iter().any(|key| said.contains(key)), "a key that is there: {said}");
    }
}
