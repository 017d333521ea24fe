//! Commands that the pages of operators (docs/OPERATIONS.md, docs/RUNBOOKS.md) tell them to type are typed here.

use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

use super::cluster::services::Postgres;
use super::tools::ROOT;
use crate::programs::{debian_with, succeed};

const BINARY: &str = env!("CARGO_BIN_EXE_segment-export");

fn page(name: &str) -> String {
    std::fs::read_to_string(format!("{ROOT}/docs/{name}")).unwrap()
}

/// The lines of a section that are to be typed, as the page has them.
fn typed(name: &str, heading: &str) -> String {
    let page = page(name);
    let (_, section) = page.split_once(&format!("\n{heading}\n")).expect(heading);
    let section = section.split("\n#").next().unwrap();
    let lines = section.lines().filter_map(|line| line.strip_prefix("    "));
    lines.collect::<Vec<_>>().join("\n")
}

/// `kubectl` looks into `default` otherwise, and finds nothing. Nodes are in no namespace.
#[test]
fn every_line_for_kubectl_has_the_namespace_of_the_installation() {
    let pages = page("OPERATIONS.md") + &page("RUNBOOKS.md");
    assert!(pages.contains("`helm install exports helm/segment-export --namespace exports "));
    let (lines, rest): (Vec<_>, Vec<_>) = pages
        .split('`')
        .filter(|text| text.starts_with("kubectl "))
        .partition(|line| !line.starts_with("kubectl drain"));
    assert!(lines.len() > 10 && rest.len() == 1);
    for line in lines {
        assert!(line.starts_with("kubectl -n exports "), "{line}");
    }
}

/// As the owner, so that whoever takes its place again may change what was made meanwhile.
#[tokio::test]
async fn a_second_role_takes_the_place_of_the_first_while_its_password_changes() {
    let folder = TempDir::new().unwrap();
    let postgres = Postgres::start(folder.path()).await.unwrap();
    let mut database = PgConnection::connect(&postgres.url()).await.unwrap();
    let owner: String =
        sqlx::query_scalar("SELECT current_user").fetch_one(&mut database).await.unwrap();
    let roles = typed("OPERATIONS.md", "### Rotate keys and passwords").replace("'…'", "'secret'");
    let (made, gone) = roles.trim().rsplit_once('\n').unwrap();
    assert_eq!(gone.trim(), "ALTER ROLE segment NOLOGIN;");
    database
        .execute("CREATE ROLE segment LOGIN; GRANT ALL ON SCHEMA public TO segment")
        .await
        .unwrap();
    database.execute(sqlx::AssertSqlSafe(made)).await.unwrap();
    let url = postgres.url().replacen(&format!("//{owner}"), "//segment_b", 1);
    assert_ne!(url, postgres.url());
    let migrate = ["migrate", "--dev", "--database-url", &url];
    succeed(BINARY, &migrate, &folder.path().to_string_lossy()).await;
    let owners = "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'";
    let owners: Vec<String> = sqlx::query_scalar(owners).fetch_all(&mut database).await.unwrap();
    assert_eq!(owners, ["segment"]);
}

#[tokio::test]
async fn the_lines_of_a_run_are_found_among_lines_that_are_not_json() {
    debian_with("jq", "/usr/bin/jq").await;
    let folder = TempDir::new().unwrap();
    let of_run = r#"{"message":"a batch","spans":[{"name":"run","run.id":"019…"}]}"#;
    let other = r#"{"message":"a call","spans":[{"name":"request"}]}"#;
    let lines = format!(
        "Error: the database is away\n{other}\nthread 'main' panicked\n{of_run}\n{other}\n"
    );
    std::fs::write(folder.path().join("log"), lines).unwrap();
    let check = format!(
        "{} log > found; jq -e -s 'map(.message) == [\"a batch\"]' found",
        typed("OPERATIONS.md", "### Logs")
    );
    succeed("sh", &["-ec", &check], &folder.path().to_string_lossy()).await;
}
