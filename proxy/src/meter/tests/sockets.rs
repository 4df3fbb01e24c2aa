//! Answers over a WebSocket.

use data_schema::{End, Quality};
use flate2::{Compress, Compression, FlushCompress};

use super::Seen;
use super::vectors::{responses_events, responses_seen};
use crate::meter::of_socket;
use crate::protocol::Protocol;

/// A frame of a server.
fn frame(flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![flags];
    match payload.len() {
        length @ 0..126 => frame.push(u8::try_from(length).unwrap()),
        length @ 126..65_536 => {
            frame.push(126);
            frame.extend_from_slice(&u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

fn told(is_deflated: bool, pieces: &[&[u8]]) -> (Vec<Seen>, Seen) {
    let mut meter = of_socket(Protocol::OpenaiResponses, is_deflated);
    let mut all = Vec::new();
    for piece in pieces {
        meter.feed(piece);
        all.extend(std::iter::from_fn(|| meter.next_seen()));
    }
    (all, meter.finish(true))
}

/// Two answers, in frames of every length, cut into fragments with a ping in between.
fn plain() -> Vec<u8> {
    let long = "x".repeat(70_000);
    let mut stream = frame(0x89, b"ping");
    for text in ["short", &long] {
        for (_, data) in responses_events(text) {
            let (one, other) = data.as_bytes().split_at(data.len() / 3);
            stream.extend_from_slice(&frame(0x01, one));
            stream.extend_from_slice(&frame(0x89, b"usage"));
            stream.extend_from_slice(&frame(0x80, other));
        }
        stream.extend_from_slice(&frame(0x81, b""));
    }
    stream.extend_from_slice(&frame(0x88, &[3, 232]));
    stream
}

#[test]
fn every_answer_of_a_socket_is_told() {
    let stream = plain();
    let wanted = (vec![responses_seen(); 2], Seen::default());
    assert_eq!(told(false, &[&stream]), wanted);
    let begin = stream.len().min(3000);
    for split in 0..begin {
        assert_eq!(told(false, &[&stream[..split], &stream[split..]]), wanted, "at {split}");
    }
    let single: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(told(false, &single), wanted);
}

#[test]
fn compressed_messages_are_read_with_what_came_before() {
    let mut deflate = Compress::new(Compression::default(), false);
    let mut stream = Vec::new();
    for text in ["one", "two"] {
        for (_, data) in responses_events(text) {
            let mut out = Vec::with_capacity(data.len() + 100);
            deflate.compress_vec(data.as_bytes(), &mut out, FlushCompress::Sync).unwrap();
            assert!(out.ends_with(&[0, 0, 0xff, 0xff]));
            stream.extend_from_slice(&frame(0xc1, &out[..out.len() - 4]));
        }
    }
    let wanted = (vec![responses_seen(); 2], Seen::default());
    for split in (0..stream.len()).step_by(3) {
        assert_eq!(told(true, &[&stream[..split], &stream[split..]]), wanted, "at {split}");
    }
    let (all, rest) = told(false, &[&stream]);
    assert_eq!((all, rest), (Vec::new(), Seen::default()), "not agreed on");
}

#[test]
fn an_answer_that_is_cut_is_told_as_such() {
    let events = responses_events("x");
    let stream = frame(0x81, events[0].1.as_bytes());
    let (all, rest) = told(false, &[&stream]);
    assert!(all.is_empty());
    assert_eq!(rest.response.as_deref(), Some("resp_1"));
    assert_eq!((rest.end, rest.input_tokens), (End::Truncated, None));
    let failed = br#"{"type":"error","status":429,"error":{"type":"usage_limit_reached"}}"#;
    let (all, rest) = told(false, &[&stream, &frame(0x81, failed)]);
    assert_eq!(all.len(), 1);
    assert_eq!(
        (all[0].error.as_deref(), all[0].end),
        (Some("usage_limit_reached"), End::UpstreamError)
    );
    assert_eq!((rest.end, rest.quality), (End::Complete, Quality::Exact));
}
