//! Endpoints about one client: its details, its lists, and its suppression list.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::pages::{Page, PageRequest};
use crate::sandbox::address::{Key, is_valid};
use crate::sandbox::call::Call;
use crate::sandbox::client::{Client, Suppression};
use crate::sandbox::codes::api_error;
use crate::sandbox::list::List;
use crate::sandbox::member::State;
use crate::sandbox::members::Order;
use crate::sandbox::request::Text;
use crate::sandbox::wire::{Answer, Reply, date_text};

/// Endpoints below `/clients/{id}`.
pub fn route(call: &Call<'_>, method: &str, id: &str, rest: &[&str]) -> Reply {
    let client = call.client(id)?;
    match (method, rest) {
        ("GET", []) => details(&client),
        ("GET", ["lists"]) => lists(call, &client),
        ("GET", ["listsforemail"]) => lists_for_email(call, &client),
        ("GET", ["suppressionlist"]) => suppression_list(call, &client),
        ("POST", ["suppress"]) => suppress(call, &client),
        ("PUT", ["unsuppress"]) => unsuppress(call, &client),
        ("GET", ["segments" | "templates" | "journeys" | "campaigns" | "drafts"]) => {
            Answer::ok(&json!([]))
        }
        _ => Err(api_error(404)),
    }
}

/// The details contain the client's key, as those of the service do.
fn details(client: &Client) -> Reply {
    Answer::ok(&json!({
        "ApiKey": client.api_key,
        "AccessDetails": {"Username": client.name, "AccessLevel": 23},
        "BasicDetails": {
            "ClientID": client.id,
            "CompanyName": client.name,
            "ContactName": format!("{} (contact)", client.name),
            "EmailAddress": "contact@contoso.example",
            "Country": "Latvia",
            "TimeZone": "(GMT) Coordinated Universal Time",
        },
        "BillingDetails": {
            "CanPurchaseCredits": true,
            "Credits": 500,
            "ClientPays": true,
            "BaseRatePerRecipient": 1.0,
            "MarkupPerRecipient": 0.0,
            "MarkupOnDelivery": 0.0,
            "BaseDeliveryRate": 5.0,
            "Currency": "EUR",
            "BaseDesignSpamTestRate": 5.0,
            "MonthlyScheme": "Basic",
        },
    }))
}

fn lists(call: &Call<'_>, client: &Client) -> Reply {
    let lists = call.lists_of(client);
    let row = |list: &Arc<List>| json!({"ListID": list.id, "Name": list.state().about.title});
    Answer::ok(&lists.iter().map(row).collect::<Vec<_>>())
}

fn lists_for_email(call: &Call<'_>, client: &Client) -> Reply {
    let email = call.query.get("email");
    if !is_valid(email) {
        return Err(api_error(1));
    }
    let mut rows = Vec::new();
    for list in call.lists_of(client) {
        let state = list.state();
        if let Some(member) = state.members.get(Key::of(email)) {
            rows.push(json!({
                "ListID": list.id,
                "ListName": state.about.title,
                "SubscriberState": member.state,
                "DateSubscriberAdded": date_text(member.joined),
            }));
        }
    }
    Answer::ok(&rows)
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct SuppressedView {
    suppression_reason: &'static str,
    email_address: String,
    date: String,
    state: &'static str,
}

fn suppression_list(call: &Call<'_>, client: &Client) -> Reply {
    let request = PageRequest::read(call.query, State::Active, &[Order::Email, Order::Date])?;
    let mut rows: Vec<Suppression> = client.contacts().suppressed.values().cloned().collect();
    rows.sort_by(|a, b| a.email.cmp(&b.email));
    if request.selection.order == Order::Date {
        rows.sort_by_key(|row| row.since);
    }
    if request.selection.descending {
        rows.reverse();
    }
    let view = |row: &Suppression| SuppressedView {
        suppression_reason: row.reason,
        email_address: row.email.clone(),
        date: date_text(row.since),
        state: "Suppressed",
    };
    let page = rows.iter().skip(request.skip()).take(request.size).map(view);
    Answer::ok(&Page::new(page.collect(), rows.len(), &request))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SuppressRequest<'a> {
    #[serde(borrow, default)]
    email_addresses: Vec<Text<'a>>,
}

fn suppress(call: &Call<'_>, client: &Client) -> Reply {
    let request: SuppressRequest<'_> = call.body_as("request")?;
    if request.email_addresses.iter().any(|email| !is_valid(email)) {
        return Err(api_error(1));
    }
    for email in &request.email_addresses {
        client.suppress(email, "Unsubscribed", call.now);
    }
    Answer::empty()
}

fn unsuppress(call: &Call<'_>, client: &Client) -> Reply {
    let email = call.query.get("email");
    if !is_valid(email) {
        return Err(api_error(1));
    }
    let removed = client.contacts().suppressed.remove(&Key::of(email));
    removed.map_or_else(|| Err(api_error(176)), |_| Answer::empty())
}
