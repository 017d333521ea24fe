//! Starts the program once more with settings of glibc's allocator, which reads them only before `main`.
//!
//! glibc gives each thread its own memory and keeps what is free: a service on many cores then holds two to three times
//! what it uses. With two arenas, and with large pieces given back at once, its memory stays near what it needs. It is
//! the same process afterwards, with the same id, arguments and open files.

/// Settings of glibc, see `mallopt(3)`.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const SETTINGS: [(&str, &str); 2] =
    [("MALLOC_ARENA_MAX", "2"), ("MALLOC_MMAP_THRESHOLD_", "131072")];

/// Returns where the settings are there already, where somebody chose others, and where the program cannot be started
/// by its own name: it then works with more memory.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn bound_memory() {
    use std::env::{args_os, current_exe, var_os};
    use std::os::unix::process::CommandExt;

    if SETTINGS.iter().any(|(name, _)| var_os(name).is_some()) {
        return;
    }
    if let Ok(program) = current_exe() {
        let mut command = std::process::Command::new(program);
        command.args(args_os().skip(1)).envs(SETTINGS);
        if let Some(name) = args_os().next() {
            command.arg0(name);
        }
        let _ = command.exec();
    }
}

/// Other allocators need no settings.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn bound_memory() {}
