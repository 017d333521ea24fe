//! The address of a `PostgreSQL`: one server, or several of which one accepts writes, as `libpq` writes them. sqlx
//! knows one host only.

use std::fmt;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Error, Result};

const WANTED: &str = "target_session_attrs=";

/// The servers at `postgres://user:password@host:port,host:port/database?…`.
#[derive(Clone)]
pub struct PostgresAddress {
    /// In the order of the address; at least one.
    servers: Vec<PgConnectOptions>,
    is_for_writing: bool,
    has_password: bool,
}

/// Without anything of the servers: their options have the password.
impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresAddress").finish_non_exhaustive()
    }
}

impl PostgresAddress {
    /// Reads an address. With several hosts, or `target_session_attrs=read-write` (or `primary`), only a server that
    /// accepts writes is used.
    pub fn parse(address: &str) -> Result<Self> {
        let (scheme, rest) = address.split_once("://").ok_or_else(|| invalid("it lacks ://"))?;
        let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
        let (rest, wanted) = without_wanted(rest);
        let servers = hosts.split(',').map(|host| format!("{scheme}://{user}{host}{rest}").parse());
        let servers: Vec<PgConnectOptions> = servers.collect::<Result<_>>()?;
        let is_for_writing = match wanted {
            None | Some("any") => servers.len() > 1,
            Some("read-write" | "primary") => true,
            Some(_) => {
                let problem = "target_session_attrs must be read-write, as the service writes";
                return Err(invalid(problem));
            }
        };
        let has_password = user.contains(':') || rest.contains("password=");
        Ok(Self { servers, is_for_writing, has_password })
    }

    /// In the order of the address; at least one.
    #[must_use]
    pub fn servers(&self) -> &[PgConnectOptions] {
        &self.servers
    }

    /// Whether a server that only lets read is passed over.
    pub(super) const fn is_for_writing(&self) -> bool {
        self.is_for_writing
    }

    /// Whether the address has a password itself.
    #[must_use]
    pub const fn has_password(&self) -> bool {
        self.has_password
    }
}

/// Takes `target_session_attrs` out of what follows the hosts.
fn without_wanted(rest: &str) -> (String, Option<&str>) {
    let Some((path, query)) = rest.split_once('?') else { return (rest.to_owned(), None) };
    let (wanted, kept): (Vec<_>, Vec<_>) =
        query.split('&').partition(|pair| pair.starts_with(WANTED));
    let wanted = wanted.last().and_then(|pair| pair.strip_prefix(WANTED));
    (format!("{path}?{}", kept.join("&")), wanted)
}

fn invalid(problem: &'static str) -> Error {
    Error::Configuration(problem.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(address: &str) -> Vec<(String, u16)> {
        let address = PostgresAddress::parse(address).unwrap();
        let servers = address.servers().iter();
        servers.map(|server| (server.get_host().to_owned(), server.get_port())).collect()
    }

    #[test]
    fn each_host_of_an_address_has_its_own_port_and_the_same_database() {
        let address = "postgres://u:p%2C@one,two:5433,[::1]:5434/db?sslmode=require";
        let expected = [("one", 5432), ("two", 5433), ("[::1]", 5434)];
        assert_eq!(hosts(address), expected.map(|(host, port)| (host.to_owned(), port)));
        let address = PostgresAddress::parse(address).unwrap();
        for server in address.servers() {
            assert_eq!((server.get_username(), server.get_database()), ("u", Some("db")));
        }
        assert!(address.is_for_writing() && address.has_password());
    }

    #[test]
    fn one_host_may_only_let_read_unless_the_address_wants_more() {
        let is_for_writing = |query: &str| {
            PostgresAddress::parse(&format!("postgres://h/db{query}")).map(|a| a.is_for_writing)
        };
        assert!(!is_for_writing("").unwrap());
        assert!(!is_for_writing("?target_session_attrs=any").unwrap());
        assert!(is_for_writing("?sslmode=require&target_session_attrs=read-write").unwrap());
        assert!(is_for_writing("?target_session_attrs=primary&sslmode=require").unwrap());
        let refused = is_for_writing("?target_session_attrs=standby").unwrap_err();
        assert!(refused.to_string().contains("must be read-write"), "{refused}");
    }

    #[test]
    fn a_socket_and_a_password_in_the_query_are_read_too() {
        let address =
            PostgresAddress::parse("postgres:///db?host=/run/postgresql&password=p").unwrap();
        assert!(address.servers()[0].get_socket().is_some() && address.has_password());
        assert!(!PostgresAddress::parse("postgres://u@h/db").unwrap().has_password());
        assert!(!format!("{address:?}").contains("password"));
    }
}
