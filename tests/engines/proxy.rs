//! A network whose only way out is a proxy: calls of Campaign Monitor go through it, by CONNECT, and TLS ends at
//! Campaign Monitor.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, ensure};
use segment_export::sandbox::LIST_ID;
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep};

use crate::cluster::Cluster;
use crate::cluster::caller::Caller;
use crate::cluster::processes::Process;
use crate::cluster::runs::{PATIENCE, members};
use crate::cluster::services::{free_port, wait_for};
use crate::programs::{debian_with, succeed};

const PROGRAM: &str = "/usr/bin/tinyproxy";
const PROFILES: i64 = 2_000;

/// Ends TLS in front of the offline Campaign Monitor, which has none.
const TLS: &str = "
import asyncio, ssl, sys
async def copy(source, sink):
    try:
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    finally:
        sink.close()
async def serve(reader, writer):
    server = await asyncio.open_connection('127.0.0.1', int(sys.argv[2]))
    await asyncio.gather(copy(reader, server[1]), copy(server[0], writer), return_exceptions=True)
async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain('server.pem', 'server.key')
    await (await asyncio.start_server(serve, '127.0.0.1', int(sys.argv[1]), ssl=context)).serve_forever()
asyncio.run(main())
";

/// A proxy that lets every host be reached, and logs which.
async fn start_proxy(folder: &Path, port: u16) -> Result<Child> {
    debian_with("tinyproxy", PROGRAM).await;
    let log = folder.join("proxy.log");
    let settings = format!(
        "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nLogFile \"{}\"\nLogLevel Connect\n",
        log.display()
    );
    std::fs::write(folder.join("proxy.conf"), settings)?;
    let mut command = Command::new(PROGRAM);
    command.args(["-d", "-c"]).arg(folder.join("proxy.conf")).stdout(Stdio::null());
    let proxy = command.stderr(Stdio::null()).kill_on_drop(true).spawn()?;
    wait_for(port).await?;
    Ok(proxy)
}

/// Offers TLS at `port`, with a certificate for `localhost`, of what listens at `to`.
async fn start_tls(folder: &Path, port: u16, to: u16) -> Result<Child> {
    let certificate = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
         -subj /CN=localhost -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE \
         -keyout server.key -out server.pem";
    succeed("sh", &["-c", certificate], &folder.to_string_lossy()).await;
    let mut command = Command::new("python3");
    command.args(["-c", TLS, &port.to_string(), &to.to_string()]).current_dir(folder);
    let tls = command.kill_on_drop(true).spawn()?;
    wait_for(port).await?;
    Ok(tls)
}

#[tokio::test]
async fn calls_of_campaign_monitor_go_through_the_proxy_of_the_environment() -> Result<()> {
    let (mut cluster, folder) = (Cluster::start(&[]).await?, TempDir::new()?);
    let (proxy_port, tls_port) = (free_port()?, free_port()?);
    let _proxy = start_proxy(folder.path(), proxy_port).await?;
    let sandbox = cluster.campaign_monitor.port();
    let _tls = start_tls(folder.path(), tls_port, sandbox).await?;
    let url = format!("https://localhost:{tls_port}/");
    let at = cluster.settings.iter().position(|setting| setting == "--campaign-monitor-url");
    url.clone_into(&mut cluster.settings[at.unwrap() + 1]);
    let certificate = folder.path().join("server.pem").display().to_string();
    let environment = [
        ("HTTPS_PROXY".to_owned(), format!("http://127.0.0.1:{proxy_port}")),
        ("SSL_CERT_FILE".to_owned(), certificate),
    ];
    let start = async |roles| {
        Process::start_in(&environment, roles, &cluster.settings_of(roles, roles)).await
    };
    let (api, _worker) = (start("api").await?, start("worker").await?);

    let caller = Caller::new(vec![api.port]).await?;
    let connection = caller.add_connection("Newsletter").await?;
    caller.add_segment("Members", members(PROFILES)).await?;
    let export = caller.add_export("Members", &connection, LIST_ID).await?;
    let run = caller.start_run(&export).await?;
    caller.ends_well(&run, PROFILES).await?;

    let (connect, started) = (format!("CONNECT localhost:{tls_port}"), Instant::now());
    while !std::fs::read_to_string(folder.path().join("proxy.log"))?.contains(&connect) {
        ensure!(started.elapsed() < PATIENCE, "no call went through the proxy");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}
