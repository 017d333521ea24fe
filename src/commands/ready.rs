//! `ready`: asks a service whether it is ready, for images without a shell.

use std::time::Duration;

/// How long a service may take to report whether it is ready.
const LONGEST: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub(super) struct Args {
    /// Address of the service, or of its `/readyz`.
    #[arg(default_value = "http://127.0.0.1:8080/readyz")]
    url: url::Url,
}

pub(super) async fn run(mut args: Args) -> anyhow::Result<()> {
    if args.url.path() == "/" {
        args.url.set_path("/readyz");
    }
    let http = reqwest::Client::builder().timeout(LONGEST).build()?;
    let answer = http.get(args.url).send().await?;
    let is_ready = answer.status().is_success();
    println!("{}", answer.text().await?);
    anyhow::ensure!(is_ready, "the service is not ready");
    Ok(())
}
