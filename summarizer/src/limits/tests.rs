use super::*;

fn at(text: &str) -> UtcSeconds {
    text.parse().unwrap()
}

/// A word of Codex about a window.
fn said(window: &str, said: &str, used: f64, resets: Option<&str>) -> (Text, LimitReading) {
    let reading = LimitReading {
        at: at(said),
        account: None,
        window: window.into(),
        scope: None,
        used_fraction: Fraction::new(used),
        resets_at: resets.map(at),
        via: "log".into(),
        source: None,
    };
    ("codex".into(), reading)
}

/// Instants, how often seen apart, and how far they were off.
fn resets(readings: impl IntoIterator<Item = (Text, LimitReading)>) -> Vec<(String, Option<i64>)> {
    let limits = Limits::of(readings);
    let all: Vec<_> = limits.resets().collect();
    assert_eq!(all.len(), 1);
    all[0].1.iter().map(|reset| (reset.resets_at.to_string(), reset.drift_seconds())).collect()
}

#[test]
fn the_newest_word_holds_until_its_window_is_over() {
    let limits = Limits::of([
        said("5h", "2026-05-01T10:00:00Z", 0.1, Some("2026-05-01T14:00:00Z")),
        said("5h", "2026-05-01T11:00:00Z", 0.2, Some("2026-05-01T14:00:00Z")),
    ]);
    let state = |now: &str| {
        let now = limits.now(at(now)).next().unwrap();
        (now.reading.used_fraction.map(Fraction::steps), now.age_seconds, now.over_since)
    };
    assert_eq!(state("2026-05-01T13:59:59Z"), (Some(2000), 10_799, None));
    let over = Some(at("2026-05-01T14:00:00Z"));
    assert_eq!(state("2026-05-01T14:00:00Z"), (Some(2000), 10_800, over));
    assert_eq!(state("2026-05-01T10:30:00Z").1, 0, "a clock that is behind");
}

#[test]
fn a_word_without_an_end_is_over_when_its_window_must_be() {
    let limits = Limits::of([said("5h", "2026-05-01T10:00:00Z", 0.1, None)]);
    let over = |now: &str| limits.now(at(now)).next().unwrap().over_since;
    assert_eq!(over("2026-05-01T14:59:59Z"), None);
    assert_eq!(over("2026-05-01T15:00:00Z"), Some(at("2026-05-01T15:00:00Z")));
    let month = Limits::of([said("month", "2026-05-01T10:00:00Z", 0.1, None)]);
    assert_eq!(month.now(at("2030-01-01T00:00:00Z")).next().unwrap().over_since, None, "unknown");
}

#[test]
fn an_unknown_share_stays_unknown() {
    let mut reading = said("5h", "2026-05-01T10:00:00Z", 0.0, Some("2026-05-01T14:00:00Z"));
    reading.1.used_fraction = None;
    let limits = Limits::of([reading]);
    assert_eq!(limits.now(at("2026-05-01T10:00:00Z")).next().unwrap().reading.used_fraction, None);
}

#[test]
fn one_window_has_one_name_and_belongs_to_the_source_that_it_is_of() {
    let mut wire = said("5h", "2026-05-01T11:00:00Z", 0.3, None);
    wire.0 = "proxy".into();
    wire.1.source = Some("codex".into());
    let limits = Limits::of([said("300m", "2026-05-01T10:00:00Z", 0.1, None), wire]);
    let all: Vec<_> = limits.now(at("2026-05-01T12:00:00Z")).collect();
    assert_eq!(all.len(), 1);
    assert_eq!((&*all[0].of.provider, all[0].of.window.as_str()), ("codex", "5h"));
    assert_eq!(all[0].reading.used_fraction.map(Fraction::steps), Some(3000));
}

#[test]
fn a_reset_that_moves_while_its_window_is_open_is_proven() {
    let found = resets([
        said("7d", "2026-05-01T10:00:00Z", 0.5, Some("2026-05-08T10:00:00Z")),
        // Counted anew for every answer: the same one.
        said("7d", "2026-05-02T10:00:00Z", 0.6, Some("2026-05-08T10:00:04Z")),
        said("7d", "2026-05-03T10:00:00Z", 0.0, Some("2026-05-10T10:00:00Z")),
    ]);
    let moved = ("2026-05-10T10:00:00Z".to_owned(), Some(2 * 86_400));
    assert_eq!(found, [("2026-05-08T10:00:00Z".to_owned(), None), moved]);
}

#[test]
fn a_window_that_began_behind_the_one_before_is_as_expected() {
    let week = [
        said("7d", "2026-05-01T10:00:00Z", 0.5, Some("2026-05-08T10:00:00Z")),
        // Fixed arithmetic, and a window that began with a response.
        said("7d", "2026-05-09T10:00:00Z", 0.1, Some("2026-05-15T10:00:00Z")),
        said("7d", "2026-05-20T12:00:00Z", 0.1, Some("2026-05-27T11:00:00Z")),
        // A day before the earliest that it could be.
        said("7d", "2026-05-28T12:00:00Z", 0.1, Some("2026-06-02T11:00:00Z")),
        // Behind the latest: it would be longer than a week.
        said("7d", "2026-06-03T12:00:00Z", 0.1, Some("2026-06-10T13:00:00Z")),
    ];
    let drift: Vec<Option<i64>> = resets(week).into_iter().map(|(_, drift)| drift).collect();
    assert_eq!(drift, [None, Some(0), Some(0), Some(-86_400), Some(3_600)]);
}

#[test]
fn a_word_about_a_window_that_was_over_is_no_reset() {
    let limits =
        Limits::of([said("5h", "2026-05-01T10:00:00Z", 0.1, Some("2026-05-01T09:00:00Z"))]);
    assert_eq!(limits.resets().count(), 0);
    assert!(!limits.is_empty());
}
