//! How many calls a caller, and all callers of an instance together, may make.
//!
//! Each has a bucket of calls that fills steadily and holds a burst (`governor`, the algorithm GCRA). A cache of fixed
//! size holds the buckets: however many callers there are, memory is bounded. One that was dropped begins full.
//!
//! Answers tell it in the fields of draft-ietf-httpapi-ratelimit-headers-10: `RateLimit-Policy` names each bucket with
//! its calls (`q`) and the seconds in which it fills (`w`), `RateLimit` what is left (`r`) and in how many seconds
//! there is more (`t`).

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use quick_cache::sync::Cache;
use uuid::Uuid;

use super::problem::{Problem, ProblemKind};
use crate::config::Overload;

/// Callers, and instances, that are remembered at a time.
const REMEMBERED_MAX: usize = 10_000;
/// The bits of an IPv6 address that name a network: a caller that has one has all of its addresses.
const NETWORK_BITS: u32 = 64;

type Bucket = RateLimiter<NotKeyed, InMemoryState, MonotonicClock, StateInformationMiddleware>;

/// Whom a call counts for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// The subject of a valid token, in an instance; `None` where the token gives access to none of that id.
    Subject(Option<Uuid>, String),
    /// The subject of a valid token for all instances, and the one that it calls. It has one bucket for all:
    /// it may name any instance, and would have a new one in each call.
    Everywhere(Uuid, String),
    /// Without a valid token.
    Address(IpAddr),
}

impl Payer {
    /// The payer of a call from `address` without a valid token.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = address.to_bits() >> NETWORK_BITS << NETWORK_BITS;
                Self::Address(Ipv6Addr::from_bits(network).into())
            }
            address @ IpAddr::V4(_) => Self::Address(address),
        }
    }

    /// The instance whose limits hold, too.
    #[must_use]
    pub const fn instance(&self) -> Option<Uuid> {
        match self {
            Self::Subject(instance, _) => *instance,
            Self::Everywhere(instance, _) => Some(*instance),
            Self::Address(_) => None,
        }
    }

    /// The one whose calls are counted together, whichever instance each of them names.
    fn caller(&self) -> Self {
        match self {
            Self::Everywhere(_, subject) => Self::Subject(None, subject.clone()),
            other => other.clone(),
        }
    }
}

/// The limits of the settings, and who has made how many calls.
pub struct RateLimits {
    caller: Option<Limit<Payer>>,
    instance: Option<Limit<Uuid>>,
}

struct Limit<K> {
    /// As in the fields of the answer.
    name: &'static str,
    per_second: NonZeroU32,
    burst: NonZeroU32,
    buckets: Cache<K, Arc<Bucket>>,
}

/// How a bucket stands after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Standing {
    name: &'static str,
    left: u32,
    /// Time until there is one more call; `None` when this one was still in.
    wait: Option<Duration>,
}

/// What counting a call came to.
pub struct Counted(Vec<Standing>);

impl RateLimits {
    /// The limits that the settings name.
    #[must_use]
    pub fn new(settings: &Overload) -> Self {
        let caller = Limit::new("caller", settings.max_calls_per_second, settings.max_call_burst);
        let (per_second, burst) =
            (settings.max_instance_calls_per_second, settings.max_instance_call_burst);
        Self { caller, instance: Limit::new("instance", per_second, burst) }
    }

    /// Counts a call. One that is over the limit of its caller does not count for the instance.
    pub fn count(&self, payer: &Payer) -> Counted {
        let mut standings = Vec::with_capacity(2);
        standings.extend(self.caller.as_ref().map(|limit| limit.count(&payer.caller())));
        if let (Some(limit), Some(instance)) = (&self.instance, payer.instance())
            && standings.iter().all(|standing| standing.wait.is_none())
        {
            standings.push(limit.count(&instance));
        }
        Counted(standings)
    }

    /// The field `RateLimit-Policy`; `None` when there is no limit.
    #[must_use]
    pub fn policy(&self) -> Option<String> {
        let caller = self.caller.as_ref().map(Limit::policy);
        list(caller.into_iter().chain(self.instance.as_ref().map(Limit::policy)))
    }

    /// 429 when the call is over a limit.
    pub fn refuse(&self, counted: &Counted) -> Result<(), Problem> {
        let Some((over, wait)) = counted.over() else { return Ok(()) };
        let (who, limit) = match (over.name, &self.caller, &self.instance) {
            ("caller", Some(limit), _) => ("You", (limit.burst, limit.per_second)),
            (_, _, Some(limit)) => {
                ("All callers of this instance together", (limit.burst, limit.per_second))
            }
            _ => return Ok(()),
        };
        let detail = format!(
            "{who} made too many calls: {} at once and {} a second after that are accepted. Try again in {wait} s.",
            limit.0, limit.1
        );
        Err(Problem::new(ProblemKind::RateLimited, detail).retry_after(wait))
    }
}

impl<K: Clone + Eq + Hash> Limit<K> {
    fn new(name: &'static str, per_second: u32, burst: NonZeroU32) -> Option<Self> {
        let per_second = NonZeroU32::new(per_second)?;
        Some(Self { name, per_second, burst, buckets: Cache::new(REMEMBERED_MAX) })
    }

    fn count(&self, key: &K) -> Standing {
        match self.bucket(key).check() {
            Ok(state) => {
                Standing { name: self.name, left: state.remaining_burst_capacity(), wait: None }
            }
            Err(until) => {
                let wait = until.wait_time_from(MonotonicClock.now());
                Standing { name: self.name, left: 0, wait: Some(wait) }
            }
        }
    }

    fn bucket(&self, key: &K) -> Arc<Bucket> {
        let quota = Quota::per_second(self.per_second).allow_burst(self.burst);
        let full =
            || Arc::new(RateLimiter::direct_with_clock(quota, MonotonicClock).with_middleware());
        self.buckets.get(key).unwrap_or_else(|| {
            let bucket = full();
            self.buckets.insert(key.clone(), bucket.clone());
            bucket
        })
    }

    fn policy(&self) -> String {
        let seconds = self.burst.get().div_ceil(self.per_second.get());
        format!("\"{}\";q={};w={seconds}", self.name, self.burst)
    }
}

impl Counted {
    /// The field `RateLimit`; `None` when there is no limit.
    #[must_use]
    pub fn left(&self) -> Option<String> {
        list(self.0.iter().map(|standing| {
            let more = standing.wait.map_or(1, seconds);
            format!("\"{}\";r={};t={more}", standing.name, standing.left)
        }))
    }

    /// The bucket that is empty, and in how many seconds it is not.
    fn over(&self) -> Option<(&Standing, u64)> {
        self.0.iter().find_map(|standing| Some((standing, seconds(standing.wait?))))
    }
}

/// Rounded up: a caller that waits for so long does not come too early.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + 1
}

/// A list as structured fields write it (RFC 9651, 3.1).
fn list(items: impl Iterator<Item = String>) -> Option<String> {
    let items: Vec<String> = items.collect();
    (!items.is_empty()).then(|| items.join(", "))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Settings {
        #[command(flatten)]
        overload: Overload,
    }

    fn limits(caller: (u32, u32), instance: (u32, u32)) -> RateLimits {
        let [rate, burst] = [caller.0, caller.1].map(|number| number.to_string());
        let [all, together] = [instance.0, instance.1].map(|number| number.to_string());
        let caller = ["it", "--max-calls-per-second", &rate, "--max-call-burst", &burst];
        let instance =
            ["--max-instance-calls-per-second", &all, "--max-instance-call-burst", &together];
        RateLimits::new(&Settings::parse_from([&caller[..], &instance].concat()).overload)
    }

    fn user(instance: Uuid, subject: &str) -> Payer {
        Payer::Subject(Some(instance), subject.to_owned())
    }

    #[test]
    fn a_caller_has_a_burst_and_the_others_of_its_instance_have_theirs() {
        let (limits, instance) = (limits((1, 2), (1, 3)), Uuid::now_v7());
        let (ann, bob) = (user(instance, "ann"), user(instance, "bob"));
        let left = |payer| limits.count(payer).left().unwrap();
        assert_eq!(limits.policy().unwrap(), "\"caller\";q=2;w=2, \"instance\";q=3;w=3");
        assert_eq!(left(&ann), "\"caller\";r=1;t=1, \"instance\";r=2;t=1");
        assert_eq!(left(&ann), "\"caller\";r=0;t=1, \"instance\";r=1;t=1");
        assert_eq!(left(&ann), "\"caller\";r=0;t=1", "it does not count for the instance");
        assert_eq!(left(&bob), "\"caller\";r=1;t=1, \"instance\";r=0;t=1");
        let over = limits.refuse(&limits.count(&bob)).unwrap_err();
        assert!(over.to_string().contains("All callers of this instance together"), "{over}");
        let over = limits.refuse(&limits.count(&ann)).unwrap_err();
        assert!(over.to_string().starts_with("You made too many calls: 2 at once"), "{over}");
        assert!(limits.refuse(&limits.count(&user(Uuid::now_v7(), "ann"))).is_ok());
    }

    #[test]
    fn a_token_for_all_instances_has_one_bucket_whatever_instance_it_names() {
        let limits = limits((1, 2), (1, 3));
        let call = || limits.count(&Payer::Everywhere(Uuid::now_v7(), "eve".into()));
        assert!(limits.refuse(&call()).is_ok() && limits.refuse(&call()).is_ok());
        assert!(limits.refuse(&call()).is_err());
    }

    #[test]
    fn a_limit_of_zero_is_none() {
        let limits = limits((0, 1), (0, 1));
        let counted = limits.count(&user(Uuid::now_v7(), "ann"));
        assert_eq!((limits.policy(), counted.left()), (None, None));
        assert!(limits.refuse(&counted).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_caller() {
        let at = |address: &str| Payer::at(address.parse().unwrap());
        assert_eq!(at("2001:db8:1:2:3::4"), at("2001:db8:1:2::9"));
        assert_ne!(at("2001:db8:1:2::9"), at("2001:db8:1:3::9"));
        assert_eq!(at("::ffff:203.0.113.7"), at("203.0.113.7"));
        assert_ne!(at("203.0.113.7"), at("203.0.113.8"));
    }

    #[test]
    fn however_many_callers_there_are_memory_is_bounded() {
        let limits = limits((1, 1), (1, 1));
        for caller in 0..u32::try_from(3 * REMEMBERED_MAX).unwrap() {
            limits.count(&user(Uuid::from_u128(caller.into()), "ann"));
        }
        let remembered =
            limits.caller.unwrap().buckets.len() + limits.instance.unwrap().buckets.len();
        assert!(remembered <= 2 * REMEMBERED_MAX, "{remembered}");
    }
}
