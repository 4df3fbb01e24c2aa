//! What a workflow costs: minutes of GitHub Actions.

/// Minutes that a private repository has for nothing in a month, with GitHub Free:
/// <https://docs.github.com/en/billing/concepts/product-billing/github-actions>, read 2026-11-21.
pub(crate) const FREE_MINUTES: u32 = 2_000;
/// What publishing may take of them: the rest is the owner's.
pub(crate) const AFFORDABLE_MINUTES: u32 = 600;
/// GitHub bills each job by whole minutes, rounded up: the same page, under "Baseline minute costs". A run that finds
/// nothing to do takes some 20 seconds: start, checkout, the binary, one small fetch.
const QUIET_MINUTES: u32 = 1;
/// A run that publishes is counted as if it took more than a minute, though it seldom does.
const PUBLISHING_MINUTES: u32 = 2;
/// Days of a month.
const DAYS: u32 = 30;

/// Runs of a month, and what they cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Minutes {
    /// Runs.
    pub(crate) runs: u32,
    /// Billed minutes.
    pub(crate) minutes: u32,
}

/// Runs and minutes of a month at most. That a waiting run is replaced by a newer one only makes them fewer.
pub(crate) fn actions_minutes(
    machines: u32,
    pushes_per_day_each: u32,
    cron_runs_per_day: u32,
    on_push: bool,
) -> Minutes {
    let pushes = machines.saturating_mul(pushes_per_day_each);
    let (publishing, quiet) = if on_push {
        (pushes, cron_runs_per_day)
    } else {
        let publishing = pushes.min(cron_runs_per_day);
        (publishing, cron_runs_per_day - publishing)
    };
    let runs = publishing.saturating_add(quiet).saturating_mul(DAYS);
    let a_day = publishing.saturating_mul(PUBLISHING_MINUTES).saturating_add(quiet * QUIET_MINUTES);
    Minutes { runs, minutes: a_day.saturating_mul(DAYS) }
}

/// Whether the workflow may run at every push of data, too.
pub(crate) fn on_push_is_affordable(
    machines: u32,
    pushes_per_day_each: u32,
    cron_runs_per_day: u32,
) -> bool {
    let cost = actions_minutes(machines, pushes_per_day_each, cron_runs_per_day, true);
    cost.minutes <= AFFORDABLE_MINUTES
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;
    use crate::cli::{Mode, WorkflowHost};
    use crate::commands::publish::{Workflow, workflow_files};

    const DAY: u32 = 86_400;
    /// Seconds of a run that finds nothing, and of one that publishes.
    const QUIET: u32 = 20;
    const PUBLISHING: u32 = 75;

    #[derive(Deserialize)]
    struct Triggers {
        on: On,
        concurrency: Concurrency,
    }

    #[derive(Deserialize)]
    struct On {
        schedule: Vec<Cron>,
        push: Option<serde::de::IgnoredAny>,
    }

    #[derive(Deserialize)]
    struct Cron {
        cron: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    struct Concurrency {
        cancel_in_progress: bool,
    }

    fn triggers(on_push: bool) -> Triggers {
        let workflow = Workflow {
            mode: Mode::Repository,
            target: Some("git@github.com:me/tokens.git".to_owned()),
            on_push,
            minute: 17,
            ..Workflow::default()
        };
        let files = workflow_files(WorkflowHost::Github, &workflow).unwrap();
        let text = files.iter().find(|(path, _)| path.ends_with("summarize.yml")).unwrap();
        serde_saphyr::from_str(&text.1).unwrap()
    }

    /// Seconds of a month at which a schedule such as `17 1,7,13,19 * * *` starts a run.
    fn starts(cron: &str) -> Vec<u32> {
        let fields: Vec<&str> = cron.split(' ').collect();
        let [minute, hours, "*", "*", "*"] = fields[..] else { panic!("{cron}") };
        let minute: u32 = minute.parse().unwrap();
        let hours: Vec<u32> = hours.split(',').map(|hour| hour.parse().unwrap()).collect();
        let days = 0..DAYS;
        days.flat_map(|day| hours.iter().map(move |hour| day * DAY + hour * 3600 + minute * 60))
            .collect()
    }

    /// A month, event by event: pushes change the data, triggers start runs, of which one is at work and one waits; a
    /// newer one takes the place of the one that waits.
    fn simulate(machines: u32, pushes: u32, triggers: &Triggers) -> Minutes {
        assert!(!triggers.concurrency.cancel_in_progress, "a run that publishes is never cut off");
        let mut events: BTreeMap<(u32, u32), bool> = BTreeMap::new();
        for machine in 0..machines {
            let offset = (machine * 1_103 + 211) % 3_600;
            for number in 0..pushes * DAYS {
                events.insert((number * (DAY / pushes) + offset, machine), true);
            }
        }
        for start in triggers.on.schedule.iter().flat_map(|cron| starts(&cron.cron)) {
            events.insert((start, u32::MAX), false);
        }
        let (mut free_at, mut waits, mut is_new) = (0, false, true);
        let mut total = Minutes { runs: 0, minutes: 0 };
        let mut run = |at: u32, is_new: &mut bool| {
            let seconds = if std::mem::take(is_new) { PUBLISHING } else { QUIET };
            total.runs += 1;
            total.minutes += seconds.div_ceil(60);
            at + seconds
        };
        for ((at, _), is_push) in events {
            if waits && free_at <= at {
                waits = false;
                free_at = run(free_at, &mut is_new);
            }
            is_new |= is_push;
            if is_push && triggers.on.push.is_none() {
                continue;
            }
            if free_at <= at {
                free_at = run(at, &mut is_new);
            } else {
                waits = true;
            }
        }
        if waits {
            run(free_at, &mut is_new);
        }
        total
    }

    #[test]
    fn five_machines_with_24_pushes_a_day_take_at_most_600_minutes_a_month() {
        let on_push = on_push_is_affordable(5, 24, 4);
        let total = simulate(5, 24, &triggers(on_push));
        assert_eq!(total.runs, 4 * 30);
        assert!(total.minutes <= AFFORDABLE_MINUTES, "{total:?}");
        let model = actions_minutes(5, 24, 4, on_push);
        assert!(total.runs <= model.runs && total.minutes <= model.minutes, "{total:?} {model:?}");
    }

    #[test]
    fn a_run_at_every_push_is_offered_only_where_the_minutes_suffice() {
        // What a run at every push would cost is why it is not.
        let total = simulate(5, 24, &triggers(true));
        assert!(total.minutes > FREE_MINUTES, "{total:?}");
        assert!(!on_push_is_affordable(5, 24, 4) && !on_push_is_affordable(1, 24, 4));
        for (machines, pushes) in [(1, 1), (5, 1), (8, 1), (2, 4)] {
            assert!(on_push_is_affordable(machines, pushes, 4), "{machines} {pushes}");
            let total = simulate(machines, pushes, &triggers(true));
            assert!(total.minutes <= AFFORDABLE_MINUTES, "{total:?}");
        }
    }

    #[test]
    fn the_model_is_never_below_what_happens() {
        for machines in [1, 3, 5, 20] {
            for pushes in [1, 4, 24] {
                for on_push in [false, true] {
                    let total = simulate(machines, pushes, &triggers(on_push));
                    let model = actions_minutes(machines, pushes, 4, on_push);
                    assert!(total.runs <= model.runs && total.minutes <= model.minutes);
                }
            }
        }
    }
}
