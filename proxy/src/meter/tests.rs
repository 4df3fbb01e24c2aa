//! Every protocol, streamed and whole, split and cut everywhere, compressed in every way.

use data_schema::{End, Quality, Tokens};
use http::{HeaderValue, Response, StatusCode, header};

use super::{Meter, Seen, of_answer};
use crate::protocol::Protocol;

mod encodings;
mod frames;
mod protocols;
mod sockets;
mod vectors;

use vectors::{Vector, all};

pub(super) const EVENTS: &str = "text/event-stream; charset=utf-8";
pub(super) const JSON: &str = "application/json";

pub(super) fn tokens(count: u64) -> Option<Tokens> {
    Tokens::new(count)
}

pub(super) fn meter(protocol: Protocol, kind: &'static str) -> Box<dyn Meter> {
    answer(protocol, 200, &[("content-type", kind)])
}

pub(super) fn answer(
    protocol: Protocol,
    status: u16,
    headers: &[(&'static str, &'static str)],
) -> Box<dyn Meter> {
    let mut head = Response::new(());
    *head.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        let name = header::HeaderName::from_static(name);
        head.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    of_answer(protocol, &head.into_parts().0)
}

pub(super) fn seen(protocol: Protocol, kind: &'static str, body: impl AsRef<[u8]>) -> Seen {
    let mut meter = meter(protocol, kind);
    meter.feed(body.as_ref());
    meter.finish(true)
}

#[test]
fn a_stream_costs_what_the_whole_answer_costs() {
    for Vector { name, protocol, streamed, whole, wanted, kind } in all() {
        assert_eq!(seen(protocol, kind, &streamed), wanted, "{name}, streamed");
        assert_eq!(seen(protocol, JSON, &whole), wanted, "{name}, whole");
        assert!(wanted.input_tokens.is_some(), "{name}");
    }
}

#[test]
fn every_split_says_the_same() {
    for Vector { name, protocol, streamed, whole, wanted, kind } in all() {
        for (kind, body) in [(kind, &streamed), (JSON, &whole)] {
            for split in 0..=body.len() {
                let mut meter = meter(protocol, kind);
                meter.feed(&body[..split]);
                meter.feed(&body[split..]);
                assert_eq!(meter.finish(true), wanted, "{name} {kind} at {split}");
            }
            for size in [1, 2, 3, 7, 64] {
                let mut meter = meter(protocol, kind);
                body.chunks(size).for_each(|piece| meter.feed(piece));
                assert_eq!(meter.finish(true), wanted, "{name} {kind} by {size}");
            }
        }
    }
}

#[test]
fn what_is_cut_is_marked_and_nothing_is_invented() {
    for Vector { name, protocol, streamed, wanted, kind, .. } in all() {
        let (mut was_complete, mut was_cut) = (false, false);
        for cut in 0..streamed.len() {
            let mut meter = meter(protocol, kind);
            meter.feed(&streamed[..cut]);
            let told = meter.finish(false);
            let is_sum = |part: Option<Tokens>, whole: Option<Tokens>| part <= whole;
            assert!(is_sum(told.input_tokens, wanted.input_tokens), "{name} at {cut}: {told:?}");
            assert!(is_sum(told.output_tokens, wanted.output_tokens), "{name} at {cut}: {told:?}");
            assert!(told.response.is_none() || told.response == wanted.response);
            match told.end {
                End::Complete => was_complete = true,
                End::UpstreamError => {
                    was_cut = true;
                    assert!(!was_complete, "{name} at {cut}: an end does not come undone");
                    let is_told = told.input_tokens.or(told.output_tokens).is_some();
                    assert_eq!(told.quality == Quality::Partial, is_told, "{name} at {cut}");
                }
                other => panic!("{name} at {cut}: {other:?}"),
            }
        }
        assert!(was_cut, "{name}");
        // An ended body that lacks its last event is cut as well.
        let told = seen(protocol, kind, &streamed[..streamed.len() / 2]);
        assert_eq!(told.end, End::Truncated, "{name}");
    }
}

#[test]
fn nothing_makes_a_meter_panic() {
    let mut state = 7_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 40).unwrap()
    };
    for Vector { protocol, streamed, whole, kind, .. } in all() {
        for (kind, body) in [(kind, &streamed), (JSON, &whole)] {
            for _ in 0..200 {
                let mut damaged = body.clone();
                for _ in 0..=next() % 4 {
                    let at = next() % damaged.len();
                    damaged[at] = u8::try_from(next() % 256).unwrap();
                }
                let begin = next() % damaged.len();
                let mut whole = meter(protocol, kind);
                whole.feed(&damaged[begin..]);
                let mut split = meter(protocol, kind);
                damaged[begin..].chunks(1 + next() % 50).for_each(|piece| split.feed(piece));
                assert_eq!(whole.finish(true), split.finish(true));
            }
        }
    }
}
