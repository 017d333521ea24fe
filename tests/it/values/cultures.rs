//! A model that says how its numbers are written is believed: what it cannot mean is a problem, and no guess.

use serde_json::{Value, json};

use super::{add_field, run_with, stored};
use crate::support::{TestApp, text};

/// An export of Customer Insights whose `Sum` is a number as Germans write it, and the sums of its profiles.
async fn german(app: &TestApp, sums: &[&str]) {
    let attribute = |name: &str, of: &str| json!({"name": name, "dataType": of});
    let attributes = [
        attribute("CustomerId", "string"),
        attribute("Email", "string"),
        attribute("Sum", "decimal"),
    ];
    let settings = json!({"$type": "CsvFormatSettings", "columnHeaders": true, "delimiter": ";"});
    let model = json!({"name": "Export", "version": "1.0", "culture": "de-DE", "entities": [
        {"$type": "LocalEntity", "name": "People", "attributes": attributes, "partitions":
            [{"name": "p", "location": "People.csv", "fileFormatSettings": settings}]}]});
    let rows = sums.iter().enumerate();
    let rows = rows.map(|(row, sum)| format!("{row};p{row}@example.com;{sum}\n"));
    let csv = format!("CustomerId;Email;Sum\n{}", rows.collect::<String>());
    let folder = app.storage().join("model");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("model.json"), model.to_string()).unwrap();
    std::fs::write(folder.join("People.csv"), csv).unwrap();
    let url = app.storage_url("model");
    let source = json!({"kind": "customerInsights", "entity": "People", "url": url});
    app.put("/segments/People", &json!({"displayName": "People", "source": source})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_the_culture_of_a_model_does_not_write_is_a_problem_and_a_text_as_it_stands()
{
    let app = TestApp::start().await;
    add_field(&app, "Sum", "Number", &[]).await;
    add_field(&app, "Label", "Text", &[]).await;
    german(&app, &["1.234", "1.234,5", "1.5", "-0.25", "7", "1,0"]).await;
    let template = json!({"template": "{{Sum}}", "key": "points"});
    let fields =
        json!([{"field": "Sum", "key": "Sum"}, {"field": "Sum", "key": "Label"}, template]);
    let mapping = json!({"email": "Email", "customFields": fields,
        "consentToSendSms": {"field": "Sum", "otherwise": "no"}});

    let run = run_with(&app, &mapping).await;

    let sent = [Some("1234"), Some("1234.5"), None, None, Some("7"), Some("1.0")];
    let labels = ["1234", "1234.5", "1.5", "-0.25", "7", "1.0"];
    for (row, (sum, label)) in sent.into_iter().zip(labels).enumerate() {
        let fields = stored(&app, &format!("p{row}@example.com")).await["fields"].clone();
        let sums = sum.map_or(Value::Null, |sum| json!([sum]));
        assert_eq!(
            (&fields["[Sum]"], &fields["[points]"], &fields["[Label]"]),
            (&sums, &sums, &json!([label])),
            "{label}"
        );
    }
    let problems = app.get(&format!("/runs/{}/value-problems", text(&run, "runId"))).await;
    let problems = problems["items"].as_array().unwrap().iter();
    let of_sum = problems.filter(|problem| problem["key"] == "Sum");
    let values: Vec<_> = of_sum.map(|one| (text(one, "code"), text(one, "value"))).collect();
    assert_eq!(values, ["1.5", "-0.25"].map(|value| ("notANumber".to_owned(), value.to_owned())));
    let members = app.get("/segments/People/members").await;
    assert_eq!(members["items"][2]["Sum"], "1.5", "{members}");
}
