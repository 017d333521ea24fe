//! Secrets that a file refers to.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde_saphyr::Spanned;

use super::file::WantedCredentials;
use super::file_alerts::WantedChannel;
use super::flaws::FileFlaw;

/// The key that the file refers to, or why there is none.
pub(super) fn read(credentials: &Spanned<WantedCredentials>) -> Result<SecretString, FileFlaw> {
    let wanted = &credentials.value;
    let key = match (&wanted.api_key_env, &wanted.api_key_file) {
        (Some(name), None) => of_variable(name, "API key"),
        (None, Some(path)) => of_file(path, "API key"),
        _ => Err("Write `apiKeyEnv` or `apiKeyFile`: one of the two.".to_owned()),
    };
    key.map_err(|why| FileFlaw::at(credentials, why))
}

/// The URL of a channel that the file refers to, if it does.
pub(super) fn url(channel: &WantedChannel) -> Result<Option<SecretString>, String> {
    match (&channel.url_env, &channel.url_file) {
        (None, None) => Ok(None),
        (Some(name), None) => of_variable(name, "URL of the channel").map(Some),
        (None, Some(path)) => of_file(path, "URL of the channel").map(Some),
        _ => Err("Write `urlEnv` or `urlFile`: one of the two.".to_owned()),
    }
}

/// What the API shows of a key.
pub(super) fn last_four(key: &SecretString) -> String {
    let key = key.expose_secret();
    let start = key.char_indices().rev().nth(3).map_or(0, |(start, _)| start);
    key[start..].to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the file names the variable, so it is no setting of the program"
)]
fn of_variable(name: &str, what: &str) -> Result<SecretString, String> {
    match std::env::var(name) {
        Ok(key) if !key.trim().is_empty() => Ok(key.trim().into()),
        _ => Err(format!("The variable {name} is not set. It must hold the {what}.")),
    }
}

fn of_file(path: &Path, what: &str) -> Result<SecretString, String> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("The file {name} cannot be read: {error}."))?;
    match text.trim() {
        "" => Err(format!("The file {name} is empty. It must hold the {what}.")),
        key => Ok(key.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_key_is_shown_as_the_api_shows_it() {
        for (key, shown) in [("sandbox-account-key", "-key"), ("abc", "abc"), ("", "")] {
            assert_eq!(last_four(&key.into()), shown);
        }
    }
}
