//! `sandbox`: the offline Campaign Monitor alone.

use anyhow::Context;

use crate::sandbox::{
    API_KEY, CLIENT_ID, DOUBLE_OPT_IN_LIST_ID, LIST_ID, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET,
    Sandbox,
};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8081")]
    bind: std::net::SocketAddr,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(args.bind)
        .await
        .with_context(|| format!("cannot listen on {}; choose another --bind", args.bind))?;
    println!("The offline Campaign Monitor listens on {}", sandbox.url());
    println!("  API key               {API_KEY}\n  client                {CLIENT_ID}");
    println!("  list                  {LIST_ID}\n  double opt-in list    {DOUBLE_OPT_IN_LIST_ID}");
    println!(
        "  OAuth client id       {OAUTH_CLIENT_ID}\n  OAuth client secret   {OAUTH_CLIENT_SECRET}"
    );
    println!("Start the service with SEGMENT_EXPORT_CAMPAIGN_MONITOR_URL={}", sandbox.url());
    tokio::signal::ctrl_c().await?;
    sandbox.stop().await;
    Ok(())
}
