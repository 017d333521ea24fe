//! Nodes, resources and images of pods.

use serde_json::{Value, json};

use super::tools::{container, pod, render};

#[tokio::test]
async fn every_pod_has_the_image_and_node_settings_of_the_values() {
    let set = [
        "image.pullPolicy=Always",
        "imagePullSecrets[0].name=own-registry",
        "nodeSelector.disk=ssd",
        "tolerations[0].key=batch",
        "tolerations[0].operator=Exists",
        "tmpSize=7Gi",
    ];
    let (manifests, plain) = (render("small", &set).await, render("small", &[]).await);
    for manifest in manifests.with_pods() {
        let (pod, container) = (pod(manifest), container(manifest));
        assert_eq!(container["imagePullPolicy"], "Always");
        assert_eq!(pod["imagePullSecrets"], json!([{"name": "own-registry"}]));
        assert_eq!(pod["nodeSelector"], json!({"disk": "ssd"}));
        assert_eq!(pod["tolerations"], json!([{"key": "batch", "operator": "Exists"}]));
        let volumes = pod["volumes"].as_array().unwrap();
        let tmp = volumes.iter().find(|volume| volume["name"] == "tmp").unwrap();
        assert_eq!(tmp["emptyDir"], json!({"sizeLimit": "7Gi"}));
    }
    for manifest in plain.with_pods() {
        let (pod, container) = (pod(manifest), container(manifest));
        assert_eq!(container["imagePullPolicy"], "IfNotPresent");
        for absent in ["imagePullSecrets", "nodeSelector", "tolerations"] {
            assert!(pod[absent].is_null(), "{absent}");
        }
    }
}

#[tokio::test]
async fn each_component_has_the_resources_of_its_values() {
    let set = ["api", "worker", "scheduler"].map(|part| {
        let cpu = part.len() * 100;
        format!("{part}.resources.requests.cpu={cpu}m,{part}.resources.limits.memory={cpu}Mi")
    });
    let manifests = render("small", &set.each_ref().map(String::as_str)).await;
    for (part, amount, memory, disk) in [
        ("api", 300, "128Mi", Some("1Gi")),
        ("worker", 600, "256Mi", Some("1Gi")),
        ("scheduler", 900, "64Mi", None),
    ] {
        let deployment = manifests.one("Deployment", &format!("-{part}"));
        let mut requests = json!({"cpu": format!("{amount}m"), "memory": memory});
        if let Some(disk) = disk {
            requests["ephemeral-storage"] = disk.into();
        }
        let expected = json!({"requests": requests, "limits": {"memory": format!("{amount}Mi")}});
        assert_eq!(container(deployment)["resources"], expected, "{part}");
    }
    let embedded = render("embedded", &["worker.resources.limits.memory=3Gi"]).await;
    let resources: &Value = &container(embedded.all("Deployment")[0])["resources"];
    assert_eq!(
        resources["limits"]["memory"], "3Gi",
        "the embedded pod has the resources of workers"
    );
}
