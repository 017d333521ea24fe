//! What becomes of one value of a profile.

use std::borrow::Cow;

use crate::campaign_monitor::problem::ProblemCode;

/// What to do with a value of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fit<'a> {
    /// Send it, in this form.
    Complete(Cow<'a, str>),
    /// Send these first 250 characters.
    Cut(&'a str),
    /// The vendor would ignore it: leave it out, for this reason.
    Unfit(ProblemCode),
}
