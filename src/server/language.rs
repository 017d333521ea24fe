//! Says problems in the language that the caller prefers, and which languages they are in.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LANGUAGE, HeaderValue};
use actix_web::middleware::Next;

use crate::http::problem::{Problem, ProblemLanguage};

pub(super) async fn translate(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody, BoxBody>>, actix_web::Error> {
    let (language, has_body) = (ProblemLanguage::of(&request), request.method() != Method::HEAD);
    let response = next.call(request).await?;
    let problem = response.response().error().and_then(|error| error.as_error::<Problem>());
    let Some(problem) = problem else { return Ok(response.map_into_left_body()) };
    let (document, languages) = problem.document_in(language);
    let mut response = if has_body {
        let body = serde_json::to_string(&document).unwrap_or_default();
        response.map_body(|_, _| EitherBody::right(BoxBody::new(body)))
    } else {
        response.map_into_left_body()
    };
    response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static(languages));
    Ok(response)
}
