//! Paged reads: the parameters of a page, and the subscribers of a list by state.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use serde::Serialize;

use super::subscribers::{SubscriberView, ViewOptions};
use crate::sandbox::call::Call;
use crate::sandbox::codes::{ApiError, api_error};
use crate::sandbox::member::State;
use crate::sandbox::members::{Order, Selection};
use crate::sandbox::query::Query;
use crate::sandbox::wire::{Answer, Reply};

#[derive(Debug)]
pub struct PageRequest {
    number: usize,
    pub size: usize,
    pub selection: Selection,
}

impl PageRequest {
    /// `orders` are those that the endpoint supports; the last one is the default.
    pub fn read(query: &Query, state: State, orders: &[Order]) -> Result<Self, ApiError> {
        let order = match query.get("orderfield").to_ascii_lowercase().as_str() {
            "" => orders.last().copied(),
            "email" => Some(Order::Email),
            "name" => Some(Order::Name),
            "date" => Some(Order::Date),
            _ => None,
        };
        let descending = match query.get("orderdirection").to_ascii_lowercase().as_str() {
            "" | "asc" => false,
            "desc" => true,
            _ => return Err(api_error(803)),
        };
        let number =
            parse_or(query.get("page"), 1).filter(|n| *n >= 1).ok_or_else(|| api_error(800))?;
        let size =
            number_between_10_and_1000(query.get("pagesize")).ok_or_else(|| api_error(801))?;
        let order = order.filter(|order| orders.contains(order)).ok_or_else(|| api_error(802))?;
        let since = since(query.get("date"))?;
        Ok(Self { number, size, selection: Selection { state, since, order, descending } })
    }

    /// Number of rows before the page.
    pub fn skip(&self) -> usize {
        (self.number - 1).saturating_mul(self.size)
    }
}

fn parse_or(text: &str, default: usize) -> Option<usize> {
    if text.is_empty() { Some(default) } else { text.parse().ok() }
}

fn number_between_10_and_1000(text: &str) -> Option<usize> {
    parse_or(text, 1000).filter(|size| (10..=1000).contains(size))
}

/// A day, or a day and a time, with or without seconds; empty means no limit.
fn since(text: &str) -> Result<i64, ApiError> {
    if text.is_empty() {
        return Ok(i64::MIN);
    }
    let day =
        || NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|day| day.and_time(NaiveTime::MIN));
    let minute = || NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M");
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S");
    let time = time.or_else(|_| minute()).or_else(|_| day());
    time.map(|time| time.and_utc().timestamp()).map_err(|_| api_error(5))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Page<T> {
    results: Vec<T>,
    results_ordered_by: &'static str,
    order_direction: &'static str,
    #[serde(rename = "PageNumber")]
    number: usize,
    #[serde(rename = "PageSize")]
    size: usize,
    #[serde(rename = "RecordsOnThisPage")]
    records: usize,
    total_number_of_records: usize,
    number_of_pages: usize,
}

impl<T> Page<T> {
    pub fn new(results: Vec<T>, total: usize, request: &PageRequest) -> Self {
        Self {
            results_ordered_by: match request.selection.order {
                Order::Email => "email",
                Order::Name => "name",
                Order::Date => "date",
            },
            order_direction: if request.selection.descending { "desc" } else { "asc" },
            number: request.number,
            size: request.size,
            records: results.len(),
            total_number_of_records: total,
            number_of_pages: total.div_ceil(request.size),
            results,
        }
    }
}

/// The state in the last word of a path such as `/lists/{id}/active`.
pub fn state_named(rest: &[&str]) -> Option<State> {
    match rest {
        ["active"] => Some(State::Active),
        ["unconfirmed"] => Some(State::Unconfirmed),
        ["unsubscribed"] => Some(State::Unsubscribed),
        ["bounced"] => Some(State::Bounced),
        ["deleted"] => Some(State::Deleted),
        _ => None,
    }
}

/// `GET /lists/{id}/active`, and the same for the other states.
pub fn subscribers(call: &Call<'_>, list_id: &str, state: State) -> Reply {
    let list = call.list(list_id)?;
    let request = PageRequest::read(call.query, state, &[Order::Email, Order::Name, Order::Date])?;
    let mut state = list.state();
    let contacts = list.client.contacts();
    let state = &mut *state;
    let (members, total) = state.members.page(request.selection, request.skip(), request.size);
    let options = ViewOptions {
        fields: &state.fields,
        keys: call.settings.subscribers.custom_field_keys,
        tracking: call.query.is_true("includetrackingpreference").then_some(&*contacts),
        sms: call.query.is_true("includesmspreference"),
    };
    let rows = members.into_iter().map(|member| SubscriberView::new(member, &options));
    Answer::ok(&Page::new(rows.collect(), total, &request))
}
