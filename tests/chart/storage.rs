//! Where members are stored, and the credentials for it.

use serde_json::{Value, json};

use super::tools::{container, pod, render, variable};

/// What a variable of a container takes from a secret, as secret and key.
fn from_secret<'a>(manifest: &'a Value, name: &str) -> (&'a str, &'a str) {
    let variables = container(manifest)["env"].as_array().unwrap();
    let found = variables.iter().find(|variable| variable["name"] == name);
    let secret = &found.unwrap_or_else(|| panic!("no {name}"))["valueFrom"]["secretKeyRef"];
    (secret["name"].as_str().unwrap(), secret["key"].as_str().unwrap())
}

/// `program.rs` shows that the program works with them.
#[tokio::test]
async fn credentials_of_roots_come_from_existing_secrets() {
    let manifests = render("cloud", &["storage.roots.lake.options.azure_client_id=id"]).await;
    for part in ["-api", "-worker", "-scheduler"] {
        let deployment = manifests.one("Deployment", part);
        let options = variable(deployment, "SEGMENT_EXPORT_STORAGE_OPTIONS").unwrap();
        for (option, secret) in [
            ("default.aws_region=eu-west-1", None),
            ("default.aws_access_key_id=", Some(("members-storage", "accessKeyId"))),
            ("default.aws_secret_access_key=", Some(("members-storage", "secretAccessKey"))),
            ("lake.azure_client_id=id", None),
            ("lake.azure_storage_sas_token=", Some(("lake-storage", "sasToken"))),
        ] {
            let value =
                options.split(' ').find_map(|text| text.strip_prefix(option)).expect(option);
            let name = value.strip_prefix("$(").and_then(|text| text.strip_suffix(')'));
            assert_eq!(name.map(|name| from_secret(deployment, name)), secret, "{option}");
        }
        let roots = "crm-share=file:///mnt/crm \
                     lake=abfss://exports@lake.dfs.core.windows.net/CustomerInsights";
        assert_eq!(variable(deployment, "SEGMENT_EXPORT_STORAGE_ROOTS"), Some(roots));
        let mount = json!({"name": "root-crm-share", "mountPath": "/mnt/crm", "readOnly": true});
        assert!(container(deployment)["volumeMounts"].as_array().unwrap().contains(&mount));
        let volume = json!({"name": "root-crm-share",
            "persistentVolumeClaim": {"claimName": "crm", "readOnly": true}});
        assert!(pod(deployment)["volumes"].as_array().unwrap().contains(&volume));
    }
}

#[tokio::test]
async fn tables_are_read_from_databases_named_in_secrets() {
    let set = ["sqlSources.web-shop.name=shop,sqlSources.web-shop.key=dsn"];
    let manifests = render("cloud", &set).await;
    let worker = manifests.one("Deployment", "-worker");
    let sources = "crm=$(SQL_SOURCE_CRM) web-shop=$(SQL_SOURCE_WEB_SHOP)";
    assert_eq!(variable(worker, "SEGMENT_EXPORT_SQL_SOURCES"), Some(sources));
    assert_eq!(from_secret(worker, "SQL_SOURCE_CRM"), ("crm-database", "url"));
    assert_eq!(from_secret(worker, "SQL_SOURCE_WEB_SHOP"), ("shop", "dsn"));
}

#[tokio::test]
async fn secrets_are_mounted_as_files() {
    let manifests = render("cloud", &[]).await;
    let mount = json!({"name": "secret-authorities", "mountPath": "/secrets/authorities", "readOnly": true});
    let volume =
        json!({"name": "secret-authorities", "secret": {"secretName": "private-authorities"}});
    for manifest in manifests.with_pods() {
        let calls_nobody_else = manifest["kind"] == "Pod";
        let mounts = container(manifest)["volumeMounts"].as_array().unwrap();
        assert_ne!(mounts.contains(&mount), calls_nobody_else);
        assert_ne!(
            pod(manifest)["volumes"].as_array().unwrap().contains(&volume),
            calls_nobody_else
        );
    }
}

#[tokio::test]
async fn sidecars_write_passwords_for_the_service_and_for_the_migration() {
    let file = "/run/passwords/database";
    let set = format!(
        "sidecars[0].name=token,sidecars[0].image=registry.example/token:1,serviceAccount.create=false,\
         serviceAccount.name=exporter,settings.DATABASE_PASSWORD_FILE={file}"
    );
    let manifests = render("production", &[&set]).await;
    let volume = json!({"name": "passwords", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}});
    let mount = json!({"name": "passwords", "mountPath": "/run/passwords"});
    let sidecar = json!([{"name": "token", "image": "registry.example/token:1", "restartPolicy": "Always",
        "volumeMounts": [mount]}]);
    let mut migrates = false;
    for manifest in manifests.with_pods() {
        let calls_nobody_else = manifest["kind"] == "Pod";
        migrates |= manifest["kind"] == "Job";
        let volumes = pod(manifest)["volumes"].as_array().unwrap();
        assert_ne!(volumes.contains(&volume), calls_nobody_else, "{manifest}");
        if !calls_nobody_else {
            assert_eq!(pod(manifest)["initContainers"], sidecar, "{manifest}");
            assert_eq!(variable(manifest, "SEGMENT_EXPORT_DATABASE_PASSWORD_FILE"), Some(file));
            assert_eq!(pod(manifest)["serviceAccountName"], "exporter");
            let mounts = container(manifest)["volumeMounts"].as_array().unwrap();
            let mount =
                json!({"name": "passwords", "mountPath": "/run/passwords", "readOnly": true});
            assert!(mounts.contains(&mount), "{manifest}");
        }
    }
    assert!(migrates);
}

#[tokio::test]
async fn secrets_are_files_when_the_values_say_so() {
    let own = ["secrets.asFiles=true"];
    for (manifests, secret) in [
        (render("production", &[]).await, "segment-export-secrets"),
        (render("small", &own).await, "demo-segment-export"),
    ] {
        for manifest in manifests.with_pods() {
            let is_test = manifest["kind"] == "Pod";
            let migrates = manifest["kind"] == "Job" && secret == "demo-segment-export";
            let secret = if migrates { "demo-segment-export-migrate" } else { secret };
            let mount = json!({"name": "secrets", "mountPath": "/run/secrets/segment-export", "readOnly": true});
            let volume =
                json!({"name": "secrets", "secret": {"secretName": secret, "defaultMode": 0o440}});
            let mounts = container(manifest)["volumeMounts"].as_array().unwrap();
            assert_ne!(mounts.contains(&mount), is_test, "{manifest}");
            assert_ne!(pod(manifest)["volumes"].as_array().unwrap().contains(&volume), is_test);
            for variable in container(manifest)["env"].as_array().into_iter().flatten() {
                assert!(variable["valueFrom"].is_null(), "{variable}");
            }
            if !is_test {
                let file = "/run/secrets/segment-export/databaseUrl";
                assert_eq!(variable(manifest, "SEGMENT_EXPORT_DATABASE_URL_FILE"), Some(file));
            }
        }
    }
}
