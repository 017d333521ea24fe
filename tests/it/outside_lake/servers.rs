//! Azurite, which Microsoft makes, and moto, which stands in for Amazon S3 and, since Google Cloud Storage answers
//! reads in the same way, for that too: each test has one of its own.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use futures::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::{ObjectStore, ObjectStoreExt};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::time::{Duration, Instant, sleep};

use crate::programs::{python_with, succeed};

const AZURITE: &str = "azurite@3.35.0";
const MOTO: &str = "moto[s3,server]==5.2.5";
const AZURE_CLIENT: &str = "azure-storage-blob==12.31.1";
const ACCOUNT: &str = "devstoreaccount1";
/// Published with Azurite; it opens nothing else.
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
pub const CONTAINER: &str = "lake";
const START_MAX: Duration = Duration::from_mins(1);

/// A store of members that is not a folder.
pub struct Lake {
    pub store: Arc<dyn ObjectStore>,
    port: u16,
    kind: Kind,
    _process: Child,
    _folder: TempDir,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Azure,
    Amazon,
    Google,
}

impl Lake {
    pub async fn azure() -> Self {
        let home = azurite().await;
        let folder = TempDir::new().unwrap();
        let port = free_port();
        let mut command = Command::new("node");
        command.arg(home.join("node_modules/azurite/dist/src/blob/main.js"));
        command.args(["--blobHost", "127.0.0.1", "--silent", "--skipApiVersionCheck"]);
        command.args(["--disableProductStyleUrl", "--blobPort", &port.to_string()]);
        command.arg("--location").arg(folder.path());
        let process = start(command, port).await;
        let store = MicrosoftAzureBuilder::new()
            .with_account(ACCOUNT)
            .with_access_key(KEY)
            .with_container_name(CONTAINER)
            .with_endpoint(azure_endpoint(port))
            .with_allow_http(true)
            .build();
        let store = Arc::new(store.unwrap());
        let lake = Self { store, port, kind: Kind::Azure, _process: process, _folder: folder };
        lake.azure_client("create", &[]).await;
        lake
    }

    pub async fn amazon() -> Self {
        let moto = python_with(MOTO).await.join("moto_server");
        let folder = TempDir::new().unwrap();
        let port = free_port();
        let mut command = Command::new(moto);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        let process = start(command, port).await;
        let endpoint = format!("http://127.0.0.1:{port}");
        let http = reqwest::Client::builder().build().unwrap();
        let made = http.put(format!("{endpoint}/{CONTAINER}")).send().await.unwrap();
        assert!(made.status().is_success());
        let store = AmazonS3Builder::new()
            .with_bucket_name(CONTAINER)
            .with_endpoint(endpoint)
            .with_allow_http(true)
            .with_access_key_id("test")
            .with_secret_access_key("test")
            .build();
        let store = Arc::new(store.unwrap());
        Self { store, port, kind: Kind::Amazon, _process: process, _folder: folder }
    }

    /// Reads only.
    pub async fn google() -> Self {
        Self { kind: Kind::Google, ..Self::amazon().await }
    }

    /// Where it listens.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The address of a place in it, as callers of the service write it.
    pub fn url(&self, path: &str) -> String {
        let scheme = match self.kind {
            Kind::Azure => "az",
            Kind::Amazon => "s3",
            Kind::Google => "gs",
        };
        format!("{scheme}://{CONTAINER}/{path}")
    }

    /// The options with which the root `name` is reached at `port`, which may be that of a proxy.
    pub fn options(&self, name: &str, port: u16) -> String {
        let options = match self.kind {
            Kind::Azure => vec![
                ("azure_storage_account_name", ACCOUNT.to_owned()),
                ("azure_storage_account_key", KEY.to_owned()),
                ("azure_endpoint", azure_endpoint(port)),
                ("azure_allow_http", "true".to_owned()),
            ],
            Kind::Google => vec![
                ("google_base_url", format!("http://127.0.0.1:{port}")),
                ("google_bearer_token", "test".to_owned()),
                ("google_allow_http", "true".to_owned()),
            ],
            Kind::Amazon => vec![
                ("aws_access_key_id", "test".to_owned()),
                ("aws_secret_access_key", "test".to_owned()),
                ("aws_endpoint", format!("http://127.0.0.1:{port}")),
                ("aws_allow_http", "true".to_owned()),
            ],
        };
        let options = options.iter().map(|(option, value)| format!("{name}.{option}={value}"));
        options.collect::<Vec<_>>().join(" ")
    }

    /// The options of a root that is opened by a signature which is good for so many hours.
    pub async fn signed_options(&self, name: &str, hours: i32) -> String {
        let signature = self.azure_client("sas", &[&hours.to_string()]).await;
        let options = self.options(name, self.port);
        let options = options.split(' ').filter(|option| !option.contains("account_key"));
        let options: Vec<_> = options.collect();
        format!("{} {name}.azure_storage_sas_token={}", options.join(" "), signature.trim())
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What lies in a folder.
    pub async fn paths(&self, folder: &str) -> Vec<String> {
        let listed = self.store.list(Some(&folder.into()));
        listed.map_ok(|file| file.location.to_string()).try_collect().await.unwrap()
    }

    pub async fn put(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.store.put(&path.into(), content.into().into()).await.unwrap();
    }

    pub async fn remove(&self, path: &str) {
        self.store.delete(&path.into()).await.unwrap();
    }

    /// Asks Microsoft's own client.
    pub async fn azure_client(&self, command: &str, more: &[&str]) -> String {
        let python = python_with(AZURE_CLIENT).await.join("python");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/outside_lake/access.py");
        let mut child = Command::new(python);
        child.args([script, command, &azure_endpoint(self.port), ACCOUNT, KEY, CONTAINER]);
        let output = child.args(more).output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn azure_endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}/{ACCOUNT}")
}

/// The folder where Azurite is installed; once, whatever the number of tests.
async fn azurite() -> PathBuf {
    static INSTALLING: Mutex<()> = Mutex::const_new(());
    let _guard = INSTALLING.lock().await;
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(AZURITE);
    if !home.join("ready").exists() {
        std::fs::create_dir_all(&home).unwrap();
        std::fs::write(home.join("package.json"), "{\"private\": true}").unwrap();
        let arguments = ["install", "--no-audit", "--no-fund", AZURITE];
        succeed("npm", &arguments, &home.to_string_lossy()).await;
        std::fs::write(home.join("ready"), "").unwrap();
    }
    home
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn start(mut command: Command, port: u16) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let process = command.spawn().unwrap();
    let started = Instant::now();
    while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
        assert!(started.elapsed() < START_MAX, "nobody listens on {port}");
        sleep(Duration::from_millis(50)).await;
    }
    process
}
