//! The command line.

use anyhow::Context;
use clap::{Args, CommandFactory, Parser, Subcommand};
use segment_export::audit::verify::Head;
use segment_export::config::{Config, names};
use segment_export::identity::{DevClaims, sign};
use segment_export::sandbox::Sandbox;
use segment_export::schedules::zones;
use segment_export::service::{self, Service, open_db};
use segment_export::telemetry::settings::TraceSettings;
use segment_export::upkeep::{fingerprints, rotation};
use segment_export::{audit, db, demo, http, sample, server, telemetry};

/// How long a service may take to report whether it is ready.
const READY_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// The version, and the commit if the build knows it.
static VERSION: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| match option_env!("SEGMENT_EXPORT_COMMIT") {
        Some(commit) => format!("{} ({commit})", env!("CARGO_PKG_VERSION")),
        None => env!("CARGO_PKG_VERSION").to_owned(),
    });

/// With the data of time zones that planned times are computed with.
static LONG_VERSION: std::sync::LazyLock<String> =
    std::sync::LazyLock::new(|| format!("{}, time zones {}", *VERSION, zones::version()));

/// Moves the members of Customer Insights segments into Campaign Monitor lists.
#[derive(Parser)]
#[command(version = VERSION.as_str(), long_version = LONG_VERSION.as_str(), about)]
struct Program {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    signals: TraceSettings,
}

#[derive(Subcommand)]
enum Command {
    /// Serves the API and executes runs.
    Serve(Box<Config>),
    /// Brings the database up to date.
    Migrate(Box<Config>),
    /// Looks at settings without starting anything.
    Config(ConfigArgs),
    /// Shows which keys seal secrets, or seals every secret with the newest key.
    Keys(KeysArgs),
    /// Looks at the audit.
    Audit(AuditArgs),
    /// Prints the OpenAPI document as JSON.
    Openapi {
        /// Prints the page of all error codes instead.
        #[arg(long)]
        errors: bool,
    },
    /// Prints a development token; only with `--dev`.
    Token(Box<Token>),
    /// Shows the main job from end to end, with the offline Campaign Monitor.
    Demo(demo::Demo),
    /// Serves the offline Campaign Monitor alone.
    Sandbox(SandboxArgs),
    /// Asks a service whether it is ready; for images without a shell.
    Ready(Ready),
    /// Writes realistic profiles as CSV, NDJSON or Parquet.
    Sample(sample::command::Order),
}

#[derive(Args)]
struct ConfigArgs {
    #[command(subcommand)]
    order: ConfigOrder,
}

#[derive(Subcommand)]
enum ConfigOrder {
    /// Names everything that keeps the settings from working. Ends with 0 when there is nothing.
    Check(Box<Config>),
}

#[derive(Args)]
struct KeysArgs {
    #[command(subcommand)]
    order: KeysOrder,
}

#[derive(Subcommand)]
enum KeysOrder {
    /// Seals every secret with the newest key (the first of the setting), while the service runs.
    Rotate(Box<Config>),
    /// Counts the secrets of each key, to see which keys may be removed.
    Status(Box<Config>),
}

#[derive(Args)]
struct AuditArgs {
    #[command(subcommand)]
    order: AuditOrder,
}

#[derive(Subcommand)]
enum AuditOrder {
    /// Finds events that were changed, removed or inserted, and names them. Ends with 0 when there are none.
    Verify(Box<Verify>),
}

#[derive(Args)]
struct Verify {
    /// A head that an earlier call printed, or the log of a scheduler, `position:hash`: the chain must contain it.
    #[arg(long)]
    head: Option<Head>,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
struct Token {
    /// What the bearer of the token may do.
    #[arg(long, value_enum, default_value = "admin")]
    role: segment_export::identity::Role,
    /// Instance that it gives access to, or `*` for all.
    #[arg(long, default_value = "*", value_parser = instance)]
    instance: String,
    /// Subject of the token: who the caller is.
    #[arg(long, default_value = "dev@example.com")]
    subject: String,
    /// Hours until it expires.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(i64).range(1..=87_600))]
    hours: i64,
    #[command(flatten)]
    config: Config,
}

#[derive(Args)]
struct SandboxArgs {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8081")]
    bind: std::net::SocketAddr,
}

#[derive(Args)]
struct Ready {
    /// Address of its `/readyz`.
    #[arg(default_value = "http://127.0.0.1:8080/readyz")]
    url: url::Url,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let program = Program::parse();
    let quiet = !matches!(program.command, Command::Serve(_) | Command::Migrate(_));
    let telemetry = telemetry::start(&program.signals, quiet)?;
    let done = match program.command {
        Command::Serve(config) => serve(*config, &telemetry).await,
        Command::Migrate(config) => migrate(*config).await,
        Command::Config(ConfigArgs { order: ConfigOrder::Check(config) }) => check(*config),
        Command::Keys(args) => keys(args.order).await,
        Command::Audit(AuditArgs { order: AuditOrder::Verify(order) }) => verify(*order).await,
        Command::Openapi { errors } => {
            print_document(errors);
            Ok(())
        }
        Command::Token(token) => print_token(*token),
        Command::Demo(demo) => demo::run(demo, telemetry.metrics.clone()).await,
        Command::Sandbox(args) => sandbox(&args).await,
        Command::Ready(args) => ask(args.url).await,
        Command::Sample(order) => order.run(),
    };
    telemetry.flush();
    done
}

async fn serve(config: Config, telemetry: &telemetry::Telemetry) -> anyhow::Result<()> {
    check_variables()?;
    if config.dev {
        tracing::warn!(
            "DEVELOPMENT MODE: anyone who knows the shared secret has access. Never use it in production."
        );
    }
    let owned = service::own_database(&config)?;
    let app = service::open(config, telemetry.metrics.clone()).await?;
    if let Some(owned) = &owned {
        service::take_over_runs(&app, owned).await?;
    }
    let secrets = rotation::status(&app.db, &app.keys).await?;
    if !secrets.is_openable() {
        tracing::error!(
            "SEGMENT_EXPORT_ENCRYPTION_KEYS lacks keys: runs over some connections cannot be executed\n{secrets}"
        );
    }
    let service = Service::start(app)?;
    let url = &service.url;
    tracing::info!(
        "serving {url}; a process with the API has its documentation at {url}swagger-ui/"
    );
    service.run().await
}

/// Refuses a mistyped `SEGMENT_EXPORT_…` variable.
fn check_variables() -> anyhow::Result<()> {
    let mut known = vec![];
    let mut commands = vec![Program::command()];
    while let Some(command) = commands.pop() {
        let names = command.get_arguments().filter_map(clap::Arg::get_env);
        known.extend(names.map(|name| name.to_string_lossy().into_owned()));
        commands.extend(command.get_subcommands().cloned());
    }
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let set: Vec<_> = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    names::refuse_unknown(&known, set.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn check(config: Config) -> anyhow::Result<()> {
    let unknown = check_variables().err().map(|error| error.to_string());
    let problems: Vec<_> = config.problems().into_iter().chain(unknown).collect();
    for problem in &problems {
        println!("{problem}");
    }
    anyhow::ensure!(problems.is_empty(), "the service would not start with these settings");
    println!("the settings can work; whether what they name can be reached shows at the start");
    Ok(())
}

async fn migrate(config: Config) -> anyhow::Result<()> {
    check_variables()?;
    open_db(&config).await?.migrate().await?;
    println!("the database is up to date");
    Ok(())
}

/// Fails when secrets remain that are not sealed with the newest key, or do not open.
async fn keys(order: KeysOrder) -> anyhow::Result<()> {
    let (KeysOrder::Rotate(config) | KeysOrder::Status(config)) = &order;
    check_variables()?;
    let config = Config::clone(config).check()?;
    let (db, keys) = (open_db(&config).await?, config.data.keys()?);
    fingerprints::check(&db, &keys)
        .await
        .context("if it is a new database: segment-export migrate")?;
    let mut is_complete = true;
    if let KeysOrder::Rotate(_) = order {
        let rotation = rotation::rotate(&db, &keys).await?;
        print!("{rotation}");
        is_complete = rotation.is_complete();
    }
    let status = rotation::status(&db, &keys).await?;
    print!("{status}");
    db.close().await;
    anyhow::ensure!(is_complete, "some secrets are not sealed with the newest key");
    anyhow::ensure!(status.is_openable(), "some secrets do not open: add their keys");
    Ok(())
}

/// Only reads. Fails when something does not fit.
async fn verify(order: Verify) -> anyhow::Result<()> {
    check_variables()?;
    let config = order.config.check()?;
    let (database, keys) = (open_db(&config).await?, config.data.keys()?);
    let report = audit::verify::verify(&database, &keys, order.head.as_ref(), db::now())
        .await
        .context("if it is a database of an earlier version: segment-export migrate")?;
    print!("{report}");
    database.close().await;
    anyhow::ensure!(report.is_clean(), "the audit is not as the service wrote it");
    Ok(())
}

fn print_document(errors: bool) {
    if errors {
        print!("{}", http::errors::page());
    } else {
        println!("{:#}", server::document());
    }
}

fn instance(text: &str) -> Result<String, &'static str> {
    let is_one = text == "*" || text.parse::<uuid::Uuid>().is_ok();
    is_one.then(|| text.to_owned()).ok_or("an instance is a UUID, or `*` for all")
}

fn print_token(token: Token) -> anyhow::Result<()> {
    anyhow::ensure!(
        token.config.dev,
        "development tokens are for development mode: pass --dev, or set SEGMENT_EXPORT_DEV=true. In production, \
            tokens come from the identity provider"
    );
    let config = token.config.check()?;
    let secret = config
        .auth
        .auth_hs256_secret
        .ok_or_else(|| anyhow::anyhow!("there is no shared secret"))?;
    let claims = DevClaims {
        sub: token.subject,
        roles: vec![format!("{:?}", token.role)],
        instances: vec![token.instance],
        iss: config.auth.auth_issuer.unwrap_or_default(),
        aud: config.auth.auth_audience.unwrap_or_default(),
        exp: (db::now() + chrono::TimeDelta::hours(token.hours)).timestamp(),
    };
    println!("{}", sign(&claims, &secret)?);
    Ok(())
}

async fn sandbox(args: &SandboxArgs) -> anyhow::Result<()> {
    use segment_export::sandbox::{
        API_KEY, CLIENT_ID, DOUBLE_OPT_IN_LIST_ID, LIST_ID, OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET,
    };
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

async fn ask(url: url::Url) -> anyhow::Result<()> {
    let http = reqwest::Client::builder().timeout(READY_MAX).build()?;
    let answer = http.get(url).send().await?;
    let is_ready = answer.status().is_success();
    println!("{}", answer.text().await?);
    anyhow::ensure!(is_ready, "the service is not ready");
    Ok(())
}
