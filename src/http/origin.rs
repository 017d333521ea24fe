//! Where a call came from, for the audit.

use actix_web::{HttpMessage, HttpRequest};
use tracing_actix_web::RequestId;

use crate::audit::Origin;

const USER_AGENT_CHARS_MAX: usize = 200;

/// Where `request` came from, behind `forwarded_hops` proxies of our own.
#[must_use]
pub fn of(request: &HttpRequest, forwarded_hops: u8) -> Origin {
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    let user_agent = header("User-Agent").map(|text| text.chars().take(USER_AGENT_CHARS_MAX));
    let peer = request.peer_addr().map(|address| address.ip().to_string());
    Origin {
        request_id: request.extensions().get::<RequestId>().map(ToString::to_string),
        client_address: forwarded(header("X-Forwarded-For"), forwarded_hops).or(peer),
        user_agent: user_agent.map(Iterator::collect),
    }
}

/// The address that the outermost of our proxies saw. Callers can write anything before it.
fn forwarded(header: Option<&str>, hops: u8) -> Option<String> {
    let position = usize::from(hops).checked_sub(1)?;
    let address = header?.rsplit(',').nth(position)?.trim();
    address.parse::<std::net::IpAddr>().ok().map(|address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_our_own_proxies_wrote_is_believed() {
        let header = Some("6.6.6.6, 203.0.113.7, 10.0.0.2");
        assert_eq!(forwarded(header, 0), None);
        assert_eq!(forwarded(header, 1).as_deref(), Some("10.0.0.2"));
        assert_eq!(forwarded(header, 2).as_deref(), Some("203.0.113.7"));
        assert_eq!(forwarded(Some("nonsense"), 1), None);
        assert_eq!(forwarded(None, 1), None);
    }
}
