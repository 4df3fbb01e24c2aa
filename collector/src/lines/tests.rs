use std::io::Read;

use super::{BUFFER_BYTES, Line, Lines, Markers};

#[derive(Debug, PartialEq, serde::Deserialize)]
struct Entry {
    n: u32,
    #[serde(default)]
    late: u32,
}

fn read(bytes: &[u8]) -> Vec<(u64, Result<u32, String>)> {
    read_from(bytes)
}

fn read_from(reader: impl Read) -> Vec<(u64, Result<u32, String>)> {
    let mut seen = Vec::new();
    let markers = Markers::any(&["\"n\""]);
    Lines::new(reader)
        .for_each(&markers, |number, line| {
            let result = line.parse::<Entry>().map(|entry| entry.n + entry.late);
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
    #[derive(serde::Deserialize)]
    struct Named {
        name: String,
    }
    let markers = Markers::any(&["name"]);
    let mut names = Vec::new();
    Lines::new(&b"{\"skipped\":\"\xff\",\"name\":\"a\"}\n{\"name\":\"b\xff\"}\n"[..])
        .for_each(&markers, |_, line: Line<'_, _>| {
            names.push(line.parse::<Named>().map(|named| named.name));
        })
        .unwrap();
    let names: Vec<String> = names.into_iter().map(Result::unwrap).collect();
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
