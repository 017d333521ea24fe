//! One subscriber list: its details, fields, members and webhooks, behind one lock.

use std::sync::{Arc, Mutex, MutexGuard};

use serde::{Deserialize, Serialize};

use super::client::Client;
use super::fields::Fields;
use super::lock::locked;
use super::members::Members;

/// Which lists an unsubscribe from this list affects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnsubscribeSetting {
    /// All lists of the client: the person goes to the suppression list, which this list obeys.
    #[default]
    AllClientLists,
    /// This list, which ignores the suppression list.
    OnlyThisList,
}

/// The details of a list that its owner chooses.
#[derive(Clone, Debug)]
pub struct About {
    pub title: String,
    pub unsubscribe_page: String,
    pub unsubscribe_setting: UnsubscribeSetting,
    pub confirmed_opt_in: bool,
    pub confirmation_success_page: String,
}

/// The sandbox delivers nothing to it.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Webhook {
    #[serde(rename = "WebhookID")]
    pub id: String,
    pub events: Vec<String>,
    pub url: String,
    pub status: &'static str,
    pub payload_format: &'static str,
}

#[derive(Debug)]
pub struct ListState {
    pub about: About,
    pub fields: Fields,
    pub members: Members,
    pub webhooks: Vec<Webhook>,
    /// Records that imports have stored, repeats included.
    pub total_imported: u64,
}

impl ListState {
    pub fn new(about: About, fields: Fields) -> Self {
        Self { about, fields, members: Members::default(), webhooks: Vec::new(), total_imported: 0 }
    }

    pub fn obeys_suppression(&self) -> bool {
        self.about.unsubscribe_setting == UnsubscribeSetting::AllClientLists
    }
}

/// A list of a client.
///
/// Order of locks: first the list, then its client's contacts.
#[derive(Debug)]
pub struct List {
    pub id: String,
    pub client: Arc<Client>,
    state: Mutex<ListState>,
}

impl List {
    pub fn new(id: &str, client: &Arc<Client>, state: ListState) -> Arc<Self> {
        Arc::new(Self { id: id.into(), client: Arc::clone(client), state: Mutex::new(state) })
    }

    pub fn state(&self) -> MutexGuard<'_, ListState> {
        locked(&self.state)
    }
}
