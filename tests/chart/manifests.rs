//! The rendered manifests: valid, safe, and with what the values set.

use serde_json::{Value, json};

use super::tools::{
    CHART, CI, Manifests, SUPPORTED, ci, container, pod, render, rendered, tools, variable,
};
use crate::programs::succeed;

/// Kinds of resources that are no part of Kubernetes.
const CUSTOM: [&str; 4] = ["HTTPRoute", "ScaledObject", "ServiceMonitor", "PrometheusRule"];

#[tokio::test]
async fn the_chart_passes_the_strict_linter_with_every_values_file() {
    for file in CI {
        let arguments = ["lint", "--strict", CHART, "--values", &ci(file)];
        succeed(&tools().await.helm, &arguments, CHART).await;
    }
}

#[tokio::test]
async fn manifests_are_valid_for_every_supported_kubernetes() {
    for file in CI {
        let yaml = rendered(file, &[]).await;
        for version in SUPPORTED {
            let arguments =
                ["--strict", "--no-warn", "-k", version, &yaml.path().to_string_lossy()];
            succeed(tools().await.python.join("kubernetes-validate"), &arguments, CHART).await;
        }
    }
}

#[tokio::test]
async fn custom_resources_are_valid_too() {
    let manifests = render("production", &[]).await;
    let found: Vec<_> = CUSTOM.iter().flat_map(|kind| manifests.all(kind)).collect();
    assert_eq!(found.len(), CUSTOM.len());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), json!(found).to_string()).unwrap();
    let arguments = ["custom_resources.mjs", &file.path().to_string_lossy()];
    succeed("node", &arguments, &tools().await.node.to_string_lossy()).await;
    for kind in ["ServiceMonitor", "PrometheusRule"] {
        assert_eq!(manifests.one(kind, "")["metadata"]["labels"]["release"], "monitoring");
    }
    let monitor = manifests.one("ServiceMonitor", "");
    let service = manifests.one("Service", "-metrics");
    for (label, value) in monitor["spec"]["selector"]["matchLabels"].as_object().unwrap() {
        assert_eq!(&service["metadata"]["labels"][label], value);
    }
    assert_eq!(monitor["spec"]["endpoints"][0]["interval"], "30s");
}

/// <https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted>
#[tokio::test]
async fn pods_obey_the_restricted_security_standard() {
    for file in CI {
        for manifest in render(file, &[]).await.with_pods() {
            assert_restricted(manifest);
        }
    }
}

/// What the restricted security standard asks of a manifest with a pod.
pub fn assert_restricted(manifest: &Value) {
    let (pod, container) = (pod(manifest), container(manifest));
    let of_pod = &pod["securityContext"];
    assert_eq!(of_pod["runAsNonRoot"], true);
    assert_ne!(of_pod["runAsUser"], 0);
    assert_eq!(of_pod["seccompProfile"]["type"], "RuntimeDefault");
    for shared in ["hostNetwork", "hostPID", "hostIPC", "initContainers"] {
        assert!(pod[shared].is_null());
    }
    let of_container = &container["securityContext"];
    assert_eq!(of_container["allowPrivilegeEscalation"], false);
    assert_eq!(of_container["capabilities"], json!({"drop": ["ALL"]}));
    assert_eq!(of_container["readOnlyRootFilesystem"], true);
    for weaker in ["privileged", "procMount", "runAsUser", "runAsNonRoot", "seccompProfile"] {
        assert!(of_container[weaker].is_null());
    }
    for port in container["ports"].as_array().into_iter().flatten() {
        assert!(port["hostPort"].is_null());
    }
    for volume in pod["volumes"].as_array().unwrap() {
        let kinds: Vec<_> = volume.as_object().unwrap().keys().collect();
        assert!(kinds.iter().all(|kind| {
            ["name", "emptyDir", "persistentVolumeClaim", "secret", "configMap"].contains(&&***kind)
        }));
    }
    assert_eq!(pod["automountServiceAccountToken"], false);
}

#[tokio::test]
async fn pods_have_the_settings_of_the_values() {
    let set = ["log=debug", "campaignMonitorUrl=https://sandbox.example.com"];
    let manifests = render("production", &set).await;
    for part in ["api", "worker", "scheduler"] {
        let deployment = manifests.one("Deployment", &format!("-{part}"));
        let expected = [
            ("SEGMENT_EXPORT_ROLES", part),
            ("SEGMENT_EXPORT_AUTH_ISSUER", "https://login.example.com"),
            ("SEGMENT_EXPORT_AUTH_JWKS_URL", "https://login.example.com/keys"),
            ("SEGMENT_EXPORT_STORAGE_URL", "file:///members"),
            ("SEGMENT_EXPORT_CAMPAIGN_MONITOR_URL", "https://sandbox.example.com"),
            ("SEGMENT_EXPORT_OAUTH_CLIENT_ID", "114"),
            ("SEGMENT_EXPORT_OAUTH_RETURN_URL", "https://insights.example.com/connections"),
            ("SEGMENT_EXPORT_RUNS_IN_PARALLEL", "8"),
            ("SEGMENT_EXPORT_UPLOADS_IN_FLIGHT", "12"),
            ("SEGMENT_EXPORT_MAX_PROFILES_PER_EXPORT", "2000000"),
            ("SEGMENT_EXPORT_FORWARDED_HOPS", "1"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.monitoring.svc:4318"),
            ("OTEL_TRACES_SAMPLER", "parentbased_always_on"),
            ("RUST_LOG", "debug"),
        ];
        for (name, value) in expected {
            assert_eq!(variable(deployment, name), Some(value), "{name} of {part}");
        }
    }
    let image = |manifests: &Manifests| container(manifests.with_pods()[0])["image"].clone();
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    assert_eq!(image(&manifests), format!("registry.example.com/segment-export@sha256:{digest}"));
    assert_eq!(image(&render("small", &["image.tag=2.0.0"]).await), "segment-export:2.0.0");
    let own = render("small", &["fullnameOverride=exporter"]).await;
    let names: Vec<_> =
        own.all("Secret").iter().map(|secret| &secret["metadata"]["name"]).collect();
    assert_eq!(names, ["exporter", "exporter-migrate"]);
}

#[tokio::test]
async fn an_embedded_service_is_one_pod_with_a_volume() {
    let manifests = render("embedded", &["volume.size=20Gi,volume.storageClass=fast"]).await;
    let deployments = manifests.all("Deployment");
    assert_eq!(deployments.len(), 1);
    assert_eq!(deployments[0]["spec"]["replicas"], 1);
    assert_eq!(deployments[0]["spec"]["strategy"]["type"], "Recreate");
    let claim = manifests.one("PersistentVolumeClaim", "");
    assert_eq!(claim["spec"]["resources"]["requests"]["storage"], "20Gi");
    assert_eq!(claim["spec"]["storageClassName"], "fast");
    assert_eq!(claim["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    let volumes = pod(deployments[0])["volumes"].to_string();
    assert!(volumes.contains(r#"{"claimName":"demo-segment-export"}"#), "{volumes}");
    assert!(manifests.all("Job").is_empty() && manifests.all("PodDisruptionBudget").is_empty());

    let theirs = render("embedded", &["volume.existingClaim=mine"]).await;
    assert!(theirs.all("PersistentVolumeClaim").is_empty());
    let volumes = pod(theirs.all("Deployment")[0])["volumes"].to_string();
    assert!(volumes.contains(r#"{"claimName":"mine"}"#), "{volumes}");
}

#[tokio::test]
async fn an_existing_secret_replaces_the_one_of_the_chart() {
    assert!(render("production", &[]).await.all("Secret").is_empty());
    let manifests = render("small", &["secrets.existingSecret=theirs"]).await;
    assert!(manifests.all("Secret").is_empty());
    for manifest in manifests.with_pods() {
        for variable in container(manifest)["env"].as_array().into_iter().flatten() {
            let secret = &variable["valueFrom"]["secretKeyRef"]["name"];
            assert!(secret.is_null() || secret == "theirs", "{variable}");
        }
    }
}

#[tokio::test]
async fn credentials_are_only_in_secrets() {
    let manifests = render("small", &[]).await;
    let (secrets, others): (Vec<_>, Vec<_>) =
        manifests.0.iter().partition(|manifest| manifest["kind"] == "Secret");
    assert!(json!(secrets).to_string().contains("password"));
    assert!(!json!(others).to_string().contains("password"));
}

#[tokio::test]
async fn the_database_is_migrated_before_anything_else_changes() {
    let manifests = render("small", &[]).await;
    for (kind, weight) in [("Secret", "-5"), ("Job", "0")] {
        let annotations = &manifests.one(kind, "-migrate")["metadata"]["annotations"];
        assert_eq!(annotations["helm.sh/hook"], "pre-install,pre-upgrade");
        assert_eq!(annotations["helm.sh/hook-weight"], weight);
    }
    let spec = pod(manifests.one("Job", "-migrate"));
    assert_eq!(
        spec["serviceAccountName"], "default",
        "the account of the release does not exist yet"
    );
}

#[tokio::test]
async fn the_migration_reaches_the_database_as_the_pods_do() {
    let manifests = render("small", &["settings.DATABASE_POOL_MODE=transaction"]).await;
    let migrate = manifests.one("Job", "-migrate");
    assert_eq!(variable(migrate, "SEGMENT_EXPORT_DATABASE_POOL_MODE"), Some("transaction"));
}

#[tokio::test]
async fn pods_have_the_identity_of_the_cloud_provider() {
    let manifests = render("production", &[]).await;
    let account = manifests.one("ServiceAccount", "");
    let identity = &account["metadata"]["annotations"]["azure.workload.identity/client-id"];
    assert_eq!(identity, "00000000-0000-0000-0000-000000000001");
    for deployment in manifests.all("Deployment") {
        assert_eq!(pod(deployment)["serviceAccountName"], "demo-segment-export");
        let metadata = &deployment["spec"]["template"]["metadata"];
        assert_eq!(metadata["labels"]["azure.workload.identity/use"], "true");
        assert_eq!(
            metadata["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"],
            "true"
        );
    }
    let theirs = render("small", &["serviceAccount.create=false,serviceAccount.name=theirs"]).await;
    assert!(theirs.all("ServiceAccount").is_empty());
    assert_eq!(pod(theirs.one("Deployment", "-api"))["serviceAccountName"], "theirs");
}

#[tokio::test]
async fn the_key_of_one_pod_is_made_by_the_chart_when_there_is_none() {
    let manifests = render("embedded", &["secrets.encryptionKeys="]).await;
    let secret = manifests.one("Secret", "");
    assert_eq!(secret["metadata"]["annotations"]["helm.sh/resource-policy"], "keep");
    let made = secret["stringData"]["encryptionKeys"].as_str().unwrap();
    assert!(made.starts_with("one:") && made.len() == 48 && made.ends_with('='), "{made}");
    // `helm template` sees no cluster; there, the key of the first installation is looked up.
    let template = std::fs::read_to_string(format!("{CHART}/templates/secret.yaml")).unwrap();
    assert!(template.contains(r#"lookup "v1" "Secret" .Release.Namespace $name"#));
}
