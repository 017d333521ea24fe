//! The servers of a Redis: one, several of which Sentinels know the primary, or a cluster whose nodes name each other.
//!
//! Each new connection looks for the server again, and reads the password again. So a failover and a password that has
//! expired cost connections, and never a restart. The queue is one key, so of a cluster it needs one node.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context;
use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{
    AsyncCommands, AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, ErrorKind,
    RedisConnectionInfo, RedisError, RedisResult, TlsCertificates, cmd,
};
use secrecy::ExposeSecret;
use tokio::time::timeout;

use super::address::RedisAddress;
use crate::secrets;

/// Opens and tests the connections of the queue.
pub struct Servers {
    /// Servers of the Redis, or its Sentinels; at least one.
    seeds: Vec<ConnectionInfo>,
    sentinel: Option<Watched>,
    /// Read again for each connection.
    password_file: Option<PathBuf>,
    /// Key of the queue, whose node of a cluster is needed.
    key: String,
    settings: AsyncConnectionConfig,
    /// How long each seed may take.
    share: Duration,
    /// Which of the seeds was right last.
    current: AtomicUsize,
}

/// What Sentinels are asked for.
struct Watched {
    name: String,
    credentials: RedisConnectionInfo,
}

impl Servers {
    /// `answer_max` limits opening a connection, `response_max` each answer. `authorities` (PEM) sign certificates.
    pub(super) fn new(
        address: &RedisAddress,
        authorities: Option<&[u8]>,
        password_file: Option<PathBuf>,
        key: &str,
        (answer_max, response_max): (Duration, Duration),
    ) -> anyhow::Result<Self> {
        let read = |url: &String| {
            let client = match authorities {
                None => Client::open(url.as_str())?,
                Some(authorities) => Client::build_with_tls(
                    url.as_str(),
                    TlsCertificates { client_tls: None, root_cert: Some(authorities.to_vec()) },
                )?,
            };
            Ok(client.get_connection_info().clone())
        };
        let seeds = address.seeds.iter().map(read).collect::<RedisResult<Vec<_>>>()?;
        let sentinel = address.watched.as_ref().map(|(name, redis)| {
            let credentials = Client::open(redis.as_str())?.get_connection_info().clone();
            let credentials = credentials.redis_settings().clone();
            RedisResult::Ok(Watched { name: name.clone(), credentials })
        });
        let share = answer_max / u32::try_from(seeds.len()).context("too many hosts")?;
        // By default the client waits 500 ms for an answer, which would end every blocking pop.
        let settings = AsyncConnectionConfig::new()
            .set_response_timeout(Some(response_max))
            .set_connection_timeout(Some(share));
        let (sentinel, current) = (sentinel.transpose()?, AtomicUsize::new(0));
        Ok(Self { seeds, sentinel, password_file, key: key.into(), settings, share, current })
    }

    /// Finds the server by one of the seeds.
    async fn open(&self, seed: &ConnectionInfo) -> RedisResult<MultiplexedConnection> {
        let info = match &self.sentinel {
            Some(watched) => self.ask_sentinel(seed, watched).await?,
            None => self.with_password(seed, seed.redis_settings())?,
        };
        let mut connection = self.connect(&info).await?;
        let found: RedisResult<usize> = connection.zcard(&self.key).await;
        if let Err(error) = found {
            let Some((node, _)) = error.redirect_node() else { return Err(error) };
            connection = self.connect(&at(&info, node)?).await?;
        }
        if self.sentinel.is_some() || self.seeds.len() > 1 {
            expect_primary(&mut connection).await?;
        }
        Ok(connection)
    }

    async fn connect(&self, info: &ConnectionInfo) -> RedisResult<MultiplexedConnection> {
        let client = Client::open(info.clone())?;
        Box::pin(client.get_multiplexed_async_connection_with_config(&self.settings)).await
    }

    /// Where the primary is now, as one Sentinel knows it.
    async fn ask_sentinel(
        &self,
        sentinel: &ConnectionInfo,
        watched: &Watched,
    ) -> RedisResult<ConnectionInfo> {
        let mut connection = self.connect(sentinel).await?;
        let mut ask = cmd("SENTINEL");
        ask.arg("GET-MASTER-ADDR-BY-NAME").arg(&watched.name);
        let found: Option<(String, u16)> = ask.query_async(&mut connection).await?;
        let Some((host, port)) = found else {
            return Err((ErrorKind::InvalidClientConfig, "Sentinel knows no such primary").into());
        };
        self.with_password(&moved(sentinel, host, port), &watched.credentials)
    }

    fn with_password(
        &self,
        server: &ConnectionInfo,
        credentials: &RedisConnectionInfo,
    ) -> RedisResult<ConnectionInfo> {
        let mut credentials = credentials.clone();
        if let Some(file) = &self.password_file {
            let password = secrets::read_file(file).map_err(|why| {
                let problem = "the file of the password cannot be used";
                RedisError::from((ErrorKind::Io, problem, format!("{} {why}", file.display())))
            })?;
            credentials = credentials.set_password(password.expose_secret());
        }
        Ok(server.clone().set_redis_settings(credentials))
    }
}

impl Manager for Servers {
    type Type = MultiplexedConnection;
    type Error = RedisError;

    /// Asks each seed once, first the one that was right last.
    async fn create(&self) -> RedisResult<MultiplexedConnection> {
        let (first, count) = (self.current.load(Ordering::Relaxed), self.seeds.len());
        let mut failed = None;
        for index in (first..first + count).map(|index| index % count) {
            match timeout(self.share, Box::pin(self.open(&self.seeds[index]))).await {
                Ok(Ok(connection)) => {
                    self.current.store(index, Ordering::Relaxed);
                    return Ok(connection);
                }
                Ok(Err(error)) => failed = failed.or(Some(error)),
                Err(_) => {}
            }
        }
        Err(failed.unwrap_or_else(|| (ErrorKind::Io, "Redis does not respond").into()))
    }

    async fn recycle(
        &self,
        connection: &mut MultiplexedConnection,
        _: &Metrics,
    ) -> RecycleResult<RedisError> {
        let answer: String = cmd("PING").query_async(connection).await?;
        if answer == "PONG" { Ok(()) } else { Err(RecycleError::message("no PONG")) }
    }
}

/// Fails on a replica, which takes no hints: the address, or the Sentinel, is behind a failover.
async fn expect_primary(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    let about: String = cmd("INFO").arg("replication").query_async(connection).await?;
    if about.contains("role:master") {
        return Ok(());
    }
    Err((ErrorKind::Io, "no server of the address is the primary").into())
}

/// The node of a cluster that another one named. Without a host it is the same.
fn at(info: &ConnectionInfo, node: &str) -> RedisResult<ConnectionInfo> {
    let unreadable =
        || RedisError::from((ErrorKind::Io, "the cluster names a node without a port"));
    let (host, port) = node.rsplit_once(':').ok_or_else(unreadable)?;
    let port = port.parse().map_err(|_| unreadable())?;
    let same = match info.addr() {
        ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host.clone(),
        _ => String::new(),
    };
    Ok(moved(info, if host.is_empty() { same } else { host.to_owned() }, port))
}

/// The same way of connecting, to another server.
fn moved(info: &ConnectionInfo, host: String, port: u16) -> ConnectionInfo {
    let address = match info.addr() {
        ConnectionAddr::TcpTls { insecure, tls_params, .. } => ConnectionAddr::TcpTls {
            host,
            port,
            insecure: *insecure,
            tls_params: tls_params.clone(),
        },
        _ => ConnectionAddr::Tcp(host, port),
    };
    info.clone().set_addr(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_another_one_names_is_reached_in_the_same_way() {
        let client = Client::open("rediss://:p@one:6380").unwrap();
        let info = client.get_connection_info();
        for (node, expected) in
            [("two:7001", Some("two:7001")), (":7002", Some("one:7002")), ("two", None)]
        {
            let found = at(info, node).ok();
            assert_eq!(found.as_ref().map(|found| found.addr().to_string()).as_deref(), expected);
            let password = found.as_ref().map(|found| found.redis_settings().password());
            assert!(password.is_none_or(|password| password == Some("p")));
            let is_tls = |found: ConnectionInfo| {
                matches!(found.addr(), ConnectionAddr::TcpTls { insecure: false, .. })
            };
            assert!(found.is_none_or(is_tls), "{node}");
        }
    }
}
