//! The text that administrators agree to, and whether they did.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::views::ConsentBody;
use crate::connections::{CONSENT_VERSION, ConsentLang, ConsentText};
use crate::http::auth::{Caller, Viewer};
use crate::http::problem::{FieldError, Problem, ProblemDocument, ProblemKind};
use crate::http::query::Query;

/// The text that an administrator agrees to when making a connection.
#[derive(Serialize, ToSchema)]
pub struct ConsentTextView {
    /// To be sent back as `textVersion`.
    #[schema(example = "2026-11")]
    version: &'static str,
    /// The language of `text`.
    lang: ConsentLang,
    /// One paragraph, without markup.
    #[schema(example = "When you let this service send data to Campaign Monitor, you allow …")]
    text: &'static str,
    /// SHA-256 of the text in UTF-8, in hexadecimal digits: a connection keeps that of the text that was agreed to.
    #[schema(example = "357359bf4f160034207fcb560df95488095d5be98aa5c32bfa1686fb08df7fd2")]
    hash: String,
}

/// Whom the text is shown to.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ConsentTextQuery {
    /// Language of the reader, as in `lv` or `lv-LV`; English where there is no text in that language.
    #[param(max_length = 35, pattern = "^[A-Za-z0-9-]*$", example = "lv")]
    lang: Option<String>,
    /// An older version, as connections name it; the served one without it.
    #[param(max_length = 20, pattern = "^[0-9-]*$", example = "2026-11")]
    version: Option<String>,
}

/// Reads the text that an administrator agrees to.
///
/// Show it before a connection is made, and send its `version` and `lang` with the consent. Every version that there
/// ever was can be read, in each language that it had.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Viewer"])),
    params(ConsentTextQuery),
    responses(
        (status = 200, body = ConsentTextView),
        (status = 404, description = "There never was such a version: `notFound`", body = ProblemDocument),
    ),
)]
#[get("/consent-text")]
pub async fn get_consent_text(
    _caller: Caller<Viewer>,
    query: Query<ConsentTextQuery>,
) -> Result<HttpResponse, Problem> {
    let tag = query.0.lang.as_deref().unwrap_or_default();
    if !is_language_tag(tag) {
        let detail = "`lang` is a language, such as `lv` or `lv-LV`.";
        return Err(Problem::new(ProblemKind::InvalidRequest, detail));
    }
    let version = query.0.version.as_deref().unwrap_or(CONSENT_VERSION);
    if !is_version(version) {
        let detail = "`version` is a version of the text, such as `2026-11`.";
        return Err(Problem::new(ProblemKind::InvalidRequest, detail));
    }
    let found = ConsentText::find(version, ConsentLang::of_tag(tag));
    let found = found.ok_or_else(|| Problem::not_found("consent text of this version"))?;
    let ConsentText { version, lang, text } = found;
    Ok(HttpResponse::Ok().json(ConsentTextView { version, lang, text, hash: found.hash() }))
}

/// Tags of languages are at most so long (RFC 5646, 4.4.1).
const TAG_CHARS_MAX: usize = 35;
/// Part of the API contract.
const VERSION_CHARS_MAX: usize = 20;

fn is_language_tag(tag: &str) -> bool {
    let is_in_tag = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    tag.len() <= TAG_CHARS_MAX && tag.bytes().all(is_in_tag)
}

fn is_version(text: &str) -> bool {
    text.len() <= VERSION_CHARS_MAX
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// Rejects a connection without consent, or with consent to a text that is no longer the one that is served.
pub(super) fn check(consent: Option<&ConsentBody>) -> Result<(), Problem> {
    let agreed = consent.filter(|consent| consent.agreed);
    let agreed = agreed.ok_or_else(|| {
        let detail = "Consent is missing. Read the data privacy and compliance text, and send `\"consent\": \
            {\"agreed\": true}`.";
        required(FieldError::new("/consent/agreed", "consentRequired", detail))
    })?;
    if agreed.text_version.as_deref().is_none_or(|version| version == CONSENT_VERSION) {
        return Ok(());
    }
    let detail = "The data privacy and compliance text has changed since it was shown. Read it again, and agree to \
        the version that `GET /consent-text` answers.";
    let error = FieldError::new("/consent/textVersion", "otherTextVersion", detail);
    Err(required(error.with("textVersion", CONSENT_VERSION)))
}

fn required(error: FieldError) -> Problem {
    Problem::from_errors(ProblemKind::ConsentRequired, vec![error])
}
