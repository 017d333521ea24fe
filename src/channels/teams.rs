//! A message as Teams shows it: an Adaptive Card, as a workflow expects it from a webhook.

use serde_json::{Value, json};

use super::notice::{Notice, NoticeEvent};

/// The newest version of cards that Teams shows everywhere.
const VERSION: &str = "1.4";

/// The body of the webhook of a workflow.
pub fn body(notice: &Notice) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card(notice),
        }],
    })
}

fn card(notice: &Notice) -> Value {
    let colour = match notice.r#type {
        NoticeEvent::Opened | NoticeEvent::Reminded => "attention",
        NoticeEvent::Resolved => "good",
        NoticeEvent::Tested => "accent",
    };
    let facts = notice.facts();
    let facts: Vec<_> =
        facts.iter().map(|(name, value)| json!({"title": name, "value": plain(value)})).collect();
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": VERSION,
        "msteams": {"width": "Full"},
        "body": [
            {"type": "TextBlock", "text": plain(&notice.data.title), "weight": "bolder", "size": "medium",
                "color": colour, "wrap": true},
            {"type": "TextBlock", "text": plain(&notice.data.message), "wrap": true},
            {"type": "FactSet", "facts": facts},
        ],
    })
}

/// Cards read some Markdown: a name with these characters must not become a link or change how it looks.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '*' | '_' | '[' | ']' | '`' | '#') {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}
