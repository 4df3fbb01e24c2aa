//! What the client would have seen.

use bytes::Bytes;
use proptest::prelude::*;

use super::{Strip, Transform};

const USAGE: &str = "data: {\"id\":\"c\",\"choices\": [ ],\"usage\":{\"prompt_tokens\":1}}";
const BEFORE: [&str; 4] = [
    ": comment",
    "data: {\"choices\":[],\"prompt_filter_results\":[{\"a\":1}],\"usage\":null}",
    "data: {\"choices\":[{\"delta\":{\"content\":\"\\\"choices\\\":[] \u{e9}\"}}],\"usage\":null}",
    "event: x\ndata: {\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":1}}",
];

fn through(pieces: &[&[u8]]) -> Vec<u8> {
    let mut strip = Strip::default();
    let mut out = Vec::new();
    for piece in pieces {
        out.extend_from_slice(&strip.push(Bytes::copy_from_slice(piece)));
    }
    out.extend_from_slice(&strip.finish());
    out
}

fn stream(line_end: &str, with: bool) -> String {
    let mut events: Vec<&str> = BEFORE.to_vec();
    events.extend(with.then_some(USAGE));
    events.push("data: [DONE]");
    events.iter().map(|event| event.replace('\n', line_end) + line_end + line_end).collect()
}

#[test]
fn the_extra_event_alone_is_taken_out_at_every_split() {
    for line_end in ["\n", "\r\n", "\r"] {
        let (with, without) = (stream(line_end, true), stream(line_end, false));
        for split in 0..=with.len() {
            let (one, other) = with.as_bytes().split_at(split);
            let out = through(&[one, other]);
            assert_eq!(String::from_utf8_lossy(&out), without, "{line_end:?} at {split}");
        }
        let single: Vec<&[u8]> = with.as_bytes().chunks(1).collect();
        assert_eq!(through(&single), without.as_bytes());
    }
}

#[test]
fn an_event_goes_on_as_soon_as_it_is_complete() {
    let mut strip = Strip::default();
    assert_eq!(strip.push(Bytes::from_static(b"data: {\"choices\"")), "");
    assert_eq!(strip.push(Bytes::from_static(b":[1]}\n")), "");
    assert_eq!(strip.push(Bytes::from_static(b"\ndata")), "data: {\"choices\":[1]}\n\n");
    assert_eq!(strip.finish(), "data");
    let long = Bytes::from("data: ".to_owned() + &"x".repeat(70_000));
    assert_eq!(Strip::default().push(long.clone()), long, "a long event is not held");
}

#[test]
fn a_last_event_without_its_empty_line_is_one_too() {
    assert_eq!(through(&[USAGE.as_bytes()]), b"");
    assert_eq!(through(&[b"data: {\"choices\":[]}"]), b"data: {\"choices\":[]}");
}

proptest! {
    #[test]
    fn other_bytes_pass_unchanged(bytes in prop::collection::vec(prop::sample::select(&b"data: {}\"\r\n\r\n:x"[..]), 0..60), size in 1..9_usize) {
        let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        prop_assert_eq!(through(&pieces), bytes.clone());
    }
}
