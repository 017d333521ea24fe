//! The file: members as in the API, with names in place of ids and references in place of secrets.

use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use serde_saphyr::{Error, MessageFormatter, Spanned, UserMessageFormatter};

use super::file_alerts::{WantedChannel, WantedRule};
use super::flaws::FileFlaw;
use crate::connections::{AllowedRoles, ConnectionType};
use crate::exports::{FeedbackFolder, ListId, ListSync, Mapping, Options, RowLog};
use crate::names::DisplayName;
use crate::schedules::Schedule;
use crate::schedules::refresh::RefreshSchedule;
use crate::segments::{SegmentName, SegmentSource};

/// What an instance is to have. What is left out stays as it is.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ConfigurationFile {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) connections: Vec<Spanned<WantedConnection>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) segments: Vec<Spanned<WantedSegment>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) exports: Vec<Spanned<WantedExport>>,
    /// The system refresh of the instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) schedule: Option<RefreshSchedule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) channels: Vec<Spanned<WantedChannel>>,
    /// All rules of the instance. An empty list: no alert opens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) alert_rules: Option<Vec<Spanned<WantedRule>>>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedConnection {
    pub(super) display_name: DisplayName,
    pub(super) r#type: ConnectionType,
    #[serde(default)]
    pub(super) allowed_roles: AllowedRoles,
    /// Who applies the file agrees, for every connection that it creates.
    pub(super) consent: WantedConsent,
    /// Left out: the connection keeps what it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) credentials: Option<Spanned<WantedCredentials>>,
    /// The owner of the token becomes the export user, if there is none.
    #[serde(default)]
    pub(super) export_user: bool,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedConsent {
    #[serde(deserialize_with = "agreed")]
    pub(super) agreed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) text_version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) lang: Option<String>,
}

/// Where the secret is: one of the two.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedCredentials {
    #[expect(dead_code, reason = "it is read to reject every other kind")]
    #[serde(skip_serializing)]
    kind: ApiKeyKind,
    /// Variable of the environment that holds the key.
    #[serde(default)]
    pub(super) api_key_env: Option<String>,
    /// File that holds the key. A line break at its end does not count.
    #[serde(default)]
    pub(super) api_key_file: Option<PathBuf>,
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "it is read to reject it")]
    api_key: Option<NoSecret>,
}

/// The only kind that can be applied; people sign in for the other one.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum ApiKeyKind {
    ApiKey,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedSegment {
    pub(super) name: SegmentName,
    pub(super) display_name: DisplayName,
    /// Left out: a segment keeps the one it has; a new one is for uploads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) source: Option<SegmentSource>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct WantedExport {
    pub(super) display_name: DisplayName,
    /// The display name of one of the file or of the instance.
    pub(super) connection: Spanned<DisplayName>,
    pub(super) list_id: ListId,
    pub(super) segments: Vec<Spanned<SegmentName>>,
    pub(super) mapping: Mapping,
    #[serde(default)]
    pub(super) options: Options,
    #[serde(default)]
    pub(super) sync: ListSync,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) row_log: Option<RowLog>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) feedback: Option<FeedbackFolder>,
    #[serde(default)]
    pub(super) schedule: Schedule,
}

/// A secret in the file, which others may read. It never stands in the error.
struct NoSecret;

impl<'de> Deserialize<'de> for NoSecret {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let why = "A secret does not belong in this file. Write `apiKeyEnv` with the name of a variable, or \
            `apiKeyFile` with the path of a file.";
        Err(D::Error::custom(why))
    }
}

fn agreed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    if bool::deserialize(deserializer)? {
        return Ok(true);
    }
    let why = "A connection needs consent to the data transfer. Read the data privacy and compliance text, and write \
        `agreed: true`.";
    Err(D::Error::custom(why))
}

/// The file, or what is wrong with it. Errors never quote the lines around it: they may hold a secret.
pub(super) fn parse(text: &str) -> Result<ConfigurationFile, FileFlaw> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(ConfigurationFile::default());
    }
    // `yes` and `no` are words of the API, not true and false.
    let options = serde_saphyr::options! { strict_booleans: true, with_snippet: false };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| flaw(&error))
}

fn flaw(error: &Error) -> FileFlaw {
    let line = error.location().map_or(0, |location| location.line());
    let text = match error.without_snippet() {
        Error::SerdeUnknownField { field, expected, .. } => unknown(field, expected),
        Error::SerdeUnknownVariant { variant, expected, .. } => unknown(variant, expected),
        Error::SerdeMissingField { field, .. } => format!("`{field}` is missing."),
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("`{key}` is there twice."),
        other => in_words(&UserMessageFormatter.format_message(other)),
    };
    FileFlaw { line, text }
}

fn unknown(name: &str, known: &[impl AsRef<str>]) -> String {
    let known: Vec<_> = known.iter().map(|name| format!("`{}`", name.as_ref())).collect();
    format!("`{name}` is not known here. It can be {}.", known.join(", "))
}

/// What the parser says, as a sentence.
fn in_words(text: &str) -> String {
    let words = match text {
        "expected sequence start" => "a list belongs here: `[…]`, or lines that begin with `- `",
        "expected mapping start" => "keys with values belong here",
        "expected string scalar" => "a text belongs here",
        other => other.trim_end_matches('.'),
    };
    let mut letters = words.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTION: &str = "connections:\n- displayName: Newsletter\n  type: campaignMonitor\n";

    fn refusal(text: &str) -> (u64, String) {
        let flaw = parse(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
        (flaw.line, flaw.text)
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_known_ones() {
        let (line, text) = refusal("segments:\n- name: A\n  displayName: A\n  colour: red\n");
        assert_eq!(line, 4, "{text}");
        assert_eq!(text, "`colour` is not known here. It can be `name`, `displayName`, `source`.");
        let (line, text) = refusal("# what we have\nlists: []\n");
        assert_eq!(line, 2);
        assert!(text.starts_with("`lists` is not known here."), "{text}");
    }

    #[test]
    fn what_is_wrong_is_said_in_words() {
        let segment = |rest: &str| format!("segments:\n- name: A\n  displayName: A\n{rest}");
        for (file, line, words) in [
            ("segments: A\n".to_owned(), 1, "A list belongs here"),
            (segment("  source: upload\n"), 4, "Keys with values belong here."),
            (
                segment("  source: {kind: uploads}\n"),
                4,
                "`uploads` is not known here. It can be `upload`",
            ),
            (segment("  displayName: B\n"), 4, "`displayName` is there twice."),
            (segment("- name: 7\n"), 4, "A segment name is a letter"),
        ] {
            let (found, text) = refusal(&file);
            assert!(found == line && text.starts_with(words), "{file}\n{found}: {text}");
        }
    }

    #[test]
    fn the_url_of_a_channel_is_refused_and_not_repeated() {
        let channel =
            "channels:\n- displayName: Team\n  kind: slack\n  url: https://hush.example\n";
        let (line, text) = refusal(channel);
        assert_eq!(line, 4, "{text}");
        assert!(text.starts_with("The URL of a channel") && !text.contains("hush"), "{text}");
    }

    #[test]
    fn consent_must_be_agreed_to_in_the_file() {
        let (_, text) = refusal(CONNECTION);
        assert_eq!(text, "`consent` is missing.");
        let (line, text) = refusal(&format!("{CONNECTION}  consent:\n    agreed: false\n"));
        assert_eq!(line, 5);
        assert!(text.starts_with("A connection needs consent"), "{text}");
    }

    #[test]
    fn a_secret_in_the_file_is_refused_and_not_repeated() {
        let file = format!(
            "{CONNECTION}  consent: {{agreed: true}}\n  credentials:\n    kind: apiKey\n    apiKey: hush-hush\n"
        );
        let (line, text) = refusal(&file);
        assert_eq!(line, 7);
        assert!(text.starts_with("A secret does not belong") && !text.contains("hush"), "{text}");
    }

    #[test]
    fn the_file_of_the_documentation_is_accepted() {
        let page = include_str!("../../../docs/CONFIGURATION-AS-CODE.md");
        let (_, rest) = page.split_once("```yaml\n").unwrap();
        let (file, _) = rest.split_once("```").unwrap();
        let file = parse(file).unwrap();
        assert_eq!((file.connections.len(), file.exports.len()), (1, 1));
        assert_eq!((file.channels.len(), file.alert_rules.map(|rules| rules.len())), (2, Some(2)));
    }

    #[test]
    fn a_file_without_keys_is_empty() {
        for text in ["", "\n# nothing yet\n", "{}"] {
            assert!(parse(text).is_ok_and(|file| file.exports.is_empty()), "{text:?}");
        }
    }
}
