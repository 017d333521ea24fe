//! Calls about one subscriber. Campaign Monitor has no such call for many: each person who leaves a list costs one.

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder};
use serde::{Deserialize, Serialize};

use super::client::{Account, answer, done, read_span, write_span};
use super::error::Error;
use super::subscribers::SubscriberState;

/// The address is not on the list, or has left it already.
const NOT_ON_LIST: i64 = 203;

/// A page of people who came into a state.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MovedPage {
    results: Vec<MovedPerson>,
    pub number_of_pages: i64,
    pub total_number_of_records: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct MovedPerson {
    email_address: String,
    #[serde(default)]
    date: String,
}

impl MovedPage {
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.results.iter().map(|person| person.email_address.as_str())
    }

    /// The same with the moment since when they are in the state, in the time zone of the client.
    pub fn people(&self) -> impl Iterator<Item = (&str, &str)> {
        self.results.iter().map(|person| (person.email_address.as_str(), person.date.as_str()))
    }
}

/// What a call that takes a subscriber off a list has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The subscriber was there, and has the new state.
    Done,
    /// The subscriber was not there any more.
    Gone,
}

/// What a subscriber is to a list, and since when.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StateSince {
    pub state: SubscriberState,
    /// In the time zone of the client, as in `2026-11-29 09:00:00`.
    #[serde(default)]
    pub date: String,
}

/// A list on which a person is, or was.
#[derive(Clone, Debug, Deserialize)]
pub struct ListOfPerson {
    /// 32 hex digits.
    #[serde(rename = "ListID")]
    pub list_id: String,
    #[serde(rename = "SubscriberState")]
    pub state: SubscriberState,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct EmailOnly<'a> {
    email_address: &'a str,
}

impl Account {
    /// The state of a subscriber; `None` when the list has never had the address.
    pub async fn subscriber_state(
        &self,
        list_id: &str,
        email: &str,
    ) -> Result<Option<SubscriberState>, Error> {
        Ok(self.state_since(list_id, email).await?.map(|found| found.state))
    }

    /// The same with the moment since when it is so.
    pub async fn state_since(
        &self,
        list_id: &str,
        email: &str,
    ) -> Result<Option<StateSince>, Error> {
        let path = format!("subscribers/{list_id}.json");
        let request = self.request(Method::GET, &path).query(&[("email", email)]);
        match answer::<StateSince>(request, read_span(&path)).await {
            Ok(found) => Ok(Some(found)),
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// People who came into a state (`unsubscribed`, `bounced`, `deleted`) on this day or later, in the time of the
    /// client; a thousand of them, on a page from 1.
    pub async fn moved(
        &self,
        list_id: &str,
        state: &str,
        since: &str,
        page: i64,
    ) -> Result<MovedPage, Error> {
        let path = format!("lists/{list_id}/{state}.json");
        let page = page.to_string();
        let query = [("date", since), ("page", &page), ("orderfield", "email")];
        answer(self.request(Method::GET, &path).query(&query), read_span(&path)).await
    }

    /// Gives a subscriber the address and the values of a record of an import. State and date of joining stay, and
    /// nobody is added.
    pub async fn change_address(
        &self,
        list_id: &str,
        old: &str,
        record: Bytes,
    ) -> Result<(), Error> {
        let path = format!("subscribers/{list_id}.json");
        let request = self.request(Method::PUT, &path).query(&[("email", old)]);
        let request = request.header(CONTENT_TYPE, "application/json; charset=utf-8").body(record);
        done(request, write_span("PUT", &path)).await
    }

    /// Every list of a client that has, or had, a subscriber with this address. The path of the span has no address.
    pub async fn lists_of_person(
        &self,
        client_id: &str,
        email: &str,
    ) -> Result<Vec<ListOfPerson>, Error> {
        let path = format!("clients/{client_id}/listsforemail.json");
        answer(self.request(Method::GET, &path).query(&[("email", email)]), read_span(&path)).await
    }

    /// Moves a subscriber to the deleted ones. The record stays readable, and no other list changes.
    pub async fn delete(&self, list_id: &str, email: &str) -> Result<Departure, Error> {
        let path = format!("subscribers/{list_id}.json");
        let request = self.request(Method::DELETE, &path).query(&[("email", email)]);
        removal(request, "DELETE", &path).await
    }

    /// Unsubscribes a person, of all lists of the client where the list says so, and as if they had wished it.
    pub async fn unsubscribe(&self, list_id: &str, email: &str) -> Result<Departure, Error> {
        let path = format!("subscribers/{list_id}/unsubscribe.json");
        let request = self.request(Method::POST, &path).json(&EmailOnly { email_address: email });
        removal(request, "POST", &path).await
    }
}

async fn removal(request: RequestBuilder, method: &str, path: &str) -> Result<Departure, Error> {
    match done(request, write_span(method, path)).await {
        Ok(()) => Ok(Departure::Done),
        Err(error) if is_gone(&error) => Ok(Departure::Gone),
        Err(error) => Err(error),
    }
}

const fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Refused { code: NOT_ON_LIST, .. })
}
