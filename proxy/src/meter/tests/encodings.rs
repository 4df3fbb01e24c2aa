//! Compressed answers are read beside the relay, and bombs are given up.

use std::io::Write;

use data_schema::End;
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::vectors::all;
use super::{answer, tokens};
use crate::protocol::Protocol;

/// Brotli (RFC 7932) as blocks that are not compressed: there is no encoder in Rust among what is used here.
fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for block in bytes.chunks(50_000) {
        let length = u32::try_from(block.len() - 1).unwrap();
        // A window of 16 bits is said once, in the first bit of all.
        let head =
            if out.is_empty() { (length << 4 | 1 << 20, 3) } else { (length << 3 | 1 << 19, 3) };
        out.extend_from_slice(&head.0.to_le_bytes()[..head.1]);
        out.extend_from_slice(block);
    }
    out.push(3);
    out
}

fn encoded(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    let level = Compression::default();
    match encoding {
        "gzip" => {
            // In two members, which are one body.
            let (one, other) = bytes.split_at(bytes.len() / 2);
            let member = |bytes: &[u8]| {
                let mut encoder = GzEncoder::new(Vec::new(), level);
                encoder.write_all(bytes).unwrap();
                encoder.finish().unwrap()
            };
            [member(one), member(other)].concat()
        }
        "zlib" => {
            let mut encoder = ZlibEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = DeflateEncoder::new(Vec::new(), level);
            encoder.write_all(bytes).unwrap();
            encoder.finish().unwrap()
        }
        "br" => brotli(bytes),
        "zstd" => compress_to_vec(bytes, CompressionLevel::Fastest),
        _ => unreachable!("{encoding}"),
    }
}

#[test]
fn every_encoding_says_the_same_at_every_split() {
    for vector in all() {
        for encoding in ["gzip", "zlib", "deflate", "br", "zstd"] {
            let name = if encoding == "zlib" { "deflate" } else { encoding };
            let headers = [("content-type", vector.kind), ("content-encoding", name)];
            let body = encoded(encoding, &vector.streamed);
            for split in (0..=body.len()).step_by(13).chain([1, body.len()]) {
                let mut meter = answer(vector.protocol, 200, &headers);
                meter.feed(&body[..split]);
                meter.feed(&body[split..]);
                assert_eq!(
                    meter.finish(true),
                    vector.wanted,
                    "{} {encoding} at {split}",
                    vector.name
                );
            }
            let mut meter = answer(vector.protocol, 200, &headers);
            body.chunks(1).for_each(|piece| meter.feed(piece));
            assert_eq!(meter.finish(true), vector.wanted, "{} {encoding} by bytes", vector.name);
        }
    }
}

#[test]
fn a_cut_stream_says_what_came() {
    let Some(vector) = all().into_iter().next() else { panic!("no vector") };
    for encoding in ["br", "zstd"] {
        let long = [vector.streamed.clone(), vec![b'\n'; 300_000]].concat();
        let body = encoded(encoding, &long);
        let mut meter = answer(vector.protocol, 200, &[("content-encoding", encoding)]);
        meter.feed(&body[..body.len() - 5]);
        let told = meter.finish(false);
        assert_eq!(told.output_tokens, tokens(41), "{encoding}");
        assert_eq!(told.end, End::Complete, "the last event had come");
    }
}

#[test]
fn bombs_and_garbage_stop_the_meter_alone() {
    // Behind all the spaces there is usage, which is not read any more.
    let mut bomb = vec![b' '; 24 * 1024 * 1024];
    bomb.extend_from_slice(br#"{"id":"c","usage":{"prompt_tokens":5}}"#);
    for encoding in ["gzip", "zlib", "zstd"] {
        let name = if encoding == "zlib" { "deflate" } else { encoding };
        let body = encoded(encoding, &bomb);
        assert!(body.len() < 100_000, "{encoding}: {}", body.len());
        let mut meter = answer(Protocol::OpenaiChat, 200, &[("content-encoding", name)]);
        meter.feed(&body);
        let told = meter.finish(true);
        assert_eq!((told.end, told.input_tokens), (End::Complete, None), "{encoding}");
    }
    for encoding in ["gzip", "deflate", "br", "zstd", "unknown", "gzip, br"] {
        let mut meter = answer(Protocol::OpenaiChat, 200, &[("content-encoding", encoding)]);
        meter.feed(&[0xff; 5000]);
        assert_eq!(meter.finish(true).end, End::Complete, "{encoding}");
        let mut meter = answer(Protocol::OpenaiChat, 200, &[("content-encoding", encoding)]);
        meter.feed(&[0xff; 1]);
        assert_eq!(meter.finish(false).end, End::UpstreamError, "{encoding}");
    }
}
