//! A value of a profile that a run could not send as it is.

use crate::campaign_monitor::{ProblemCode, VALUE_CHARS_MAX};
use crate::params::Params;

/// The most value problems that are stored of a run; all are counted.
pub(crate) const VALUE_PROBLEMS_MAX: i64 = 10_000;

/// A value that a run could not send as it is. The columns are explained in the migration.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ValueProblem {
    pub position: i64,
    pub number: i64,
    pub customer_id: String,
    pub email: String,
    pub field: String,
    pub key: String,
    #[sqlx(try_from = "String")]
    pub code: ProblemCode,
    pub value: String,
    pub sent: Option<String>,
}

/// What a sentence about a value of `field` that goes to `key` names; never the value.
#[must_use]
pub(crate) fn value_params(code: ProblemCode, field: &str, key: &str) -> Params {
    let params = Params::default().with("field", field).with("key", key);
    if code == ProblemCode::Cut { params.with("max", VALUE_CHARS_MAX) } else { params }
}
