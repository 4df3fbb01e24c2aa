//! Structure of a page: what a screen reader and a parser need.

use std::collections::BTreeSet;

use scraper::ElementRef;

use super::{Page, words};

pub(super) fn faults(page: &Page) -> Vec<String> {
    let mut faults: Vec<String> =
        page.html.errors.iter().map(|error| format!("parse error: {error}")).collect();
    if !page.text.starts_with("<!doctype html>\n") {
        faults.push("does not start with its doctype".to_owned());
    }
    faults.extend(ids(page));
    faults.extend(headings(page));
    faults.extend(tables(page));
    faults.extend(names(page));
    if page.all("html[lang]").is_empty() {
        faults.push("no language".to_owned());
    }
    if page.all("head > title").iter().all(|title| words(*title).is_empty()) {
        faults.push("no title".to_owned());
    }
    if page.all("main").len() != 1 {
        faults.push("not one main".to_owned());
    }
    faults
}

fn ids(page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    let mut ids = BTreeSet::new();
    for element in page.all("[id]") {
        let id = element.attr("id").unwrap_or_default();
        if id.is_empty() || id.contains(char::is_whitespace) {
            faults.push(format!("{id:?} is no id"));
        }
        if !ids.insert(id) {
            faults.push(format!("id `{id}` twice"));
        }
    }
    for name in ["aria-labelledby", "aria-describedby", "aria-controls", "for", "list", "headers"] {
        for element in page.all(&format!("[{name}]")) {
            for id in element.attr(name).unwrap_or_default().split_whitespace() {
                if !ids.contains(id) {
                    faults.push(format!("{name}=`{id}` points to no id"));
                }
            }
        }
    }
    faults
}

fn headings(page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    let mut before = 0;
    for heading in page.all("h1,h2,h3,h4,h5,h6").into_iter().filter(is_shown) {
        let level = heading.value().name()[1..].parse::<u8>().unwrap();
        if level > before + 1 {
            faults.push(format!("heading `{}` jumps from {before} to {level}", words(heading)));
        }
        if words(heading).is_empty() {
            faults.push(format!("an empty h{level}"));
        }
        before = level;
    }
    let first = page.all("h1").len();
    if first != 1 {
        faults.push(format!("{first} elements h1"));
    }
    faults
}

/// Whether it is there before a script says so.
fn is_shown(element: &ElementRef<'_>) -> bool {
    let mut parents = element.ancestors().filter_map(ElementRef::wrap);
    element.attr("hidden").is_none() && !parents.any(|parent| parent.attr("hidden").is_some())
}

fn tables(page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    for table in page.all("table").into_iter().filter(is_shown) {
        let captions: Vec<_> =
            table.child_elements().filter(|child| child.value().name() == "caption").collect();
        if captions.len() != 1 || words(captions[0]).is_empty() {
            faults.push(format!("a table without a caption: {:.80}", words(table)));
        }
    }
    for head in page.all("th") {
        if !matches!(head.attr("scope"), Some("col" | "row" | "colgroup" | "rowgroup")) {
            faults.push(format!("th `{}` without a scope", words(head)));
        }
    }
    faults
}

/// Links, buttons, pictures and regions have names.
fn names(page: &Page) -> Vec<String> {
    let mut faults = Vec::new();
    for element in
        page.all("a[href],button,summary,[role=region],[role=img]").into_iter().filter(is_shown)
    {
        if name(page, element).is_empty() {
            faults.push(format!("{:.120} has no name", element.html()));
        }
    }
    for picture in page.all("img") {
        if picture.attr("alt").is_none() {
            faults.push(format!("{:.120} has no alt", picture.html()));
        }
    }
    faults
}

/// A name as assistive technology finds it, near enough.
fn name(page: &Page, element: ElementRef<'_>) -> String {
    let by = element.attr("aria-labelledby").unwrap_or_default().split_whitespace();
    let labels = by.filter_map(|id| {
        page.all("[id]").into_iter().find(|labelled| labelled.attr("id") == Some(id)).map(words)
    });
    let label = labels.collect::<String>() + element.attr("aria-label").unwrap_or_default().trim();
    let pictures = element.descendent_elements().filter_map(|inner| inner.attr("alt"));
    label + &words(element) + &pictures.collect::<String>()
}
