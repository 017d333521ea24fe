//! Reads the command line and the variables of the environment, and says which values cannot be read.
//!
//! clap stops at the first one and names its flag alone, though most settings are set by variables. So the command line
//! is read again without each variable that was wrong, until no more are found.

use std::error::Error as _;
use std::ffi::OsString;
use std::process::exit;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, CommandFactory, Error, FromArgMatches};

/// As clap ends a program whose command line is wrong.
const USAGE: i32 = 2;

/// The command line without the variables whose values cannot be read, and what is wrong with those. Ends the process
/// as clap does when the command line itself is wrong, or asks for help.
pub(super) fn read<P: CommandFactory + FromArgMatches>() -> (P, Vec<String>) {
    let (mut command, mut wrong) = (P::command(), vec![]);
    let line: Vec<OsString> = std::env::args_os().collect();
    loop {
        let read = command.clone().try_get_matches_from(&line);
        let error = match read.and_then(|matches| P::from_arg_matches(&matches)) {
            Ok(program) => return (program, wrong),
            Err(error) => error,
        };
        let Some(argument) = misread(&command, &error) else {
            // A setting that must be there is missing because its value could not be read.
            if error.kind() == ErrorKind::MissingRequiredArgument && !wrong.is_empty() {
                end(&wrong);
            }
            error.exit()
        };
        wrong.push(sentence(&argument, &error));
        if is_flag_of(&argument, &line) {
            end(&wrong);
        }
        command = without_variable(command, &argument);
    }
}

/// Ends the process: no command works with these values.
pub(super) fn end(wrong: &[String]) -> ! {
    for sentence in wrong {
        eprintln!("error: {sentence}");
    }
    exit(USAGE)
}

/// The setting whose value cannot be read, if that is the error.
fn misread(command: &Command, error: &Error) -> Option<Arg> {
    let is_value = matches!(error.kind(), ErrorKind::ValueValidation | ErrorKind::InvalidValue);
    let Some(ContextValue::String(named)) = error.get(ContextKind::InvalidArg) else { return None };
    let flag = named.split([' ', '=']).next()?.strip_prefix("--")?;
    let mut commands = vec![command];
    while let Some(command) = commands.pop() {
        let mut arguments = command.get_arguments();
        let is_it =
            |argument: &&Arg| argument.get_long() == Some(flag) && argument.get_env().is_some();
        if let Some(argument) = arguments.find(is_it).filter(|_| is_value) {
            return Some(argument.clone());
        }
        commands.extend(command.get_subcommands());
    }
    None
}

fn is_flag_of(argument: &Arg, line: &[OsString]) -> bool {
    let flag = format!("--{}", argument.get_long().unwrap_or_default());
    let mut words = line.iter().map(|word| word.to_string_lossy());
    words.any(|word| word.split('=').next() == Some(flag.as_str()))
}

/// The same commands, which do not read the variable of this setting.
fn without_variable(command: Command, argument: &Arg) -> Command {
    let id = argument.get_id();
    let has_it = command.get_arguments().any(|known| known.get_id() == id);
    let command = if has_it {
        command.mut_arg(id.clone(), |known| known.env(None::<&'static str>))
    } else {
        command
    };
    let names: Vec<_> =
        command.get_subcommands().map(|known| known.get_name().to_owned()).collect();
    names.into_iter().fold(command, |command, name| {
        command.mut_subcommand(name, |known| without_variable(known, argument))
    })
}

fn sentence(argument: &Arg, error: &Error) -> String {
    let variable = argument.get_env().unwrap_or_default().to_string_lossy();
    let flag = argument.get_long().unwrap_or_default();
    let value = match error.get(ContextKind::InvalidValue) {
        Some(ContextValue::String(value)) if !argument.is_hide_env_values_set() => {
            format!(" {value:?}")
        }
        _ => " this value".to_owned(),
    };
    let is_list = argument.get_value_delimiter().is_some();
    format!("{variable} (or --{flag}) cannot have{value}: {}", reason(error, is_list))
}

fn reason(error: &Error, is_list: bool) -> String {
    match (error.get(ContextKind::ValidValue), error.source()) {
        (Some(ContextValue::Strings(valid)), _) => {
            let separated = if is_list { ", separated by commas" } else { "" };
            format!("it accepts {}{separated}", valid.join(", "))
        }
        (_, Some(cause)) => in_words(&cause.to_string()),
        _ => "it needs a value".to_owned(),
    }
}

/// What the parsers of numbers and addresses say, in words for operators.
fn in_words(text: &str) -> String {
    if let Some((_, range)) = text.split_once(" is not in ") {
        return in_range(range);
    }
    let words = match text {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "it must be a whole number"
        }
        "number too large to fit in target type"
        | "number too small to fit in target type"
        | "out of range integral type conversion attempted" => {
            "the number is negative or too large"
        }
        "invalid socket address syntax" => {
            "it must be an address and a port, such as 127.0.0.1:8080"
        }
        "relative URL without a base" | "empty host" => {
            "it must be a complete address, such as https://example.com"
        }
        other => other,
    };
    words.to_owned()
}

/// As in `1..=64`. Where a setting has no limit, clap writes that of its type.
fn in_range(range: &str) -> String {
    let Some((least, most)) = range.split_once("..") else { return range.to_owned() };
    let most = most.trim_start_matches('=');
    let is_open = |bound: &str, limits: [String; 2]| limits.iter().any(|limit| limit == bound);
    if is_open(most, [i64::MAX.to_string(), u64::MAX.to_string()]) {
        return format!("it must be at least {least}");
    }
    if is_open(least, [i64::MIN.to_string(), "0".to_owned()]) {
        return format!("it must be at most {most}");
    }
    format!("it must be from {least} to {most}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_told_in_words() {
        for (range, words) in [
            ("3000 is not in 1..=64", "it must be from 1 to 64"),
            ("0 is not in 1..18446744073709551615", "it must be at least 1"),
            ("40000 is not in -9223372036854775808..=36500", "it must be at most 36500"),
            ("100 is not in 0..=60", "it must be at most 60"),
        ] {
            assert_eq!(in_words(range), words);
        }
    }
}
