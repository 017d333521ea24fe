//! One call of the API: the caller, the parameters, and the lists and clients that the caller sees.

use std::sync::Arc;

use serde::Deserialize;

use super::auth::Caller;
use super::client::Client;
use super::codes::{ApiError, api_error, unreadable};
use super::list::List;
use super::query::Query;
use super::settings::{Settings, UnknownList};
use super::world::World;

/// A call with valid credentials.
#[derive(Debug)]
pub struct Call<'a> {
    pub world: &'a World,
    pub settings: &'a Settings,
    /// Seconds since 1970 in the client's time zone.
    pub now: i64,
    pub caller: Caller,
    pub query: &'a Query,
    pub body: &'a [u8],
}

impl<'a> Call<'a> {
    /// The list with this id, if the caller may see it.
    pub fn list(&self, id: &str) -> Result<Arc<List>, ApiError> {
        let account = self.world.account();
        let list = account.lists.iter().find(|list| list.id == id);
        let visible = list.filter(|list| self.caller.sees(&list.client.id));
        visible.cloned().ok_or_else(|| self.unknown_list())
    }

    fn unknown_list(&self) -> ApiError {
        match self.settings.access.unknown_list {
            UnknownList::Code101 => api_error(101),
            UnknownList::Code102 => ApiError { status: 401, ..api_error(102) },
            UnknownList::NotFound => api_error(404),
        }
    }

    /// The client with this id, if the caller may see it.
    pub fn client(&self, id: &str) -> Result<Arc<Client>, ApiError> {
        let account = self.world.account();
        let client = account.clients.iter().find(|client| client.id == id);
        let visible = client.filter(|client| self.caller.sees(&client.id));
        visible.cloned().ok_or_else(|| api_error(102))
    }

    /// The lists of a client, in the order in which they were created.
    pub fn lists_of(&self, client: &Client) -> Vec<Arc<List>> {
        let account = self.world.account();
        let lists = account.lists.iter().filter(|list| list.client.id == client.id);
        lists.cloned().collect()
    }

    /// The body as JSON; "Fields in error" names `parameter` if it cannot be read.
    pub fn body_as<T: Deserialize<'a>>(&self, parameter: &str) -> Result<T, ApiError> {
        serde_json::from_slice(self.body).map_err(|_| unreadable(parameter))
    }
}
