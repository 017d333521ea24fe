//! Who may use a connection, sentence by sentence.

use reqwest::{Method, Response};
use segment_export::connections::CONSENT_VERSION;
use segment_export::sandbox::LIST_ID;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{TestApp, good, people, refused, text};

impl TestApp {
    async fn call(&self, role: &str, method: Method, path: &str, body: &Value) -> Response {
        self.request(role, method, path).json(body).send().await.unwrap()
    }

    async fn share(&self, connection: &str, allowed_roles: &str) -> Value {
        let body = json!({"allowedRoles": allowed_roles});
        good(self.call("Admin", Method::PATCH, &format!("/connections/{connection}"), &body).await)
            .await
    }

    async fn shared_connection(&self) -> String {
        let connection = self.connection().await;
        self.share(&connection, "adminsAndContributors").await;
        connection
    }
}

fn export_over(connection: &str) -> Value {
    json!({"displayName": "People to newsletter", "connectionId": connection, "listId": LIST_ID,
        "segments": ["People"], "mapping": {"email": "Email"}})
}

/// “Go to Admin > Connections.”
/// “If you take no action, the default will be Administrators.”
/// “If you don't see this section name, there are no connections of this type available to you.”
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_for_administrators_unless_they_say_otherwise() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let connection = app.connection().await;
    let path = format!("/connections/{connection}");
    assert_eq!(app.get(&path).await["allowedRoles"], "admins");
    assert_eq!(app.get("/connections").await["items"][0]["connectionId"], connection.as_str());

    let list =
        good(app.request("Contributor", Method::GET, "/connections").send().await.unwrap()).await;
    assert_eq!(list["items"], json!([]));
    refused(app.request("Contributor", Method::GET, &path).send().await.unwrap(), 404).await;
    let create = app.call("Contributor", Method::POST, "/exports", &export_over(&connection)).await;
    assert_eq!(refused(create, 422).await["errors"][0]["code"], "unknownConnection");
}

/// “The name and the type of the connection describe this connection.”
#[tokio::test(flavor = "multi_thread")]
async fn of_a_shared_connection_contributors_see_id_name_and_type_only() {
    let app = TestApp::start().await;
    let connection = app.shared_connection().await;
    let full = app.get(&format!("/connections/{connection}")).await;
    let expected = json!({"connectionId": connection, "displayName": full["displayName"], "type": "campaignMonitor"});
    let seen = async |path: &str| {
        good(app.request("Contributor", Method::GET, path).send().await.unwrap()).await
    };
    assert_eq!(seen(&format!("/connections/{connection}")).await, expected);
    assert_eq!(seen("/connections").await["items"], json!([expected]));
}

/// “Select Add connection and choose Campaign Monitor to configure the connection.”
#[tokio::test(flavor = "multi_thread")]
async fn contributors_cannot_make_or_change_a_connection() {
    let app = TestApp::start().await;
    let new =
        json!({"displayName": "Mine", "type": "campaignMonitor", "consent": {"agreed": true}});
    refused(app.call("Contributor", Method::POST, "/connections", &new).await, 403).await;
    let path = format!("/connections/{}", app.shared_connection().await);
    for (method, below) in [
        (Method::PATCH, ""),
        (Method::DELETE, ""),
        (Method::PUT, "/credentials"),
        (Method::PUT, "/export-user"),
        (Method::DELETE, "/export-user"),
        (Method::POST, "/verify"),
        (Method::POST, "/detach"),
        (Method::GET, "/exports"),
    ] {
        refused(app.call("Contributor", method, &format!("{path}{below}"), &json!({})).await, 403)
            .await;
    }
}

/// “Choose who can use this connection.”
/// “For more information, see Allow contributors to use a connection for exports.”
/// “In the Connection for export field, choose a connection from the Campaign Monitor section.”
#[tokio::test(flavor = "multi_thread")]
async fn contributors_manage_every_export_over_a_shared_connection_of_any_author() {
    let app = TestApp::start().await;
    app.segment("People", &people(2)).await;
    let connection = app.shared_connection().await;
    let made_by_admin = app.export(&connection).await;
    let path = format!("/exports/{made_by_admin}");
    let call = async |method: Method, path: &str, body: Value| {
        good(app.call("Contributor", method, path, &body).await).await
    };
    let own = call(Method::POST, "/exports", export_over(&connection)).await;
    assert_eq!(
        (&own["permissions"], &own["createdBy"]),
        (&json!("edit"), &json!("Contributor@example.com"))
    );
    call(Method::PATCH, &path, json!({"displayName": "Changed"})).await;
    let copy = call(Method::POST, &format!("{path}/duplicate"), json!({})).await;
    let run = call(Method::POST, &format!("{path}/runs"), json!({})).await;
    assert_eq!(app.ended(&text(&run, "runId")).await["status"], "successful");
    call(Method::POST, &format!("{path}/detach"), json!({})).await;
    call(Method::POST, &format!("{path}/attach"), json!({"connectionId": connection})).await;
    call(Method::DELETE, &format!("/exports/{}", text(&copy, "exportId")), json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contributor_moves_no_export_to_a_connection_that_is_not_shared() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let (shared, unshared) = (app.shared_connection().await, app.connection().await);
    let path = format!("/exports/{}", app.export(&shared).await);
    let to = json!({"connectionId": unshared});
    refused(app.call("Contributor", Method::PATCH, &path, &to).await, 422).await;
    refused(app.call("Contributor", Method::POST, &format!("{path}/attach"), &to).await, 422).await;
    assert_eq!(app.get(&path).await["connectionId"], shared.as_str());
}

/// “For more information, see Allow contributors to use a connection for exports.”
#[tokio::test(flavor = "multi_thread")]
async fn unsharing_keeps_exports_running_but_contributors_may_no_longer_edit_them() {
    let app = TestApp::start().await;
    app.segment("People", &people(5_000)).await;
    let connection = app.shared_connection().await;
    let created =
        app.call("Contributor", Method::POST, "/exports", &export_over(&connection)).await;
    let export = text(&good(created).await, "exportId");
    let path = format!("/exports/{export}");
    app.faults(&json!([{"match": {"path": "import"}, "kind": {"latency": {"ms": 300}}}])).await;
    let run = text(
        &good(app.call("Contributor", Method::POST, &format!("{path}/runs"), &json!({})).await)
            .await,
        "runId",
    );

    app.share(&connection, "admins").await;

    let seen = good(app.request("Contributor", Method::GET, &path).send().await.unwrap()).await;
    assert_eq!((&seen["permissions"], &seen["state"]), (&json!("view"), &json!("active")));
    for (method, path) in [
        (Method::PATCH, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/duplicate")),
        (Method::POST, format!("{path}/detach")),
        (Method::POST, format!("{path}/runs")),
        (Method::POST, format!("/runs/{run}/cancel")),
    ] {
        refused(app.call("Contributor", method, &path, &json!({})).await, 403).await;
    }
    assert_eq!(app.ended(&run).await["status"], "successful", "the run under way goes on");
    assert_eq!(app.ended(&app.start_run(&export).await).await["status"], "successful");
}

/// “You can configure this export if you have access to a connection of this type.”
#[tokio::test(flavor = "multi_thread")]
async fn every_export_says_what_its_caller_may_do() {
    let app = TestApp::start().await;
    app.segment("People", &people(1)).await;
    let (shared, unshared) = (app.shared_connection().await, app.connection().await);
    let (over_shared, over_unshared) = (app.export(&shared).await, app.export(&unshared).await);
    for (role, of_shared, of_unshared) in
        [("Admin", "edit", "edit"), ("Contributor", "edit", "view"), ("Viewer", "view", "view")]
    {
        let list = good(app.request(role, Method::GET, "/exports").send().await.unwrap()).await;
        let of = |export: &str| {
            let mut items = list["items"].as_array().unwrap().iter();
            text(items.find(|item| item["exportId"] == export).unwrap(), "permissions")
        };
        assert_eq!(
            (of(&over_shared).as_str(), of(&over_unshared).as_str()),
            (of_shared, of_unshared),
            "{role}"
        );
    }
}

/// “Select I agree to confirm the Data privacy and compliance.”
#[tokio::test(flavor = "multi_thread")]
async fn consent_is_kept_with_who_agreed_when_and_to_which_text() {
    let app = TestApp::start().await;
    let connection = app.get(&format!("/connections/{}", app.connection().await)).await;
    assert_eq!(connection["consent"]["agreedBy"], "Admin@example.com");
    assert_eq!(connection["consent"]["agreedUtc"], connection["createdUtc"]);
    assert_eq!(connection["consent"]["textVersion"], CONSENT_VERSION);
    let page = include_str!("../../docs/CONSENT.md");
    assert!(
        page.contains(&format!("Version {CONSENT_VERSION}.")),
        "the page holds this version of the text"
    );
    let without = json!({"displayName": "No consent", "type": "campaignMonitor", "consent": {"agreed": false}});
    let problem =
        refused(app.call("Admin", Method::POST, "/connections", &without).await, 422).await;
    assert_eq!(problem["errorCode"], "consentRequired");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_is_served_in_each_language_and_consent_to_another_version_is_refused() {
    let app = TestApp::start().await;
    for (query, lang, word) in [
        ("", "en", "When you let this service"),
        ("?lang=en-GB", "en", "When you let this service"),
        ("?lang=lv", "lv", "Ļaujot šim pakalpojumam"),
        ("?lang=de-AT", "de", "Wenn Sie diesem Dienst"),
        ("?lang=fr", "en", "When you let this service"),
        ("?lang=lv&version=2026-11", "lv", "Ļaujot šim pakalpojumam"),
        ("?lang=", "en", "When you let this service"),
    ] {
        let path = format!("/consent-text{query}");
        let text = good(app.request("Viewer", Method::GET, &path).send().await.unwrap()).await;
        assert_eq!((&text["lang"], &text["version"]), (&json!(lang), &json!(CONSENT_VERSION)));
        assert!(text["text"].as_str().unwrap().starts_with(word), "{text}");
    }
    let new = |name: &str, consent: &Value| json!({"displayName": name, "type": "campaignMonitor", "consent": consent});
    let old = new("Old", &json!({"agreed": true, "textVersion": "2025-01", "lang": "lv"}));
    let problem = refused(app.call("Admin", Method::POST, "/connections", &old).await, 422).await;
    assert_eq!(problem["errorCode"], "consentRequired");
    assert_eq!(problem["errors"][0]["pointer"], "/consent/textVersion");
    assert_eq!(problem["errors"][0]["code"], "otherTextVersion");
    let consent = json!({"agreed": true, "textVersion": CONSENT_VERSION, "lang": "lv"});
    let made = app.post("/connections", &new("New", &consent)).await;
    assert_eq!(
        (&made["consent"]["lang"], &made["consent"]["textVersion"]),
        (&json!("lv"), &json!(CONSENT_VERSION))
    );
    let event = &app.get("/audit-events?limit=1").await["items"][0];
    assert_eq!(
        (&event["action"], &event["after"]["consent"]["lang"]),
        (&json!("connection.create"), &json!("lv"))
    );
    let plain = app.post("/connections", &new("Plain", &json!({"agreed": true}))).await;
    assert_eq!((plain["consent"].get("lang"), plain["consent"].get("textHash")), (None, None));
    let unknown = app.request("Viewer", Method::GET, "/consent-text?version=2020-01");
    refused(unknown.send().await.unwrap(), 404).await;
    let wrong = app.request("Viewer", Method::GET, "/consent-text?version=newest");
    refused(wrong.send().await.unwrap(), 400).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_agreed_to_is_kept_with_the_hash_of_its_text() {
    let app = TestApp::start().await;
    for lang in ["en", "lv", "de"] {
        let shown = app.get(&format!("/consent-text?lang={lang}")).await;
        let hash = Sha256::digest(text(&shown, "text"));
        let hash = hash.iter().fold(String::new(), |hash, byte| format!("{hash}{byte:02x}"));
        assert_eq!(shown["hash"], json!(hash));
        let consent = json!({"agreed": true, "textVersion": shown["version"], "lang": lang});
        let new = json!({"displayName": lang, "type": "campaignMonitor", "consent": consent});
        let made = app.post("/connections", &new).await;
        let kept = app.get(&format!("/connections/{}", text(&made, "connectionId"))).await;
        assert_eq!(
            (&kept["consent"]["textHash"], &kept["consent"]["lang"]),
            (&json!(hash), &json!(lang))
        );
    }
}

/// “Select Add yourself as export user and provide your Customer Insights credentials.”
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_adds_and_removes_themselves_as_export_user() {
    let app = TestApp::start().await;
    let path = format!("/connections/{}", app.connection().await);
    let connection = app.get(&path).await;
    assert_eq!(connection["exportUser"]["subject"], "Admin@example.com");
    assert!(
        connection["exportUser"]["name"].is_string()
            && connection["exportUser"]["addedUtc"].is_string()
    );
    assert_eq!(connection["status"], "connected");
    let removed =
        good(app.call("Admin", Method::DELETE, &format!("{path}/export-user"), &json!({})).await)
            .await;
    assert_eq!(removed["status"], "pendingExportUser");
    assert_eq!(removed.get("exportUser"), None);
}
