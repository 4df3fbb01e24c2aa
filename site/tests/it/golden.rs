//! Pages and lists of files as they were looked at. After a wanted change: `INSTA_UPDATE=always cargo test -p site`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// A page without what is the same in all pages: style, script, and the policy with their hashes.
pub(crate) fn page(name: &str, page: &str) {
    let mut text = without(page, "<style>", "</style>");
    text = without(&text, "<script>", "</script>");
    text = without(&text, "http-equiv=\"Content-Security-Policy\" content=\"", "\">");
    insta::assert_snapshot!(format!("page-{name}"), text);
}

/// The text without what is between two words.
fn without(text: &str, start: &str, end: &str) -> String {
    let (before, rest) = text.split_once(start).unwrap();
    let (_, after) = rest.split_once(end).unwrap();
    format!("{before}{start}{end}{after}")
}

/// All paths, with the hash of each file's content, or with its length alone.
pub(crate) fn tree(name: &str, files: &BTreeMap<String, Vec<u8>>, with_hashes: bool) {
    let mut text = String::new();
    for (path, bytes) in files {
        let hash = HEXLOWER.encode(&Sha256::digest(bytes)[..8]);
        let what = if with_hashes { hash } else { size(bytes.len()) };
        writeln!(text, "{what:>16} {path}").unwrap();
    }
    insta::assert_snapshot!(format!("tree-{name}"), text);
}

/// In steps: a list of hundreds of pages must not change with every word.
fn size(bytes: usize) -> String {
    match bytes {
        0 => "empty".to_owned(),
        1..1_000 => "< 1 kB".to_owned(),
        1_000..10_000 => "< 10 kB".to_owned(),
        10_000..100_000 => "< 100 kB".to_owned(),
        _ => "more".to_owned(),
    }
}
