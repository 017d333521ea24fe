//! Tickets that open the events of a run in place of a token: `EventSource` of browsers can send no header.
//!
//! A ticket stands in an address, which proxies log. So it is for one run, lives for a minute, and works once, in all
//! processes together.

pub mod store;
mod ticket;

pub(crate) use ticket::{EventTicket, TicketSecret};
