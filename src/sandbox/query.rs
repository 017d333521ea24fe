//! The parameters of a call, in its query or in a form.

use url::form_urlencoded;

/// The case of a name does not matter.
#[derive(Debug)]
pub struct Query(Vec<(String, String)>);

impl Query {
    pub fn parse(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes());
        Self(pairs.map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned())).collect())
    }

    /// The value of a parameter named in lower case; empty when it is absent.
    pub fn get(&self, name: &str) -> &str {
        let pair = self.0.iter().find(|(n, _)| n == name);
        pair.map_or("", |(_, value)| value)
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).eq_ignore_ascii_case("true")
    }
}
