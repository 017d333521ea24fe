//! A connection to PostgreSQL that is cut when a commit has been made and before its answer has come: nobody knows
//! whether it was saved, so nothing may be thrown away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::runs::members;

/// A way to PostgreSQL that may swallow the answer to the next commit.
struct Way {
    port: u16,
    cuts: Arc<AtomicBool>,
}

impl Way {
    async fn to(upstream: String) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (port, cuts) = (listener.local_addr()?.port(), Arc::new(AtomicBool::new(false)));
        let shared = cuts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, cuts) = (upstream.clone(), shared.clone());
                // A connection that ends badly is what this is about.
                tokio::spawn(async move { carry(client, &upstream, &cuts).await.ok() });
            }
        });
        Ok(Self { port, cuts })
    }
}

async fn carry(mut client: TcpStream, upstream: &str, cuts: &AtomicBool) -> Result<()> {
    let mut server = TcpStream::connect(upstream).await?;
    let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let read = read?;
                server.write_all(&asked[..read]).await?;
                let is_commit = asked[..read].windows(6).any(|word| word == b"COMMIT");
                if is_commit && cuts.swap(false, Ordering::SeqCst) {
                    let read = server.read(&mut answered).await?;
                    ensure!(read > 0, "it was not committed");
                    return Ok(());
                }
                ensure!(read > 0, "the client has gone");
            }
            read = server.read(&mut answered) => {
                let read = read?;
                client.write_all(&answered[..read]).await?;
                ensure!(read > 0, "the server has gone");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_whose_save_has_no_answer_are_not_thrown_away() -> Result<()> {
    let mut cluster = Cluster::start(&[]).await?;
    let url = url::Url::parse(&cluster.postgres.url())?;
    let way = Way::to(format!("127.0.0.1:{}", url.port().unwrap_or_default())).await?;
    let database = format!("postgres://postgres@127.0.0.1:{}/postgres", way.port);
    cluster.settings.extend(["--database-url".into(), database]);
    let api = cluster.play("api", "api").await?;
    let caller = Caller::new(vec![api.port]).await?;
    caller.add_segment("People", members(3)).await?;

    way.cuts.store(true, Ordering::SeqCst);
    let upload = caller
        .request(api.port, Method::PUT, "/segments/People/members")
        .header("Content-Type", "text/csv")
        .body(members(5));
    let answer = upload.send().await?;
    ensure!(answer.status() == 503, "{answer:?}");
    ensure!(!way.cuts.load(Ordering::SeqCst), "nothing was cut");

    let segment = caller.call(Method::GET, "/segments/People", None).await?;
    ensure!(segment["memberCount"] == 5, "it was saved: {segment}");
    let shown = caller.call(Method::GET, "/segments/People/members", None).await?;
    ensure!(shown["items"].as_array().map(Vec::len) == Some(5), "{shown}");
    ensure!(shown["items"][4]["Email"] == json!("p4@example.com"), "{shown}");
    Ok(())
}
