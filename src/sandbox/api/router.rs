//! Which endpoint answers a path, and which scope a token needs for it.

use super::{account, clients, custom_fields, import, lists, pages, subscribers, webhooks};
use crate::sandbox::call::Call;
use crate::sandbox::codes::api_error;
use crate::sandbox::wire::Reply;

/// Answers a call; `path` is without version and suffix.
pub fn answer(call: &Call<'_>, method: &str, path: &str) -> Reply {
    let segments: Vec<&str> = path.split('/').collect();
    if call.settings.access.enforce_scopes {
        call.caller.require(scopes(method, &segments))?;
    }
    match segments.as_slice() {
        [name] => account::route(call, method, name),
        ["clients", id, rest @ ..] => clients::route(call, method, id, rest),
        ["lists", id, "customfields", rest @ ..] => custom_fields::route(call, method, id, rest),
        ["lists", id, "webhooks", rest @ ..] => webhooks::route(call, method, id, rest),
        ["lists", id, rest @ ..] => match (method, rest, pages::state_named(rest)) {
            ("GET", _, Some(state)) => pages::subscribers(call, id, state),
            _ => lists::route(call, method, id, rest),
        },
        ["subscribers", id, "import"] if method == "POST" => import::import(call, id),
        ["subscribers", id, rest @ ..] => subscribers::route(call, method, id, rest),
        _ => Err(api_error(404)),
    }
}

/// A token needs one of these scopes, the ones that the vendor's own plug-ins request.
fn scopes(method: &str, segments: &[&str]) -> &'static [&'static str] {
    match segments {
        ["billingdetails"] | ["clients", _] => &["AdministerAccount"],
        ["clients", _, ..] => &["ManageLists", "ImportSubscribers"],
        ["lists", _, rest] if pages::state_named(&[rest]).is_some() => {
            &["ManageLists", "ViewSubscribersInReports"]
        }
        ["lists", ..] => &["ManageLists"],
        ["subscribers", ..] if method == "GET" => {
            &["ImportSubscribers", "ViewSubscribersInReports"]
        }
        ["subscribers", ..] => &["ImportSubscribers"],
        _ => &[],
    }
}
