//! What leads to the pods, and what they may connect to.

use serde_json::{Value, json};

use super::tools::{container, finds, render, variable};

#[tokio::test]
async fn routes_lead_to_the_service() {
    let manifests = render("production", &["service.port=8000"]).await;
    let service = &manifests.one("Service", "")["spec"];
    assert_eq!(service["ports"], json!([{"name": "http", "port": 8000, "targetPort": "http"}]));
    let answering: Vec<_> = manifests
        .all("Deployment")
        .into_iter()
        .filter(|deployment| finds(&service["selector"], deployment))
        .collect();
    assert_eq!(answering, [manifests.one("Deployment", "-api")]);
    let ingress = &manifests.one("Ingress", "")["spec"];
    assert_eq!(ingress["ingressClassName"], "nginx");
    assert_eq!(ingress["tls"][0]["secretName"], "export-tls");
    assert_eq!(ingress["rules"][0]["host"], "export.example.com");
    for path in ingress["rules"][0]["http"]["paths"].as_array().unwrap() {
        let backend = &path["backend"]["service"];
        assert_eq!(backend, &json!({"name": "demo-segment-export", "port": {"name": "http"}}));
    }
    let route = &manifests.one("HTTPRoute", "")["spec"];
    assert_eq!(route["parentRefs"][0]["name"], "public");
    assert_eq!(route["hostnames"], json!(["export.example.com"]));
    let backend = &route["rules"][0]["backendRefs"][0];
    assert_eq!(backend, &json!({"name": "demo-segment-export", "port": 8000}));
    let embedded = render("embedded", &[]).await;
    let selector = &embedded.one("Service", "")["spec"]["selector"];
    assert!(finds(selector, embedded.all("Deployment")[0]));
}

/// The paths of the program. The pages that show this document are not in it.
const OPENAPI: &str = include_str!("../../openapi/openapi.json");

#[tokio::test]
async fn everything_but_probes_and_metrics_is_published() {
    let manifests = render("production", &[]).await;
    let paths = &manifests.one("Ingress", "")["spec"]["rules"][0]["http"]["paths"];
    let paths = paths.as_array().unwrap().iter();
    let ingress: Vec<_> = paths.map(|path| (&path["pathType"], &path["path"])).collect();
    let rules = manifests.one("HTTPRoute", "")["spec"]["rules"].as_array().unwrap();
    let matches = rules.iter().flat_map(|rule| rule["matches"].as_array().unwrap());
    let route: Vec<_> =
        matches.map(|found| (&found["path"]["type"], &found["path"]["value"])).collect();

    let api: Value = serde_json::from_str(OPENAPI).unwrap();
    let answered = api["paths"].as_object().unwrap().keys().map(String::as_str);
    for asked in answered.chain(["/openapi.json", "/swagger-ui/", "/console/", "/"]) {
        let leads = |kind: &str, routes: &[(&Value, &Value)]| {
            routes.iter().any(|(found, prefix)| {
                let rest = asked.strip_prefix(prefix.as_str().unwrap());
                *found == kind && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
        };
        let published = !["/livez", "/readyz", "/metrics", "/"].contains(&asked);
        assert_eq!(leads("Prefix", &ingress), published, "{asked} by the Ingress");
        assert_eq!(leads("PathPrefix", &route), published, "{asked} by the HTTPRoute");
    }
}

/// The ports that pods may connect to, without DNS and their own.
fn called(policy: &Value) -> Vec<i64> {
    let rules = policy["spec"]["egress"].as_array().unwrap().iter();
    let ports = rules.flat_map(|rule| rule["ports"].as_array().unwrap());
    let mut ports: Vec<_> = ports.filter_map(|port| port["port"].as_i64()).collect();
    ports.sort_unstable();
    ports.retain(|port| *port != 53);
    ports
}

/// The pods of the release come last, for `helm test`.
#[tokio::test]
async fn prometheus_ingress_and_gateway_may_connect_when_all_are_on() {
    let manifests = render("production", &[]).await;
    let policy = &manifests.one("NetworkPolicy", "")["spec"];
    let callers = policy["ingress"][0]["from"].as_array().unwrap();
    let (own, others) = callers.split_last().unwrap();
    assert_eq!(own["podSelector"], policy["podSelector"]);
    let namespaces: Vec<_> = others
        .iter()
        .map(|peer| &peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"])
        .collect();
    let gateway = &manifests.one("HTTPRoute", "")["spec"]["parentRefs"][0]["namespace"];
    assert_eq!(json!(namespaces), json!(["insights", "monitoring", "ingress-nginx", gateway]));
    let trigger = &manifests.one("ScaledObject", "-worker")["spec"]["triggers"][0]["metadata"];
    let prometheus = trigger["serverAddress"].as_str().unwrap();
    assert!(prometheus.contains(".monitoring.svc:"), "the namespace of {prometheus}");

    let small = render("small", &[]).await;
    let anyone = &small.one("NetworkPolicy", "")["spec"]["ingress"];
    assert_eq!(anyone, &json!([{"ports": [{"port": "http"}]}]));
}

#[tokio::test]
async fn pods_connect_only_to_named_peers() {
    let manifests = render("production", &[]).await;
    let policy = manifests.one("NetworkPolicy", "");
    assert_eq!(policy["spec"]["policyTypes"], json!(["Ingress", "Egress"]));
    assert_eq!(called(policy), [443, 4318, 5432, 6379, 6380]);
    let rules = policy["spec"]["egress"].as_array().unwrap();
    assert!(
        rules.iter().all(|rule| !rule["to"].as_array().unwrap().is_empty()),
        "no rule is open to all"
    );
    for deployment in manifests.all("Deployment") {
        assert!(finds(&policy["spec"]["podSelector"]["matchLabels"], deployment));
    }
    let web = rules.iter().find(|rule| rule["ports"][0]["port"] == 443).unwrap();
    let except = web["to"][0]["ipBlock"]["except"].as_array().unwrap();
    assert!(except.contains(&json!("169.254.0.0/16")), "the metadata of the cloud");

    assert_eq!(called(render("embedded", &[]).await.one("NetworkPolicy", "")), [443]);
    let moved =
        ["networkPolicy.egress.database.ports={6432},networkPolicy.egress.redis.ports={7000}"];
    let moved = render("small", &moved).await;
    assert_eq!(called(moved.one("NetworkPolicy", "")), [443, 6432, 7000]);
    let off = render("small", &["networkPolicy.enabled=false"]).await;
    assert!(off.all("NetworkPolicy").is_empty());
}

#[tokio::test]
async fn a_mail_server_is_used_when_the_values_name_it() {
    let set = "smtp.from=export@example.com,secrets.smtpUrl=smtps://mail.example.com";
    let manifests = render("small", &[set]).await;
    let called = called(manifests.one("NetworkPolicy", ""));
    assert!(called.contains(&465) && called.contains(&587), "{called:?}");
    let worker = manifests.one("Deployment", "-worker");
    assert_eq!(variable(worker, "SEGMENT_EXPORT_SMTP_FROM"), Some("export@example.com"));
    let variables = container(worker)["env"].as_array().unwrap();
    let url = variables.iter().find(|one| one["name"] == "SEGMENT_EXPORT_SMTP_URL").unwrap();
    assert_eq!(url["valueFrom"]["secretKeyRef"]["key"], "smtpUrl");
    let secret = manifests.one("Secret", "");
    assert_eq!(secret["stringData"]["smtpUrl"], "smtps://mail.example.com");
}

#[tokio::test]
async fn a_heartbeat_is_sent_when_the_values_say_so() {
    let set = "heartbeat.enabled=true,secrets.heartbeatUrl=https://hc-ping.com/7,settings.HEARTBEAT_SECONDS=30";
    let manifests = render("small", &[set]).await;
    let scheduler = manifests.one("Deployment", "-scheduler");
    assert_eq!(variable(scheduler, "SEGMENT_EXPORT_HEARTBEAT_SECONDS"), Some("30"));
    let variables = container(scheduler)["env"].as_array().unwrap();
    let url = variables.iter().find(|one| one["name"] == "SEGMENT_EXPORT_HEARTBEAT_URL").unwrap();
    assert_eq!(url["valueFrom"]["secretKeyRef"]["key"], "heartbeatUrl");
    assert_eq!(manifests.one("Secret", "")["stringData"]["heartbeatUrl"], "https://hc-ping.com/7");
}

/// The rule for DNS is the first.
#[tokio::test]
async fn dns_queries_go_where_the_values_say() {
    let cluster = json!({"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}});
    for file in ["small", "embedded"] {
        let manifests = render(file, &[]).await;
        let names = &manifests.one("NetworkPolicy", "")["spec"]["egress"][0];
        let ports = json!([{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]);
        assert_eq!(names, &json!({"to": [{"namespaceSelector": cluster}], "ports": ports}));
    }
    let set = "networkPolicy.egress.dns.to[0].ipBlock.cidr=169.254.20.10/32,\
               networkPolicy.egress.dns.ports={53,5353}";
    let manifests = render("small", &[set]).await;
    let names = &manifests.one("NetworkPolicy", "")["spec"]["egress"][0];
    assert_eq!(names["to"], json!([{"ipBlock": {"cidr": "169.254.20.10/32"}}]));
    let ports = ["UDP", "TCP"].map(|protocol| json!({"port": 5353, "protocol": protocol}));
    assert_eq!(names["ports"].as_array().unwrap()[2..], ports);
}
