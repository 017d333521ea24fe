//! Endpoints about lists: create, read, update, delete, and the 24 numbers of their statistics.

use std::sync::Arc;

use chrono::{DateTime, Datelike as _, Days, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::sandbox::call::Call;
use crate::sandbox::client::Client;
use crate::sandbox::codes::{ApiError, api_error};
use crate::sandbox::fields::Fields;
use crate::sandbox::list::{About, List, ListState, UnsubscribeSetting};
use crate::sandbox::member::{Member, State};
use crate::sandbox::request::Text;
use crate::sandbox::wire::{Answer, Reply};

/// Endpoints below `/lists/{id}`; to create a list, the id is that of its client.
pub fn route(call: &Call<'_>, method: &str, id: &str, rest: &[&str]) -> Reply {
    match (method, rest) {
        ("POST", []) => create(call, id),
        ("GET", []) => details(call, id),
        ("PUT", []) => update(call, id),
        ("DELETE", []) => delete(call, id),
        ("GET", ["stats"]) => stats(call, id),
        ("GET", ["segments"]) => call.list(id).and_then(|_| Answer::ok(&json!([]))),
        _ => Err(api_error(404)),
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListRequest<'a> {
    #[serde(borrow)]
    title: Option<Text<'a>>,
    #[serde(borrow)]
    unsubscribe_page: Option<Text<'a>>,
    #[serde(borrow)]
    unsubscribe_setting: Option<Text<'a>>,
    confirmed_opt_in: Option<bool>,
    #[serde(borrow)]
    confirmation_success_page: Option<Text<'a>>,
    /// Whether everyone who unsubscribed from this list goes to the suppression list.
    add_unsubscribes_to_supp_list: Option<bool>,
    /// Whether everyone on the suppression list is unsubscribed from this list.
    scrub_active_with_supp_list: Option<bool>,
}

impl ListRequest<'_> {
    fn about(&self) -> Result<About, ApiError> {
        let text = |text: &Option<Text<'_>>| text.as_deref().unwrap_or_default().to_owned();
        let unsubscribe_setting = match self.unsubscribe_setting.as_deref() {
            None | Some("" | "AllClientLists") => UnsubscribeSetting::AllClientLists,
            Some("OnlyThisList") => UnsubscribeSetting::OnlyThisList,
            Some(_) => return Err(api_error(261)),
        };
        let title = text(&self.title);
        if title.trim().is_empty() {
            return Err(api_error(251));
        }
        Ok(About {
            title,
            unsubscribe_page: text(&self.unsubscribe_page),
            unsubscribe_setting,
            confirmed_opt_in: self.confirmed_opt_in.unwrap_or(false),
            confirmation_success_page: text(&self.confirmation_success_page),
        })
    }
}

fn create(call: &Call<'_>, client_id: &str) -> Reply {
    let client = call.client(client_id)?;
    let request: ListRequest<'_> = call.body_as("list")?;
    let about = request.about()?;
    check_title(call, &client, &about.title, None)?;
    let mut account = call.world.account();
    let id = account.make_id();
    account.lists.push(List::new(&id, &client, ListState::new(about, Fields::default())));
    Answer::created(&id)
}

fn check_title(
    call: &Call<'_>,
    client: &Client,
    title: &str,
    except: Option<&str>,
) -> Result<(), ApiError> {
    let others = call.lists_of(client).into_iter().filter(|list| Some(list.id.as_str()) != except);
    let taken = |list: Arc<List>| list.state().about.title.eq_ignore_ascii_case(title);
    if others.into_iter().any(taken) { Err(api_error(250)) } else { Ok(()) }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct DetailsView<'a> {
    confirmed_opt_in: bool,
    title: &'a str,
    unsubscribe_page: &'a str,
    #[serde(rename = "ListID")]
    list_id: &'a str,
    confirmation_success_page: &'a str,
    unsubscribe_setting: UnsubscribeSetting,
}

fn details(call: &Call<'_>, id: &str) -> Reply {
    let list = call.list(id)?;
    let about = &list.state().about;
    Answer::ok(&DetailsView {
        confirmed_opt_in: about.confirmed_opt_in,
        title: &about.title,
        unsubscribe_page: &about.unsubscribe_page,
        list_id: &list.id,
        confirmation_success_page: &about.confirmation_success_page,
        unsubscribe_setting: about.unsubscribe_setting,
    })
}

fn update(call: &Call<'_>, id: &str) -> Reply {
    let list = call.list(id)?;
    let request: ListRequest<'_> = call.body_as("list")?;
    let about = request.about()?;
    check_title(call, &list.client, &about.title, Some(id))?;
    list.state().about = about;
    if request.add_unsubscribes_to_supp_list == Some(true) {
        suppress_unsubscribed(&list, call.now);
    }
    if request.scrub_active_with_supp_list == Some(true) {
        scrub(&list, call.now);
    }
    Answer::empty()
}

fn suppress_unsubscribed(list: &List, now: i64) {
    let state = list.state();
    let unsubscribed = state.members.iter().filter(|member| member.state == State::Unsubscribed);
    for member in unsubscribed {
        list.client.suppress(member.email(), "Unsubscribed", now);
    }
}

fn scrub(list: &List, now: i64) {
    let mut state = list.state();
    let contacts = list.client.contacts();
    for key in contacts.suppressed.keys() {
        if state.members.get(*key).is_some_and(|member| member.state == State::Active) {
            state.members.set_state(*key, State::Unsubscribed, now);
        }
    }
}

fn delete(call: &Call<'_>, id: &str) -> Reply {
    call.list(id)?;
    call.world.account().lists.retain(|list| list.id != id);
    Answer::empty()
}

/// The first second of today, yesterday, this week (from Sunday), this month and this year.
fn periods(now: i64) -> [(&'static str, i64); 5] {
    let today = DateTime::from_timestamp(now, 0).unwrap_or_default().date_naive();
    let start = |day: Option<NaiveDate>| {
        let midnight = day.unwrap_or(today).and_time(chrono::NaiveTime::MIN);
        midnight.and_utc().timestamp()
    };
    let since_sunday = u64::from(today.weekday().num_days_from_sunday());
    [
        ("Today", start(Some(today))),
        ("Yesterday", start(today.checked_sub_days(Days::new(1)))),
        ("ThisWeek", start(today.checked_sub_days(Days::new(since_sunday)))),
        ("ThisMonth", start(today.with_day(1))),
        ("ThisYear", start(today.with_ordinal(1))),
    ]
}

fn stats(call: &Call<'_>, id: &str) -> Reply {
    let list = call.list(id)?;
    let state = list.state();
    let periods = periods(call.now);
    let today = periods[0].1;
    let mut numbers = Map::new();
    let groups = [
        (State::Active, "TotalActiveSubscribers", "NewActiveSubscribers"),
        (State::Unsubscribed, "TotalUnsubscribes", "Unsubscribes"),
        (State::Deleted, "TotalDeleted", "Deleted"),
        (State::Bounced, "TotalBounces", "Bounces"),
    ];
    for (wanted, total, prefix) in groups {
        numbers.insert(total.into(), state.members.count(wanted).into());
        for (period, start) in periods {
            let end = if period == "Yesterday" { today } else { i64::MAX };
            let within = |m: &&Member| m.state == wanted && (start..end).contains(&m.changed);
            let count = state.members.iter().filter(within).count();
            numbers.insert(format!("{prefix}{period}"), count.into());
        }
    }
    Answer::ok(&Value::Object(numbers))
}
