//! What happens to people whom an export put on the list, and who are no longer in its segments.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::custom_field::CustomFieldKey;
use super::documented::documented_as;
use super::source::Constant;

/// What happens to people who left the segments. Never to people whom the export did not put on the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LeaversForm", into = "LeaversForm")]
pub enum Leavers {
    /// They stay on the list.
    #[default]
    Keep,
    /// A custom field says who is in the segments.
    Flag(LeaverFlag),
    /// They are deleted from the list, one call a person. Campaign Monitor keeps them as deleted.
    Delete,
    /// They are unsubscribed, one call a person. It looks like their own wish.
    Unsubscribe,
}

/// The custom field that says who is in the segments, and what it has of members and of leavers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it all")]
pub struct LeaverFlag {
    pub key: CustomFieldKey,
    pub inside: Constant,
    pub outside: Constant,
}

/// The words of `action`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum LeaverAction {
    /// They stay on the list.
    Keep,
    /// A custom field of the list says who is in the segments.
    Flag,
    /// They are deleted from the list.
    Delete,
    /// They are unsubscribed from the list.
    Unsubscribe,
}

documented_as!(Leavers, LeaversForm);

/// What happens to people who left the segments: `key`, `in` and `out` belong to `flag`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeaversForm {
    action: LeaverAction,
    /// Key of the custom field that is set, with or without its brackets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(
        value_type = String,
        required = false,
        min_length = 1,
        max_length = 250,
        pattern = r"^\[?[^\x00\[\]]+\]?$",
        example = "insegment",
    )]
    key: Option<CustomFieldKey>,
    /// What the field has of a member.
    #[serde(default, rename = "in", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Constant, required = false)]
    inside: Option<Constant>,
    /// What the field has of a person who left.
    #[serde(default, rename = "out", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Constant, required = false)]
    outside: Option<Constant>,
}

impl TryFrom<LeaversForm> for Leavers {
    type Error = &'static str;

    fn try_from(form: LeaversForm) -> Result<Self, Self::Error> {
        let LeaversForm { action, key, inside, outside } = form;
        let plain = match action {
            LeaverAction::Flag => {
                let (Some(key), Some(inside), Some(outside)) = (key, inside, outside) else {
                    return Err("`flag` needs `key`, `in` and `out`");
                };
                return Ok(Self::Flag(LeaverFlag { key, inside, outside }));
            }
            LeaverAction::Keep => Self::Keep,
            LeaverAction::Delete => Self::Delete,
            LeaverAction::Unsubscribe => Self::Unsubscribe,
        };
        if key.is_some() || inside.is_some() || outside.is_some() {
            return Err("`key`, `in` and `out` belong to the action `flag`");
        }
        Ok(plain)
    }
}

impl From<Leavers> for LeaversForm {
    fn from(leavers: Leavers) -> Self {
        let plain = |action| Self { action, key: None, inside: None, outside: None };
        match leavers {
            Leavers::Keep => plain(LeaverAction::Keep),
            Leavers::Delete => plain(LeaverAction::Delete),
            Leavers::Unsubscribe => plain(LeaverAction::Unsubscribe),
            Leavers::Flag(LeaverFlag { key, inside, outside }) => Self {
                action: LeaverAction::Flag,
                key: Some(key),
                inside: Some(inside),
                outside: Some(outside),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_flag_has_a_field_and_it_needs_all_of_it() {
        let leavers = |value| serde_json::from_value::<Leavers>(value);
        let flag = json!({"action": "flag", "key": "insegment", "in": "Yes", "out": "No"});
        let read = leavers(flag.clone()).unwrap();
        assert!(matches!(&read, Leavers::Flag(flag) if flag.outside.as_str() == "No"));
        assert_eq!(serde_json::to_value(read).unwrap(), flag);
        for (action, expected) in [("keep", Leavers::Keep), ("delete", Leavers::Delete)] {
            assert_eq!(leavers(json!({"action": action})).unwrap(), expected);
        }
        assert!(leavers(json!({"action": "flag", "key": "insegment"})).is_err());
        assert!(leavers(json!({"action": "delete", "key": "insegment"})).is_err());
        assert!(leavers(json!({"action": "keep", "remove": true})).is_err());
        assert!(leavers(json!({})).is_err());
    }
}
