//! The authorize step of OAuth: the consent page, and the redirect with a code or an error.

use url::{Url, form_urlencoded};

use crate::sandbox::preset::OAUTH_CLIENT_ID;
use crate::sandbox::query::Query;
use crate::sandbox::settings::Oauth;
use crate::sandbox::wire::{Answer, escaped};
use crate::sandbox::world::World;

/// The scopes that an application may request.
const SCOPES: [&str; 12] = [
    "ViewReports",
    "ManageLists",
    "CreateCampaigns",
    "ImportSubscribers",
    "SendCampaigns",
    "ViewSubscribersInReports",
    "ManageTemplates",
    "AdministerPersons",
    "AdministerAccount",
    "ViewTransactional",
    "SendTransactional",
    "Automation",
];

/// `GET /oauth`: the consent page, or the redirect at once when `autoApprove` is set.
pub fn authorize(query: &Query, world: &World) -> Answer {
    let settings = &world.settings().oauth;
    match checked_redirect(query, settings) {
        Err(page) => page,
        Ok(redirect) => match requested_scopes(query) {
            Err((error, description)) => denied(redirect, query, error, description),
            Ok(scopes) if settings.auto_approve => approved(redirect, query, world, &scopes),
            Ok(scopes) => consent_page(query, &scopes),
        },
    }
}

/// `POST /oauth`: what the person decided on the consent page.
pub fn decide(query: &Query, form: &Query, world: &World) -> Answer {
    let redirect = match checked_redirect(query, &world.settings().oauth) {
        Ok(redirect) => redirect,
        Err(page) => return page,
    };
    match requested_scopes(query) {
        Ok(scopes) if form.get("decision") == "allow" => approved(redirect, query, world, &scopes),
        Ok(_) => denied(redirect, query, "access_denied", "The user denied the request"),
        Err((error, description)) => denied(redirect, query, error, description),
    }
}

/// A wrong application or redirect address shows an error page and never redirects.
fn checked_redirect(query: &Query, settings: &Oauth) -> Result<Url, Answer> {
    let page = |error: &str| {
        Answer::html(400, format!("<h1>Campaign Monitor (sandbox)</h1><p>{error}</p>"))
    };
    if query.get("client_id") != OAUTH_CLIENT_ID {
        return Err(page("unknown_client"));
    }
    let text = query.get("redirect_uri");
    let allowed = text.starts_with(&settings.redirect_uri_prefix);
    let url = Url::parse(text).ok().filter(|url| allowed && url.has_host());
    url.ok_or_else(|| page("invalid_redirect_uri"))
}

fn requested_scopes(query: &Query) -> Result<Vec<String>, (&'static str, &'static str)> {
    if !matches!(query.get("type"), "" | "web_server") {
        return Err(("invalid_request", "The sandbox supports only the type web_server"));
    }
    let scopes = query.get("scope").split([',', ' ']).filter(|scope| !scope.is_empty());
    let known = |scope: &str| SCOPES.iter().find(|s| s.eq_ignore_ascii_case(scope));
    let scopes: Option<Vec<String>> =
        scopes.map(|scope| known(scope).map(ToString::to_string)).collect();
    match scopes {
        Some(scopes) if !scopes.is_empty() => Ok(scopes),
        _ => Err(("unknown_scope", "One or more scopes are unknown")),
    }
}

fn approved(mut redirect: Url, query: &Query, world: &World, scopes: &[String]) -> Answer {
    let code = world.grants().make_code(query.get("redirect_uri"), scopes);
    redirect.query_pairs_mut().append_pair("code", &code);
    with_state(redirect, query)
}

fn denied(mut redirect: Url, query: &Query, error: &str, description: &str) -> Answer {
    let mut pairs = redirect.query_pairs_mut();
    pairs.append_pair("error", error).append_pair("error_description", description);
    drop(pairs);
    with_state(redirect, query)
}

fn with_state(mut redirect: Url, query: &Query) -> Answer {
    if !query.get("state").is_empty() {
        redirect.query_pairs_mut().append_pair("state", query.get("state"));
    }
    Answer::redirect(redirect)
}

fn consent_page(query: &Query, scopes: &[String]) -> Answer {
    let mut action = form_urlencoded::Serializer::new(String::new());
    for name in ["type", "client_id", "redirect_uri", "scope", "state"] {
        action.append_pair(name, query.get(name));
    }
    let (action, scopes) = (escaped(&action.finish()), escaped(&scopes.join(", ")));
    Answer::html(
        200,
        format!(
            "<!doctype html><html lang=\"en\"><title>Campaign Monitor (sandbox)</title>\
             <h1>Allow access to your account?</h1><p>The application requests: {scopes}</p>\
             <form method=\"post\" action=\"/oauth?{action}\">\
             <button name=\"decision\" value=\"allow\">Allow access</button>\
             <button name=\"decision\" value=\"deny\">Deny</button></form></html>"
        ),
    )
}
