//! Problems in the language that the caller prefers.

use reqwest::{Method, Response};

use crate::support::{TestApp, refused, text};

async fn call(app: &TestApp, language: &str, method: Method, path: &str) -> Response {
    let request = app.request("Admin", method, path).header("Accept-Language", language);
    request.header("Content-Type", "application/json").body("{}").send().await.unwrap()
}

fn languages(response: &Response) -> String {
    response.headers()["content-language"].to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_is_in_latvian_for_whoever_prefers_it_with_the_same_codes() {
    let app = TestApp::start().await;
    let missing = format!("/runs/{}", uuid::Uuid::now_v7());
    for (path, method, status, title, spoken) in [
        (missing.as_str(), Method::GET, 404, "Nav atrasts", "lv"),
        ("/connections", Method::POST, 400, "Pieprasījums nav derīgs", "lv"),
        ("/runs?limit=0", Method::GET, 400, "Kursors vai skaita ierobežojums nav derīgs", "lv, en"),
    ] {
        let latvian = call(&app, "lv, en;q=0.5", method.clone(), path).await;
        assert_eq!(languages(&latvian), spoken, "{path}");
        let latvian = refused(latvian, status).await;
        assert_eq!(text(&latvian, "title"), title);
        let english = call(&app, "de, en;q=0.5", method, path).await;
        assert_eq!(languages(&english), "en", "{path}");
        let english = refused(english, status).await;
        assert_ne!(text(&english, "title"), title);
        for same in ["type", "errorCode", "culprit", "status"] {
            assert_eq!(latvian[same], english[same], "{path}");
        }
        let codes = |problem: &serde_json::Value| {
            let errors = problem["errors"].as_array().cloned().unwrap_or_default();
            errors.iter().map(|error| error["code"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(codes(&latvian), codes(&english));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_of_every_layer_are_translated_and_a_head_has_no_body() {
    let app = TestApp::start().await;
    let nobody =
        app.anonymous(Method::GET, "v1/instances/x/exports").header("Accept-Language", "lv");
    let problem = refused(nobody.send().await.unwrap(), 401).await;
    assert_eq!(text(&problem, "title"), "Vajadzīgs derīgs piekļuves marķieris");
    let nowhere = app.anonymous(Method::GET, "nowhere").header("Accept-Language", "lv");
    assert_eq!(text(&refused(nowhere.send().await.unwrap(), 404).await, "title"), "Nav atrasts");
    let head = app.anonymous(Method::HEAD, "nowhere").header("Accept-Language", "lv");
    let head = head.send().await.unwrap();
    assert_eq!((head.status().as_u16(), languages(&head).as_str()), (404, "lv"));
    assert_eq!(head.text().await.unwrap(), "");
}
