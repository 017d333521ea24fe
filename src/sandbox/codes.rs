//! The error codes of Campaign Monitor: the HTTP status and the words of each.
//!
//! The words are those recorded from the live service where a record exists, else the titles of the vendor's pages.

use std::borrow::Cow;

#[derive(Clone, Debug)]
pub struct ApiError {
    pub status: u16,
    pub code: u16,
    pub message: Cow<'static, str>,
    /// `ResultData` as JSON.
    pub result_data: Option<String>,
}

/// With the HTTP status and the words that belong to the code.
pub fn api_error(code: u16) -> ApiError {
    let status = match code {
        50 | 60 | 100..=102 | 120..=122 => 401,
        403 => 403,
        404 => 404,
        429 => 429,
        500 => 500,
        _ => 400,
    };
    ApiError { status, code, message: message(code).into(), result_data: None }
}

/// Names the parameter that could not be read.
pub fn unreadable(parameter: &str) -> ApiError {
    let text =
        "Failed to deserialize your request.\r\nPlease check the documentation and try again.";
    ApiError { message: format!("{text}\r\nFields in error: {parameter}").into(), ..api_error(400) }
}

/// For one record of an import that could not be stored.
pub fn record_message(code: u16) -> &'static str {
    match code {
        1 => "Invalid Email Address",
        other => message(other),
    }
}

fn message(code: u16) -> &'static str {
    match code {
        1 => "Please provide a valid email address.",
        5 => "Invalid Date",
        50 => "Must supply a valid HTTP Basic Authorization header",
        60 => "You do not have the required permission to access this resource",
        100 => "Invalid API Key",
        101 => "Invalid ListID",
        102 => "Invalid ClientID",
        120 => "Invalid OAuth Token",
        121 => "Expired OAuth Token",
        122 => "Revoked OAuth Token",
        176 => "Email address is not in the suppression list",
        201 => "Already Subscribed",
        203 => "Subscriber not in list or has already been removed.",
        204 => "In Suppression List",
        205 => "Is Deleted",
        206 => "Is Unsubscribed",
        207 => "Is Bounced",
        208 => "Is Unconfirmed",
        209 => "Too many subscribers in this batch. You can only add 1000 subscribers in one call",
        210 => "Subscriber Import had some failures",
        211 => "Invalid New Email Address",
        212 => "No subscribers were provided in this batch",
        214 => "Please provide a consent to track value",
        215 => "Please provide a valid consent to track value",
        220 => "Invalid mobile number",
        221 => "Invalid email address and mobile number",
        _ => list_message(code),
    }
}

fn list_message(code: u16) -> &'static str {
    match code {
        250 => "List title must be unique within a client",
        251 => "List Title Empty",
        253 => "Invalid Key. Keys must be surrounded with [ ]",
        254 => "Invalid Field Name",
        255 => "The Field Key already exists",
        256 => "Options given for a field that is not multi-valued",
        257 => "No options given for a multi-valued field",
        259 => "Data type is incorrect",
        261 => "Invalid List Unsubscribe Setting",
        403 => "Not allowed for a Non-agency Customer.",
        404 => {
            "We couldn't find the resource you're looking for. Please check the documentation and try again"
        }
        429 => "Subscriber was added too many times too quickly, try again later.",
        500 => "Sorry, we've run into a problem. Please try again or contact support",
        601 => "Invalid Webhook URL",
        602 => "Invalid Webhook Format",
        603 => "Invalid Webhook Event",
        610 => "The webhook request has failed",
        800 => "Invalid page number",
        801 => "The page size must be between 10 and 1000",
        802 => "Invalid order field",
        803 => "Invalid order direction",
        _ => "Invalid request",
    }
}
