//! Every link and every picture leads to a file that is there, and to a place that is there in it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Page, Tree};

/// The project's own pages: the one place outside of the site that a page may lead to.
const PROJECT: &str = "https://github.com/token-matters/token-matters";

const ADDRESSES: [(&str, &str); 12] = [
    ("a", "href"),
    ("link", "href"),
    ("img", "src"),
    ("source", "srcset"),
    ("script", "src"),
    ("form", "action"),
    ("iframe", "src"),
    ("object", "data"),
    ("use", "href"),
    ("image", "href"),
    ("video", "src"),
    ("meta[property='og:image'],meta[property='og:url']", "content"),
];

pub(super) fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    let mut places: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for page in &tree.pages {
        let ids = page.all("[id]").into_iter().filter_map(|element| element.attr("id"));
        places.insert(&page.path, ids.collect());
    }
    for page in &tree.pages {
        for (elements, attribute) in ADDRESSES {
            for element in page.all(elements) {
                let Some(address) = element.attr(attribute) else { continue };
                let is_told =
                    element.attr("rel") == Some("canonical") || elements.starts_with("meta");
                // Where a price is from is told by a link that tells nobody where it was followed.
                if element.attr("rel") == Some("noreferrer") && address.starts_with("https://") {
                    continue;
                }
                if let Some(fault) = fault(tree, &places, page, (address, is_told)) {
                    faults.push(format!("{}: {attribute}=`{address}` {fault}", page.path));
                }
            }
        }
    }
    faults
}

/// What is wrong with an address; `is_told` says that it is one for others to keep, which is absolute.
fn fault(
    tree: &Tree,
    places: &BTreeMap<&str, BTreeSet<&str>>,
    page: &Page,
    (address, is_told): (&str, bool),
) -> Option<String> {
    if is_told {
        let rest = tree.address.as_deref().and_then(|site| address.strip_prefix(site));
        let Some(rest) = rest else { return Some("is not below the site's address".to_owned()) };
        let file = if rest.is_empty() || rest.ends_with('/') {
            format!("{rest}index.html")
        } else {
            rest.to_owned()
        };
        return (!tree.files.contains_key(&file)).then(|| "leads to nothing".to_owned());
    }
    if address.starts_with("data:")
        || address
            .strip_prefix(PROJECT)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#']))
    {
        return None;
    }
    // It is shown at any depth: where the site's address is not known, the host's own start is all that can be told.
    if address == "/" && page.path == "404.html" && tree.address.is_none() {
        return None;
    }
    let own = tree.address.as_deref().unwrap_or(address);
    if page.path == "404.html" && tree.address.is_some() && address.starts_with(own) {
        return None;
    }
    if address.starts_with('/') {
        return Some("is absolute".to_owned());
    }
    if address.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':')) {
        return Some("leads elsewhere".to_owned());
    }
    let (path, place) =
        address.split_once('#').map_or((address, None), |(path, place)| (path, Some(place)));
    let path = path.split('?').next().unwrap_or_default();
    let target = if path.is_empty() { page.path.clone() } else { resolve(&page.path, path) };
    if !tree.files.contains_key(&target) && !tree.summary.contains(&target) {
        return Some(format!("leads to nothing: {target}"));
    }
    let known = places.get(target.as_str())?;
    let place = place.filter(|place| !place.is_empty())?;
    (!known.contains(place)).then(|| "leads to no such place".to_owned())
}

/// A relative address, seen from a page.
fn resolve(page: &str, address: &str) -> String {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in address.split('/') {
        match part {
            "." => {}
            ".." => {
                if parts.pop().is_none() {
                    parts.push("(above the root)");
                }
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}
