//! Every seed, and every input that once failed, runs through its target.

use std::path::Path;

/// Seeds that hold nothing to check: a placeholder that was never billed, a file of a newer version, packed
/// records whose names are not there, and sums that are refused.
const EMPTY: [&str; 11] = [
    "J_synth.jsonl",
    "newer_wrong_hash.json",
    "nothing",
    "no_such_word.bin",
    "refused_far_day.bin",
    "refused_longer.bin",
    "refused_magic.bin",
    "refused_one_byte.bin",
    "refused_shorter.bin",
    "refused_text.bin",
    "refused_version.bin",
];

fn all(target: &str, run: fn(&[u8]) -> usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut count = 0;
    for entry in fs_err::read_dir(folder).expect("a folder of seeds") {
        let path = entry.expect("a seed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let checked = run(&fs_err::read(&path).expect("a readable seed"));
        assert_eq!(checked == 0, EMPTY.contains(&name.as_str()), "{target}/{name}: {checked}");
        count += 1;
    }
    assert!(count > 0, "{target} has no seed");
}

#[test]
fn seeds_of_adapters_pass() {
    all("adapters", token_matters_fuzz::adapters);
}

#[test]
fn seeds_of_claude_code_pass() {
    all("claude_code", token_matters_fuzz::claude_code);
}

#[test]
fn seeds_of_codex_pass() {
    all("codex", token_matters_fuzz::codex);
}

#[test]
fn seeds_of_files_in_the_store_pass() {
    all("day_file", token_matters_fuzz::day_file);
}

#[test]
fn seeds_of_configurations_pass() {
    all("config", token_matters_fuzz::config);
}

#[test]
fn seeds_of_packed_records_pass() {
    all("packed", token_matters_fuzz::packed);
}

#[test]
fn seeds_of_the_scan_cache_pass() {
    all("scan_cache", token_matters_fuzz::scan_cache);
}

#[test]
fn seeds_of_the_index_pass() {
    all("index", token_matters_fuzz::index);
}

#[test]
fn seeds_of_prepared_sums_pass() {
    all("sums", token_matters_fuzz::sums);
}

#[test]
fn seeds_of_json_texts_pass() {
    all("proxy_json", proxy::fuzz_support::json);
}

#[test]
fn seeds_of_server_sent_events_pass() {
    all("proxy_sse", proxy::fuzz_support::sse);
}

#[test]
fn seeds_of_frames_of_amazon_pass() {
    all("proxy_event_stream", proxy::fuzz_support::event_stream);
}

#[test]
fn seeds_of_frames_of_sockets_pass() {
    all("proxy_websocket", proxy::fuzz_support::websocket);
}

#[test]
fn seeds_of_chat_requests_pass() {
    all("proxy_inject", proxy::fuzz_support::inject);
}

#[test]
fn seeds_of_chat_streams_pass() {
    all("proxy_strip", proxy::fuzz_support::strip);
}

#[test]
fn seeds_of_metered_answers_pass() {
    all("proxy_meter", proxy::fuzz_support::meter);
}
