//! Pushes that lose a race, and when they try again.

use std::hash::BuildHasher as _;
use std::time::Duration;

use crate::trouble::TroubleKind;

/// Pauses between pushes are random below this, and below [`PAUSE`] doubled with every try.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// See [`LONGEST_PAUSE`].
const PAUSE: Duration = Duration::from_millis(200);
/// The longer a run has lost, the shorter it pauses, down to nearly nothing after so long: those that have just come
/// leave it the way. Without that the unluckiest of a thousand runs of twenty machines lost for 50 seconds.
const HURRIES_AFTER: Duration = Duration::from_secs(12);
/// What is left of a pause then.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);

/// Whether it is worth trying again at once.
pub(crate) fn is_race(kind: TroubleKind) -> bool {
    matches!(kind, TroubleKind::Race | TroubleKind::NoBranch)
}

/// A random time, so that machines which lost one race do not meet in the next.
pub(crate) fn pause(attempt: u32, waited: Duration) -> Duration {
    let longest = LONGEST_PAUSE.min(PAUSE * 2_u32.saturating_pow(attempt.min(10)));
    let patience = HURRIES_AFTER.saturating_sub(waited).as_secs_f64() / HURRIES_AFTER.as_secs_f64();
    let longest = longest.mul_f64(patience).max(SHORTEST_PAUSE);
    let random = std::hash::RandomState::new().hash_one(attempt);
    let millis = u64::try_from(longest.as_millis()).unwrap_or(0);
    Duration::from_millis(random % millis.max(1))
}
