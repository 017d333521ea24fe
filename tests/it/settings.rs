//! The settings of the program, as `segment-export serve --help` shows them.

use std::process::Command;

use clap::{CommandFactory, Parser};
use segment_export::config::Config;

#[derive(Parser)]
struct Serve {
    #[command(flatten)]
    config: Config,
}

#[test]
fn every_setting_is_a_flag_and_a_variable_of_the_same_name_and_says_what_it_is() {
    let serve = Serve::command();
    let settings: Vec<_> = serve.get_arguments().collect();
    assert!(settings.len() > 40);
    for setting in settings {
        let flag = setting.get_long().unwrap();
        let variable = format!("SEGMENT_EXPORT_{}", flag.to_uppercase().replace('-', "_"));
        assert_eq!(setting.get_env().unwrap(), &*variable, "--{flag}");
        assert!(setting.get_help().is_some_and(|help| !help.to_string().is_empty()), "--{flag}");
    }
}

#[test]
fn the_defaults_are_those_that_callers_and_operators_were_promised() {
    let config = Serve::try_parse_from(["serve", "--dev"]).unwrap().config;
    assert!(Serve::try_parse_from(["serve"]).is_ok_and(|serve| !serve.config.dev));
    assert_eq!(config.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.data.campaign_monitor_url.as_str(), "https://api.createsend.com/");
    assert!(config.data.redis_url.is_none(), "the embedded queue");
    assert!(config.oauth.application().is_none(), "people sign in where it is registered");
    assert_eq!(config.limits.max_profiles_per_export, 1_000_000);
    assert_eq!(config.work.uploads_in_flight, 8);
    assert_eq!(config.work.lease_ms, 15_000);
    assert_eq!(config.limits.idempotency_hours, 24);
    assert_eq!(config.auth.auth_leeway_seconds, 60);
    assert_eq!(
        (config.auth.auth_roles_claim.as_str(), config.auth.auth_instances_claim.as_str()),
        ("roles", "instances")
    );
}

/// Settings that hold passwords, keys and secrets.
const SECRET: [&str; 10] = [
    "DATABASE_URL",
    "REDIS_URL",
    "ENCRYPTION_KEYS",
    "AUTH_HS256_SECRET",
    "OAUTH_CLIENT_SECRET",
    "STORAGE_OPTIONS",
    "SQL_SOURCES",
    "ROW_LOG_KEY",
    "SMTP_URL",
    "HEARTBEAT_URL",
];

#[test]
fn the_help_shows_no_secret_of_the_environment() {
    for command in ["serve", "migrate", "token"] {
        let mut help = Command::new(env!("CARGO_BIN_EXE_segment-export"));
        help.args([command, "--help"]).env("SEGMENT_EXPORT_ROLES", "api");
        help.envs(SECRET.map(|name| (format!("SEGMENT_EXPORT_{name}"), "hush-hush")));
        let output = help.output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("SEGMENT_EXPORT_ROLES=api"), "others are shown: {text}");
        for name in SECRET {
            assert!(text.contains(&format!("SEGMENT_EXPORT_{name}")), "{name}: {text}");
        }
        assert!(!text.contains("hush"), "{text}");
    }
}

#[test]
fn every_secret_can_come_from_a_file() {
    let serve = Serve::command();
    let variables: Vec<_> = serve.get_arguments().filter_map(clap::Arg::get_env).collect();
    let secrets = serve.get_arguments().filter(|setting| setting.is_hide_env_values_set());
    let secrets: Vec<_> =
        secrets.map(|setting| setting.get_env().unwrap().to_str().unwrap()).collect();
    assert_eq!(secrets.len(), SECRET.len(), "{secrets:?}");
    for name in secrets {
        assert!(SECRET.contains(&&name["SEGMENT_EXPORT_".len()..]), "{name}");
        let file = format!("{name}_FILE");
        assert!(variables.iter().any(|variable| **variable == *file), "{file} is no setting");
    }
}

/// A value that each secret setting accepts.
fn acceptable(name: &str) -> &'static str {
    match name {
        "DATABASE_URL" => "postgres://user:hush-hush@127.0.0.1/x",
        "REDIS_URL" => "redis://:hush-hush@127.0.0.1",
        "ENCRYPTION_KEYS" => "hush:aHVzaC1odXNoLWh1c2gtaHVzaC1odXNoLWh1c2gtaHU=",
        "STORAGE_OPTIONS" => "default.aws_secret_access_key=hush-hush",
        "SQL_SOURCES" => "crm=postgres://user:hush-hush@127.0.0.1/x",
        "ROW_LOG_KEY" => "aHVzaC1odXNoLWh1c2gtaHVzaC1odXNoLWh1c2gtaHU=",
        "SMTP_URL" => "smtps://user:hush-hush@127.0.0.1",
        "HEARTBEAT_URL" => "https://heartbeat.example.com/hush-hush",
        _ => "hush-hush",
    }
}

#[test]
fn secrets_from_files_are_used_and_shown_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
    command.args(["config", "check", "--dev", "--oauth-client-id", "1"]);
    command.args(["--oauth-redirect-url", "http://localhost/oauth/campaign-monitor/callback"]);
    command.args(["--smtp-from", "export@example.com"]);
    for name in SECRET {
        let file = folder.path().join(name);
        std::fs::write(&file, format!("{}\n", acceptable(name))).unwrap();
        command.env(format!("SEGMENT_EXPORT_{name}_FILE"), file);
    }
    let output = command.env("RUST_LOG", "trace").output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success(), "{said}");
    command.arg("--help");
    let help = String::from_utf8(command.output().unwrap().stdout).unwrap();
    for name in SECRET {
        assert!(help.contains(&format!("[env: SEGMENT_EXPORT_{name}_FILE=")), "{name}: {help}");
    }
    assert!(!said.contains("hush") && !help.contains("hush"), "{said}\n{help}");
}

#[test]
fn a_secret_in_two_places_or_in_a_file_without_one_is_refused_by_name_and_without_its_value() {
    let folder = tempfile::tempdir().unwrap();
    for name in SECRET {
        let file = folder.path().join(name);
        std::fs::write(&file, acceptable(name)).unwrap();
        let (setting, of_file) =
            (format!("SEGMENT_EXPORT_{name}"), format!("SEGMENT_EXPORT_{name}_FILE"));
        let path = file.to_str().unwrap();
        let both = [(setting.as_str(), acceptable(name)), (of_file.as_str(), path)];
        for words in [&["config", "check", "--dev"][..], &["serve", "--dev"], &["migrate", "--dev"]]
        {
            let (succeeds, said) = told(words, &both);
            assert!(!succeeds && !said.contains("hush-hush"), "{words:?}: {said}");
            let advice = format!("{setting} and {of_file} are both set: remove one of them");
            assert!(said.contains(&advice), "{words:?}: {said}");
        }
        std::fs::write(&file, "\n").unwrap();
        let (succeeds, said) = told(&["config", "check", "--dev"], &[(&of_file, path)]);
        assert!(!succeeds, "{said}");
        assert!(said.contains(&format!("{of_file} names {path}, which is empty")), "{said}");
    }
}

/// What a command of the program says with these variables.
fn told(words: &[&str], variables: &[(&str, &str)]) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_segment-export"));
    let output = command.args(words).envs(variables.iter().copied()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn a_mistyped_variable_is_named_with_the_one_that_is_meant() {
    let typo = [("SEGMENT_EXPORT_LAESE_MS", "1000")];
    for words in [&["serve", "--dev"][..], &["migrate", "--dev"], &["config", "check", "--dev"]] {
        let (succeeds, said) = told(words, &typo);
        assert!(!succeeds, "{words:?}: {said}");
        let advice =
            "SEGMENT_EXPORT_LAESE_MS is not a setting; did you mean SEGMENT_EXPORT_LEASE_MS?";
        assert!(said.contains(advice), "{words:?}: {said}");
    }
    let others = [("OTEL_RESOURCE_ATTRIBUTES", "a=b"), ("SEGMENT_EXPORT_SERVICE_HOST", "10.0.0.1")];
    let (succeeds, said) = told(&["config", "check", "--dev"], &others);
    assert!(succeeds, "{said}");
}

#[test]
fn settings_are_checked_without_starting_and_every_problem_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("made/it.db");
    let url = format!("sqlite://{}", file.display());
    let with = [("SEGMENT_EXPORT_DATABASE_URL", url.as_str())];
    let (succeeds, said) = told(&["config", "check"], &with);
    assert!(!succeeds, "{said}");
    assert!(said.contains("AUTH_ISSUER") && said.contains("ENCRYPTION_KEYS"), "{said}");
    let misread = [
        (
            "UPLOADS_IN_FLIGHT",
            "3000",
            "(or --uploads-in-flight) cannot have \"3000\": it must be from 1 to 64",
        ),
        ("LEASE_MS", "abc", "(or --lease-ms) cannot have \"abc\": it must be a whole number"),
        ("AUTH_LEEWAY_SECONDS", "100", "cannot have \"100\": it must be at most 60"),
        ("KEEP_RUNS_DAYS", "-1", "cannot have \"-1\": the number is negative or too large"),
        (
            "ROLES",
            "api worker",
            "cannot have \"api worker\": it accepts api, worker, scheduler, separated by commas",
        ),
    ];
    let set = misread.map(|(name, value, _)| (format!("SEGMENT_EXPORT_{name}"), value));
    let set: Vec<_> = set.iter().map(|(name, value)| (name.as_str(), *value)).chain(with).collect();
    for words in [&["config", "check"][..], &["serve"]] {
        let (succeeds, said) = told(words, &set);
        assert!(!succeeds, "{said}");
        for (name, _, sentence) in misread {
            assert!(said.contains(&format!("SEGMENT_EXPORT_{name} ")), "{name}: {said}");
            assert!(said.contains(sentence), "{name}: {said}");
        }
        assert_eq!(words[0] == "config", said.contains("AUTH_ISSUER"), "{said}");
    }
    let (succeeds, said) = told(&["serve", "--lease-ms", "abc"], &with);
    assert!(!succeeds && said.contains("--lease-ms) cannot have \"abc\""), "{said}");
    let traced = [("RUST_BACKTRACE", "1"), ("SEGMENT_EXPORT_DATABASE_URL", "mysql://x")];
    let (succeeds, said) = told(&["serve", "--dev"], &traced);
    assert!(!succeeds && said.contains("must begin with sqlite://"), "{said}");
    assert!(!said.contains("backtrace"), "{said}");
    let (succeeds, said) = told(&["config", "check", "--dev"], &with);
    assert!(succeeds, "{said}");
    assert!(!file.parent().unwrap().exists(), "nothing was started");
}
