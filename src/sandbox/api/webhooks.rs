//! Endpoints about the webhooks of a list; nothing is delivered to them.

use serde::Deserialize;
use url::Url;

use crate::sandbox::call::Call;
use crate::sandbox::codes::{ApiError, api_error};
use crate::sandbox::list::{List, Webhook};
use crate::sandbox::request::Text;
use crate::sandbox::wire::{Answer, Reply};

/// Endpoints below `/lists/{id}/webhooks`.
pub fn route(call: &Call<'_>, method: &str, list_id: &str, rest: &[&str]) -> Reply {
    let list = call.list(list_id)?;
    match (method, rest) {
        ("GET", []) => Answer::ok(&list.state().webhooks),
        ("POST", []) => create(call, &list),
        ("PUT", [id, "activate"]) => set_status(&list, id, "Active"),
        ("PUT", [id, "deactivate"]) => set_status(&list, id, "Deactivated"),
        ("GET", [id, "test"]) => existing(&list, id).and_then(|()| Answer::empty()),
        ("DELETE", [id]) => delete(&list, id),
        _ => Err(api_error(404)),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WebhookRequest<'a> {
    #[serde(borrow, default)]
    events: Vec<Text<'a>>,
    #[serde(borrow)]
    url: Option<Text<'a>>,
    #[serde(borrow)]
    payload_format: Option<Text<'a>>,
}

fn create(call: &Call<'_>, list: &List) -> Reply {
    let request: WebhookRequest<'_> = call.body_as("webhook")?;
    let url = request.url.as_deref().unwrap_or_default();
    if !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https")) {
        return Err(api_error(601));
    }
    let payload_format = match request.payload_format.as_deref().unwrap_or_default() {
        format if format.eq_ignore_ascii_case("json") => "Json",
        format if format.eq_ignore_ascii_case("xml") => "Xml",
        _ => return Err(api_error(602)),
    };
    let known = |event: &Text<'_>| ["Subscribe", "Deactivate", "Update"].contains(&&**event);
    if request.events.is_empty() || !request.events.iter().all(known) {
        return Err(api_error(603));
    }
    let id = call.world.account().make_id();
    list.state().webhooks.push(Webhook {
        id: id.clone(),
        events: request.events.iter().map(|event| event.to_string()).collect(),
        url: url.to_owned(),
        status: "Active",
        payload_format,
    });
    Answer::created(&id)
}

fn existing(list: &List, id: &str) -> Result<(), ApiError> {
    let exists = list.state().webhooks.iter().any(|webhook| webhook.id == id);
    if exists { Ok(()) } else { Err(api_error(404)) }
}

fn set_status(list: &List, id: &str, status: &'static str) -> Reply {
    existing(list, id)?;
    let mut state = list.state();
    let found = state.webhooks.iter_mut().filter(|webhook| webhook.id == id);
    found.for_each(|webhook| webhook.status = status);
    Answer::empty()
}

fn delete(list: &List, id: &str) -> Reply {
    existing(list, id)?;
    list.state().webhooks.retain(|webhook| webhook.id != id);
    Answer::empty()
}
