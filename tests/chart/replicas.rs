//! Number of pods, their spread over nodes, and how they stop.

use serde_json::json;

use super::tools::{container, finds, pod, render, variable};

#[tokio::test]
async fn kubernetes_waits_longer_than_a_drain_takes() {
    for (file, drain) in [("small", 40), ("production", 120), ("embedded", 40), ("cloud", 40)] {
        for deployment in render(file, &[]).await.all("Deployment") {
            let expected = (drain * 1000).to_string();
            assert_eq!(variable(deployment, "SEGMENT_EXPORT_DRAIN_MS"), Some(&*expected));
            let before = &container(deployment)["lifecycle"]["preStop"]["sleep"]["seconds"];
            let waits = pod(deployment)["terminationGracePeriodSeconds"].as_i64().unwrap();
            assert!(waits - before.as_i64().unwrap() >= drain + 15);
        }
    }
}

#[tokio::test]
async fn autoscalers_replace_fixed_replicas() {
    let fixed = render("small", &["api.replicas=3,worker.replicas=5,scheduler.replicas=2"]).await;
    for (component, replicas) in [("api", 3), ("worker", 5), ("scheduler", 2)] {
        assert_eq!(fixed.one("Deployment", &format!("-{component}"))["spec"]["replicas"], replicas);
    }
    assert!(
        fixed.all("HorizontalPodAutoscaler").is_empty() && fixed.all("ScaledObject").is_empty()
    );

    let scaled = render("production", &["worker.autoscaling.oldestDueSeconds=90"]).await;
    for component in ["api", "worker"] {
        assert!(scaled.one("Deployment", &format!("-{component}"))["spec"]["replicas"].is_null());
    }
    let api = &scaled.one("HorizontalPodAutoscaler", "-api")["spec"];
    assert_eq!((&api["minReplicas"], &api["maxReplicas"]), (&json!(2), &json!(8)));
    assert_eq!(api["scaleTargetRef"]["name"], "demo-segment-export-api");
    assert_eq!(api["metrics"][0]["resource"]["target"]["averageUtilization"], 70);
    let worker = &scaled.one("ScaledObject", "-worker")["spec"];
    assert_eq!((&worker["minReplicaCount"], &worker["maxReplicaCount"]), (&json!(2), &json!(12)));
    assert_eq!(worker["scaleTargetRef"]["name"], "demo-segment-export-worker");
    let thresholds: Vec<_> = worker["triggers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|trigger| (&trigger["metricType"], &trigger["metadata"]["threshold"]))
        .collect();
    assert_eq!(json!(thresholds), json!([["AverageValue", "8"], ["Value", "90"]]));
}

#[tokio::test]
async fn pods_of_a_component_are_spread_and_not_all_evicted_at_once() {
    let manifests = render("small", &[]).await;
    for component in ["-api", "-worker", "-scheduler"] {
        let deployment = manifests.one("Deployment", component);
        let budget = &manifests.one("PodDisruptionBudget", component)["spec"];
        assert_eq!(budget["maxUnavailable"], 1);
        let spread = pod(deployment)["topologySpreadConstraints"].as_array().unwrap();
        assert_eq!(spread.len(), 2);
        let selectors = spread.iter().map(|spread| &spread["labelSelector"]["matchLabels"]);
        for selector in selectors.chain([&budget["selector"]["matchLabels"]]) {
            let found =
                manifests.all("Deployment").into_iter().filter(|found| finds(selector, found));
            assert_eq!(found.collect::<Vec<_>>(), [deployment], "only its own pods");
        }
    }
}
