//! Which lines are worth a look.

use memchr::memmem::Finder;

/// Markers that are searched for at most.
const MOST: usize = 4;

/// Byte strings of which a line must contain at least one to be looked at.
#[derive(Debug)]
pub(crate) struct Markers {
    finders: Vec<Finder<'static>>,
}

impl Markers {
    /// At most four, none with a line end in it.
    pub(crate) fn any(needles: &'static [&'static str]) -> Self {
        assert!(needles.len() <= MOST, "a search keeps its places in an array");
        Self { finders: needles.iter().map(Finder::new).collect() }
    }

    /// Goes over a block.
    pub(super) fn hits<'a>(&'a self, block: &'a [u8]) -> Hits<'a> {
        let mut hits = Hits { markers: self, block, next: [usize::MAX; MOST] };
        for (finder, next) in self.finders.iter().zip(&mut hits.next) {
            *next = finder.find(block).unwrap_or(usize::MAX);
        }
        hits
    }
}

/// Where markers stand in a block. Every marker is searched for once over the whole block: four searches
/// of a byte string are faster than one automaton that knows all of them.
pub(super) struct Hits<'a> {
    markers: &'a Markers,
    block: &'a [u8],
    /// The next place of each, `usize::MAX` if there is none.
    next: [usize; MOST],
}

impl Hits<'_> {
    /// The first marker at or behind `from`, which never goes back.
    pub(super) fn next(&mut self, from: usize) -> Option<usize> {
        for (finder, next) in self.markers.finders.iter().zip(&mut self.next) {
            if *next < from {
                *next = finder.find(&self.block[from..]).map_or(usize::MAX, |found| from + found);
            }
        }
        self.next.into_iter().min().filter(|next| *next < usize::MAX)
    }
}
