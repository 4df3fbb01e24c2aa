//! What pages ask for, and whether they complain.

use crate::chromium::Tab;
use crate::world::{Served, assert_none, world};

/// Complaints, and requests that leave the site.
fn faults(tab: &mut Tab<'_>, served: &Served, page: &str) -> Vec<String> {
    tab.open(&served.server.url(page));
    // What a script asks for after it is loaded counts as well.
    tab.run("new Promise(done=>setTimeout(done,150))");
    let origin = served.server.url("");
    let elsewhere = tab.requests().into_iter().filter(|address| !address.starts_with(&origin));
    let mut faults: Vec<String> =
        elsewhere.map(|address| format!("{page} asks for {address}")).collect();
    faults
        .extend(tab.complaints().into_iter().map(|complaint| format!("{page}: {complaint:.300}")));
    faults
}

#[test]
fn no_page_asks_for_anything_elsewhere_or_complains() {
    let world = world();
    let mut tab = world.browser.tab();
    let mut all = Vec::new();
    for state in ["a-year", "empty", "one-day", "hostile", "languages"] {
        let served = world.site(state);
        for page in served.kinds() {
            all.extend(faults(&mut tab, &served, &page));
        }
    }
    assert_none(&all);
}

#[test]
fn the_start_page_is_one_request() {
    let world = world();
    let mut tab = world.browser.tab();
    for state in ["empty", "one-day", "a-year", "three-years-and-twelve-machines"] {
        let served = world.site(state);
        tab.open(&served.server.url("index.html"));
        tab.run("new Promise(done=>setTimeout(done,200))");
        assert_eq!(tab.requests(), [served.server.url("index.html")], "{state}");
    }
}

#[test]
fn a_request_elsewhere_and_a_complaint_would_be_seen() {
    let world = world();
    let served = world.site("one-day");
    let mut tab = world.browser.tab();
    tab.open(&served.server.url("index.html"));
    tab.run("console.error('no');new Image().src='https://example.org/x.png';new Promise(done=>setTimeout(done,200))");
    let complaints = tab.complaints().join("\n");
    assert!(
        complaints.contains("\"no\"") && complaints.contains("Content Security Policy"),
        "{complaints}"
    );
}

#[test]
fn pages_say_the_same_from_a_file_as_from_a_server() {
    let world = world();
    let served = world.site("a-quarter");
    let mut tab = world.browser.tab();
    // What can be kept for later is another question for a file.
    let text = "(document.querySelector('[data-offline]')?.remove(),document.querySelector('main').innerText)";
    // The page that loads data says, from a file, that it cannot.
    for page in served.kinds().into_iter().filter(|page| !page.contains("explore/")) {
        tab.open(&served.server.url(&page));
        let served_text = tab.text(text);
        tab.open(&served.file(&page));
        let file_text = tab.text(text);
        let other = served_text.lines().zip(file_text.lines()).find(|(one, other)| one != other);
        assert!(file_text == served_text, "{page}: {other:?}");
        // No browser runs a module from a file; the page has said what it has to without it.
        let has_module = tab.run("!!document.querySelector('script[type=module]')") == true;
        assert!(has_module || tab.complaints().is_empty(), "{page}: {:?}", tab.complaints());
    }
}
