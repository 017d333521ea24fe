//! Secrets that are read from files, as Docker and Kubernetes hand them over: each secret setting has a second one that
//! names a file. They are read once, at the start; the files of passwords that expire are settings of the database and
//! the queue.

use std::path::PathBuf;

use anyhow::ensure;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::channels::ChannelSettings;
use super::data::{DEFAULT_DATABASE_URL, Data};
use super::heartbeat::HeartbeatSettings;
use super::oauth::OAuth;
use super::storage::StorageArgs;
use crate::identity::settings::Auth;
use crate::secrets;

#[derive(Args, Clone, Debug)]
#[expect(missing_docs, reason = "clap would print it as the help of the command")]
pub struct SecretFiles {
    /// File that holds the value of `--database-url`. A line break at its end does not count.
    #[arg(long, env = "SEGMENT_EXPORT_DATABASE_URL_FILE")]
    pub database_url_file: Option<PathBuf>,
    /// File that holds the value of `--redis-url`.
    #[arg(long, env = "SEGMENT_EXPORT_REDIS_URL_FILE")]
    pub redis_url_file: Option<PathBuf>,
    /// File that holds the value of `--encryption-keys`.
    #[arg(long, env = "SEGMENT_EXPORT_ENCRYPTION_KEYS_FILE")]
    pub encryption_keys_file: Option<PathBuf>,
    /// File that holds the value of `--oauth-client-secret`.
    #[arg(long, env = "SEGMENT_EXPORT_OAUTH_CLIENT_SECRET_FILE")]
    pub oauth_client_secret_file: Option<PathBuf>,
    /// File that holds the value of `--auth-hs256-secret`; only with `--dev`.
    #[arg(long, env = "SEGMENT_EXPORT_AUTH_HS256_SECRET_FILE")]
    pub auth_hs256_secret_file: Option<PathBuf>,
    /// File that holds the value of `--storage-options`.
    #[arg(long, env = "SEGMENT_EXPORT_STORAGE_OPTIONS_FILE")]
    pub storage_options_file: Option<PathBuf>,
    /// File that holds the value of `--sql-sources`.
    #[arg(long, env = "SEGMENT_EXPORT_SQL_SOURCES_FILE")]
    pub sql_sources_file: Option<PathBuf>,
    /// File that holds the value of `--row-log-key`.
    #[arg(long, env = "SEGMENT_EXPORT_ROW_LOG_KEY_FILE")]
    pub row_log_key_file: Option<PathBuf>,
    /// File that holds the value of `--smtp-url`.
    #[arg(long, env = "SEGMENT_EXPORT_SMTP_URL_FILE")]
    pub smtp_url_file: Option<PathBuf>,
    /// File that holds the value of `--heartbeat-url`.
    #[arg(long, env = "SEGMENT_EXPORT_HEARTBEAT_URL_FILE")]
    pub heartbeat_url_file: Option<PathBuf>,
}

impl SecretFiles {
    /// Puts what the files hold into the settings, once; one result for each.
    pub(super) fn read(
        &mut self,
        data: &mut Data,
        storage: &mut StorageArgs,
        auth: &mut Auth,
        oauth: &mut OAuth,
        (channels, heartbeat): (&mut ChannelSettings, &mut HeartbeatSettings),
    ) -> Vec<anyhow::Result<()>> {
        let url = &data.database_url;
        let mut url = (url.expose_secret() != DEFAULT_DATABASE_URL).then(|| url.clone());
        let read = vec![
            fill("DATABASE_URL", self.database_url_file.take(), &mut url),
            fill("REDIS_URL", self.redis_url_file.take(), &mut data.redis_url),
            fill("ENCRYPTION_KEYS", self.encryption_keys_file.take(), &mut data.encryption_keys),
            fill(
                "OAUTH_CLIENT_SECRET",
                self.oauth_client_secret_file.take(),
                &mut oauth.oauth_client_secret,
            ),
            fill(
                "AUTH_HS256_SECRET",
                self.auth_hs256_secret_file.take(),
                &mut auth.auth_hs256_secret,
            ),
            fill("STORAGE_OPTIONS", self.storage_options_file.take(), &mut storage.storage_options),
            fill("SQL_SOURCES", self.sql_sources_file.take(), &mut storage.sql_sources),
            fill("ROW_LOG_KEY", self.row_log_key_file.take(), &mut storage.row_log_key),
            fill("SMTP_URL", self.smtp_url_file.take(), &mut channels.smtp_url),
            fill("HEARTBEAT_URL", self.heartbeat_url_file.take(), &mut heartbeat.heartbeat_url),
        ];
        if let Some(url) = url {
            data.database_url = url;
        }
        read
    }
}

fn fill(
    name: &str,
    file: Option<PathBuf>,
    setting: &mut Option<SecretString>,
) -> anyhow::Result<()> {
    let Some(file) = file else { return Ok(()) };
    ensure!(
        setting.is_none(),
        "SEGMENT_EXPORT_{name} and SEGMENT_EXPORT_{name}_FILE are both set: remove one of them"
    );
    let secret = secrets::read_file(&file).map_err(|why| {
        anyhow::anyhow!("SEGMENT_EXPORT_{name}_FILE names {}, which {why}", file.display())
    })?;
    *setting = Some(secret);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_at_the_end_does_not_count_and_everything_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        for (content, expected) in
            [("one", "one"), ("one\n", "one"), ("one\r\n\n", "one"), (" one \ntwo\n", " one \ntwo")]
        {
            std::fs::write(&file, content).unwrap();
            assert_eq!(secrets::read_file(&file).unwrap().expose_secret(), expected, "{content:?}");
        }
    }

    #[test]
    fn a_file_that_holds_no_secret_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        let long = vec![b'x'; 70_000];
        for (content, words) in [
            (b"".as_slice(), "which is empty"),
            (b"\n", "which is empty"),
            (b" \n", "which is empty"),
            (b"\xff\xfe", "not text in UTF-8"),
            (&long, "longer than 65536 bytes"),
        ] {
            std::fs::write(&file, content).unwrap();
            let error = fill("REDIS_URL", Some(file.clone()), &mut None).unwrap_err();
            let message = error.to_string();
            assert!(message.contains(words), "{message}");
            assert!(message.contains("SEGMENT_EXPORT_REDIS_URL_FILE names /"), "{message}");
        }
        let missing = folder.path().join("missing");
        let error = fill("REDIS_URL", Some(missing), &mut None).unwrap_err();
        assert!(error.to_string().contains("which cannot be read (No such file"), "{error}");
    }
}
