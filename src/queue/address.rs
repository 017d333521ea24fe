//! The address of a Redis with several servers, which the library does not know: `redis://host,host` for those of one
//! Redis or cluster, `redis+sentinel://host,host/NAME` for the Sentinels that know where `NAME` is.

use std::fmt;

use anyhow::{Context, ensure};

const SENTINEL: &str = "+sentinel";
const SENTINEL_PORT: u16 = 26_379;
const SENTINEL_PASSWORD: &str = "sentinelPassword=";

/// Addresses of single servers, as the library reads them.
#[derive(PartialEq, Eq)]
pub(super) struct RedisAddress {
    /// Servers of the Redis, or its Sentinels; at least one.
    pub(super) seeds: Vec<String>,
    /// Name of the primary at Sentinels, and an address with the credentials and the database there.
    pub(super) watched: Option<(String, String)>,
}

/// Nothing of the addresses, which have passwords.
impl fmt::Debug for RedisAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisAddress").finish_non_exhaustive()
    }
}

impl RedisAddress {
    /// Errors do not repeat the address, which may have a password.
    pub(super) fn parse(url: &str) -> anyhow::Result<Self> {
        let (scheme, rest) = url.split_once("://").context("its address lacks ://")?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        if let Some(scheme) = scheme.strip_suffix(SENTINEL) {
            return Self::of_sentinels(scheme, user, hosts, rest);
        }
        let seed = |host| format!("{scheme}://{user}{host}{rest}");
        Ok(Self { seeds: hosts.split(',').map(seed).collect(), watched: None })
    }

    fn of_sentinels(scheme: &str, user: &str, hosts: &str, rest: &str) -> anyhow::Result<Self> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (name, database) =
            path[1.min(path.len())..].split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        ensure!(
            !name.is_empty(),
            "its address lacks the name of the primary: {scheme}+sentinel://HOST,HOST/NAME"
        );
        let password = query.split('&').find_map(|pair| pair.strip_prefix(SENTINEL_PASSWORD));
        let sentinel_user = password.map(|password| format!(":{password}@")).unwrap_or_default();
        let seed = |host: &str| {
            let has_port = host.rsplit(']').next().is_some_and(|end| end.contains(':'));
            let port = if has_port { String::new() } else { format!(":{SENTINEL_PORT}") };
            format!("{scheme}://{sentinel_user}{host}{port}")
        };
        Ok(Self {
            seeds: hosts.split(',').map(seed).collect(),
            watched: Some((name.to_owned(), format!("{scheme}://{user}localhost/{database}"))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_of_an_address_becomes_one_of_its_own() {
        let address = RedisAddress::parse("rediss://:p@one:6380,two/3").unwrap();
        assert_eq!(address.seeds, ["rediss://:p@one:6380/3", "rediss://:p@two/3"]);
        assert_eq!(address.watched, None);
        let socket = RedisAddress::parse("redis+unix:///run/redis.sock").unwrap();
        assert_eq!(socket.seeds, ["redis+unix:///run/redis.sock"]);
    }

    #[test]
    fn sentinels_have_their_own_port_and_password_and_name_the_primary() {
        let url = "redis+sentinel://u:p@one,[::1]:26380/main/2?sentinelPassword=s";
        let address = RedisAddress::parse(url).unwrap();
        assert_eq!(address.seeds, ["redis://:s@one:26379", "redis://:s@[::1]:26380"]);
        let watched = address.watched.unwrap();
        assert_eq!(watched, ("main".to_owned(), "redis://u:p@localhost/2".to_owned()));

        let plain = RedisAddress::parse("rediss+sentinel://one/main").unwrap();
        assert_eq!(plain.seeds, ["rediss://one:26379"]);
        assert_eq!(plain.watched.unwrap().1, "rediss://localhost/");
        for nameless in ["redis+sentinel://one", "redis+sentinel://:p@one/?a=b"] {
            let error = RedisAddress::parse(nameless).unwrap_err().to_string();
            assert!(error.contains("lacks the name") && !error.contains(":p@"), "{error}");
        }
    }
}
