//! Endpoints about the whole account: clients, date, billing, and the lists of names.

use serde_json::json;

use crate::sandbox::call::Call;
use crate::sandbox::codes::api_error;
use crate::sandbox::names::{countries, timezones};
use crate::sandbox::wire::{Answer, Reply, date_text};

pub fn route(call: &Call<'_>, method: &str, name: &str) -> Reply {
    match (method, name) {
        ("GET", "clients") => clients(call),
        ("GET", "systemdate") => Answer::ok(&json!({"SystemDate": date_text(call.now)})),
        ("GET", "billingdetails") => billing_details(call),
        ("GET", "primarycontact") => Answer::ok(&json!({"EmailAddress": "owner@contoso.example"})),
        ("GET", "countries") => Answer::ok(&countries().collect::<Vec<_>>()),
        ("GET", "timezones") => Answer::ok(&timezones().collect::<Vec<_>>()),
        _ => Err(api_error(404)),
    }
}

fn clients(call: &Call<'_>) -> Reply {
    let account = call.world.account();
    let visible = account.clients.iter().filter(|client| call.caller.sees(&client.id));
    let rows = visible.map(|client| json!({"ClientID": client.id, "Name": client.name}));
    Answer::ok(&rows.collect::<Vec<_>>())
}

fn billing_details(call: &Call<'_>) -> Reply {
    if call.settings.access.agency && call.caller.client_id.is_none() {
        Answer::ok(&json!({"Credits": 3021}))
    } else {
        Err(api_error(403))
    }
}
