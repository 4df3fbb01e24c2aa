use std::io::{Cursor, Read, Seek, SeekFrom};

use proptest::prelude::*;

use super::{
    BUFFER_BYTES, Declined, Fields, Line, Lines, Markers, OpenLine, Passed, Skimmer, fields,
};
use crate::loose::LooseText;

#[derive(Debug, Default, PartialEq, serde::Deserialize)]
struct Entry {
    n: u32,
    #[serde(default)]
    late: u32,
}

impl Fields<'_> for Entry {
    fn field(&mut self, _: &[u8], _: &mut u32, _: &mut Skimmer<'_>) -> Result<(), Declined> {
        Err(Declined)
    }
}

fn read(bytes: &[u8]) -> Vec<(u64, Result<u32, String>)> {
    read_from(bytes)
}

fn read_from(reader: impl Read) -> Vec<(u64, Result<u32, String>)> {
    let mut seen = Vec::new();
    let markers = Markers::any(&["\"n\""]);
    Lines::new(reader)
        .for_each(&markers, |number, line| {
            let mut entry = Entry::default();
            let result = line.parse_into(&mut entry).map(|()| entry.n + entry.late);
            seen.push((number, result.map_err(|error| format!("{error:?}"))));
        })
        .unwrap();
    seen
}

/// A reader that gives few bytes at a time, as a pipe or a decoder does.
struct Slow<'a>(&'a [u8]);

impl Read for Slow<'_> {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        let count = self.0.len().min(target.len()).min(7);
        target[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

#[test]
fn lines_keep_their_numbers_over_what_is_skipped() {
    let text = b"\xef\xbb\xbf{\"n\":1}\r\n\r\n{\"other\":5}\n{\"n\":2}";
    assert_eq!(read(text), [(1, Ok(1)), (4, Ok(2))]);
    assert_eq!(read_from(Slow(text)), read(text));
}

#[test]
fn an_unfinished_last_line_is_told_from_a_broken_one() {
    let seen = read(b"{\"n\":x}\n{\"n\":1}\n{\"n\":");
    assert!(matches!(&seen[0].1, Err(reason) if reason.starts_with("Malformed")), "{seen:?}");
    assert_eq!(seen[1], (2, Ok(1)));
    assert_eq!(seen[2], (3, Err("Unfinished".into())));
}

#[test]
fn a_line_longer_than_the_buffer_is_read_to_its_end() {
    let padding = "x".repeat(3 * BUFFER_BYTES);
    let text =
        format!("{{\"n\":1}}\n{{\"n\":2,\"text\":\"{padding}\",\"late\":40}}\n{{\"n\":3}}\n");
    let expected = [(1, Ok(1)), (2, Ok(42)), (3, Ok(3))];
    assert_eq!(read(text.as_bytes()), expected);
    assert_eq!(read_from(Slow(text.as_bytes())), expected);
}

#[test]
fn a_long_line_that_is_broken_early_does_not_swallow_the_next() {
    let padding = "x".repeat(2 * BUFFER_BYTES);
    let text = format!("nonsense {padding}\n{{\"n\":3}}\n");
    let seen = read(text.as_bytes());
    assert!(matches!(&seen[0].1, Err(reason) if reason.starts_with("Malformed")));
    assert_eq!(seen[1], (2, Ok(3)));
}

#[test]
fn bytes_that_are_no_text_are_replaced_only_where_they_stand() {
    #[derive(Default, serde::Deserialize)]
    struct Named<'a> {
        name: LooseText<'a>,
    }
    fields!('de, Named<'de> {
        b"name" => name,
    });
    let markers = Markers::any(&["name"]);
    let mut names = Vec::new();
    Lines::new(&b"{\"skipped\":\"\xff\",\"name\":\"a\"}\n{\"name\":\"b\xff\"}\n"[..])
        .for_each(&markers, |_, line: Line<'_, _>| {
            let mut named = Named::default();
            line.parse_into(&mut named).unwrap();
            names.push(named.name.get().unwrap().to_owned());
        })
        .unwrap();
    assert_eq!(names, ["a", "b\u{fffd}"]);
}

#[test]
fn zero_bytes_of_a_crash_are_taken_away() {
    assert_eq!(read(b"{\"n\":1}\n\0\0\0\0{\"n\":2}\n\0\0\0"), [(1, Ok(1)), (2, Ok(2))]);
}

#[test]
fn a_long_line_is_read_behind_a_mark_and_between_zero_bytes() {
    let padding = "x".repeat(2 * BUFFER_BYTES);
    let text = format!("\u{feff}{{\"text\":\"{padding}\",\"n\":1}}\r\n{{\"n\":2}}\n");
    let mut bytes = text.into_bytes();
    bytes.extend(vec![0; 2 * BUFFER_BYTES]);
    bytes.extend(format!("{{\"n\":3,\"text\":\"{padding}\"}}").into_bytes());
    bytes.extend(vec![0; 2 * BUFFER_BYTES]);
    assert_eq!(read(&bytes), [(1, Ok(1)), (2, Ok(2)), (3, Ok(3))]);
    assert_eq!(read_from(Slow(&bytes)), read(&bytes));
}

#[test]
fn a_sparse_tail_without_any_line_is_no_damage() {
    let mut bytes = b"{\"n\":1}\n".to_vec();
    bytes.extend(vec![0; 3 * BUFFER_BYTES]);
    assert_eq!(read(&bytes), [(1, Ok(1))]);
}

/// Gives a line of so many bytes with its number at the end, without holding it.
struct Endless {
    left: u64,
    end: &'static [u8],
    begun: bool,
}

impl Read for Endless {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        if !self.begun {
            self.begun = true;
            let start = b"{\"image\":\"";
            target[..start.len()].copy_from_slice(start);
            return Ok(start.len());
        }
        if self.left > 0 {
            let room = target.len() as u64;
            let count = room.min(self.left);
            self.left -= count;
            let count = usize::try_from(count).unwrap();
            target[..count].fill(b'A');
            return Ok(count);
        }
        let count = self.end.len().min(target.len());
        target[..count].copy_from_slice(&self.end[..count]);
        self.end = &self.end[count..];
        Ok(count)
    }
}

#[test]
fn a_line_of_a_hundred_megabytes_is_read_to_its_end() {
    let end = b"\",\"n\":5}\n{\"n\":6}\n";
    let reader = Endless { left: 100_000_000, end, begun: false };
    assert_eq!(read_from(reader), [(1, Ok(5)), (2, Ok(6))]);
}

#[test]
#[ignore = "takes seconds; run it when the reader of lines changes"]
fn a_line_of_a_gigabyte_is_read_to_its_end() {
    let reader = Endless { left: 1 << 30, end: b"\",\"n\":5}", begun: false };
    assert_eq!(read_from(reader), [(1, Ok(5))]);
}

/// The text of a visited line, long ones only as far as they are kept.
fn bytes_of<R: Read>(line: Line<'_, R>) -> Vec<u8> {
    match line {
        Line::Whole(bytes) => bytes.to_vec(),
        Line::Long(mut reader) => {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).unwrap();
            bytes
        }
    }
}

type Visits = Vec<(u64, Vec<u8>)>;

fn part(reader: impl Read + Seek, start: u64, end: u64) -> (Visits, Passed) {
    let mut visits = Vec::new();
    let mut lines = Lines::part(reader, start, end).unwrap();
    let markers = Markers::any(&["\"n\"", "\"m\""]);
    lines.for_each(&markers, |number, line| visits.push((number, bytes_of(line)))).unwrap();
    (visits, lines.passed())
}

/// Reads the parts between cuts, with the numbers that the lines have in the whole.
fn parts(text: &[u8], cuts: &[u64]) -> (Visits, Passed) {
    let (mut all, mut together) = (Vec::new(), Passed::default());
    for ends in cuts.windows(2) {
        let (visits, passed) = part(Cursor::new(text), ends[0], ends[1]);
        all.extend(visits.into_iter().map(|(number, line)| (together.lines + number, line)));
        together.lines += passed.lines;
        together.resume_at = passed.resume_at.or(together.resume_at);
        together.open = passed.open.or(together.open);
    }
    (all, together)
}

/// Lines of every kind: short, empty, with zero bytes or a mark, longer than the buffer.
#[derive(Clone, Debug)]
enum Kind {
    Empty,
    Mark,
    Zeros,
    Other(usize),
    First(usize),
    Last(usize),
    Long(usize),
}

impl Kind {
    fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Mark => "\u{feff}{\"n\":1}\r".to_owned(),
            Self::Zeros => "\0\0".to_owned(),
            Self::Other(length) => "o ".repeat(*length),
            Self::First(length) => format!("{{\"n\":\"{}\"}}", "x".repeat(*length)),
            Self::Last(length) => format!("{{\"{}\":0,\"m\":1}}", "y".repeat(*length)),
            Self::Long(length) => {
                format!("{{\"long\":\"{}\"}}", "z".repeat(BUFFER_BYTES - 20 + length))
            }
        }
    }
}

fn line() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Empty),
        Just(Kind::Mark),
        Just(Kind::Zeros),
        (0..40_usize).prop_map(Kind::Other),
        (0..300_usize).prop_map(Kind::First),
        (100_000..300_000_usize).prop_map(Kind::First),
        (0..300_usize).prop_map(Kind::Last),
        prop_oneof![0..40_usize, 0..300_000_usize].prop_map(Kind::Long),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn parts_visit_the_same_lines_as_one_read(
        lines in prop::collection::vec(line(), 0..12),
        closed: bool,
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        near in prop::collection::vec((any::<prop::sample::Index>(), 0..3_u64), 0..4),
    ) {
        let texts: Vec<String> = lines.iter().map(Kind::text).collect();
        let mut text = texts.join("\n").into_bytes();
        if closed {
            text.push(b'\n');
        }
        let length = text.len() as u64;
        let at_ends: Vec<u64> = memchr::memchr_iter(b'\n', &text).map(|at| at as u64).collect();
        let mut places = vec![0, length + 1];
        places.extend(cuts.iter().map(|cut| cut.index(text.len() + 1) as u64));
        if !at_ends.is_empty() {
            places.extend(near.iter().map(|(cut, further)| cut.get(&at_ends) + further));
        }
        places.sort_unstable();
        let mut visits = Vec::new();
        let mut whole = Lines::new(&text[..]);
        let markers = Markers::any(&["\"n\"", "\"m\""]);
        whole.for_each(&markers, |number, line| visits.push((number, bytes_of(line)))).unwrap();
        let (in_parts, passed) = parts(&text, &places);
        let is_same = in_parts == visits;
        prop_assert!(is_same, "{} visits in parts, {} in one read", in_parts.len(), visits.len());
        prop_assert_eq!(passed, whole.passed());
        let ends = memchr::memrchr(b'\n', &text).map(|at| at as u64 + 1);
        prop_assert_eq!(passed.resume_at, ends);
        prop_assert_eq!(passed.open.is_some(), ends.unwrap_or(0) < length);
        let open = u64::from(passed.open.is_some());
        prop_assert_eq!(passed.lines, at_ends.len() as u64 + open);
    }
}

/// Notes how far it is read.
struct Watched<'a> {
    text: Cursor<&'a [u8]>,
    furthest: &'a mut u64,
    least: &'a mut u64,
}

impl Read for Watched<'_> {
    fn read(&mut self, target: &mut [u8]) -> std::io::Result<usize> {
        *self.least = self.text.position().min(*self.least);
        let count = self.text.read(target)?;
        *self.furthest = self.text.position().max(*self.furthest);
        Ok(count)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.text.seek(to)
    }
}

#[test]
fn a_part_in_which_no_line_begins_is_not_read_beyond_its_end() {
    let text = format!("{{\"n\":\"{}\"}}\n{{\"n\":1}}\n", "x".repeat(5_000_000));
    let (mut least, mut furthest) = (u64::MAX, 0);
    let text = Cursor::new(text.as_bytes());
    let watched = Watched { text, furthest: &mut furthest, least: &mut least };
    let (visits, passed) = part(watched, 1_000_000, 3_000_000);
    assert_eq!((visits, passed), (Vec::new(), Passed::default()));
    assert_eq!((least, furthest), (999_999, 3_000_000));
}

#[test]
fn an_appended_file_is_read_on_where_its_last_line_ended() {
    let first = b"{\"n\":1}\n\n{\"n\":2";
    let (visits, passed) = part(Cursor::new(&first[..]), 0, u64::MAX);
    assert_eq!(visits.last().unwrap(), &(3, b"{\"n\":2".to_vec()));
    let open = Some(OpenLine { visited: true });
    assert_eq!(passed, Passed { lines: 3, resume_at: Some(9), open });
    let later = b"{\"n\":1}\n\n{\"n\":2}\nother";
    let (visits, passed) = part(Cursor::new(&later[..]), 9, u64::MAX);
    assert_eq!(visits, [(1, b"{\"n\":2}".to_vec())]);
    let open = Some(OpenLine { visited: false });
    assert_eq!(passed, Passed { lines: 2, resume_at: Some(17), open });
}
