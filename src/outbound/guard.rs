//! Keeps messages away from addresses that only this machine can reach: at saving, and at every try.
//!
//! A name may lead elsewhere tomorrow, so the connection is made to the very addresses that were checked.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::address::is_public;

type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> + Send + Sync>;

/// Resolves names, and refuses those that lead to an address which is not everybody's.
#[derive(Clone)]
pub struct AddressGuard {
    lookup: Lookup,
    allow_private: bool,
}

/// Why nothing is sent to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    #[error(
        "the host is an address of this machine, of a private network, or of the metadata of a cloud. Choose a public \
         address, or ask your operator to set SEGMENT_EXPORT_CHANNELS_ALLOW_PRIVATE"
    )]
    Private,
    #[error("no address is known of the host. Check its name")]
    Unknown,
}

impl AddressRefused {
    /// As the API writes it; stable.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Private => "privateHost",
            Self::Unknown => "unknownHost",
        }
    }
}

impl fmt::Debug for AddressGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AddressGuard")
            .field("allow_private", &self.allow_private)
            .finish_non_exhaustive()
    }
}

impl AddressGuard {
    /// Asks the resolver of this machine. `allow_private`: every address is accepted.
    #[must_use]
    pub fn new(allow_private: bool) -> Self {
        let lookup = |host: String| -> BoxFuture<'static, _> {
            Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
        };
        Self { lookup: Arc::new(lookup), allow_private }
    }

    /// Whether something may be sent to this URL now.
    pub async fn check(&self, url: &Url) -> Result<(), AddressRefused> {
        match url.host() {
            None => Err(AddressRefused::Unknown),
            Some(Host::Ipv4(address)) => self.check_address(address.into()),
            Some(Host::Ipv6(address)) => self.check_address(address.into()),
            Some(Host::Domain(name)) => self.addresses(name.to_owned()).await.map(drop),
        }
    }

    fn check_address(&self, address: IpAddr) -> Result<(), AddressRefused> {
        if self.allow_private || is_public(address) { Ok(()) } else { Err(AddressRefused::Private) }
    }

    /// One address that is not everybody's refuses the name: which of several is used is a matter of chance.
    async fn addresses(&self, host: String) -> Result<Vec<SocketAddr>, AddressRefused> {
        let found = (self.lookup)(host).await.map_err(|_| AddressRefused::Unknown)?;
        if found.is_empty() {
            return Err(AddressRefused::Unknown);
        }
        found.iter().try_for_each(|address| self.check_address(address.ip()))?;
        Ok(found)
    }
}

impl Resolve for AddressGuard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = guard.addresses(name.as_str().to_owned()).await?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Names lead to these addresses: each question gets the next answer, and the last one stays.
    pub fn resolving(answers: &[&[&str]]) -> AddressGuard {
        let parse = |answer: &&[&str]| -> Vec<SocketAddr> {
            answer.iter().map(|ip| SocketAddr::new(ip.parse().unwrap(), 0)).collect()
        };
        let mut answers: Vec<_> = answers.iter().map(parse).collect();
        answers.reverse();
        let answers = Mutex::new(answers);
        let lookup = move |_: String| -> BoxFuture<'static, _> {
            let mut answers = answers.lock().unwrap();
            let next = if answers.len() > 1 { answers.pop().unwrap() } else { answers[0].clone() };
            Box::pin(async move { Ok(next) })
        };
        AddressGuard { lookup: Arc::new(lookup), allow_private: false }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[tokio::test]
    async fn a_name_is_refused_when_any_of_its_addresses_is_private() {
        let example = url("https://hooks.example.com/x");
        assert_eq!(resolving(&[&["1.1.1.1", "2606:4700::1"]]).check(&example).await, Ok(()));
        for answer in [&["1.1.1.1", "10.0.0.1"][..], &["::1"], &["169.254.169.254"]] {
            let refused = resolving(&[answer]).check(&example).await;
            assert_eq!(refused, Err(AddressRefused::Private), "{answer:?}");
        }
        assert_eq!(resolving(&[&[]]).check(&example).await, Err(AddressRefused::Unknown));
    }

    #[tokio::test]
    async fn an_address_in_a_url_is_refused_in_every_spelling() {
        let guard = AddressGuard::new(false);
        for text in [
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://localhost/",
            "https://169.254.169.254/latest/meta-data",
        ] {
            assert_eq!(guard.check(&url(text)).await, Err(AddressRefused::Private), "{text}");
        }
        assert_eq!(AddressGuard::new(true).check(&url("https://127.0.0.1/")).await, Ok(()));
    }
}
