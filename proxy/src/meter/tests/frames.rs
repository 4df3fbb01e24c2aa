//! Amazon's frames. The vectors were computed apart from this code, with zlib's CRC-32.

use data_encoding::HEXLOWER;
use data_schema::{End, Quality};

use super::vectors::{FRAMES, all, event_frame, frame};
use super::{answer, meter, tokens};
use crate::meter::frames::{Damaged, Frames};
use crate::meter::sse::Events;
use crate::protocol::Protocol;

#[derive(Default)]
struct Kept(Vec<(String, String)>, String);

impl Events for Kept {
    fn data(&mut self, _event: &[u8], bytes: &[u8]) {
        self.1.push_str(std::str::from_utf8(bytes).unwrap());
    }

    fn dispatch(&mut self, event: &[u8]) {
        self.0.push((String::from_utf8(event.to_vec()).unwrap(), std::mem::take(&mut self.1)));
    }
}

#[test]
fn frames_are_those_of_the_format() {
    assert_eq!(HEXLOWER.encode(&frame(&[], b"")), "000000100000000005c248eb7d98c8ff");
    let one = event_frame("assistantResponseEvent", r#"{"content":"hi"}"#);
    let text = HEXLOWER.encode(&one);
    assert!(text.starts_with("0000007c0000005c3bddcf78"), "{text}");
    assert!(text.ends_with("7b22636f6e74656e74223a226869227da9c4c06f"), "{text}");
    // The length of this one is the letter `{`, which readers that look for brackets trip over.
    let other = event_frame("assistantResponseEvent", r#"{"content":"x"}"#);
    assert!(HEXLOWER.encode(&other).starts_with("0000007b0000005c89fd1368"));
    let stream = [one, other, frame(&[], b"")].concat();
    for split in 0..=stream.len() {
        let (mut frames, mut kept) = (Frames::default(), Kept::default());
        frames.feed(&stream[..split], &mut kept).unwrap();
        frames.feed(&stream[split..], &mut kept).unwrap();
        let [first, second, _] = &kept.0[..] else { panic!("{:?} at {split}", kept.0) };
        assert_eq!(
            (first.0.as_str(), first.1.as_str()),
            ("assistantResponseEvent", r#"{"content":"hi"}"#)
        );
        assert_eq!(second.1, r#"{"content":"x"}"#);
    }
}

#[test]
fn every_damaged_byte_is_noticed() {
    let good = event_frame("metadata", r#"{"usage":{"inputTokens":5,"outputTokens":6}}"#);
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        let mut kept = Kept::default();
        let read = Frames::default().feed(&bad, &mut kept);
        assert_eq!(read, Err(Damaged), "at {at}");
        assert!(kept.0.is_empty(), "at {at}");
        let mut meter = meter(Protocol::BedrockConverse, FRAMES);
        meter.feed(&bad);
        meter.feed(&good);
        let told = meter.finish(true);
        assert_eq!(
            (told.input_tokens, told.end),
            (None, End::Complete),
            "nothing behind damage is trusted"
        );
    }
    let mut long = 20_000_000_u32.to_be_bytes().to_vec();
    long.extend_from_slice(&[0; 4]);
    let mut sum = flate2::Crc::new();
    sum.update(&long);
    long.extend_from_slice(&sum.sum().to_be_bytes());
    assert_eq!(Frames::default().feed(&long, &mut Kept::default()), Err(Damaged));
}

#[test]
fn exceptions_end_an_answer() {
    for (name, headers) in [
        (
            "throttlingException",
            [(":message-type", "exception"), (":exception-type", "throttlingException")],
        ),
        ("InternalError", [(":message-type", "error"), (":error-code", "InternalError")]),
    ] {
        let mut meter = meter(Protocol::BedrockInvoke, FRAMES);
        meter.feed(&frame(&headers, br#"{"message":"slow down"}"#));
        let told = meter.finish(true);
        assert_eq!((told.error.as_deref(), told.end), (Some(name), End::UpstreamError));
        assert_eq!(told.input_tokens, None);
    }
}

#[test]
fn what_bedrock_counts_beside_stands_in_for_usage() {
    let inner = r#"{"generation":"x","stop_reason":"stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":11,"outputTokenCount":12,"invocationLatency":5}}"#;
    let bytes = data_encoding::BASE64.encode(inner.as_bytes());
    let mut streamed = meter(Protocol::BedrockInvoke, FRAMES);
    streamed.feed(&event_frame("chunk", &format!("{{\"bytes\":\"{bytes}\"}}")));
    let told = streamed.finish(true);
    assert_eq!((told.input_tokens, told.output_tokens), (tokens(11), tokens(12)));
    assert_eq!((told.end, told.quality), (End::Complete, Quality::Exact));
    let headers = [
        ("content-type", "application/json"),
        ("x-amzn-bedrock-input-token-count", "11"),
        ("x-amzn-bedrock-output-token-count", "12"),
    ];
    let mut whole = answer(Protocol::BedrockInvoke, 200, &headers);
    whole.feed(br#"{"generation":"x","stop_reason":"stop"}"#);
    assert_eq!(whole.finish(true), told);
    // Where the model tells usage itself, that counts: it knows the caches.
    let claude = all().into_iter().find(|vector| vector.name == "invoke").unwrap();
    let mut whole = answer(Protocol::BedrockInvoke, 200, &headers);
    whole.feed(&claude.whole);
    assert_eq!(whole.finish(true), claude.wanted);
}
