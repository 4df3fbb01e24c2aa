//! Which times of a log can be trusted.
//!
//! A time is trusted if it lies between 2022 and ten minutes after the run, and its neighbours in the
//! log do not contradict it. A time that is not gets the nearest trusted one, else the file's own, and
//! is marked as a guess: a record is never put under 1970 and never dropped.

use data_schema::{TimeQuality, UtcSeconds};

/// 2022-01-01T00:00:00Z: before that none of the tools existed.
const FIRST: i64 = 1_640_995_200;
/// How far a clock may run ahead of ours, in seconds.
const AHEAD: i64 = 600;
/// How far a line may lie outside of its neighbours' times, in seconds: two processes that write one
/// file, and daylight mistakes of less than an hour, are no contradiction.
const DISORDER: i64 = 3600;

/// The times of a log's lines, and how long they stay what they are.
pub(crate) struct Settled {
    pub(crate) times: Vec<(UtcSeconds, TimeQuality)>,
    pub(crate) window: Window,
}

/// Clocks of a run, in seconds, with which a log settles to the same times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) from: i64,
    /// Not included.
    pub(crate) until: i64,
}

impl Window {
    /// Any clock.
    pub(crate) const ALWAYS: Self = Self { from: i64::MIN, until: i64::MAX };

    pub(crate) fn contains(self, now: UtcSeconds) -> bool {
        (self.from..self.until).contains(&now.seconds())
    }
}

/// Settles the times of a log's lines, in the order of the lines.
pub(crate) fn settle(
    told: &[Option<UtcSeconds>],
    now: UtcSeconds,
    modified: UtcSeconds,
) -> Settled {
    let (in_range, window) = in_range(told, now);
    let trusted = without_contradictions(&in_range);
    settled(told, &trusted, window, (now, modified))
}

/// The same for times that stand in no order: none contradicts another.
pub(crate) fn settle_unordered(
    told: &[Option<UtcSeconds>],
    now: UtcSeconds,
    modified: UtcSeconds,
) -> Settled {
    let (trusted, window) = in_range(told, now);
    settled(told, &trusted, window, (now, modified))
}

/// The times that lie between the first day and the run's own time, and the clocks with which they do.
fn in_range(told: &[Option<UtcSeconds>], now: UtcSeconds) -> (Vec<Option<UtcSeconds>>, Window) {
    let mut window = Window::ALWAYS;
    let mut in_range = Vec::with_capacity(told.len());
    for time in told {
        let seconds = time.map_or(i64::MIN, UtcSeconds::seconds);
        let is_plausible = (FIRST..=now.seconds() + AHEAD).contains(&seconds);
        if is_plausible {
            window.from = window.from.max(seconds - AHEAD);
        } else if seconds > FIRST {
            window.until = window.until.min(seconds - AHEAD);
        }
        in_range.push(time.filter(|_| is_plausible));
    }
    (in_range, window)
}

fn settled(
    told: &[Option<UtcSeconds>],
    trusted: &[Option<UtcSeconds>],
    mut window: Window,
    (now, modified): (UtcSeconds, UtcSeconds),
) -> Settled {
    if trusted.iter().all(Option::is_none) && !told.is_empty() {
        // The file's own time counts, or the run's if that is earlier.
        let alone = Window { from: now.seconds(), until: now.seconds() + 1 };
        let later = Window { from: window.from.max(modified.seconds()), ..window };
        window = if later.contains(now) { later } else { alone };
    }
    Settled { times: filled(trusted, modified.min(now)), window }
}

/// Gives lines without a trusted time the nearest one.
fn filled(trusted: &[Option<UtcSeconds>], fallback: UtcSeconds) -> Vec<(UtcSeconds, TimeQuality)> {
    let after = next_trusted(trusted);
    let mut before = None;
    trusted
        .iter()
        .enumerate()
        .map(|(index, time)| {
            if let Some(time) = time {
                before = Some((index, *time));
                return (*time, TimeQuality::Trusted);
            }
            let guess = match (before, after[index]) {
                (Some((left, time)), Some((right, _))) if index - left <= right - index => time,
                (_, Some((_, time))) | (Some((_, time)), None) => time,
                (None, None) => fallback,
            };
            (guess, TimeQuality::Guess)
        })
        .collect()
}

/// For every line the nearest trusted one at or after it.
fn next_trusted(trusted: &[Option<UtcSeconds>]) -> Vec<Option<(usize, UtcSeconds)>> {
    let mut next = None;
    let mut after: Vec<_> = trusted
        .iter()
        .enumerate()
        .rev()
        .map(|(index, time)| {
            if let Some(time) = time {
                next = Some((index, *time));
            }
            next
        })
        .collect();
    after.reverse();
    after
}

/// Takes out single times that lie outside of what the lines around them say.
fn without_contradictions(times: &[Option<UtcSeconds>]) -> Vec<Option<UtcSeconds>> {
    let after = next_trusted(times);
    let mut before: Option<UtcSeconds> = None;
    times
        .iter()
        .enumerate()
        .map(|(index, time)| {
            let time = (*time)?;
            let next = after.get(index + 1).copied().flatten().map(|(_, next)| next);
            let kept = !contradicts(time, before, next);
            if kept {
                before = Some(time);
            }
            kept.then_some(time)
        })
        .collect()
}

fn contradicts(time: UtcSeconds, before: Option<UtcSeconds>, next: Option<UtcSeconds>) -> bool {
    match (before, next) {
        (Some(before), Some(next)) if before <= next => {
            time.plus(DISORDER) < before || time > next.plus(DISORDER)
        }
        (Some(before), None) => time.plus(DISORDER) < before,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-05-10T12:00:00Z";

    fn settled(times: &[&str]) -> Vec<String> {
        let told: Vec<_> = times.iter().map(|time| data_schema::parse_log_time(time)).collect();
        let modified = "2026-05-09T00:00:00Z".parse().unwrap();
        settle(&told, NOW.parse().unwrap(), modified)
            .times
            .into_iter()
            .map(|(time, quality)| match quality {
                TimeQuality::Trusted => time.to_string(),
                TimeQuality::Guess => format!("{time} guess"),
            })
            .collect()
    }

    #[test]
    fn a_time_out_of_range_takes_the_nearest_trusted_one() {
        let times = ["2036-05-10T00:00:00Z", "", "2026-05-01T10:00:00Z", "1970-01-01T00:00:00Z"];
        let near = "2026-05-01T10:00:00Z guess";
        assert_eq!(settled(&times), [near, near, "2026-05-01T10:00:00Z", near]);
    }

    #[test]
    fn a_log_without_any_time_takes_that_of_the_file() {
        assert_eq!(settled(&["x", ""]), ["2026-05-09T00:00:00Z guess"; 2]);
    }

    #[test]
    fn a_single_dip_and_a_single_spike_are_contradicted_by_their_neighbours() {
        let times = [
            "2026-05-01T10:00:00Z",
            "2024-05-01T10:00:00Z",
            "2026-05-01T10:01:00Z",
            "2026-05-05T10:00:00Z",
            "2026-05-01T10:02:00Z",
        ];
        let got = settled(&times);
        assert_eq!(got[1], "2026-05-01T10:00:00Z guess");
        assert_eq!(got[3], "2026-05-01T10:01:00Z guess");
        assert_eq!(got.iter().filter(|time| time.ends_with("guess")).count(), 2);
    }

    #[test]
    fn small_disorder_and_long_pauses_are_no_contradiction() {
        let times = ["2026-05-01T10:30:00Z", "2026-05-01T10:00:00Z", "2026-05-03T10:00:00Z", NOW];
        assert_eq!(settled(&times), times);
    }

    #[test]
    fn ten_minutes_ahead_are_trusted_and_eleven_are_not() {
        assert_eq!(settled(&["2026-05-10T12:10:00Z"]), ["2026-05-10T12:10:00Z"]);
        assert_eq!(settled(&["2026-05-10T12:11:00Z"]), ["2026-05-09T00:00:00Z guess"]);
    }

    #[test]
    fn the_window_holds_exactly_the_clocks_that_settle_to_the_same() {
        let now: UtcSeconds = NOW.parse().unwrap();
        let modified: UtcSeconds = "2026-05-10T11:00:00Z".parse().unwrap();
        let cases: [&[i64]; 5] = [&[-100, 500], &[-5000, 2000, -100], &[9000], &[700, 601], &[]];
        for offsets in cases {
            let told: Vec<_> = offsets.iter().map(|offset| Some(now.plus(*offset))).collect();
            let settled = settle(&told, now, modified);
            for step in (-12_000..12_000).step_by(50) {
                let other = now.plus(step);
                let same = settle(&told, other, modified).times == settled.times;
                let inside = settled.window.contains(other);
                assert!(same || !inside, "{offsets:?} {step}");
            }
            assert!(settled.window.contains(now), "{offsets:?}");
        }
    }
}
