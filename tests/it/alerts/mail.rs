//! Messages by e-mail, to a mail server of others that asks for TLS and a password.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::{ALLOWED, broken_run};
use crate::programs::{python_with, succeed};
use crate::support::{TestApp, good, refused, text};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/alerts");

pub struct MailServer {
    _process: Child,
    messages: Lines<BufReader<ChildStdout>>,
    port: String,
    folder: tempfile::TempDir,
}

impl MailServer {
    /// In the mode `starttls` or `tls`.
    pub async fn start(mode: &str) -> Self {
        let python = python_with("aiosmtpd==1.4.6").await.join("python");
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = certificate(folder.path()).await;
        let mut command = Command::new(python);
        command.args(["mail_server.py", mode]).arg(certificate).arg(key).current_dir(HERE);
        let mut process = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut messages = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = messages.next_line().await.unwrap().unwrap();
        Self { _process: process, messages, port, folder }
    }

    pub async fn next(&mut self) -> Value {
        serde_json::from_str(&self.messages.next_line().await.unwrap().unwrap()).unwrap()
    }

    /// A service that uses this server.
    pub async fn service(&self, url: &str) -> TestApp {
        self.service_with(url, &[]).await
    }

    async fn service_with(&self, url: &str, more: &[&str]) -> TestApp {
        let url = url.replace("PORT", &self.port);
        let authorities = self.folder.path().join("certificate.pem").display().to_string();
        let mail = ["--smtp-url", &url, "--smtp-from", "Exports <export@example.com>"];
        let trusted = ["--smtp-ca", &authorities];
        TestApp::start_with(&[&ALLOWED[..], &mail, &trusted, more].concat()).await
    }
}

/// A certificate of 127.0.0.1 that signs itself, and its key.
async fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let (out, keyout) = (certificate.display().to_string(), key.display().to_string());
    let make =
        ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"];
    let of = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    let leaf = ["-addext", "basicConstraints=critical,CA:FALSE"];
    let files = ["-out", &out, "-keyout", &keyout];
    succeed("openssl", &[&make[..], &of, &leaf, &files].concat(), "/").await;
    (certificate, key)
}

async fn email_channel(app: &TestApp, to: &[&str]) -> Value {
    app.post("/channels", &json!({"displayName": "Team", "kind": "email", "to": to})).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_person_gets_a_mail_of_their_own_over_starttls_when_an_alert_opens() {
    let mut server = MailServer::start("starttls").await;
    let app = server.service("smtp://export:a%20secret@localhost:PORT?tls=required").await;
    let made = email_channel(&app, &["ann@example.com", "ben@example.com"]).await;
    assert_eq!(made["to"], json!(["ann@example.com", "ben@example.com"]));
    let failed = broken_run(&app, &app.export_of(1).await).await;
    let mut mails = [server.next().await, server.next().await];
    mails.sort_by_key(|mail| mail["to"].to_string());
    let to: Vec<_> = mails.iter().map(|mail| &mail["to"]).collect();
    assert_eq!(to, [&json!(["ann@example.com"]), &json!(["ben@example.com"])]);
    let mail = &mails[0];
    let headers = &mail["headers"];
    assert_eq!(headers["To"], "ann@example.com");
    assert_eq!(headers["From"], "Exports <export@example.com>");
    assert_eq!(headers["Subject"], "A run of “People to newsletter” failed");
    assert_eq!(headers["List-Unsubscribe"], Value::Null, "nobody knows where this service is");
    for part in ["text/plain", "text/html"] {
        let content = text(&mail["parts"], part);
        assert!(content.contains(&text(&failed, "runId")), "{content}");
        assert!(!content.contains("ben@example.com"), "{content}");
    }
    let message = "Campaign Monitor rejected the upload (code 900; ";
    let plain = text(&mail["parts"], "text/plain").replace("\r\n", "\n");
    assert!(plain.starts_with(message), "{plain}");
}

/// The link of a mail, as one call of the service.
fn linked(app: &TestApp, method: Method, mail: &Value) -> reqwest::RequestBuilder {
    let link = text(&mail["headers"], "List-Unsubscribe");
    let link = link.strip_prefix("<https://export.example.com/at/").unwrap();
    app.anonymous(method, link.strip_suffix('>').unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_gets_no_more_mails_by_one_click_and_a_program_that_follows_links_changes_nothing()
{
    let mut server = MailServer::start("starttls").await;
    let url = "smtp://export:a%20secret@localhost:PORT?tls=required";
    let public = ["--public-url", "https://export.example.com/at/"];
    let app = server.service_with(url, &public).await;
    let made = email_channel(&app, &["ann@example.com", "ben@example.com"]).await;
    let path = format!("/channels/{}", text(&made, "channelId"));
    app.post(&format!("{path}/test"), &json!({})).await;
    let mut mails = [server.next().await, server.next().await];
    mails.sort_by_key(|mail| mail["to"].to_string());
    let [ann, ben] = &mails;
    assert_eq!(ann["headers"]["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
    let link = text(&ann["headers"], "List-Unsubscribe");
    for part in ["text/plain", "text/html"] {
        assert!(text(&ann["parts"], part).contains(link.trim_matches(['<', '>'])), "{part}");
    }
    let seen = linked(&app, Method::GET, ann).send().await.unwrap();
    assert_eq!(seen.status(), 200);
    assert!(seen.text().await.unwrap().contains("<form method=\"post\"><button>"));
    assert_eq!(app.get(&path).await["to"], made["to"], "a page is only shown");

    let click =
        || linked(&app, Method::POST, ann).form(&[("List-Unsubscribe", "One-Click")]).send();
    for _ in 0..2 {
        assert_eq!(click().await.unwrap().status(), 200, "also when it is done already");
        assert_eq!(app.get(&path).await["to"], json!(["ben@example.com"]));
    }
    let events = app.get("/audit-events?action=channel.unsubscribe").await;
    assert_eq!(events["items"].as_array().unwrap().len(), 1, "{events}");
    assert!(!events.to_string().contains("ann@"), "the audit does not say who: {events}");

    let forged = link.replace('>', "x>");
    let forged = json!({"headers": {"List-Unsubscribe": forged}});
    for method in [Method::GET, Method::POST] {
        let answer = linked(&app, method, &forged).send().await.unwrap();
        assert_eq!(answer.status(), 404);
    }
    assert_eq!(linked(&app, Method::POST, ben).send().await.unwrap().status(), 200);
    let off = app.get(&path).await;
    assert_eq!((&off["to"], &off["active"]), (&json!([]), &json!(false)), "nobody is left");

    let change = |body| app.request("Admin", Method::PATCH, &path).json(&body).send();
    let on = json!({"active": true});
    let problem = refused(change(on.clone()).await.unwrap(), 422).await;
    assert_eq!(problem["errors"][0]["pointer"], "/to", "it would be on for nobody: {problem}");
    good(change(json!({"active": true, "to": ["ben@example.com"]})).await.unwrap()).await;
    let messages = app.get(&format!("{path}/deliveries")).await["items"].clone();
    let to_ann =
        messages.as_array().unwrap().iter().find(|one| one["recipient"] == "ann@example.com");
    let resend = format!("{path}/deliveries/{}/resend", text(to_ann.unwrap(), "deliveryId"));
    let answer = app.request("Admin", Method::POST, &resend).send().await.unwrap();
    assert_eq!(refused(answer, 404).await["errorCode"], "notFound", "she has left it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_is_reached_by_tls_from_the_start_and_its_answers_are_shown() {
    let mut server = MailServer::start("tls").await;
    let app = server.service("smtps://export:a%20secret@localhost:PORT").await;
    let made = email_channel(&app, &["ann@example.com", "nobody@example.com"]).await;
    let path = format!("/channels/{}/test", text(&made, "channelId"));
    let tested = app.post(&path, &json!({})).await;
    let outcomes: Vec<_> = tested["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (text(one, "recipient"), text(one, "status"), one["detail"].clone()))
        .collect();
    let accepted = ("ann@example.com".to_owned(), "delivered".to_owned(), Value::Null);
    let detail = json!("the mail server answered 550");
    let rejected = ("nobody@example.com".to_owned(), "failed".to_owned(), detail);
    assert_eq!(outcomes, [accepted, rejected]);
    assert_eq!(server.next().await["headers"]["Subject"], "Test of the channel “Team”");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_certificate_nobody_trusts_gets_nothing() {
    let server = MailServer::start("tls").await;
    let url = format!("smtps://export:a%20secret@localhost:{}", server.port);
    let mail = ["--smtp-url", &url, "--smtp-from", "export@example.com"];
    let app = TestApp::start_with(&[&ALLOWED[..], &mail].concat()).await;
    let made = email_channel(&app, &["ann@example.com"]).await;
    let path = format!("/channels/{}/test", text(&made, "channelId"));
    let delivery = &app.post(&path, &json!({})).await["deliveries"][0];
    assert_eq!(delivery["status"], "pending", "{delivery}");
    assert!(text(delivery, "detail").contains("certificate is not trusted"), "{delivery}");
}
