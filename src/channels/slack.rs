//! A message as Slack shows it: blocks, and a text for notifications.

use serde_json::{Value, json};

use super::notice::Notice;
use super::plain::cut;

/// Characters of a header and of a section that Slack accepts.
const HEADER_MAX: usize = 150;
const SECTION_MAX: usize = 2900;

/// The body of an incoming webhook.
pub fn body(notice: &Notice) -> Value {
    let data = &notice.data;
    let facts: Vec<_> = notice.facts();
    let facts: Vec<_> =
        facts.iter().map(|(name, value)| format!("{name}: {}", escape(value))).collect();
    json!({
        "text": escape(&data.title),
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": cut(&data.title, HEADER_MAX)}},
            {"type": "section", "text": {"type": "mrkdwn", "text": cut(&escape(&data.message), SECTION_MAX)}},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": cut(&facts.join(" · "), SECTION_MAX)}]},
        ],
    })
}

/// Slack reads these three as its own (mentions, links).
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::db;

    #[test]
    fn nothing_in_a_name_becomes_a_mention_or_a_link_and_long_texts_are_cut() {
        let notice =
            Notice::test(Uuid::nil(), &format!("<!channel> & {}", "x".repeat(200)), db::now());
        let body = body(&notice);
        assert!(body["text"].as_str().unwrap().contains("&lt;!channel&gt; &amp; xx"));
        let header = body["blocks"][0]["text"]["text"].as_str().unwrap();
        assert_eq!(header.chars().count(), HEADER_MAX);
    }
}
