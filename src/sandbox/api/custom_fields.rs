//! Endpoints about the custom fields of a list.

use serde::{Deserialize, Serialize};

use crate::sandbox::call::Call;
use crate::sandbox::codes::{ApiError, api_error};
use crate::sandbox::fields::{DataType, bare_key, bracketed, key_of};
use crate::sandbox::list::ListState;
use crate::sandbox::request::Text;
use crate::sandbox::wire::{Answer, Reply};

/// Endpoints below `/lists/{id}/customfields`.
pub fn route(call: &Call<'_>, method: &str, list_id: &str, rest: &[&str]) -> Reply {
    let list = call.list(list_id)?;
    let mut state = list.state();
    match (method, rest) {
        ("GET", []) => all(&state),
        ("POST", []) => create(call, &mut state),
        ("PUT", [key]) => rename(call, &mut state, key),
        ("DELETE", [key]) => delete(&mut state, key),
        ("PUT", [key, "options"]) => set_options(call, &mut state, key),
        _ => Err(api_error(404)),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct FieldView<'a> {
    field_name: &'a str,
    key: String,
    data_type: DataType,
    field_options: Vec<&'a str>,
    visible_in_preference_center: bool,
}

fn all(state: &ListState) -> Reply {
    let views = state.fields.iter().map(|field| FieldView {
        field_name: &field.name,
        key: bracketed(&field.key),
        data_type: field.data_type,
        field_options: field.shown_options(),
        visible_in_preference_center: field.visible,
    });
    Answer::ok(&views.collect::<Vec<_>>())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FieldRequest<'a> {
    #[serde(borrow)]
    field_name: Option<Text<'a>>,
    #[serde(borrow)]
    data_type: Option<Text<'a>>,
    #[serde(borrow)]
    options: Option<Vec<Text<'a>>>,
    visible_in_preference_center: Option<bool>,
    keep_existing_options: Option<bool>,
}

impl FieldRequest<'_> {
    /// The name, if it is valid for a field.
    fn name(&self) -> Result<&str, ApiError> {
        let name = self.field_name.as_deref().unwrap_or_default().trim();
        let valid = !name.is_empty() && name.chars().count() <= 100;
        valid.then_some(name).ok_or_else(|| api_error(254))
    }

    fn options(&self) -> Vec<String> {
        let options = self.options.as_deref().unwrap_or_default();
        options.iter().map(|option| option.to_string()).collect()
    }
}

fn create(call: &Call<'_>, state: &mut ListState) -> Reply {
    let request: FieldRequest<'_> = call.body_as("customField")?;
    let name = request.name()?;
    let data_type =
        request.data_type.as_deref().and_then(DataType::parse).ok_or_else(|| api_error(259))?;
    let options = request.options();
    match (data_type.has_own_options(), options.is_empty()) {
        (true, true) => return Err(api_error(257)),
        (false, false) => return Err(api_error(256)),
        _ => {}
    }
    if state.fields.has_key(&key_of(name)) {
        return Err(api_error(255));
    }
    let visible = request.visible_in_preference_center.unwrap_or(true);
    let field = state.fields.add(name, data_type, options, visible);
    Answer::created(&bracketed(&field.key))
}

/// The bare key, if the list has such a field.
fn existing<'k>(state: &ListState, key: &'k str) -> Result<&'k str, ApiError> {
    let bare = bare_key(key).filter(|bare| state.fields.has_key(bare));
    bare.ok_or_else(|| api_error(253))
}

/// Renaming changes the key too.
fn rename(call: &Call<'_>, state: &mut ListState, key: &str) -> Reply {
    let bare = existing(state, key)?;
    let request: FieldRequest<'_> = call.body_as("customField")?;
    let name = request.name()?;
    let new_key = key_of(name);
    if !new_key.eq_ignore_ascii_case(bare) && state.fields.has_key(&new_key) {
        return Err(api_error(255));
    }
    let field = state.fields.by_key(bare).ok_or_else(|| api_error(253))?;
    name.clone_into(&mut field.name);
    field.visible = request.visible_in_preference_center.unwrap_or(field.visible);
    field.key.clone_from(&new_key);
    Answer::ok(&bracketed(&new_key))
}

fn delete(state: &mut ListState, key: &str) -> Reply {
    let bare = existing(state, key)?;
    state.fields.remove(bare);
    Answer::empty()
}

fn set_options(call: &Call<'_>, state: &mut ListState, key: &str) -> Reply {
    let bare = existing(state, key)?;
    let request: FieldRequest<'_> = call.body_as("customFieldOptions")?;
    let field = state.fields.by_key(bare).ok_or_else(|| api_error(253))?;
    let options = request.options();
    if !field.data_type.has_own_options() {
        return Err(api_error(256));
    }
    if options.is_empty() {
        return Err(api_error(257));
    }
    if request.keep_existing_options != Some(true) {
        field.options.clear();
    }
    let new = options.into_iter().filter(|option| !field.options.contains(option));
    let new: Vec<String> = new.collect();
    field.options.extend(new);
    Answer::empty()
}
