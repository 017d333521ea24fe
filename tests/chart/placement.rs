//! Where pods may run, what they may use, and how their image gets there.

use serde_json::{Value, json};

use super::tools::{container, pod, render};

#[tokio::test]
async fn what_the_values_say_of_images_and_nodes_stands_in_every_pod() {
    let set = [
        "image.pullPolicy=Always",
        "imagePullSecrets[0].name=registry-of-ours",
        "nodeSelector.disk=ssd",
        "tolerations[0].key=batch",
        "tolerations[0].operator=Exists",
        "tmpSize=7Gi",
    ];
    let (manifests, plain) = (render("small", &set).await, render("small", &[]).await);
    for manifest in manifests.with_pods() {
        let (pod, container) = (pod(manifest), container(manifest));
        assert_eq!(container["imagePullPolicy"], "Always");
        assert_eq!(pod["imagePullSecrets"], json!([{"name": "registry-of-ours"}]));
        assert_eq!(pod["nodeSelector"], json!({"disk": "ssd"}));
        assert_eq!(pod["tolerations"], json!([{"key": "batch", "operator": "Exists"}]));
        let volumes = pod["volumes"].as_array().unwrap();
        let tmp = volumes.iter().find(|volume| volume["name"] == "tmp").unwrap();
        assert_eq!(tmp["emptyDir"], json!({"sizeLimit": "7Gi"}));
    }
    for manifest in plain.with_pods() {
        let (pod, container) = (pod(manifest), container(manifest));
        assert_eq!(container["imagePullPolicy"], "IfNotPresent");
        for left_out in ["imagePullSecrets", "nodeSelector", "tolerations"] {
            assert!(pod[left_out].is_null(), "{left_out}");
        }
    }
}

#[tokio::test]
async fn each_part_may_use_what_its_values_say() {
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
    assert_eq!(resources["limits"]["memory"], "3Gi", "the one pod does what workers do");
}
