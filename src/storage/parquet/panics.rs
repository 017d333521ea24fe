//! On some damaged files the Parquet library panics (60.1 does): an error of the data, not of this service.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    sync::Once,
};

use super::super::error::Error;

thread_local! {
    /// Whether this thread is where a panic is caught.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}
static HOOK: Once = Once::new();

/// Work in which a panic means that the data is damaged.
pub(in super::super) fn catch_panics<T>(
    work: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    HOOK.call_once(report_in_one_line);
    let before = IS_CAUGHT.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(before);
    outcome.unwrap_or_else(|_| Err(Error::damaged()))
}

/// The message of a panic may quote the data, so only its location is logged.
fn report_in_one_line() {
    let usual = take_hook();
    set_hook(Box::new(move |panic| {
        if !IS_CAUGHT.get() {
            return usual(panic);
        }
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::warn!(location, "a library failed on a damaged file; the file is refused");
    }));
}
