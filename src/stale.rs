//! One line when nothing has succeeded for days: a schedule that broke is silent otherwise.

use std::path::Path;

use data_schema::UtcSeconds;

use crate::commands::schedule::Record;
use crate::installed::Installed;
use crate::output::note;
use crate::status::Status;

/// Seconds without a success that go unmentioned.
const QUIET_FOR: i64 = 3 * 86_400;

/// Tells when the last success is older than three days, or none came since the schedule was installed that long ago.
/// Reads two small files; says nothing on a machine that never collected.
pub(crate) fn tell(data: &Path, now: UtcSeconds, quiet: bool) {
    if quiet {
        return;
    }
    let status = Status::read(data);
    let installed = Record::read(data).map(|record| record.installed_at);
    if let Some(text) = warning(status.last_success, installed, now) {
        note(&text);
    }
}

fn warning(
    last_success: Option<UtcSeconds>,
    installed: Option<UtcSeconds>,
    now: UtcSeconds,
) -> Option<String> {
    let since = last_success.or(installed)?;
    if now.seconds() - since.seconds() <= QUIET_FOR {
        return None;
    }
    let what = match last_success {
        Some(at) => format!("nothing was collected successfully since {at}"),
        None => {
            format!("nothing was collected successfully since the schedule was installed ({since})")
        }
    };
    Some(format!("warning: {what}: `token-matters doctor` says why"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> UtcSeconds {
        text.parse().unwrap()
    }

    #[test]
    fn only_three_days_without_success_are_told() {
        let now = at("2026-06-10T12:00:00Z");
        let (recent, old) = (at("2026-06-07T12:00:00Z"), at("2026-06-07T11:59:59Z"));
        assert_eq!(warning(None, None, now), None);
        assert_eq!(warning(Some(recent), None, now), None);
        assert_eq!(warning(None, Some(recent), now), None);
        assert_eq!(warning(Some(recent), Some(old), now), None);
        let told = warning(Some(old), Some(recent), now).unwrap();
        assert!(told.contains("since 2026-06-07T11:59:59Z: `token-matters doctor`"), "{told}");
        let told = warning(None, Some(old), now).unwrap();
        assert!(told.contains("since the schedule was installed (2026-06-07T11:59:59Z)"), "{told}");
    }

    #[test]
    fn a_last_success_in_the_future_is_no_reason() {
        let now = at("2026-06-10T12:00:00Z");
        assert_eq!(warning(Some(at("2027-06-10T12:00:00Z")), None, now), None);
    }
}
