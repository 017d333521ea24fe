//! The job that applies the configuration of an instance.

use std::process::Command;

use serde_json::json;

use super::manifests::assert_restricted;
use super::tools::{container, pod, render, variable};

const SET: [&str; 10] = [
    "apply.instance=0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01",
    "apply.token.name=token,apply.token.key=jwt",
    "apply.secretEnv.CM_KEY.name=campaign-monitor,apply.secretEnv.CM_KEY.key=apiKey",
    "apply.configuration.segments[0].name=HighValue",
    "apply.configuration.segments[0].displayName=High value",
    "apply.configuration.connections[0].displayName=Newsletter",
    "apply.configuration.connections[0].type=campaignMonitor",
    "apply.configuration.connections[0].consent.agreed=true",
    "apply.configuration.connections[0].credentials.kind=apiKey",
    "apply.configuration.connections[0].credentials.apiKeyEnv=CM_KEY",
];

#[tokio::test]
async fn a_job_applies_the_configuration_of_the_instance_after_each_upgrade() {
    for file in ["small", "embedded", "production"] {
        let manifests = render(file, &SET).await;
        let (job, config) = (manifests.one("Job", "-apply"), manifests.one("ConfigMap", "-apply"));
        for (manifest, weight) in [(config, "-5"), (job, "0")] {
            let annotations = &manifest["metadata"]["annotations"];
            assert_eq!(annotations["helm.sh/hook"], "post-install,post-upgrade");
            assert_eq!(annotations["helm.sh/hook-weight"], weight);
        }
        assert_restricted(job);
        assert_eq!(
            container(job)["args"],
            json!(["apply", "-f", "/etc/segment-export/instance.yaml"])
        );
        assert_eq!(variable(job, "SEGMENT_EXPORT_URL"), Some("http://demo-segment-export:80"));
        let env = container(job)["env"].as_array().unwrap();
        let secret = |name: &str| {
            let found = env.iter().find(|variable| variable["name"] == name).unwrap();
            found["valueFrom"]["secretKeyRef"].clone()
        };
        assert_eq!(secret("SEGMENT_EXPORT_TOKEN"), json!({"name": "token", "key": "jwt"}));
        assert_eq!(secret("CM_KEY"), json!({"name": "campaign-monitor", "key": "apiKey"}));
        assert_eq!(env.len(), 4, "it has no secret of the service");
        assert_eq!(pod(job)["volumes"][1]["configMap"]["name"], "demo-segment-export-apply");
        assert_is_read(config["data"]["instance.yaml"].as_str().unwrap());
    }
    assert!(
        render("small", &[]).await.all("ConfigMap").is_empty(),
        "nothing is applied unless it is set"
    );
}

/// The program reads the file as the chart writes it: it fails only because there is no service.
fn assert_is_read(text: &str) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_segment-export"));
    program
        .args(["apply", "--plan", "--url", "http://127.0.0.1:9", "--token", "t", "-f"])
        .arg(file.path());
    program.args(["--instance", "0d1f7e5e-7b1d-4c53-9d4c-3a3f5e1f0a01"]);
    let output = program.output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("cannot be reached"), "{text}\n{error}");
}
