//! Everything that is in the Redis of the tests, where they have one.

use std::collections::HashMap;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{AsyncCommands, Client, RedisResult, Value, cmd};

use super::TestApp;

impl TestApp {
    /// A connection to the Redis that the service uses, and the key of its queue; `None` with the embedded one.
    pub async fn redis(&self) -> Option<(MultiplexedConnection, String)> {
        let of = |name: &str| {
            let settings = self.engines.iter();
            settings.skip_while(|setting| *setting != name).nth(1).cloned()
        };
        let (url, list) = (of("--redis-url")?, of("--redis-list")?);
        let redis = Client::open(url).unwrap();
        Some((redis.get_multiplexed_async_connection().await.unwrap(), format!("{list}:due")))
    }
}

/// Every key with its value as text, also those of other tests.
pub async fn keys_and_values(redis: &mut MultiplexedConnection) -> HashMap<String, String> {
    let (mut all, mut cursor) = (HashMap::new(), 0_u64);
    loop {
        let page = cmd("SCAN").arg(cursor).arg("COUNT").arg(1000).query_async(redis).await;
        let (next, keys): (u64, Vec<String>) = page.unwrap();
        for key in keys {
            let value = value(redis, &key).await;
            all.insert(key, format!("{value:?}"));
        }
        cursor = next;
        if cursor == 0 {
            return all;
        }
    }
}

/// The value of a key, whatever it is; nil of one that is gone meanwhile.
async fn value(redis: &mut MultiplexedConnection, key: &str) -> Value {
    let kind: String = cmd("TYPE").arg(key).query_async(redis).await.unwrap();
    let read: RedisResult<Value> = match kind.as_str() {
        "string" | "none" => redis.get(key).await,
        "zset" => redis.zrange_withscores(key, 0, -1).await,
        "list" => redis.lrange(key, 0, -1).await,
        "set" => redis.smembers(key).await,
        "hash" => redis.hgetall(key).await,
        "stream" => cmd("XRANGE").arg(key).arg("-").arg("+").query_async(redis).await,
        other => panic!("{key} is a {other}: read it here too"),
    };
    // Another test may have removed or replaced it in between.
    read.unwrap_or(Value::Nil)
}
