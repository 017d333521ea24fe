//! A database of `PostgreSQL` for one test, removed after it: those of the whole suite fill a disk.

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use uuid::Uuid;

pub struct OwnDatabase {
    server: String,
    pub name: String,
}

impl OwnDatabase {
    /// Creates it beside the database that the address names.
    pub async fn create(server: String) -> Self {
        let name = format!("it_{}", Uuid::now_v7().simple());
        order(&server, format!("CREATE DATABASE {name}")).await.unwrap();
        Self { server, name }
    }

    pub fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }

    fn remove(&self) -> sqlx::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let removal = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        runtime.block_on(order(&self.server, removal))
    }
}

async fn order(server: &str, order: String) -> sqlx::Result<()> {
    let mut server = PgConnection::connect(server).await?;
    server.execute(sqlx::query(AssertSqlSafe(order))).await?;
    server.close().await
}

impl Drop for OwnDatabase {
    /// On a thread of its own: the test's may be inside a runtime. A server that has gone took the database along.
    fn drop(&mut self) {
        std::thread::scope(|scope| {
            scope.spawn(|| self.remove().ok());
        });
    }
}
