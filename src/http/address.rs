//! Addresses of the API.

use std::fmt::Display;

use actix_web::HttpRequest;
use uuid::Uuid;

/// The prefix of every path of an instance.
pub const INSTANCE: &str = "/v1/instances/{instanceId}";
/// The prefix of every path of operators, over all instances.
pub const OPERATOR: &str = "/v1/operator";

/// The instance in the address of a call; nil when there is none.
#[must_use]
pub fn instance(request: &HttpRequest) -> Uuid {
    let id = request.match_info().get("instanceId").and_then(|id| id.parse().ok());
    id.unwrap_or_default()
}

/// The `Location` of the object `id` among the `nouns` of an instance.
#[must_use]
pub fn location(instance: Uuid, nouns: &str, id: impl Display) -> String {
    format!("{}/{nouns}/{id}", INSTANCE.replace("{instanceId}", &instance.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_found_below_its_instance() {
        let location = location(Uuid::nil(), "runs", 7);
        assert_eq!(location, "/v1/instances/00000000-0000-0000-0000-000000000000/runs/7");
    }
}
