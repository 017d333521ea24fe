//! Where the service listens, for commands that ask it.

use std::net::SocketAddr;

use clap::Args;

/// Only this host.
pub(super) const BIND_DEFAULT: &str = "127.0.0.1:8080";

/// The setting of the service, for commands that have no other of its settings.
#[derive(Args, Clone, Debug)]
pub struct Bind {
    /// Address and port that the service listens on.
    #[arg(long = "bind", env = "SEGMENT_EXPORT_BIND", default_value = BIND_DEFAULT)]
    pub address: SocketAddr,
}
