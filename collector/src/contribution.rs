//! What one log gives: a function of its bytes, its path and, within a window, the run's clock.

use std::sync::Arc;

use data_schema::packed::{Damaged, Packer, Unpacker, Words};
use data_schema::{LimitReading, TimeQuality, UsageRecord, UtcSeconds};

use crate::times::{Settled, Window, settle, settle_unordered};

/// Everything that a log gives.
#[derive(Clone, Debug)]
pub(crate) struct Contribution {
    /// Its records. In place of a project they name the folder: what project that is may change while the
    /// log does not.
    pub(crate) records: Records,
    pub(crate) limits: Vec<LimitReading>,
    /// Lines that could not be counted.
    pub(crate) skipped: usize,
    /// Damage: the line from 1, and the words.
    pub(crate) warnings: Vec<(Option<u64>, String)>,
    /// Whether answers with usage are in it, be they of the kind that nobody is billed for.
    pub(crate) saw_usage: bool,
    /// Whether answers are in it that should tell usage and do not.
    pub(crate) is_silent: bool,
    /// Threads that it has to do with, where a log's records depend on those of others.
    pub(crate) kin: Option<Kin>,
    /// Where a later run may go on, if the log only grows.
    pub(crate) resume: Option<Resume>,
}

/// Packed records with settled times.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) words: Words,
    pub(crate) packed: Arc<Vec<u8>>,
    pub(crate) count: u32,
    /// Time of the newest.
    pub(crate) newest: Option<UtcSeconds>,
    /// Records whose lines told something else than what they were settled to.
    pub(crate) exceptions: Vec<Exception>,
    /// Clocks with which they settle to the same.
    pub(crate) window: Window,
}

/// What the lines of one record told, where it differs from what counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exception {
    pub(crate) index: u32,
    pub(crate) told: Option<UtcSeconds>,
    /// The time of the record before the times were settled.
    pub(crate) raw: UtcSeconds,
}

/// The thread that a log belongs to, and those that it came from, as hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Kin {
    pub(crate) thread: u64,
    pub(crate) ancestors: Vec<u64>,
}

/// Where to go on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resume {
    /// Behind the last complete line.
    pub(crate) offset: u64,
    /// Lines before it.
    pub(crate) lines: u64,
    /// Check sum of the bytes just before it.
    pub(crate) check: u64,
    /// What else the source must know, in its own form.
    pub(crate) state: Vec<u8>,
}

/// Records of one log whose times are not settled yet.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    words: Words,
    packer: Packer,
    told: Vec<Option<UtcSeconds>>,
    raw: Vec<(u32, UtcSeconds)>,
}

/// One record as its lines told it; its own time is that of the lines as they were joined.
#[derive(Clone, Debug)]
#[expect(clippy::struct_field_names, reason = "what was told is the time")]
pub(crate) struct Told {
    pub(crate) record: UsageRecord,
    pub(crate) told: Option<UtcSeconds>,
    pub(crate) mark: u8,
}

/// The run's own time, and that of the log's last change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    pub(crate) now: UtcSeconds,
    pub(crate) modified: UtcSeconds,
}

/// A change of a record that has a mark.
pub(crate) type Amend<'a> = &'a dyn Fn(&mut UsageRecord, u8);

impl Unsettled {
    /// Adds the next record.
    pub(crate) fn push(&mut self, mut entry: Told) {
        let raw = entry.record.at;
        if entry.told != Some(raw) {
            self.raw.push((self.packer.len(), raw));
        }
        self.told.push(entry.told);
        entry.record.at = entry.told.unwrap_or(raw);
        self.packer.push(&entry.record, entry.mark, &mut self.words);
    }

    pub(crate) fn len(&self) -> usize {
        self.told.len()
    }

    /// The records as they were added.
    pub(crate) fn each_told(&self, mut take: impl FnMut(Told)) {
        let mut unpacker = Unpacker::new(self.packer.bytes(), &self.words);
        let mut raw = self.raw.iter().peekable();
        for (index, told) in (0..).zip(&self.told) {
            // What was packed a moment ago is not damaged.
            let Ok(Some(record)) = unpacker.advance() else { break };
            let mut record = record.clone();
            if let Some((_, at)) = raw.next_if(|(other, _)| *other == index) {
                record.at = *at;
            }
            take(Told { record, told: *told, mark: unpacker.mark() });
        }
    }

    /// Settles the times; `amend` may change every record.
    pub(crate) fn settle(self, clock: Clock, amend: Option<Amend<'_>>) -> Records {
        let settled = settle(&self.told, clock.now, clock.modified);
        self.settled(&settled, amend)
    }

    /// The same for records that stand in no order, such as the rows of a table.
    pub(crate) fn settle_unordered(self, clock: Clock) -> Records {
        let settled = settle_unordered(&self.told, clock.now, clock.modified);
        self.settled(&settled, None)
    }

    fn settled(mut self, settled: &Settled, amend: Option<Amend<'_>>) -> Records {
        let mut exceptions = Vec::new();
        let mut raw = self.raw.iter().peekable();
        for (index, (told, (at, quality))) in (0..).zip(self.told.iter().zip(&settled.times)) {
            let odd = raw.next_if(|(other, _)| *other == index);
            if odd.is_some() || *told != Some(*at) || *quality == TimeQuality::Guess {
                let raw = odd.map_or(told.unwrap_or_default(), |(_, raw)| *raw);
                exceptions.push(Exception { index, told: *told, raw });
            }
        }
        let count = self.packer.len();
        let mut packed = self.packer.into_bytes();
        if !exceptions.is_empty() || amend.is_some() {
            let mut times = settled.times.iter();
            let change = |record: &mut UsageRecord, mark| {
                if let Some((at, quality)) = times.next() {
                    record.at = *at;
                    record.at_quality = record.at_quality.max(*quality);
                }
                if let Some(amend) = amend {
                    amend(record, mark);
                }
            };
            packed = repacked(&packed, &mut self.words, change);
        }
        let words = self.words.with_projects(self.words.projects().to_vec());
        let newest = settled.times.iter().map(|(at, _)| *at).max();
        let (packed, window) = (Arc::new(packed), settled.window);
        Records { words, packed, count, newest, exceptions, window }
    }
}

/// Packs records anew after a change.
fn repacked(
    packed: &[u8],
    words: &mut Words,
    mut change: impl FnMut(&mut UsageRecord, u8),
) -> Vec<u8> {
    let known = words.clone();
    let mut unpacker = Unpacker::new(packed, &known);
    let mut packer = Packer::default();
    // What was packed a moment ago is not damaged.
    while let Ok(Some(record)) = unpacker.advance() {
        let mut record = record.clone();
        change(&mut record, unpacker.mark());
        packer.push(&record, unpacker.mark(), words);
    }
    packer.into_bytes()
}

impl Records {
    /// The records as their lines told them, to go on with.
    ///
    /// # Errors
    ///
    /// They are damaged.
    pub(crate) fn each_told(&self, mut take: impl FnMut(Told)) -> Result<(), Damaged> {
        let mut unpacker = Unpacker::new(&self.packed, &self.words);
        let mut exceptions = self.exceptions.iter().peekable();
        let mut index = 0;
        while let Some(record) = unpacker.advance()? {
            let mut record = record.clone();
            let odd = exceptions.next_if(|exception| exception.index == index);
            let told = odd.map_or(Some(record.at), |exception| exception.told);
            record.at = odd.map_or(record.at, |exception| exception.raw);
            record.at_quality = TimeQuality::Trusted;
            take(Told { record, told, mark: unpacker.mark() });
            index += 1;
        }
        Ok(())
    }
}
