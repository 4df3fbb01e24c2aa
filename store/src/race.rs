//! Pushes that lose a race, and when they try again.
//!
//! Machines that push at the same moment share one server. Short pauses let them fill it with tries in vain, which makes
//! every try longer and likelier to be in vain; so a pause grows with the tries and with how long one takes. A run that
//! has lost for long pauses less than those that have just come, and a run whose machine met others the last time lets
//! them go first. A simulation of twenty machines with fifty runs each on two cores gave these numbers: without the last
//! two rules the unluckiest run lost for more than a minute.

use std::hash::BuildHasher as _;
use std::time::Duration;

use crate::StoreError;
use crate::git::Git;
use crate::trouble::TroubleKind;

/// Pauses between tries are random below this,
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// below this doubled with every try,
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// and below so many times what the last try took.
const TRIES: u32 = 20;
/// A run that has lost for so long pauses least.
const PATIENCE: Duration = Duration::from_secs(35);
/// What is left of its pauses then.
const LEAST: f64 = 0.3;
/// A run whose machine lost races the last time lets others go first: it waits a random time below this,
const LONGEST_COURTESY: Duration = Duration::from_secs(8);
/// and below this doubled with every race that was lost.
const COURTESY: Duration = Duration::from_millis(200);

/// Whether it is worth trying again at once.
pub(crate) fn is_race(kind: TroubleKind) -> bool {
    matches!(kind, TroubleKind::Race | TroubleKind::NoBranch)
}

/// How long to wait after the `lost`th race, the last try of which took so long, of a run that waits since.
pub(crate) fn pause(lost: u32, tried: Duration, waited: Duration) -> Duration {
    let longest = LONGEST_PAUSE.min(tried * TRIES).min(doubled(FIRST_PAUSE, lost));
    let age = waited.as_secs_f64() / PATIENCE.as_secs_f64();
    random(longest.mul_f64((1.0 - age * (1.0 - LEAST)).max(LEAST)))
}

/// How long to let others go first, after a run that lost so many races.
fn courtesy(lost: u32) -> Duration {
    if lost == 0 { Duration::ZERO } else { random(LONGEST_COURTESY.min(doubled(COURTESY, lost))) }
}

fn doubled(first: Duration, times: u32) -> Duration {
    first * 2_u32.pow(times.min(10))
}

/// A random time, so that machines which lost one race do not meet in the next.
fn random(longest: Duration) -> Duration {
    let random = std::hash::RandomState::new().hash_one(longest);
    let millis = u64::try_from(longest.as_millis()).unwrap_or(0);
    Duration::from_millis(random % millis.max(1))
}

impl Git {
    /// Lets others go first where this machine met them the last time.
    pub(crate) fn let_others_go_first(&self) {
        std::thread::sleep(courtesy(self.facts().lost_races));
    }

    /// Notes how many races a push lost; fewer than the last time count half, so that one meeting is forgotten soon.
    pub(crate) fn note_races(&self, lost: u32) -> Result<(), StoreError> {
        let mut facts = self.facts();
        let known = facts.lost_races;
        facts.lost_races = if lost >= known { lost } else { lost.midpoint(known) };
        if facts.lost_races == known { Ok(()) } else { self.note_facts(&facts) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_the_tries_and_shrink_with_the_time_that_was_lost() {
        let second = Duration::from_secs(1);
        let most = |lost, tried, waited| {
            (0..200).map(|_| pause(lost, tried, waited)).max().unwrap_or_default()
        };
        assert!(most(1, second, Duration::ZERO) <= second);
        let later = most(5, second, Duration::ZERO);
        assert!(later > 3 * second && later <= LONGEST_PAUSE, "{later:?}");
        assert!(most(5, second, PATIENCE) <= LONGEST_PAUSE.mul_f64(LEAST));
        let quick = Duration::from_millis(50);
        assert!(most(9, quick, Duration::ZERO) <= second, "tries that cost little may come often");
    }

    #[test]
    fn only_who_met_others_lets_them_go_first() {
        assert_eq!(courtesy(0), Duration::ZERO);
        let longest = (0..200).map(|_| courtesy(9)).max().unwrap_or_default();
        assert!(longest > Duration::ZERO && longest <= LONGEST_COURTESY);
    }
}
