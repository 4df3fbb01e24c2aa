//! Which files are rollouts, and of which thread.

use std::ffi::OsStr;
use std::path::Path;

/// `rollout-*.jsonl`, and `rollout-*.jsonl.zst` where the plain file is not there.
pub(super) fn is_rollout(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(OsStr::to_str) else { return false };
    if !name.starts_with("rollout-") {
        return false;
    }
    let is_jsonl = |name: &str| Path::new(name).extension() == Some(OsStr::new("jsonl"));
    match name.strip_suffix(".zst") {
        Some(plain) => is_jsonl(plain) && !path.with_file_name(plain).exists(),
        None => is_jsonl(name),
    }
}

/// The thread's id at the end of a rollout's name: a UUID of 36 characters, else all of it.
pub(super) fn thread_in_name(path: &Path) -> &str {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let name = name.strip_suffix(".zst").unwrap_or(name);
    let stem = name.strip_suffix(".jsonl").unwrap_or(name);
    let start = stem.len().saturating_sub(36);
    match stem.get(start..) {
        Some(tail) if is_uuid(tail) => tail,
        _ => stem,
    }
}

/// Eight, four, four, four and twelve hexadecimal digits.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
