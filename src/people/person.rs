//! By which of their two names a person is sought.

use std::fmt;

use crate::campaign_monitor::address;

/// A person. Neither a log nor a trace shows who it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Person {
    /// An address in the form in which it is sent, in lower case.
    Email(String),
    /// The `CustomerId` of a profile, as the segments have it.
    CustomerId(String),
}

impl Person {
    /// The person with an address, as somebody wrote it.
    #[must_use]
    pub fn of_email(text: &str) -> Self {
        Self::Email(address::sent(text.trim()).to_lowercase())
    }

    /// The person with a `CustomerId`.
    #[must_use]
    pub fn of_customer_id(text: &str) -> Self {
        Self::CustomerId(text.trim().to_owned())
    }

    /// By which name: `email` or `customerId`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Email(_) => "email",
            Self::CustomerId(_) => "customerId",
        }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_sought_as_it_is_sent_in_any_case() {
        let person = Person::of_email(" Ann\u{200b}@Example.COM ");
        assert_eq!(person, Person::Email("ann@example.com".into()));
    }

    #[test]
    fn nobody_who_prints_a_person_learns_who_it_is() {
        assert_eq!(format!("{:?}", Person::of_email("ann@example.com")), "email");
        assert_eq!(format!("{:?}", Person::of_customer_id("1001")), "customerId");
    }
}
