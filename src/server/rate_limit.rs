//! Counts every call for its caller and instance, and answers those above the limits. What a call then asks the
//! database counts for its instance, too.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use uuid::Uuid;

use crate::app::App;
use crate::db;
use crate::http::rate::{Payer, RateLimits};
use crate::http::{address, auth, origin};
use crate::identity::Instances;

/// Those who watch the process must always get an answer.
const FREE: [&str; 3] = ["/livez", "/readyz", "/metrics"];
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Answers 429 when the call is over a limit; else every answer tells what is left.
pub async fn limit(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    let limits = request.app_data::<Data<RateLimits>>().cloned();
    let limits = limits.filter(|_| !FREE.contains(&request.path()));
    let Some(limits) = limits else {
        return next.call(request).await.map(ServiceResponse::map_into_left_body);
    };
    let payer = payer(&request).await;
    let counted = limits.count(&payer);
    let mut response = match limits.refuse(&counted) {
        Ok(()) => {
            db::on_behalf_of(payer.instance(), next.call(request)).await?.map_into_left_body()
        }
        Err(problem) => request.error_response(problem).map_into_right_body(),
    };
    set(response.headers_mut(), POLICY, limits.policy());
    set(response.headers_mut(), LEFT, counted.left());
    Ok(response)
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: Option<String>) {
    if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
        headers.insert(name, value);
    }
}

/// Whom the call counts for. A token is believed only when it is valid: otherwise its sender could use up the calls of
/// another.
async fn payer(request: &ServiceRequest) -> Payer {
    if let Some(instance) = instance(request)
        && let Some(identity) = auth::identify(request.request()).await
    {
        return match identity.instances {
            Instances::All => Payer::Everywhere(instance, identity.subject),
            these if these.contain(instance) => Payer::Subject(Some(instance), identity.subject),
            Instances::These(_) => Payer::Subject(None, identity.subject),
        };
    }
    let app: &Data<App> = request.app_data().expect("the app is registered with the routes");
    let address = origin::address(request.request(), app.config.forwarded_hops);
    Payer::at(address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)))
}

/// The instance in the address, read as the routes read it.
fn instance(request: &ServiceRequest) -> Option<Uuid> {
    let (before, _) = address::INSTANCE.split_once('{')?;
    let path = request.match_info().unprocessed();
    path.strip_prefix(before)?.split('/').next()?.parse().ok()
}
