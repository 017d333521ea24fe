//! PostgreSQL and Redis that take TLS and a password only, with certificates of an authority that nobody knows.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Result, ensure};
use segment_export::sandbox::LIST_ID;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::runs::{PATIENCE, members};
use crate::cluster::services::free_port;
use crate::programs::succeed;

const PASSWORD: &str = "correct-horse-4711";
const WRONG: &str = "wrong-horse-4712";

/// A cluster whose engines have been secured.
struct Secured {
    cluster: Cluster,
    certificates: TempDir,
    redis_port: u16,
}

impl Secured {
    async fn start() -> Result<Self> {
        let (cluster, certificates) = (Cluster::start(&[]).await?, TempDir::new()?);
        for authority in ["ours", "other"] {
            make_certificates(certificates.path(), authority).await;
        }
        let secured = Self { cluster, certificates, redis_port: free_port()? };
        secured.secure_postgres().await;
        secured.secure_redis().await;
        Ok(secured)
    }

    /// A file of an authority: its own certificate, or the key and certificate of its server.
    fn file(&self, name: &str) -> String {
        self.certificates.path().join(name).display().to_string()
    }

    async fn secure_postgres(&self) {
        let url = self.cluster.postgres.url();
        let hba = "hostssl all all 127.0.0.1/32 scram-sha-256";
        let script = format!(
            "set -e; data=$(psql {url} -Atc 'SHOW data_directory'); \
             cp {}/server-ours.* $data/; [ $(id -u) != 0 ] || chown postgres $data/server-ours.*; \
             chmod 600 $data/server-ours.*; \
             psql -q {url} -c \"ALTER USER postgres PASSWORD '{PASSWORD}'\" -c 'ALTER SYSTEM SET ssl = on' \
             -c \"ALTER SYSTEM SET ssl_cert_file = 'server-ours.pem'\" \
             -c \"ALTER SYSTEM SET ssl_key_file = 'server-ours.key'\"; \
             echo '{hba}' > $data/pg_hba.conf; psql -Atq {url} -c 'SELECT pg_reload_conf()'",
            self.certificates.path().display()
        );
        succeed("sh", &["-c", &script], "/").await;
    }

    async fn secure_redis(&self) {
        let url = self.cluster.redis.url();
        let (port, authority) = (self.redis_port, self.file("ours.pem"));
        let (certificate, key) = (self.file("server-ours.pem"), self.file("server-ours.key"));
        let script = format!(
            "set -e; redis-cli -u {url} <<EOF | grep -vx OK && exit 1 || exit 0
CONFIG SET tls-cert-file {certificate} tls-key-file {key} tls-ca-cert-file {authority} tls-auth-clients no \
     tls-port {port}
CONFIG SET requirepass {PASSWORD}
EOF"
        );
        succeed("sh", &["-c", &script], "/").await;
    }

    fn database_url(&self, password: &str, authority: &str) -> String {
        let authority = self.file(&format!("{authority}.pem"));
        let url =
            self.cluster.postgres.url().replace("postgres@", &format!("postgres:{password}@"));
        format!("{url}?sslmode=verify-full&sslrootcert={authority}")
    }

    fn redis_url(&self, password: &str) -> String {
        format!("rediss://:{password}@127.0.0.1:{}", self.redis_port)
    }

    /// The settings of a process that names its engines like this.
    fn settings(&self, database_url: &str, redis_url: &str, redis_authority: &str) -> Vec<String> {
        let mut settings = self.cluster.settings.clone();
        let redis = settings.iter().position(|setting| setting == "--redis-url").unwrap();
        redis_url.clone_into(&mut settings[redis + 1]);
        settings.extend(["--database-url".into(), database_url.into()]);
        settings.extend(["--redis-ca".into(), self.file(&format!("{redis_authority}.pem"))]);
        settings
    }

    /// What a process says that must refuse to start like this.
    async fn refuses(&self, settings: &[String]) -> Result<String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
        command
            .args(settings)
            .args(["--bind", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, command.output()).await??;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(!output.status.success(), "it starts: {said}");
        for password in [PASSWORD, WRONG] {
            ensure!(!said.contains(password), "it tells the password: {said}");
        }
        Ok(said)
    }
}

/// An authority, and a server's key and certificate that it signs.
async fn make_certificates(folder: &Path, authority: &str) {
    let script = format!(
        "set -e
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN={authority}' \
     -keyout {authority}.key -out {authority}.pem
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=server' \
     -keyout server-{authority}.key -out request.pem
printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n' > extensions
openssl x509 -req -in request.pem -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -days 2 \
     -extfile extensions -out server-{authority}.pem"
    );
    succeed("sh", &["-c", &script], &folder.to_string_lossy()).await;
}

#[tokio::test]
async fn an_export_goes_over_tls_with_passwords_and_a_private_authority() -> Result<()> {
    let mut secured = Secured::start().await?;
    let urls = (secured.database_url(PASSWORD, "ours"), secured.redis_url(PASSWORD));
    secured.cluster.settings = secured.settings(&urls.0, &urls.1, "ours");
    let api = secured.cluster.play("api", "api").await?;
    let _worker = secured.cluster.play("worker", "worker").await?;
    let caller = Caller::new(vec![api.port]).await?;
    let connection = caller.add_connection("Newsletter").await?;
    caller.add_segment("Members", members(1)).await?;
    let export = caller.add_export("Members", &connection, LIST_ID).await?;
    let ready: Value = api.get("readyz").await?.json().await?;
    assert_eq!(ready["ready"], true, "{ready}");
    let run = caller.start_run(&export).await?;
    caller.ends_well(&run, 1).await?;
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_authority_or_address_ends_the_start_and_names_the_setting_but_not_the_password()
-> Result<()> {
    let secured = Secured::start().await?;
    let (database, redis) = (secured.database_url(PASSWORD, "ours"), secured.redis_url(PASSWORD));
    let wrong_database = secured.database_url(WRONG, "ours");
    let unknown_database = secured.database_url(PASSWORD, "other");
    let nobody = "postgres://postgres@127.0.0.1:1/postgres";
    for (settings, name, why) in [
        (secured.settings(nobody, &redis, "ours"), "DATABASE_URL", "cannot be opened"),
        (secured.settings(&wrong_database, &redis, "ours"), "DATABASE_URL", "password"),
        (secured.settings(&unknown_database, &redis, "ours"), "DATABASE_URL", "certificate"),
        (secured.settings(&database, &secured.redis_url(WRONG), "ours"), "REDIS_URL", "password"),
        (secured.settings(&database, &redis, "other"), "REDIS_CA", "certificate"),
    ] {
        let said = secured.refuses(&settings).await?;
        assert!(
            said.contains(&format!("SEGMENT_EXPORT_{name}")) && said.to_lowercase().contains(why),
            "{said}"
        );
    }
    Ok(())
}
