//! Creates a custom field in a list of the Campaign Monitor account of a connection.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, post};
use serde::Deserialize;
use utoipa::ToSchema;

use super::account::{open, problem};
use super::find::find_usable;
use super::lists::{CustomFieldView, list_of, no_list};
use crate::app::App;
use crate::audit::{self, Action, Change};
use crate::campaign_monitor::{CustomField, DataType, Error, NewCustomField};
use crate::connections::session::AccountSession;
use crate::db::WriteHandle;
use crate::exports::ListId;
use crate::http::address;
use crate::http::auth::{Caller, Contributor};
use crate::http::body::{Body, Id};
use crate::http::idempotency::{Answer, IdempotencyKey, Idempotent};
use crate::http::problem::{FieldError, Problem, ProblemDocument, ProblemKind};
use crate::names::ConnectionId;
use crate::wire::list;

/// Campaign Monitor's code of a key that another field of the list has.
const KEY_IN_USE: i64 = 255;
const OPTIONS_MAX: usize = 250;
const OPTION_CHARS_MAX: usize = 250;

/// A custom field to be created.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFieldBody {
    pub name: FieldTitle,
    pub data_type: NewDataType,
    /// What may be chosen; for `MultiSelectOne` and `MultiSelectMany` only, which need at least one.
    #[serde(default, deserialize_with = "list::<OPTIONS_MAX, _, _>")]
    #[schema(max_items = 250, max_length = 250, pattern = r"^[^\x00-\x1f\x7f]+$", example = json!(["Tea", "Coffee"]))]
    pub options: Vec<String>,
    /// Whether subscribers see the field, and change it, in the preference center.
    #[serde(default)]
    pub visible_in_preference_center: bool,
}

/// The name of a custom field, from which Campaign Monitor makes its key: it needs a letter from A to Z or a digit.
#[derive(Deserialize, ToSchema)]
#[serde(try_from = "String")]
#[schema(
    value_type = String,
    min_length = 1,
    max_length = 100,
    pattern = r"^[^\x00-\x1f\x7f\[\]]*[0-9A-Za-z][^\x00-\x1f\x7f\[\]]*$",
    example = "Favourite drink",
)]
pub struct FieldTitle(String);

impl TryFrom<String> for FieldTitle {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let name = text.trim();
        let is_allowed = |c: char| !c.is_control() && !matches!(c, '[' | ']');
        if !(1..=100).contains(&name.chars().count()) || !name.chars().all(is_allowed) {
            return Err(
                "the name of a field is 1 to 100 characters, without brackets and control characters",
            );
        }
        if !name.contains(|c: char| c.is_ascii_alphanumeric()) {
            return Err(
                "the name of a field needs a letter from A to Z or a digit: Campaign Monitor makes its key of these",
            );
        }
        Ok(Self(name.to_owned()))
    }
}

/// The types of custom fields, as in Campaign Monitor.
#[derive(Clone, Copy, Deserialize, ToSchema)]
pub enum NewDataType {
    /// Up to 250 characters.
    Text,
    Number,
    /// One of the options that the field has.
    MultiSelectOne,
    /// Any number of the options that the field has.
    MultiSelectMany,
    /// From 1900/01/01 to 2076/06/06, without a time.
    Date,
    /// One of Campaign Monitor's countries.
    Country,
    /// One of the states of the USA.
    USState,
}

impl From<NewDataType> for DataType {
    fn from(new: NewDataType) -> Self {
        match new {
            NewDataType::Text => Self::Text,
            NewDataType::Number => Self::Number,
            NewDataType::MultiSelectOne => Self::MultiSelectOne,
            NewDataType::MultiSelectMany => Self::MultiSelectMany,
            NewDataType::Date => Self::Date,
            NewDataType::Country => Self::Country,
            NewDataType::USState => Self::USState,
        }
    }
}

/// Creates a custom field.
///
/// It is created in Campaign Monitor at this moment. The answer has the key that Campaign Monitor made of its name, for
/// the mapping of an export. Unless you say otherwise, subscribers do not see it.
#[utoipa::path(
    tag = "connections",
    security(("bearer" = ["Contributor"])),
    params(("id" = ConnectionId, Path), ("listId" = ListId, Path)),
    request_body = NewFieldBody,
    responses(
        (status = 201, body = CustomFieldView),
        (
            status = 409,
            description = "The list has a field with this key, the connection has no credentials yet, or Campaign \
                Monitor rejects them, or the idempotency key was used with another request: `nameTaken`, \
                `connectionNotConnected`, `idempotencyKeyReused`",
            body = ProblemDocument,
        ),
        (status = 422, description = "The options do not fit the type: `unprocessable`", body = ProblemDocument),
    ),
)]
#[post("/connections/{id}/lists/{listId}/fields")]
pub async fn create_field(
    caller: Caller<Contributor>,
    app: Data<App>,
    id: Id<ConnectionId>,
    request: HttpRequest,
    key: IdempotencyKey,
    body: Body<NewFieldBody>,
) -> Result<HttpResponse, Problem> {
    let (list, new) = (list_of(&request)?, &body.value);
    check_options(new)?;
    let connection = find_usable(&app, &caller, id.0).await?;
    let call = Idempotent::new(&caller, key, &body.digest);
    if let Some(answer) = call.replay(&app).await? {
        return Ok(answer);
    }
    let view = make(&open(&app, &connection)?, &list, new).await?;
    let lists = format!("connections/{}/lists", id.0.0);
    let location = address::location(caller.instance, &lists, list.as_str());
    let keep = async |tx: &mut WriteHandle| {
        let change = Change::done(&connection, &view.in_list(&list));
        audit::record(tx, &caller.author, Action::ConnectionCreateField, change).await?;
        Ok((Answer::json(StatusCode::CREATED, &view)?.at(location), ()))
    };
    Ok(call.create(&app, keep).await?.0)
}

fn check_options(new: &NewFieldBody) -> Result<(), Problem> {
    let has_options =
        matches!(new.data_type, NewDataType::MultiSelectOne | NewDataType::MultiSelectMany);
    let is_option = |text: &String| {
        (1..=OPTION_CHARS_MAX).contains(&text.trim().chars().count())
            && !text.contains(char::is_control)
    };
    let error = match has_options {
        true if new.options.is_empty() => {
            "This type needs options. Name what may be chosen, such as `\"options\": [\"Tea\", \"Coffee\"]`."
        }
        false if !new.options.is_empty() => {
            "Only MultiSelectOne and MultiSelectMany have options. Leave them out."
        }
        true if new.options.len() > OPTIONS_MAX => "A field has at most 250 options.",
        true if !new.options.iter().all(is_option) => {
            "An option is 1 to 250 characters, without control characters."
        }
        _ => return Ok(()),
    };
    let error = FieldError::new("/options", "wrongOptions", error);
    let is_measured = has_options && !new.options.is_empty();
    Err(if is_measured { error.with("min", 1_i64).with("max", OPTIONS_MAX) } else { error }.into())
}

/// Creates the field, and reads it back: Campaign Monitor decides about its key.
async fn make(
    session: &AccountSession,
    list: &ListId,
    new: &NewFieldBody,
) -> Result<CustomFieldView, Problem> {
    let field = NewCustomField {
        field_name: &new.name.0,
        data_type: new.data_type.into(),
        options: &new.options,
        visible_in_preference_center: new.visible_in_preference_center,
    };
    let (id, field) = (list.as_str(), &field);
    let made = session.call(|account| async move {
        let key = account.create_custom_field(id, field).await?;
        Ok((key, account.custom_fields(id).await?))
    });
    let (key, fields) = made.await.map_err(|error| refused(&error))?;
    let made = fields.into_iter().find(|field: &CustomField| field.key == key);
    let unlisted = || {
        Problem::new(
            ProblemKind::DestinationRefused,
            "Campaign Monitor created the field, and does not list it.",
        )
    };
    made.map(CustomFieldView::of).ok_or_else(unlisted)
}

fn refused(error: &Error) -> Problem {
    match error {
        Error::Refused { code: KEY_IN_USE, .. } => Problem::new(
            ProblemKind::NameTaken,
            "The list has a field with this name, or with a name of the same letters and digits. Choose another \
             name, or use that field.",
        ),
        error if error.is_unknown_id() => no_list(),
        error => problem(error),
    }
}
