//! The chart fits the program: tests start it with what is rendered, and call what the probes call.

use std::collections::BTreeMap;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use clap::Args;
use segment_export::config::Config;
use segment_export::telemetry::settings::TraceSettings;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::bucket;
use super::cluster::processes::send;
use super::cluster::services::{Postgres, Redis, free_port};
use super::tools::{CHART, CI, Manifests, container, pod, render};

const BINARY: &str = env!("CARGO_BIN_EXE_segment-export");
/// Far more than a start takes here.
const PATIENCE: Duration = Duration::from_mins(2);

/// Stands in for what pods find in a cluster.
struct Stage {
    postgres: Postgres,
    redis: Redis,
    /// URL of an S3 service.
    bucket: String,
    /// Stands in for the volumes.
    folder: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let postgres = Postgres::start(folder.path()).await.unwrap();
        let redis = Redis::start().await.unwrap();
        let bucket = bucket::start().unwrap();
        Self { postgres, redis, bucket, folder: TempDir::new().unwrap() }.keep(folder)
    }

    /// Leaves the folder of PostgreSQL in place, because the server uses it until the test process ends.
    fn keep(self, folder: TempDir) -> Self {
        let _ = folder.keep();
        self
    }

    /// The value at a key of a secret; a secret that the chart does not create has every key.
    fn secret(&self, manifests: &Manifests, name: &Value, key: &str) -> String {
        let rendered =
            manifests.all("Secret").into_iter().find(|secret| &secret["metadata"]["name"] == name);
        let value =
            rendered.map(|secret| secret["stringData"][key].as_str().expect(key).to_owned());
        match key {
            "databaseUrl" | "url" => self.postgres.url(),
            "redisUrl" => self.redis.url(),
            _ => value.unwrap_or_else(|| match key {
                "encryptionKeys" => "one:b25lIGtleSBvZiB0aGUgdGVzdHMsIG5vdCBwdWJsaXM=".into(),
                "oauthClientSecret" | "secretAccessKey" => "secret".into(),
                "accessKeyId" => bucket::KEY_ID.into(),
                "sasToken" => "sv=2024-11-04&sig=c2VjcmV0".into(),
                other => panic!("unknown key {other}"),
            }),
        }
    }

    /// The variables of a container, resolved as Kubernetes does: a value may refer to earlier ones.
    fn variables(&self, manifests: &Manifests, manifest: &Value) -> BTreeMap<String, String> {
        let mut made = BTreeMap::new();
        for variable in container(manifest)["env"].as_array().unwrap() {
            let secret = &variable["valueFrom"]["secretKeyRef"];
            let value = match variable["value"].as_str() {
                Some(value) => resolve(self.here(manifest, value), &made),
                None => self.secret(manifests, &secret["name"], secret["key"].as_str().unwrap()),
            };
            made.insert(variable["name"].as_str().unwrap().to_owned(), value);
        }
        made
    }

    /// A value with the folder of the test for the volumes, and this machine for all addresses.
    fn here(&self, manifest: &Value, value: &str) -> String {
        let mounts = container(manifest)["volumeMounts"].as_array().unwrap().iter();
        let mounts = mounts.filter(|mount| mount["name"] != "tmp");
        let value = value.replace("0.0.0.0:", "127.0.0.1:");
        let value = value.replace("http://storage.data.svc:9000", &self.bucket);
        mounts.fold(value, |value, mount| {
            value.replace(
                mount["mountPath"].as_str().unwrap(),
                &self.folder.path().to_string_lossy(),
            )
        })
    }

    /// Writes the secret of the service where a container finds it, with a line break as people's editors leave it.
    fn mount_secret(&self, manifests: &Manifests, manifest: &Value) {
        let volumes = pod(manifest)["volumes"].as_array().unwrap();
        let Some(volume) = volumes.iter().find(|volume| volume["name"] == "secrets") else {
            return;
        };
        for key in ["databaseUrl", "redisUrl", "encryptionKeys", "oauthClientSecret"] {
            let secret = self.secret(manifests, &volume["secret"]["secretName"], key);
            std::fs::write(self.folder.path().join(key), secret + "\n").unwrap();
        }
    }

    fn start(&self, manifests: &Manifests, manifest: &Value, args: &[String]) -> Child {
        self.mount_secret(manifests, manifest);
        let mut command = Command::new(BINARY);
        command.args(args).env_clear().envs(self.variables(manifests, manifest));
        command.current_dir(self.folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        command.kill_on_drop(true).spawn().unwrap()
    }
}

/// Replaces references to earlier variables.
fn resolve(value: String, made: &BTreeMap<String, String>) -> String {
    made.iter().fold(value, |value, (name, part)| value.replace(&format!("$({name})"), part))
}

/// The arguments of a container; its command is the entry point of the image.
fn args(manifest: &Value) -> Vec<String> {
    assert!(container(manifest)["command"].is_null());
    serde_json::from_value(container(manifest)["args"].clone()).unwrap()
}

/// Calls what a probe calls until it succeeds or the process ends.
async fn ask(manifest: &Value, probe: &str, child: &mut Child) {
    let container = container(manifest);
    let get = &container[probe]["httpGet"];
    let ports = container["ports"].as_array().unwrap();
    let port = ports.iter().find(|port| port["name"] == get["port"]).unwrap();
    let url =
        format!("http://127.0.0.1:{}{}", port["containerPort"], get["path"].as_str().unwrap());
    let success = async {
        while !reqwest::get(&url).await.is_ok_and(|answer| answer.status() == 200) {
            assert_eq!(child.try_wait().unwrap(), None, "the process has ended");
            sleep(Duration::from_millis(50)).await;
        }
    };
    let failed = format!("{probe} of {} never succeeds", container["name"]);
    timeout(PATIENCE, success).await.expect(&failed);
}

/// Stops a process as Kubernetes does, within the grace period.
async fn stop(manifest: &Value, mut child: Child) -> ExitStatus {
    let given = pod(manifest)["terminationGracePeriodSeconds"].as_u64().unwrap();
    send("TERM", child.id().unwrap()).await.unwrap();
    timeout(Duration::from_secs(given), child.wait()).await.expect("it stops in time").unwrap()
}

/// Runs the pod of `helm test` against the running service.
async fn run_test_pod(stage: &Stage, manifests: &Manifests, port: u16) {
    let (test, service) = (manifests.one("Pod", "-test"), manifests.one("Service", ""));
    assert_eq!(test["metadata"]["annotations"]["helm.sh/hook"], "test");
    let name = format!(
        "{}:{}",
        service["metadata"]["name"].as_str().unwrap(),
        service["spec"]["ports"][0]["port"]
    );
    let here = |arg: &String| arg.replace(&name, &format!("127.0.0.1:{port}"));
    let mut ready = stage.start(manifests, test, &args(test).iter().map(here).collect::<Vec<_>>());
    assert!(ready.wait().await.unwrap().success());
}

#[tokio::test]
async fn every_container_starts_as_rendered_answers_its_probes_and_stops_in_time() {
    for file in CI {
        let (stage, port) = (Stage::new().await, free_port().unwrap());
        let manifests = render(file, &[&format!("port={port}")]).await;
        for job in manifests.all("Job") {
            let mut migrate = stage.start(&manifests, job, &args(job));
            assert!(migrate.wait().await.unwrap().success(), "{file}");
        }
        for deployment in manifests.all("Deployment") {
            let mut child = stage.start(&manifests, deployment, &args(deployment));
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                ask(deployment, probe, &mut child).await;
            }
            if ["api", "all"].map(|part| json!(part)).contains(&container(deployment)["name"]) {
                run_test_pod(&stage, &manifests, port).await;
            }
            assert!(stop(deployment, child).await.success(), "{file}");
        }
    }
}

#[tokio::test]
async fn every_variable_is_a_setting_of_the_program() {
    let help = Command::new(BINARY).args(["serve", "--help"]).output().await.unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for file in CI {
        for deployment in render(file, &[]).await.all("Deployment") {
            let variables = container(deployment)["env"].as_array().unwrap();
            let is_part = |name: &str| json!(variables).to_string().contains(&format!("$({name})"));
            for variable in variables {
                let name = variable["name"].as_str().unwrap();
                let is_ours = help.contains(&format!("[env: {name}="))
                    || help.contains(&format!("[env: {name}]"));
                let is_others = name == "RUST_LOG" || name.starts_with("OTEL_");
                assert!(is_ours || is_others || is_part(name), "{name}");
            }
        }
    }
}

/// The settings of `serve`.
fn settings() -> clap::Command {
    TraceSettings::augment_args(Config::augment_args(clap::Command::new("serve")))
}

/// The default of a setting, as text.
fn default(arg: &clap::Arg) -> Option<&str> {
    arg.get_default_values().first()?.to_str()
}

/// Each upload with its compressed copy, which is rarely larger.
#[tokio::test]
async fn tmp_has_room_for_the_allowed_number_of_uploads() {
    let settings = settings();
    let number = |name| {
        let arg = settings.get_arguments().find(|arg| arg.get_id() == name).unwrap();
        default(arg).unwrap().parse::<u64>().unwrap()
    };
    let uploads = number("max_uploads") * number("max_upload_bytes");
    let manifests = render("small", &[]).await;
    let volumes = pod(manifests.one("Deployment", "-api"))["volumes"].as_array().unwrap();
    let tmp = volumes.iter().find(|volume| volume["name"] == "tmp").unwrap();
    let size = tmp["emptyDir"]["sizeLimit"].as_str().unwrap().strip_suffix("Gi").unwrap();
    assert!(size.parse::<u64>().unwrap() << 30 >= 2 * uploads, "{size} GiB");
}

/// `values.schema.json` has the type of each setting's default: a number, or text.
#[tokio::test]
async fn settings_and_their_types_are_those_of_the_program() {
    let program = settings();
    let is_number = |arg| default(arg).is_some_and(|default| default.parse::<u64>().is_ok());
    let settings = program.get_arguments().filter_map(|arg| {
        let name = arg.get_env()?.to_str()?.strip_prefix("SEGMENT_EXPORT_")?;
        let kind = if is_number(arg) { "number" } else { "text" };
        Some((name.to_owned(), json!({"$ref": format!("#/definitions/{kind}")})))
    });
    let schema = std::fs::read_to_string(format!("{CHART}/values.schema.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let known = &schema["properties"]["settings"];
    assert_eq!(known["additionalProperties"], false);
    let known: BTreeMap<String, Value> =
        serde_json::from_value(known["properties"].clone()).unwrap();
    assert_eq!(known, settings.collect());
}
