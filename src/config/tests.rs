//! Which settings are refused together, and in which words.

use super::*;
use clap::{CommandFactory, Parser};

#[derive(Parser)]
struct Program {
    #[command(flatten)]
    config: Config,
}

/// The key that `--dev` fills in.
const PUBLISHED: &str = "c2VnbWVudC1leHBvcnQgZGV2ZWxvcG1lbnQga2V5ISE=";
const KEYS: &str = "k:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

fn check(args: &[&str]) -> Result<Config, String> {
    let args = [&["segment-export"], args].concat();
    Program::try_parse_from(args)
        .map_err(|error| error.to_string())
        .and_then(|program| program.config.check().map_err(|error| error.to_string()))
}

#[test]
fn development_needs_no_setting_at_all() {
    assert!(check(&["--dev"]).is_ok());
}

#[test]
fn production_refuses_to_start_without_an_issuer_or_with_a_shared_secret() {
    assert!(check(&[]).unwrap_err().contains("AUTH_ISSUER"));
    let shared = [
        ["--auth-issuer", "https://i", "--auth-audience", "a"].as_slice(),
        &["--auth-hs256-secret", "s"][..],
    ]
    .concat();
    assert!(check(&shared).unwrap_err().contains("development only"));
}

#[test]
fn what_cannot_work_is_refused_by_name() {
    for (args, name) in [
        (["--database-url", "host=localhost"], "SEGMENT_EXPORT_DATABASE_URL"),
        (["--database-url", " postgres://localhost"], "SEGMENT_EXPORT_DATABASE_URL"),
        (["--database-url", "mysql://localhost"], "SEGMENT_EXPORT_DATABASE_URL"),
        (["--database-url", ""], "SEGMENT_EXPORT_DATABASE_URL"),
        (["--campaign-monitor-url", "ftp://x"], "SEGMENT_EXPORT_CAMPAIGN_MONITOR_URL"),
        (["--database-connections", "0"], "--database-connections"),
        (["--max-uploads", "0"], "--max-uploads"),
        (["--max-previews", "0"], "--max-previews"),
        (["--keep-runs-days", "999999999"], "--keep-runs-days"),
        (["--idempotency-hours", "0"], "--idempotency-hours"),
        (["--smtp-url", "smtps://mail.example.com"], "SEGMENT_EXPORT_SMTP_URL"),
        (["--alerts-ms", "1"], "--alerts-ms"),
        (["--max-body-bytes", "100000000"], "SEGMENT_EXPORT_MAX_RECEIVED_BYTES"),
    ] {
        let refusal = check(&[["--dev"].as_slice(), &args].concat()).unwrap_err();
        assert!(refusal.contains(name), "{args:?}: {refusal}");
    }
    let no_address = ["--auth-issuer", "login.example.com", "--auth-audience", "a"];
    assert!(check(&no_address).unwrap_err().contains("AUTH_JWKS_URL"));
}

#[test]
fn every_problem_is_told_not_only_the_first() {
    let args = ["x", "--lease-ms", "1", "--redis-url", "redis://x", "--storage-roots", "a"];
    let more = ["--auth-jwks-url", "http://x", "--auth-hs256-secret", "s", "--roles", "worker"];
    let line = [args.as_slice(), &more].concat();
    let problems = Program::try_parse_from(line).unwrap().config.problems();
    let names = [
        "AUTH_ISSUER and",
        "AUTH_HS256_SECRET is",
        "LEASE_MS",
        "ENCRYPTION_KEYS is",
        "a queue in Redis",
        "STORAGE_ROOTS",
        "AUTH_JWKS_URL must",
        "REDIS_ALLOW_PLAINTEXT",
        "ROLES must name api",
    ];
    for name in names {
        assert!(problems.iter().any(|problem| problem.contains(name)), "{name}: {problems:?}");
    }
    assert_eq!(problems.len(), names.len(), "{problems:?}");
    let twice = ["x", "--database-url", "mysql://x"];
    let problems = Program::try_parse_from(twice).unwrap().config.problems();
    let about_it = problems.iter().filter(|problem| problem.contains("DATABASE_URL")).count();
    assert_eq!(about_it, 1, "{problems:?}");
}

#[test]
fn development_with_secrets_that_everybody_knows_is_for_this_machine_alone() {
    let everywhere = ["--dev", "--bind", "0.0.0.0:8080"];
    assert!(check(&everywhere).unwrap_err().contains("SEGMENT_EXPORT_BIND"));
    let half = ["--auth-hs256-secret", "a secret of our own, hard to guess"];
    assert!(check(&[everywhere.as_slice(), &half].concat()).is_err());
    let with = |secret: &str, keys: &str| {
        let own = ["--auth-hs256-secret", secret, "--encryption-keys", keys];
        check(&[everywhere.as_slice(), &own].concat())
    };
    assert!(with(half[1], KEYS).is_ok());
    let published = "segment-export development secret: never outside a laptop";
    for secret in ["", "short", published] {
        assert!(with(secret, KEYS).unwrap_err().contains("SEGMENT_EXPORT_BIND"), "{secret}");
    }
    let published = format!("own:{PUBLISHED}");
    assert!(with(half[1], &published).unwrap_err().contains("SEGMENT_EXPORT_BIND"));
    assert!(check(&["--dev", "--bind", "[::1]:8080"]).is_ok());
}

#[test]
fn outside_development_the_published_key_of_development_seals_nothing_and_still_opens() {
    let least = ["--auth-issuer", "https://i", "--auth-audience", "a", "--encryption-keys"];
    let with = |keys: &str| check(&[least.as_slice(), &[keys]].concat());
    for id in ["dev", "production"] {
        let refusal = with(&format!("{id}:{PUBLISHED},{KEYS}")).unwrap_err();
        assert!(refusal.contains("published"), "{refusal}");
    }
    assert!(with(&format!("{KEYS},dev:{PUBLISHED}")).is_ok(), "to rotate away from it");
}

#[test]
fn settings_with_which_nobody_can_sign_in_are_refused() {
    for (args, name) in [
        (vec!["--auth-audience", ""], "SEGMENT_EXPORT_AUTH_AUDIENCE"),
        (
            vec!["--auth-issuer", "", "--auth-jwks-url", "https://i/keys"],
            "SEGMENT_EXPORT_AUTH_ISSUER",
        ),
        (vec!["--auth-jwks-url", "file:///keys.json"], "SEGMENT_EXPORT_AUTH_JWKS_URL"),
    ] {
        let refusal = production(&args).unwrap_err();
        assert!(refusal.contains(name), "{args:?}: {refusal}");
    }
}

/// Settings of production with `more`.
fn production(more: &[&str]) -> Result<Config, String> {
    let defaults = [
        ["--auth-audience", "a"],
        ["--encryption-keys", KEYS],
        ["--auth-issuer", "https://login.example.com"],
    ];
    let left = defaults.iter().filter(|[name, _]| !more.contains(name)).flatten().copied();
    check(&left.chain(more.iter().copied()).collect::<Vec<_>>())
}

#[test]
fn production_is_encrypted_on_the_way_to_everybody() {
    let postgres = "postgres://u:p@db.example.com/segment";
    let (require, verify) =
        (format!("{postgres}?sslmode=require"), format!("{postgres}?sslmode=verify-full"));
    let prefer = format!("{postgres}?sslmode=prefer");
    let sources = format!("crm={postgres}");
    for (args, name) in [
        (vec!["--auth-issuer", "http://login.example.com"], "SEGMENT_EXPORT_AUTH_ISSUER"),
        (vec!["--auth-jwks-url", "http://login.example.com"], "SEGMENT_EXPORT_AUTH_JWKS_URL"),
        (vec!["--campaign-monitor-url", "http://x.example"], "SEGMENT_EXPORT_CAMPAIGN_MONITOR"),
        (vec!["--database-url", postgres], "SEGMENT_EXPORT_DATABASE_ALLOW_PLAINTEXT"),
        (vec!["--database-url", &prefer], "SEGMENT_EXPORT_DATABASE_ALLOW_PLAINTEXT"),
        (
            vec!["--database-url", "postgres://localhost,db.example.com/x"],
            "SEGMENT_EXPORT_DATABASE_ALLOW_PLAINTEXT",
        ),
        (vec!["--sql-sources", &sources], "SEGMENT_EXPORT_SQL_SOURCES"),
        (
            vec!["--smtp-url", "smtp://u:p@mail.example.com", "--smtp-from", "a@example.com"],
            "SEGMENT_EXPORT_SMTP_URL",
        ),
        (
            vec![
                "--smtp-url",
                "smtp://u:p@mail.example.com?tls=opportunistic",
                "--smtp-from",
                "a@example.com",
            ],
            "SEGMENT_EXPORT_SMTP_URL",
        ),
        (
            vec!["--database-url", &verify, "--redis-url", "VALKEY://redis.example.com"],
            "SEGMENT_EXPORT_REDIS_ALLOW_PLAINTEXT",
        ),
        (
            vec!["--database-url", &verify, "--redis-url", "redis://redis.example.com"],
            "SEGMENT_EXPORT_REDIS_ALLOW_PLAINTEXT",
        ),
        (
            vec![
                "--database-url",
                &verify,
                "--redis-url",
                "redis://localhost:1,redis.example.com:2",
            ],
            "SEGMENT_EXPORT_REDIS_ALLOW_PLAINTEXT",
        ),
        (
            vec!["--database-url", &verify, "--redis-url", "redis+sentinel://localhost/main"],
            "SEGMENT_EXPORT_REDIS_ALLOW_PLAINTEXT",
        ),
    ] {
        let refusal = production(&args).unwrap_err();
        assert!(refusal.contains(name) && !refusal.contains("u:p"), "{args:?}: {refusal}");
    }
    for args in [
        vec!["--smtp-url", "smtps://u:p@mail.example.com", "--smtp-from", "a@example.com"],
        vec![
            "--smtp-url",
            "smtp://u:p@mail.example.com?tls=required",
            "--smtp-from",
            "a@example.com",
        ],
        vec!["--smtp-url", "smtp://localhost:25", "--smtp-from", "a@example.com"],
        vec!["--database-url", &require, "--redis-url", "rediss://redis.example.com"],
        vec!["--database-url", postgres, "--database-allow-plaintext"],
        vec!["--database-url", &verify, "--redis-url", "redis://r", "--redis-allow-plaintext"],
        vec!["--database-url", "postgres://localhost/x", "--redis-url", "redis://127.0.0.1"],
        vec!["--database-url", "postgres:///x?host=/var/run/postgresql"],
        vec!["--campaign-monitor-url", "http://[::1]:8081"],
        vec!["--auth-issuer", "http://name", "--auth-jwks-url", "https://login.example.com"],
    ] {
        let checked = production(&args);
        assert!(checked.is_ok(), "{args:?}: {checked:?}");
    }
}

#[test]
fn a_leeway_above_a_minute_is_refused() {
    assert!(check(&["--dev", "--auth-leeway-seconds", "61"]).is_err());
}

#[test]
fn the_settings_of_oauth_go_together_and_are_encrypted_on_the_way() {
    let id = ["--oauth-client-id", "1", "--oauth-client-secret", "s"];
    let with = |more: &[&str]| check(&[&["--dev"], id.as_slice(), more].concat());
    assert!(with(&[]).unwrap_err().contains("go together"));
    let callback = "http://localhost/oauth/campaign-monitor/callback";
    assert!(with(&["--oauth-redirect-url", callback]).is_ok(), "on a laptop");
    let elsewhere = with(&["--oauth-redirect-url", "http://localhost/"]);
    assert!(elsewhere.unwrap_err().contains("/oauth/campaign-monitor/callback"));
    assert!(with(&["--oauth-redirect-url", "ftp://localhost/"]).is_err());
    let alone = ["--dev", "--oauth-return-url", "https://example.com"];
    assert!(check(&alone).unwrap_err().contains("go together"));
    let production = [
        &["--auth-issuer", "https://i", "--auth-audience", "a", "--encryption-keys", KEYS],
        id.as_slice(),
        &["--oauth-redirect-url", "http://example.com/"],
    ];
    assert!(check(&production.concat()).unwrap_err().contains("https://"));
}

#[test]
fn the_parts_of_a_process_are_separated_by_commas_as_the_help_shows_them() {
    let parts = |args: &[&str]| {
        let line = [&["x"], args].concat();
        Program::try_parse_from(line).map(|program| program.config.parts)
    };
    assert_eq!(parts(&[]).unwrap(), parts(&["--roles", "api,worker,scheduler"]).unwrap());
    assert_eq!(parts(&["--roles", "api,worker"]).unwrap(), [Part::Api, Part::Worker]);
    let help = Program::command().render_long_help().to_string();
    assert!(help.contains("[default: api,worker,scheduler]"), "{help}");
}

#[test]
fn a_password_that_expires_is_in_its_file_alone_and_that_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "secret").unwrap();
    let (file, missing) = (file.display().to_string(), "/nowhere/password".to_owned());
    let dev = |args: &[&str]| check(&[&["--dev"], args].concat());
    let database = |url: &str, file: &str| {
        dev(&["--database-url", url, "--database-password-file", file]).map(drop)
    };
    assert!(database("postgres://u@one,two/x", &file).is_ok());
    let redis = |url: &str, file: &str| {
        let args = ["--database-url", "postgres://u@h/x", "--redis-password-file", file];
        dev(&[args.as_slice(), &["--redis-url", url]].concat()).map(drop)
    };
    assert!(redis("rediss://u@one,two", &file).is_ok());

    for (refused, name) in [
        (database("sqlite://x.db", &file), "SEGMENT_EXPORT_DATABASE_PASSWORD_FILE"),
        (database("postgres://u:known@h/x", &file), "SEGMENT_EXPORT_DATABASE_URL has a password"),
        (database("postgres://u@h/x", &missing), "which cannot be read"),
        (database("postgres://u@h/x?target_session_attrs=standby", &file), "must be read-write"),
        (redis("rediss://u:known@h", &file), "SEGMENT_EXPORT_REDIS_PASSWORD_FILE is set"),
        (redis("rediss://u@h", &missing), "which cannot be read"),
    ] {
        let refused = refused.unwrap_err();
        assert!(refused.contains(name) && !refused.contains("known"), "{refused}");
    }
}
