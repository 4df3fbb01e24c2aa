//! Where windows begin.

use data_schema::{HashId, Text, UtcSeconds};
use rayon::slice::ParallelSliceMut;
use rustc_hash::FxHashMap;

use super::WINDOW;
use crate::SummarizeError;
use crate::engine::Facts;

/// Bits of a packed time: seconds since 1970 until the year 36,812.
const SECONDS: u32 = 40;

/// Whose windows: source and account.
pub(super) type Owner = (Text, Option<HashId>);

/// Owners by number, in the order of their sight. The last one, which is the usual one, is not looked up.
#[derive(Default)]
pub(super) struct Owners {
    pub(super) all: Vec<Owner>,
    places: FxHashMap<Owner, usize>,
    last: usize,
}

impl Owners {
    pub(super) fn place(&mut self, provider: &Text, account: Option<HashId>) -> usize {
        let is_last = |(name, of): &Owner| {
            *of == account && (Text::ptr_eq(name, provider) || name == provider)
        };
        if !self.all.get(self.last).is_some_and(is_last) {
            let (owner, next) = ((provider.clone(), account), self.all.len());
            self.last = *self.places.entry(owner.clone()).or_insert(next);
            if self.last == next {
                self.all.push(owner);
            }
        }
        self.last
    }
}

/// First and last response of each window of an owner.
pub(super) type Spans = Vec<(UtcSeconds, UtcSeconds)>;

/// What one core saw.
#[derive(Default)]
struct Times {
    owners: Owners,
    /// Number of the owner and time in one.
    packed: Vec<u64>,
}

/// Looks at the time of every response. Owners and their windows are sorted.
pub(super) fn find(facts: &Facts) -> Result<Vec<(Owner, Spans)>, SummarizeError> {
    let cores = facts.on_all_cores(Times::default, |own, seen| {
        if !seen.has_time {
            return;
        }
        let owner = own.owners.place(seen.provider, seen.record.attribution.account) as u64;
        let packed = owner << SECONDS | seen.record.at.seconds().unsigned_abs();
        if own.packed.last() != Some(&packed) {
            own.packed.push(packed);
        }
    })?;
    let mut owners: Vec<Owner> = cores.iter().flat_map(|own| own.owners.all.clone()).collect();
    owners.sort_unstable();
    owners.dedup();
    let mut times = Vec::with_capacity(cores.iter().map(|own| own.packed.len()).sum());
    for own in cores {
        let place = |owner: &Owner| owners.binary_search(owner).unwrap_or(0) as u64;
        let places: Vec<u64> = own.owners.all.iter().map(place).collect();
        times.extend(own.packed.into_iter().map(|packed| {
            let owner = usize::try_from(packed >> SECONDS).unwrap_or(0);
            places[owner] << SECONDS | packed & ((1 << SECONDS) - 1)
        }));
    }
    times.par_sort_unstable();
    let mut found: Vec<(Owner, Spans)> =
        owners.into_iter().map(|owner| (owner, Spans::new())).collect();
    for of_owner in times.chunk_by(|one, other| one >> SECONDS == other >> SECONDS) {
        let owner = usize::try_from(of_owner[0] >> SECONDS).unwrap_or(0);
        let seconds = of_owner.iter().map(|packed| packed & ((1 << SECONDS) - 1));
        found[owner].1 = spans(seconds.map(|seconds| i64::try_from(seconds).unwrap_or(0)));
    }
    Ok(found)
}

/// The windows of times in their order.
fn spans(seconds: impl Iterator<Item = i64>) -> Spans {
    let mut spans = Spans::new();
    for at in seconds.filter_map(UtcSeconds::new) {
        match spans.last_mut() {
            Some((start, last)) if at < start.plus(WINDOW) => *last = at,
            _ => spans.push((at, at)),
        }
    }
    spans
}
