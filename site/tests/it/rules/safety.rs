//! Nothing runs that is not ours, nothing is loaded from elsewhere, no name gets out of its place.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use super::{Page, Tree, words};

/// A script in the page; data in one are not run.
const SCRIPT: &str = "script:not([src]):not([type='application/json'])";

pub(super) fn faults(tree: &Tree, page: &Page) -> Vec<String> {
    let mut faults = policy(page);
    for element in page.all("*") {
        for (name, _) in element.value().attrs() {
            if name == "style" {
                faults.push(format!("a style attribute: {:.120}", element.html()));
            }
            if name.starts_with("on") {
                faults.push(format!("a handler: {:.120}", element.html()));
            }
        }
    }
    if let Some(letter) = page.text.chars().find(|letter| turns(*letter)) {
        faults.push(format!("{letter:?} turns or breaks the text"));
    }
    if page.text.matches('\u{2068}').count() != page.text.matches('\u{2069}').count() {
        faults.push("a mark that turns is left open".to_owned());
    }
    for script in page.all("script[src]") {
        let source = script.attr("src").unwrap_or_default();
        let is_known = script.attr("type") == Some("module") || source.contains("assets/page-");
        if !is_known || !tree.files.keys().any(|path| source.ends_with(path.as_str())) {
            faults.push(format!("script {source} is not ours"));
        }
    }
    faults.extend(keys(page));
    faults
}

/// Letters that a name must not bring in: controls, and marks that turn the direction around. Our own sentences put
/// names between U+2068 and U+2069, which keep their direction to themselves.
fn turns(letter: char) -> bool {
    let is_mark = matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}'
    );
    is_mark || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

/// The policy allows nothing by default, and of inline texts just those that are there.
fn policy(page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    let metas = page.all("head > meta[http-equiv='Content-Security-Policy']");
    let [meta] = metas.as_slice() else {
        return vec!["not one content security policy".to_owned()];
    };
    let policy = meta.attr("content").unwrap_or_default();
    if !policy.contains("default-src 'none'") {
        faults.push("the policy does not start from nothing".to_owned());
    }
    for word in ["unsafe-", "http:", "https:", "*", " data: 'self'"] {
        if policy.contains(word) {
            faults.push(format!("the policy holds {word}"));
        }
    }
    for (kind, selector) in [("style-src", "style"), ("script-src", SCRIPT)] {
        let allowed = policy.split(';').find(|part| part.starts_with(kind)).unwrap_or_default();
        for element in page.all(selector) {
            let text: String = element.text().collect();
            let hash = format!("'sha256-{}'", BASE64.encode(&Sha256::digest(text.as_bytes())));
            if !allowed.contains(&hash) {
                faults.push(format!("{kind} lacks the hash of {selector}: {:.60}", words(element)));
            }
        }
    }
    faults
}

/// `[key]` stands where a message is missing.
fn keys(page: &Page) -> Vec<String> {
    let texts = page.all("body").into_iter().map(words);
    let attributes = page
        .all("[aria-label],[title],[alt],[content],[placeholder]")
        .into_iter()
        .flat_map(|element| {
            let told = ["aria-label", "title", "alt", "content", "placeholder"];
            told.into_iter()
                .filter_map(|name| element.attr(name).map(str::to_owned))
                .collect::<Vec<_>>()
        });
    texts
        .chain(attributes)
        .filter_map(|text| key_in(&text).map(|key| format!("message key [{key}]")))
        .collect()
}

fn key_in(text: &str) -> Option<String> {
    let letter =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    text.split('[').skip(1).find_map(|rest| {
        let (key, after) = rest.split_once(']')?;
        let is_key =
            key.starts_with(|first: char| first.is_ascii_lowercase()) && key.chars().all(letter);
        // `[text](address)` is Markdown to be copied.
        (is_key && !after.starts_with('(')).then(|| key.to_owned())
    })
}
