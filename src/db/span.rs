//! The span of a call of the database.

/// The span of a call of the database, which lasts as long as the value.
#[macro_export]
macro_rules! db_span {
    ($name:expr, $engine:expr) => {
        ::tracing::debug_span!($name, otel.kind = "client", db.system.name = $engine)
    };
}
