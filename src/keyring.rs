//! Keys in the system's keyring, read by the program that the system brings for it: `security` on macOS, `secret-tool`
//! (libsecret) on Linux. Both are asked for the service `token-matters` and a name.
//!
//! No library: those that need none of the system's own bring a client of D-Bus and its cryptography, some sixty
//! crates, for one value that most people put into a variable.

use crate::environment::key_variable;
use crate::init::program::{NoResult, run};

/// Where a key in the system's keyring begins.
const KEYRING: &str = "keyring:";

/// The name of all our entries.
const SERVICE: &str = "token-matters";

/// The key behind what a configuration says: itself, `${VARIABLE}`, or `keyring:NAME`.
///
/// # Errors
///
/// There is none, in words that say nothing of it.
pub(crate) fn written(text: &str) -> Result<String, String> {
    if let Some(name) = text.strip_prefix(KEYRING) {
        return key(name.trim());
    }
    let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return Ok(text.to_owned());
    };
    let missing = || format!("the variable `{name}`, which the configuration names, is not set");
    key_variable(name).ok_or_else(missing)
}

/// The key of this name.
///
/// # Errors
///
/// There is none, or no keyring; in words that say nothing of it.
fn key(name: &str) -> Result<String, String> {
    let (program, arguments): (_, &[&str]) = if cfg!(target_os = "macos") {
        ("security", &["find-generic-password", "-s", SERVICE, "-a", name, "-w"])
    } else {
        ("secret-tool", &["lookup", "service", SERVICE, "account", name])
    };
    if cfg!(windows) {
        return Err(
            "keys cannot be read from the keyring of Windows: name a variable, `${NAME}`".into()
        );
    }
    match run(program, arguments, b"") {
        Ok(key) if !key.trim().is_empty() => Ok(key.trim().to_owned()),
        Err(NoResult::Missing) => Err(format!(
            "the keyring cannot be read without the program {program}: install it, or name a variable, `${{NAME}}`"
        )),
        Ok(_) | Err(NoResult::Failed(_)) => Err(format!(
            "the keyring has no key for it, or is locked: {}",
            if cfg!(target_os = "macos") {
                format!("`security add-generic-password -s {SERVICE} -a {name} -w` stores one")
            } else {
                format!(
                    "`secret-tool store --label={SERVICE} service {SERVICE} account {name}` stores one"
                )
            }
        )),
    }
}
