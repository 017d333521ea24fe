//! Where a call came from, for the audit.

use std::net::IpAddr;

use actix_web::{HttpMessage, HttpRequest};
use tracing_actix_web::RequestId;

use crate::audit::Origin;

const USER_AGENT_CHARS_MAX: usize = 200;

/// Where `request` came from, behind `forwarded_hops` proxies of our own.
#[must_use]
pub fn of(request: &HttpRequest, forwarded_hops: u8) -> Origin {
    let user_agent = header(request, "User-Agent");
    let user_agent = user_agent.map(|text| text.chars().take(USER_AGENT_CHARS_MAX));
    Origin {
        request_id: request.extensions().get::<RequestId>().map(ToString::to_string),
        client_address: address(request, forwarded_hops).map(|address| address.to_string()),
        user_agent: user_agent.map(Iterator::collect),
    }
}

/// The address of the caller, behind `forwarded_hops` proxies of our own.
#[must_use]
pub fn address(request: &HttpRequest, forwarded_hops: u8) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|address| address.ip());
    forwarded(header(request, "X-Forwarded-For"), forwarded_hops).or(peer)
}

fn header<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}

/// The address that the outermost of our proxies saw. Callers can write anything before it.
fn forwarded(header: Option<&str>, hops: u8) -> Option<IpAddr> {
    let position = usize::from(hops).checked_sub(1)?;
    header?.rsplit(',').nth(position)?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        let header = Some("6.6.6.6, 203.0.113.7, 10.0.0.2");
        assert_eq!(forwarded(header, 0), None);
        assert_eq!(forwarded(header, 1), Some([10, 0, 0, 2].into()));
        assert_eq!(forwarded(header, 2), Some([203, 0, 113, 7].into()));
        assert_eq!(forwarded(Some("nonsense"), 1), None);
        assert_eq!(forwarded(None, 1), None);
    }
}
