//! What is there before the story begins: the account, the data lake, people on the list already.

use reqwest::Method;
use segment_export::sandbox::LIST_ID;
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};

use crate::oauth;
use crate::support::TestApp;

const TABLE: &str = "
    DROP TABLE IF EXISTS public.loyalty_members;
    CREATE TABLE public.loyalty_members (\"CustomerId\" text, \"Email\" text, \"Points\" integer);
    INSERT INTO public.loyalty_members VALUES
        ('3001', 'paul.ozols@example.com', 120), ('3002', 'lea.moreau@example.com', 85)";

/// The `PostgreSQL` with the table of the example, where the tests have one.
#[expect(clippy::disallowed_methods, reason = "the engines of tests are no setting of the service")]
pub fn data_source() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok()
}

pub async fn start() -> TestApp {
    let source = data_source();
    let sources = source.as_ref().map(|url| format!("crm={url}"));
    let mut extra: Vec<&str> =
        sources.iter().flat_map(|sources| ["--sql-sources", sources]).collect();
    extra.push("--channels-allow-private");
    if let Some(url) = &source {
        let mut crm = PgConnection::connect(url).await.unwrap();
        crm.execute(sqlx::raw_sql(TABLE)).await.unwrap();
    }
    let mut app = oauth::start_with(&extra).await;
    // A process of its own has traces, and metrics that no other test counts in.
    app.stop_service().await;
    app.start_process().await;
    write_lake(&app);
    let known = json!([{"email": "ines.costa@example.com", "state": "Active"},
        {"email": "jonas.weiss@example.com", "state": "Unsubscribed"}]);
    app.order(Method::POST, &format!("lists/{LIST_ID}/subscribers"), &known).await;
    app
}

/// The files that the sources of the examples name.
fn write_lake(app: &TestApp) {
    let newcomers = "CustomerId;Email;City;Born;Points;Phone;Consent\n\
        2001;eva.novak@example.com;Brno;31.12.1990;1.234,5;602 123 456;opted in\n\
        2002;luca.rossi@example.com;Turin;01.02.1985;12;NULL;opted out\n";
    let lapsed = "1,anna.kalnina@example.com\n2,peter.vogel@example.com\n3,sara.lund@example.com\n";
    let attribute = |name: &str| json!({"name": name, "dataType": "string"});
    let model = json!({"application": "CustomerInsights", "name": "BlobExport", "version": "1.0", "entities": [{
        "$type": "LocalEntity", "name": "LapsedCustomers",
        "attributes": [attribute("CustomerId"), attribute("Email")],
        "partitions": [{"name": "LapsedCustomers_1.csv", "location": "LapsedCustomers/LapsedCustomers_1.csv",
            "fileFormatSettings": {"$type": "CsvFormatSettings", "columnHeaders": false, "delimiter": ",",
                "quoteStyle": "QuoteStyle.Csv", "csvStyle": "CsvStyle.QuoteAlways"}}]}]});
    for (file, content) in [
        ("segments/newcomers/part-1.csv", newcomers),
        ("CustomerInsights_1/BlobExport/model.json", &model.to_string()),
        ("CustomerInsights_1/BlobExport/LapsedCustomers/LapsedCustomers_1.csv", lapsed),
    ] {
        let file = app.storage().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, content).unwrap();
    }
}
