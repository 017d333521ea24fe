//! `ready`: asks a service whether it is ready, for images without a shell.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::config::Bind;

/// How long a service may take to report whether it is ready.
const LONGEST: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub(super) struct Args {
    /// Address of the service, or of its `/readyz`. Without one, this host is asked where the service listens.
    url: Option<url::Url>,
    #[command(flatten)]
    bind: Bind,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let own = || format!("http://{}", reachable(args.bind.address)).parse();
    let mut url = args.url.map_or_else(own, Ok)?;
    if url.path() == "/" {
        url.set_path("/readyz");
    }
    let http = reqwest::Client::builder().timeout(LONGEST).build()?;
    let answer = http.get(url).send().await?;
    let is_ready = answer.status().is_success();
    println!("{}", answer.text().await?);
    anyhow::ensure!(is_ready, "the service is not ready");
    Ok(())
}

/// An address that a service which listens there answers: one that listens everywhere also answers on this host.
fn reachable(bind: SocketAddr) -> SocketAddr {
    let host = match bind.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(host, bind.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_listens_everywhere_is_asked_on_this_host() {
        for (bind, asked) in [
            ("0.0.0.0:9000", "127.0.0.1:9000"),
            ("[::]:9000", "[::1]:9000"),
            ("127.0.0.1:8080", "127.0.0.1:8080"),
            ("192.0.2.7:80", "192.0.2.7:80"),
        ] {
            assert_eq!(reachable(bind.parse().unwrap()), asked.parse().unwrap(), "{bind}");
        }
    }
}
