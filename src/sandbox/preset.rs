//! The account with which a sandbox starts: two clients and three lists, with known ids and keys.

use std::sync::Arc;

use super::account::Account;
use super::client::Client;
use super::fields::{DataType, Fields};
use super::list::{About, List, ListState, UnsubscribeSetting};

/// The key of the account, which sees every client.
pub const API_KEY: &str = "sandbox-account-key";
/// A key of the first client, which sees that client only.
pub const CLIENT_API_KEY: &str = "sandbox-client-key";
/// The first client, Contoso Coffee.
pub const CLIENT_ID: &str = "4a397ccaaa55eb4e6aa1221e1e2d7122";
/// The second client, Fabrikam Tea.
pub const OTHER_CLIENT_ID: &str = "a206def0582eec7dae47d937a4109cb2";
/// Contoso's newsletter, single opt-in, with a custom field of nearly every type.
pub const LIST_ID: &str = "a58ee1d3039b8bec838e6d1482a8a965";
/// Contoso's list with double opt-in: new subscribers must confirm.
pub const DOUBLE_OPT_IN_LIST_ID: &str = "99bc35084a5739127a8ab81eae5bd305";
/// The only list of the client Fabrikam.
pub const OTHER_LIST_ID: &str = "2fe4c8f0373ce320e2200596d7ef168f";
/// Of the OAuth application that is registered at the start.
pub const OAUTH_CLIENT_ID: &str = "8998879";
/// The secret of the registered OAuth application.
pub const OAUTH_CLIENT_SECRET: &str = "sandbox-oauth-secret";

/// As at the start and after a reset.
pub fn account() -> Account {
    let contoso = Arc::new(Client::new(CLIENT_ID, "Contoso Coffee", CLIENT_API_KEY));
    let fabrikam =
        Arc::new(Client::new(OTHER_CLIENT_ID, "Fabrikam Tea", "sandbox-other-client-key"));
    let lists = vec![
        list(LIST_ID, "Newsletter", &contoso, false, newsletter_fields()),
        list(DOUBLE_OPT_IN_LIST_ID, "Club (confirmed opt-in)", &contoso, true, city_field()),
        list(OTHER_LIST_ID, "Tea Letter", &fabrikam, false, Fields::default()),
    ];
    Account::new(vec![contoso, fabrikam], lists)
}

fn list(id: &str, title: &str, client: &Arc<Client>, confirmed: bool, fields: Fields) -> Arc<List> {
    let about = About {
        title: title.into(),
        unsubscribe_page: String::new(),
        unsubscribe_setting: UnsubscribeSetting::AllClientLists,
        confirmed_opt_in: confirmed,
        confirmation_success_page: String::new(),
    };
    List::new(id, client, ListState::new(about, fields))
}

fn newsletter_fields() -> Fields {
    let mut fields = Fields::default();
    let mut add = |name: &str, data_type, options: &[&str]| {
        fields.add(name, data_type, options.iter().map(ToString::to_string).collect(), true);
    };
    add("first name", DataType::Text, &[]);
    add("last name", DataType::Text, &[]);
    add("city", DataType::Text, &[]);
    add("points", DataType::Number, &[]);
    add("birthday", DataType::Date, &[]);
    add("tier", DataType::MultiSelectOne, &["Bronze", "Silver", "Gold"]);
    add("interests", DataType::MultiSelectMany, &["Coffee", "Tea", "Pastry", "Brewing"]);
    add("country", DataType::Country, &[]);
    add("customer id", DataType::Text, &[]);
    fields
}

fn city_field() -> Fields {
    let mut fields = Fields::default();
    fields.add("city", DataType::Text, vec![], true);
    fields
}
