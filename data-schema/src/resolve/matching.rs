//! One to one, nearest first: pairs of points of two sides that fit each other.

use std::collections::BTreeMap;

/// Neighbours in time that are looked at on each side of a point: what is nearer than these many does not fit.
const LOOKED_AT: usize = 64;
/// Of those, how many are candidates.
const CANDIDATES: usize = 8;
/// Rounds of nearest first, before the rest is paired in the order of time.
const ROUNDS: usize = 3;

/// Pairs indexes of two sides. Points of one bucket only are compared; `key` names it, or leaves a point out.
/// Sides are sorted by time, and `distance` says how far two points are from each other, `None` if they do not fit.
/// Bounded work, however many points look alike.
pub(super) fn matched<P, K: Ord>(
    left: &[P],
    right: &[P],
    key: impl Fn(&P) -> Option<K>,
    time: impl Fn(&P) -> i64,
    distance: impl Fn(&P, &P) -> Option<i64>,
) -> Vec<(usize, usize)> {
    let mut buckets: BTreeMap<K, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    for (index, point) in left.iter().enumerate() {
        if let Some(key) = key(point) {
            buckets.entry(key).or_default().0.push(index);
        }
    }
    for (index, point) in right.iter().enumerate() {
        if let Some((lefts, rights)) = key(point).and_then(|key| buckets.get_mut(&key)) {
            // Nothing to pair with: not even kept.
            if !lefts.is_empty() {
                rights.push(index);
            }
        }
    }
    let mut pairs = Vec::new();
    for (mut lefts, mut rights) in buckets.into_values() {
        for _ in 0..ROUNDS {
            if lefts.is_empty() || rights.is_empty() {
                break;
            }
            let times: Vec<i64> = rights.iter().map(|index| time(&right[*index])).collect();
            let mut candidates = Vec::new();
            for place in &lefts {
                let point = &left[*place];
                let middle = times.partition_point(|other| *other < time(point));
                let fits = |index: &usize| Some((distance(point, &right[*index])?, *place, *index));
                let behind = rights[middle..].iter().take(LOOKED_AT).filter_map(fits);
                let before = rights[..middle].iter().rev().take(LOOKED_AT).filter_map(fits);
                candidates.extend(behind.take(CANDIDATES).chain(before.take(CANDIDATES)));
            }
            if !take_nearest(candidates, (&mut lefts, &mut rights), &mut pairs) {
                break;
            }
        }
        in_order(&lefts, rights, |one, other| distance(&left[one], &right[other]), &mut pairs);
    }
    pairs
}

/// Takes the nearest candidates whose points are both free; whether there was any.
fn take_nearest(
    mut candidates: Vec<(i64, usize, usize)>,
    (lefts, rights): (&mut Vec<usize>, &mut Vec<usize>),
    pairs: &mut Vec<(usize, usize)>,
) -> bool {
    candidates.sort_unstable();
    let mut taken = (rustc_hash::FxHashSet::default(), rustc_hash::FxHashSet::default());
    for (_, one, other) in candidates {
        if !taken.0.contains(&one) && taken.1.insert(other) {
            taken.0.insert(one);
            pairs.push((one, other));
        }
    }
    lefts.retain(|index| !taken.0.contains(index));
    rights.retain(|index| !taken.1.contains(index));
    !taken.0.is_empty()
}

/// Pairs what is left, each with the first that fits: many that look alike and come at once.
fn in_order(
    lefts: &[usize],
    rights: Vec<usize>,
    distance: impl Fn(usize, usize) -> Option<i64>,
    pairs: &mut Vec<(usize, usize)>,
) {
    let mut free: std::collections::VecDeque<usize> = rights.into();
    for one in lefts {
        let place =
            free.iter().take(4 * LOOKED_AT).position(|other| distance(*one, *other).is_some());
        match place.and_then(|place| free.remove(place)) {
            Some(other) => pairs.push((*one, other)),
            // The oldest fits none that comes later, if it is far from this one.
            None if free.len() > 4 * LOOKED_AT => {
                free.pop_front();
            }
            None => {}
        }
    }
}
