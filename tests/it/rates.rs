//! How many calls a caller and an instance may make, and how answers tell it.

use reqwest::{Method, Response};
use uuid::Uuid;

use crate::support::{TestApp, refused, text};

/// The answer of a read of an administrator named so.
async fn read_as(app: &TestApp, subject: &str) -> Response {
    let path = format!("v1/instances/{}/segments", app.instance);
    let token = app.token_named(subject, subject);
    app.anonymous(Method::GET, &path).bearer_auth(token).send().await.unwrap()
}

/// Makes calls until one is over a limit.
async fn over_the_limit(call: impl AsyncFn() -> Response) -> Response {
    for _ in 0..100 {
        let answer = call().await;
        if answer.status() == 429 {
            return answer;
        }
        assert!(parameter(&answer, "ratelimit", "caller", "r") < 500);
    }
    panic!("no call was over the limit");
}

/// The number behind `name` of the policy `policy` in a field of an answer.
fn parameter(answer: &Response, field: &str, policy: &str, name: &str) -> u32 {
    let value = answer.headers()[field].to_str().unwrap().to_owned();
    let items = value.split(", ").map(|item| item.split(';').collect::<Vec<_>>());
    let item = items.into_iter().find(|item| item[0] == format!("\"{policy}\"")).unwrap();
    let number = item[1..].iter().find_map(|part| part.strip_prefix(&format!("{name}=")));
    number.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_calls_too_often_is_told_when_to_come_back_and_others_are_not_held_up() {
    let limits = ["--max-calls-per-second", "1", "--max-call-burst", "3"];
    let app = TestApp::start_with(&limits).await;
    let first = read_as(&app, "ann").await;
    assert_eq!((first.status().as_u16(), parameter(&first, "ratelimit", "caller", "r")), (200, 2));
    assert_eq!(parameter(&first, "ratelimit-policy", "caller", "q"), 3);
    assert_eq!(parameter(&first, "ratelimit-policy", "caller", "w"), 3);

    let over = over_the_limit(async || read_as(&app, "ann").await).await;

    assert_eq!(parameter(&over, "ratelimit", "caller", "r"), 0);
    let wait: u32 = over.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!((wait, parameter(&over, "ratelimit", "caller", "t")), (1, 1));
    let problem = refused(over, 429).await;
    assert_eq!(problem["errorCode"], "rateLimited");
    assert!(text(&problem, "detail").contains("3 at once and 1 a second"), "{problem}");
    assert_eq!(read_as(&app, "bob").await.status(), 200);
    for free in ["livez", "readyz", "metrics"] {
        for _ in 0..5 {
            let answer = app.anonymous(Method::GET, free).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{free}");
            assert!(!answer.headers().contains_key("ratelimit"), "{free}");
        }
    }
    tokio::time::sleep(std::time::Duration::from_secs(wait.into())).await;
    assert_eq!(read_as(&app, "ann").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_calls_too_often_holds_up_no_other() {
    let limits = ["--max-instance-calls-per-second", "1", "--max-instance-call-burst", "2"];
    let mut app = TestApp::start_with(&limits).await;
    let each = async || read_as(&app, &Uuid::now_v7().to_string()).await;
    let problem = refused(over_the_limit(each).await, 429).await;
    assert_eq!(problem["errorCode"], "rateLimited");
    assert!(text(&problem, "detail").contains("All callers of this instance"), "{problem}");

    app.instance = Uuid::now_v7();

    assert_eq!(read_as(&app, "cid").await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_without_a_valid_token_count_for_their_address_and_for_nobody_else() {
    let app = TestApp::start_with(&["--max-calls-per-second", "1", "--max-call-burst", "3"]).await;
    let path = format!("v1/instances/{}/segments", app.instance);
    let forged = || app.anonymous(Method::GET, &path).bearer_auth("forged").send();
    refused(app.anonymous(Method::GET, &path).send().await.unwrap(), 401).await;
    refused(forged().await.unwrap(), 401).await;
    refused(app.anonymous(Method::GET, "v1/nothing").send().await.unwrap(), 404).await;

    let problem = refused(over_the_limit(async || forged().await.unwrap()).await, 429).await;

    assert_eq!(problem["errorCode"], "rateLimited");
    let answer = read_as(&app, "ann").await;
    assert_eq!(
        (answer.status().as_u16(), parameter(&answer, "ratelimit", "caller", "r")),
        (200, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_is_the_same_however_its_id_is_written() {
    let limits = ["--max-instance-calls-per-second", "1", "--max-instance-call-burst", "2"];
    let app = TestApp::start_with(&limits).await;
    let id = app.instance.to_string();
    let written = [id.to_uppercase(), format!("%{:x}{}", id.as_bytes()[0], &id[1..])];
    for id in &written {
        let read = async || {
            let request = app.anonymous(Method::GET, &format!("v1/instances/{id}/segments"));
            request.bearer_auth(app.token("Admin")).send().await.unwrap()
        };
        let problem = refused(over_the_limit(read).await, 429).await;
        assert!(text(&problem, "detail").contains("All callers of this instance"), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_below_v1_tells_what_is_left_and_a_limit_of_zero_is_none() {
    let mut app = TestApp::start().await;
    let base = format!("v1/instances/{}", app.instance);
    for (method, path, status) in [
        (Method::GET, format!("{base}/segments"), 200),
        (Method::HEAD, format!("{base}/segments"), 200),
        (Method::GET, format!("{base}/segments/None"), 404),
        (Method::DELETE, format!("{base}/segments"), 405),
        (Method::POST, format!("{base}/exports"), 415),
        (Method::GET, "v1/nothing".to_owned(), 404),
    ] {
        let call = app.anonymous(method.clone(), &path).bearer_auth(app.token("Admin"));
        let answer = call.send().await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(parameter(&answer, "ratelimit-policy", "caller", "q"), 500);
        assert!(parameter(&answer, "ratelimit", "caller", "r") < 500);
    }
    app.restart_with(&["--max-calls-per-second", "0", "--max-instance-calls-per-second", "0"])
        .await;
    let answer = read_as(&app, "ann").await;
    assert_eq!(answer.status(), 200);
    assert!(!answer.headers().contains_key("ratelimit-policy"));
}
