//! Who calls as an operator: over all instances, with a role of its own, which opens none of them.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures::future::LocalBoxFuture;

use super::auth::{self, NotLetIn};
use super::problem::{Problem, ProblemKind};
use super::query;
use crate::identity::Instances;

const NO_OPERATOR: &str = "This call needs the role Operator, which is one of its own: an administrator of instances \
    does not have it by itself.";
const NOT_EVERYWHERE: &str = "This call shows all instances, so it needs a token for all of them: `*` in its \
    instances claim.";

/// The caller of an operator's endpoint.
pub struct OperatorCaller(());

impl FromRequest for OperatorCaller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let identity = auth::identity(&request).await?;
            let is_everywhere = identity.instances == Instances::All;
            let detail = match (identity.is_operator, is_everywhere) {
                (true, true) => {
                    query::check_names(&request)?;
                    return Ok(Self(()));
                }
                (true, false) => NOT_EVERYWHERE,
                (false, _) => NO_OPERATOR,
            };
            request.extensions_mut().insert(NotLetIn::Role);
            Err(Problem::new(ProblemKind::Forbidden, detail))
        })
    }
}
