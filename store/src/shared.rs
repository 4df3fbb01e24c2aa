//! Files beside `raw/` that several machines may change.

use data_schema::settings::SharedSettings;
use data_schema::{TOMBSTONES_FILE, Tombstones};

use crate::snapshot::SETTINGS;

/// Merges two changes of a file; `None` where that cannot be done.
pub(crate) fn merge(
    path: &str,
    base: Option<&[u8]>,
    ours: &[u8],
    theirs: &[u8],
) -> Option<Vec<u8>> {
    match path {
        TOMBSTONES_FILE => {
            let ours = Tombstones::parse(ours).ok()?;
            Some(ours.union(Tombstones::parse(theirs).ok()?).to_bytes())
        }
        SETTINGS => {
            let base = base.map_or_else(|| Some(SharedSettings::default()), settings)?;
            let known = settings(theirs)?;
            let merged = SharedSettings::merge(&base, &settings(ours)?, &known);
            // Comments that somebody wrote stay as long as nothing has to change.
            Some(if merged == known { theirs.to_vec() } else { merged.to_yaml().into_bytes() })
        }
        _ => None,
    }
}

fn settings(bytes: &[u8]) -> Option<SharedSettings> {
    let text = std::str::from_utf8(bytes).ok()?;
    if text.trim().is_empty() {
        return Some(SharedSettings::default());
    }
    serde_saphyr::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_two_changed_keep_both_changes() {
        let base = b"timezone: UTC\n";
        let ours = b"timezone: UTC\nweekStart: sunday\n";
        let theirs = b"# mine\ntimezone: Europe/Berlin\n";
        let merged = merge(SETTINGS, Some(base), ours, theirs).unwrap();
        let merged = settings(&merged).unwrap();
        assert_eq!(merged.timezone.as_deref(), Some("Europe/Berlin"));
        assert_eq!(merged.week_start, data_schema::settings::WeekStart::Sunday);
        assert_eq!(merge(SETTINGS, Some(base), base, theirs).unwrap(), theirs);
        assert_eq!(merge(SETTINGS, None, b"timezone: [", theirs), None);
        assert_eq!(merge("pricing.json", None, b"{}", b"{ }"), None);
    }
}
