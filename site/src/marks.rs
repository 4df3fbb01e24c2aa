//! Names, marks and colours of sources and of everything else that a chart tells apart.

use std::collections::BTreeMap;

use data_schema::sources::{self, KNOWN};

use crate::cube::{Cube, Dimension, Place};
use crate::names;
use crate::palette::SERIES;

/// So many of the known sources have a mark that no other has, and a colour that they prefer.
const OWN_MARKS: usize = 10;

/// Marks of our own, as paths in a box of 16 by 16: no vendor's logo, and told apart without colour.
const MARKS: [&str; 18] = [
    "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2z",
    "M3 3h10v10H3z",
    "M8 1.5 14.5 8 8 14.5 1.5 8z",
    "M8 2l6.5 11.5h-13z",
    "M2 2h12v4.5H2zM2 9.5h12V14H2z",
    "M6 2h4v4h4v4h-4v4H6v-4H2V6h4z",
    "M5 2.5h6L14.5 8 11 13.5H5L1.5 8z",
    "M8 14L1.5 2.5h13z",
    "M2 2h4.5v12H2zM9.5 2H14v12H9.5z",
    "M2 14A12 12 0 0 1 14 2v12z",
    "M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2zm0 3.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
    "M2 2l6 4 6-4v12l-6-4-6 4z",
    "M8 1.5l1.9 4.6 4.6 1.9-4.6 1.9L8 14.5 6.1 9.9 1.5 8l4.6-1.9z",
    "M2 2h12L8 8l6 6H2z",
    "M2 8a6 6 0 0 1 12 0zM2 9.5h12V14H2z",
    "M4 2l4 4 4-4 2 2-4 4 4 4-2 2-4-4-4 4-2-2 4-4-4-4z",
    "M2 14V9h4V5h4V2h4v12z",
    "M2 2h5v5H2zM9 9h5v5H9z",
];

/// Colour of what has none of its own.
pub(crate) const OTHER: &str = "other";

/// A source's title, or its id where it is not known here.
pub(crate) fn source_title(id: &str) -> String {
    sources::title(id).map_or_else(|| names::line(id), ToOwned::to_owned)
}

/// A project's title: one in the home folder begins with a tilde.
pub(crate) fn project_title(name: &str) -> String {
    let line = names::line(name);
    line.strip_prefix("$HOME/").map_or_else(|| line.clone(), |rest| format!("~/{rest}"))
}

/// The place of a source among those that have a mark and a preferred colour of their own.
fn own_place(id: &str) -> Option<usize> {
    KNOWN.iter().take(OWN_MARKS).position(|(known, _)| *known == id)
}

/// The path of a source's mark, in a box of 16 by 16.
pub(crate) fn mark(id: &str) -> &'static str {
    let own = own_place(id);
    // The marks behind those of the best known sources are for all others.
    let free = MARKS.len() - OWN_MARKS;
    MARKS[own.unwrap_or_else(|| OWN_MARKS + usize::from(sum(id)) % free)]
}

fn sum(id: &str) -> u8 {
    id.bytes().fold(0, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte))
}

/// Which colour each name of a dimension prefers.
///
/// It follows the order in which names were first used, which later use never changes, so a colour keeps its
/// meaning from page to page and from day to day. The shared settings may fix others.
#[derive(Debug)]
pub(crate) struct Colors {
    preferred: BTreeMap<Place, usize>,
    /// Number of first use.
    rank: BTreeMap<Place, usize>,
}

impl Colors {
    pub(crate) fn new(cube: &Cube, dimension: Dimension, fixed: &BTreeMap<String, u8>) -> Self {
        let mut first_seen: Vec<Place> = Vec::new();
        for day in cube.all().days_by(dimension).into_values() {
            for place in day.into_keys() {
                if !first_seen.contains(&place) {
                    first_seen.push(place);
                }
            }
        }
        let mut preferred = BTreeMap::new();
        for (number, place) in first_seen.iter().enumerate() {
            let name = cube.name(dimension, *place);
            let known = own_place(name).filter(|_| dimension == Dimension::Source);
            let chosen = fixed.get(name).map(|slot| usize::from(*slot));
            preferred.insert(*place, chosen.or(known).unwrap_or(number) % SERIES.len());
        }
        let rank = first_seen.into_iter().enumerate().map(|(rank, place)| (place, rank)).collect();
        Self { preferred, rank }
    }

    /// Names in the order of first use, each with the number of the colour that it prefers.
    pub(crate) fn preferred(&self) -> Vec<(Place, usize)> {
        let mut places: Vec<(Place, usize)> = self.preferred.clone().into_iter().collect();
        places.sort_by_key(|(place, _)| self.rank.get(place).copied());
        places
    }

    /// CSS variables (`s0` … `s5`) for up to six names of one page, each its own: where two prefer the same, the one
    /// that was there first has it. All others are [`OTHER`].
    pub(crate) fn of_page(&self, places: &[Place]) -> BTreeMap<Place, String> {
        let mut chosen: Vec<Place> = places.iter().copied().take(SERIES.len()).collect();
        chosen.sort_by_key(|place| self.rank.get(place).copied().unwrap_or(usize::MAX));
        let mut taken = [false; SERIES.len()];
        let mut colors = BTreeMap::new();
        let mut late = Vec::new();
        for place in chosen {
            let slot = self.preferred.get(&place).copied().unwrap_or(0);
            if taken[slot] {
                late.push(place);
            } else {
                taken[slot] = true;
                colors.insert(place, format!("s{slot}"));
            }
        }
        for place in late {
            if let Some(slot) = taken.iter().position(|taken| !taken) {
                taken[slot] = true;
                colors.insert(place, format!("s{slot}"));
            }
        }
        colors
    }
}

#[cfg(test)]
mod tests;
