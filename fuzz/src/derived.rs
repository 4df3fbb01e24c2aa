//! Files that the program makes for itself and can make again: whatever is in them, the result is that of
//! a run without them.
//!
//! They are full of check sums, and their form changes with the program. So an input is a whole file, or
//! what is changed in a good one that was made a moment ago. Its first byte says which.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use chrono_tz::Tz;
use data_schema::packed::{Packer, Reader, Unpacker, Words};
use data_schema::settings::Publish;
use data_schema::{LimitReading, RecordId, Text, Tokens, UsageRecord};
use pricing::PriceBook;
use store::{Problem, Run, SourceRun, Store};
use summarizer::{Input, Need, Options, Sums};

use crate::{Place, scan, write_log};

/// The rest is the file.
const WHOLE: u8 = 0;
/// The rest are changes, and the check sum of the head is put right after them.
const MENDED: u8 = 2;

/// Reads words and a block. What can be read must be the same after it was packed again.
pub fn packed(bytes: &[u8]) -> usize {
    let mut reader = Reader::new(bytes);
    let words = Words::read(&mut reader).unwrap_or_default();
    let block = bytes.get(reader.position()..).unwrap_or_default();
    let found = unpacked(block, &words);
    let (mut packer, mut again) = (Packer::default(), Words::default());
    for (record, mark) in &found {
        packer.push(record, *mark, &mut again);
    }
    assert_eq!(packer.len() as usize, found.len());
    assert_eq!(unpacked(packer.bytes(), &again), found);
    found.len()
}

/// What can be read up to the first damage.
fn unpacked(bytes: &[u8], words: &Words) -> Vec<(UsageRecord, u8)> {
    let mut unpacker = Unpacker::new(bytes, words);
    let mut found = Vec::new();
    while let Ok(Some(record)) = unpacker.advance() {
        let record = record.clone();
        found.push((record, unpacker.mark()));
        // An id alone has eight bytes.
        assert!(found.len() * 8 <= bytes.len());
    }
    found
}

/// A good file, and what is found with it or without it.
struct Good<T> {
    place: Place,
    file: PathBuf,
    bytes: Vec<u8>,
    found: T,
}

type Found = (Vec<UsageRecord>, Vec<LimitReading>, usize);

/// Logs of both tools and the cache of a scan.
static SCANNED: LazyLock<Good<Found>> = LazyLock::new(|| {
    let place = Place::new();
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
    let logs = [
        ("claude_code/A_stream.jsonl", ".claude/projects/p/a.jsonl"),
        ("claude_code/L_trunc.jsonl", ".claude/projects/p/b.jsonl"),
        ("claude_code/F_micro.jsonl", ".claude/projects/q/c.jsonl"),
        ("codex/limits.jsonl", ".codex/sessions/rollout-2026-05-01T10-00-00-aaa.jsonl"),
        ("codex/X2_fork.jsonl", ".codex/sessions/rollout-2026-05-01T10-00-00-bbb.jsonl"),
    ];
    for (seed, log) in logs {
        let bytes = fs_err::read(seeds.join(seed)).expect("a seed of another target");
        write_log(&place.folder.path().join(log), &bytes);
    }
    let file = place.folder.path().join("scan.bin");
    let found = scan_all(&place, None);
    assert_eq!(scan_all(&place, Some(&file)), found);
    let bytes = fs_err::read(&file).expect("the cache of a scan");
    Good { place, file, bytes, found }
});

/// Reads the bytes as the scan cache of logs that have not changed: the scan finds what one without a cache
/// finds, and so does the one after it.
pub fn scan_cache(bytes: &[u8]) -> usize {
    let good = &*SCANNED;
    fs_err::write(&good.file, changed(bytes, &good.bytes)).expect("a file of ours");
    for _ in 0..2 {
        assert_eq!(scan_all(&good.place, Some(&good.file)), good.found);
    }
    good.found.0.len()
}

fn scan_all(place: &Place, cache: Option<&Path>) -> Found {
    let (mut records, mut limits, mut skipped) = (Vec::new(), Vec::new(), 0);
    for id in ["claude-code", "codex"] {
        let scanned = scan(id, &place.environment, cache);
        records.extend(scanned.records().expect("what was just checked").into_sorted());
        skipped += scanned.report.skipped + scanned.report.warnings.len();
        limits.extend(scanned.limits);
    }
    (records, limits, skipped)
}

type Held = (Vec<String>, Vec<Problem>);

/// A store of two machines with a damaged file, and the one segment of its index.
static STORED: LazyLock<Good<Held>> = LazyLock::new(|| {
    let place = Place::new();
    let store = open(&place);
    for machine in ["desk", "laptop"] {
        let run = Run {
            machine: machine.into(),
            machine_id: machine.to_owned(),
            now: place.environment.now,
            program: "fuzz 0.0.0".to_owned(),
            sources: vec![SourceRun {
                provider: "codex".into(),
                records: records(machine).into_iter().collect(),
                limits: Vec::new(),
                files: Vec::new(),
            }],
        };
        store.store_run(&run).expect("a store of ours");
    }
    let found = indexed(&store);
    let folder = store.snapshot().expect("a store of ours").private_folder().join("index");
    let file = segments(&folder).into_iter().next().expect("a segment");
    let bytes = fs_err::read(&file).expect("a segment");
    Good { place, file, bytes, found }
});

/// Reads the bytes as a segment of the index of a store: what is found is what the store's files hold.
pub fn index(bytes: &[u8]) -> usize {
    let good = &*STORED;
    for segment in segments(good.file.parent().expect("the folder of the index")) {
        fs_err::remove_file(segment).expect("a file of ours");
    }
    fs_err::write(&good.file, changed(bytes, &good.bytes)).expect("a file of ours");
    let store = open(&good.place);
    for _ in 0..2 {
        assert_eq!(indexed(&store), good.found);
    }
    good.found.0.len()
}

fn open(place: &Place) -> Store {
    Store::open_or_init(&place.folder.path().join("store.git")).expect("a store of ours")
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let files = fs_err::read_dir(folder).expect("the folder of the index");
    files.map(|file| file.expect("a file of the index").path()).collect()
}

fn indexed(store: &Store) -> Held {
    let index = store.snapshot().and_then(|snapshot| snapshot.index()).expect("a store of ours");
    let mut held = Vec::new();
    for part in &index.parts {
        let mut ids = Vec::new();
        for block in &part.blocks {
            let bytes = block.bytes().expect("what was just checked");
            for (record, _) in unpacked(&bytes, &block.words) {
                ids.push(record.id);
                held.push(format!("{} {} {record:?}", block.machine, block.provider));
            }
        }
        ids.sort();
        assert!(ids.iter().eq(part.ids.iter().map(|place| &place.id)));
    }
    held.sort();
    (held, index.problems)
}

/// Records of several days, models and sessions.
fn records(machine: &str) -> Vec<UsageRecord> {
    let record = |number: u64| {
        let at = format!("2026-05-{:02}T10:00:00Z", number / 3 + 1).parse().expect("a time");
        let id = RecordId::new("fuzz", &format!("{machine} {number}"), "");
        let mut record = UsageRecord::new(id, at);
        record.usage.model = Text::from(format!("model-{}", number % 3));
        record.usage.input_tokens = Tokens::new(number * 1000);
        record.usage.output_tokens = Tokens::new(number);
        record.attribution.project = Some(Text::from(machine));
        record
    };
    (0..20).map(record).collect()
}

const KEY: &[u8] = b"what they were made of";
/// Everything that is kept.
const ALL: Need = Need { sessions: Some(Need::ALWAYS), ..Need::CELLS };

static ADDED: LazyLock<Good<Sums>> = LazyLock::new(|| {
    let place = Place::new();
    let book = PriceBook::builtin();
    let options =
        Options { zone: Tz::UTC, as_of: None, publish: Publish::everything(), prices: &book };
    let mut input = Input::default();
    for machine in ["desk", "laptop"] {
        input.add(&machine.into(), &"codex".into(), records(machine).into_iter().map(Box::new));
    }
    let found = summarizer::sums(&mut input, &options, true).expect("sums");
    let file = place.folder.path().join("sums.bin");
    found.save(&file, KEY).expect("a file of ours");
    let bytes = fs_err::read(&file).expect("sums that were just written");
    Good { place, file, bytes, found }
});

/// Reads the bytes as prepared sums: nothing may panic, and what is read is written and read back equal.
/// Unless the check sum was put right, it is what was written.
pub fn sums(bytes: &[u8]) -> usize {
    let good = &*ADDED;
    let mut content = changed(bytes, &good.bytes);
    let is_mended = bytes.first() == Some(&MENDED);
    if is_mended {
        mend_head(&mut content);
    }
    fs_err::write(&good.file, content).expect("a file of ours");
    let Some(read) = Sums::load(&good.file, KEY, &ALL) else { return 0 };
    assert!(is_mended || read == good.found);
    assert!(Sums::load(&good.file, b"something else", &ALL).is_none());
    let again = good.place.folder.path().join("again.bin");
    read.save(&again, KEY).expect("a file of ours");
    assert!(Sums::load(&again, KEY, &ALL).is_some_and(|again| again == read));
    1
}

/// Puts the check sum of the head right, which stands behind it: magic, key, length, content.
fn mend_head(content: &mut [u8]) {
    // The length of the key takes a byte.
    let length_at = 8 + 1 + KEY.len();
    let length = content.get(length_at..).and_then(|rest| rest.first_chunk());
    let length = length.map_or(0, |length| u64::from_le_bytes(*length));
    let end = usize::try_from(length).ok().and_then(|length| length.checked_add(length_at + 8));
    let Some((head, rest)) = end.and_then(|end| content.split_at_mut_checked(end)) else { return };
    if let Some(sum) = rest.first_chunk_mut() {
        *sum = store::check(head).to_le_bytes();
    }
}

/// The file that an input means. A change is a place (two bytes), a number of bytes that go (one), a number
/// of bytes that come (one), and those.
fn changed(input: &[u8], good: &[u8]) -> Vec<u8> {
    let Some((kind, mut rest)) = input.split_first() else { return Vec::new() };
    if *kind == WHOLE {
        return rest.to_vec();
    }
    let mut bytes = good.to_vec();
    while let Some(([low, high, gone, come], tail)) = rest.split_first_chunk() {
        let (new, tail) = tail.split_at(tail.len().min(usize::from(*come)));
        let start = usize::from(u16::from_le_bytes([*low, *high])) % (bytes.len() + 1);
        let end = (start + usize::from(*gone)).min(bytes.len());
        bytes.splice(start..end, new.iter().copied());
        rest = tail;
    }
    bytes
}
