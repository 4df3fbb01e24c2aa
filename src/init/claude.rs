//! Claude Code's `cleanupPeriodDays`, the days after which it deletes its transcripts, in its own `settings.json`.
//! Only that number is changed: all other bytes of the file stay.

use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::outcome::Failure;

/// The key.
const KEY: &str = "cleanupPeriodDays";
/// What the tool takes if the key is not there, as <https://github.com/anthropics/claude-code/issues/2543> quotes its
/// documentation, read 2026-11-21. A 0 ends the writing of transcripts: issue 23710 there.
pub(crate) const USUAL_DAYS: u32 = 30;

/// Raises the number in a file, which is kept beside it as `settings.json.bak`; that path is returned.
pub(crate) fn raise(path: &Path, days: u32) -> Result<Option<PathBuf>, Failure> {
    let refused = |reason: &str| Failure::Failed(anyhow::anyhow!("{}: {reason}", path.display()));
    let old = match fs_err::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let new =
        with_days(old.as_deref().unwrap_or("{}\n"), days).map_err(|reason| refused(&reason))?;
    // A link, of dotfiles kept elsewhere, stays a link.
    let target = if old.is_some() { fs_err::canonicalize(path)? } else { path.to_owned() };
    let folder = target.parent().ok_or_else(|| refused("has no folder"))?;
    let backup = old.map(|old| keep(folder, &target, &old)).transpose()?;
    let mut file = tempfile::Builder::new().prefix(".settings-").tempfile_in(folder)?;
    file.write_all(new.as_bytes())?;
    if let Ok(data) = fs_err::metadata(&target) {
        file.as_file().set_permissions(data.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(&target)?;
    Ok(backup)
}

/// Keeps the old text under the first free name.
fn keep(folder: &Path, target: &Path, old: &str) -> Result<PathBuf, Failure> {
    let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let names = std::iter::once(format!("{name}.bak"))
        .chain((1..).map(|number: u32| format!("{name}.bak.{number}")));
    let mut file = tempfile::Builder::new().prefix(".settings-").tempfile_in(folder)?;
    file.write_all(old.as_bytes())?;
    for name in names {
        let path = folder.join(name);
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(error) if path.exists() => file = error.file,
            Err(error) => return Err(error.error.into()),
        }
    }
    Err(anyhow::anyhow!("no name is free beside {}", target.display()).into())
}

/// The text with the number in it.
fn with_days(text: &str, days: u32) -> Result<String, String> {
    let invalid = |error: serde_json::Error| {
        format!(
            "is not valid JSON ({error}): it was left as it is; set \"{KEY}\": {days} in it by hand"
        )
    };
    let mut wanted: Map<String, Value> = serde_json::from_str(text).map_err(invalid)?;
    match wanted.get(KEY).map(Value::as_u64) {
        Some(Some(0)) => {
            return Err(format!(
                "\"{KEY}\" is 0: transcripts are not kept at all, and that is left as it is"
            ));
        }
        Some(Some(now)) if now >= u64::from(days) => {
            return Err(format!("\"{KEY}\" is {now} already: it is never lowered"));
        }
        Some(None) => return Err(format!("\"{KEY}\" is no number: it is left as it is")),
        _ => {}
    }
    let new = match Members::of(text).find(|(key, _)| key == KEY) {
        Some((_, range)) => format!("{}{days}{}", &text[..range.start], &text[range.end..]),
        None => inserted(text, days, wanted.is_empty()),
    };
    wanted.insert(KEY.to_owned(), days.into());
    match serde_json::from_str::<Map<String, Value>>(&new) {
        Ok(made) if made == wanted => Ok(new),
        _ => Err(format!(
            "is written in an unusual way: it was left as it is; set \"{KEY}\": {days} in it by hand"
        )),
    }
}

/// The text with a new first member, set as the one that was first before.
fn inserted(text: &str, days: u32, is_empty: bool) -> String {
    let Some(open) = text.find('{') else { return text.to_owned() };
    let (before, rest) = text.split_at(open + 1);
    if is_empty {
        let end = rest.trim_start();
        return format!("{before}\n  \"{KEY}\": {days}\n{end}");
    }
    let space = &rest[..rest.len() - rest.trim_start().len()];
    format!(
        "{before}{space}\"{KEY}\": {days},{}{}",
        if space.is_empty() { " " } else { space },
        rest.trim_start()
    )
}

/// The members of the outermost object of a valid JSON text: key, and where the value stands.
struct Members<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Members<'a> {
    fn of(text: &'a str) -> Self {
        Self { text, at: text.find('{').map_or(text.len(), |open| open + 1) }
    }

    /// Where the string that begins here ends.
    fn string_end(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        loop {
            match bytes.get(at)? {
                b'\\' => at += 2,
                b'"' => return Some(at + 1),
                _ => at += 1,
            }
        }
    }

    /// Where the value that begins here ends: before the comma or brace that belongs to the outermost object.
    fn value_end(&self, start: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let (mut at, mut depth) = (start, 0_usize);
        loop {
            match bytes.get(at)? {
                b'"' => at = self.string_end(at)? - 1,
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => return Some(at),
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
    }
}

impl Iterator for Members<'_> {
    type Item = (String, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let begin = self.at + self.text.get(self.at..)?.find('"')?;
        let end = self.string_end(begin)?;
        let key = serde_json::from_str(&self.text[begin..end]).ok()?;
        let colon = end + self.text[end..].find(':')?;
        let start =
            colon + 1 + (self.text[colon + 1..].len() - self.text[colon + 1..].trim_start().len());
        let stop = self.value_end(start)?;
        self.at = stop + 1;
        let value = start + self.text[start..stop].trim_end().len();
        Some((key, start..value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_number_changes_and_every_other_byte_stays() {
        for (text, new) in [
            ("{}\n", "{\n  \"cleanupPeriodDays\": 365\n}\n"),
            (
                "{\n    \"model\": \"x\"\n}",
                "{\n    \"cleanupPeriodDays\": 365,\n    \"model\": \"x\"\n}",
            ),
            ("{\"a\":1}", "{\"cleanupPeriodDays\": 365, \"a\":1}"),
            (
                "{\r\n\t\"hooks\": {\"cleanupPeriodDays\": 1, \"b\": [\"}\\\"\", {}]},\r\n\t\"cleanupPeriodDays\" : 30 ,\r\n\t\"z\": 1e3\r\n}\r\n",
                "{\r\n\t\"hooks\": {\"cleanupPeriodDays\": 1, \"b\": [\"}\\\"\", {}]},\r\n\t\"cleanupPeriodDays\" : 365 ,\r\n\t\"z\": 1e3\r\n}\r\n",
            ),
            (
                "{\"x\": {\"y\": 1}, \"cleanupPeriodDays\": 7}",
                "{\"x\": {\"y\": 1}, \"cleanupPeriodDays\": 365}",
            ),
        ] {
            assert_eq!(with_days(text, 365).as_deref(), Ok(new));
        }
    }

    #[test]
    fn what_is_not_valid_or_not_smaller_is_refused() {
        for (text, reason) in [
            ("{\"a\": 1,}", "not valid JSON"),
            ("// settings\n{}", "not valid JSON"),
            ("[]", "not valid JSON"),
            ("{\"cleanupPeriodDays\": 400}", "never lowered"),
            ("{\"cleanupPeriodDays\": 0}", "not kept at all"),
            ("{\"cleanupPeriodDays\": \"30\"}", "no number"),
            ("{\"cleanupPeriodDays\": 3, \"cleanupPeriodDays\": 30}", "unusual"),
        ] {
            let refused = with_days(text, 365).unwrap_err();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }

    #[test]
    fn the_old_file_is_kept_and_a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.json");
        let old = "{\"model\": \"x\"}";
        fs_err::write(&path, old).unwrap();
        let link = folder.path().join("link.json");
        #[cfg(unix)]
        std::os::unix::fs::symlink(&path, &link).unwrap();
        #[cfg(not(unix))]
        fs_err::copy(&path, &link).unwrap();
        let backup = raise(&link, 90).unwrap().unwrap();
        assert_eq!(fs_err::read_to_string(backup).unwrap(), old);
        #[cfg(unix)]
        assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs_err::read_to_string(&link).unwrap().contains("\"cleanupPeriodDays\": 90"));
        fs_err::write(&path, "{").unwrap();
        assert!(raise(&path, 90).is_err());
        assert_eq!(fs_err::read_to_string(&path).unwrap(), "{");
        assert_eq!(raise(&folder.path().join("new.json"), 90).unwrap(), None);
    }
}
