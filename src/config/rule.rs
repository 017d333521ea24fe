//! A rule of settings. All of them are checked, so that everything that is wrong is reported at once.

/// Whether it holds, and what is wrong when it does not.
pub(super) type Rule = (bool, &'static str);
