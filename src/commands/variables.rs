//! Variables of the environment that no command knows: a mistyped setting must not pass for its default.

use crate::config::names;

/// Names a variable that is mistyped, and the one that is meant.
///
/// # Errors
/// A `SEGMENT_EXPORT_…` variable that no argument of the program reads.
pub(super) fn refuse_mistyped(program: clap::Command) -> anyhow::Result<()> {
    let known = known(program);
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let set: Vec<_> = std::env::vars_os().map(|(name, value)| (text(name), text(value))).collect();
    names::refuse_unknown(&known, set.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

fn known(program: clap::Command) -> Vec<String> {
    let mut known = vec![];
    let mut commands = vec![program];
    while let Some(command) = commands.pop() {
        let names = command.get_arguments().filter_map(clap::Arg::get_env);
        known.extend(names.map(|name| name.to_string_lossy().into_owned()));
        commands.extend(command.get_subcommands().cloned());
    }
    known
}
