//! Channels as a new user sets them up, in Swagger UI in a browser; and what they bring, as people see it.

use segment_export::sandbox::API_KEY;

use super::mail::MailServer;
use super::receiver::Receiver;
use crate::outside::{browser, pictures};
use crate::programs::succeed;
use crate::support::{TestApp, people, text};

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes in Swagger UI; `make screenshots` runs it"]
async fn a_channel_of_each_kind_is_set_up_in_swagger_ui_and_tells_of_a_run_that_breaks_and_is_repaired()
 {
    let (mut server, receiver) = (MailServer::start("starttls").await, Receiver::start());
    let app = server.service("smtp://export:a%20secret@localhost:PORT?tls=required").await;
    app.segment("People", &people(2)).await;
    let connection = app.connection().await;
    let export = app.export(&connection).await;
    let (token, instance) = (TestApp::token_for("Admin", "*"), app.instance.to_string());
    let arguments = ["channels_by_hand.mjs", app.url(), &token, &instance, &receiver.url()];
    let things = [export.as_str(), &connection, API_KEY];
    let home = browser().await;
    succeed("node", &[arguments.as_slice(), &things].concat(), &home).await;

    // The test; two alerts open, about the run and about the connection, and both are over.
    let mut mails = vec![];
    for _ in 0..5 {
        mails.push(server.next().await);
    }
    let opened = "A run of “People to newsletter” failed";
    let opened = mails.iter().find(|mail| mail["headers"]["Subject"] == opened).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, text(&opened["parts"], "text/html")).unwrap();
    let path = file.path().display().to_string();
    let picture = pictures().map(|folder| format!("{folder}/alert_mail.webp")).unwrap_or_default();
    succeed("node", &["mail.mjs", &path, &picture], &home).await;
    receiver.once(3 * 5).await;
}
