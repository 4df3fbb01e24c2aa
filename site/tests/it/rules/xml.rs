//! Every picture and feed is well-formed, and no picture runs or loads anything; JSON is JSON.

use super::Tree;

pub(super) fn faults(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, bytes) in &tree.files {
        let fault = match path.rsplit('.').next() {
            // The sign of the site stands beside its name.
            Some("svg") if path == "icon.svg" => xml(bytes).map(|_| ()),
            Some("svg") => xml(bytes).and_then(|text| picture(&text)),
            Some("atom" | "xml") => xml(bytes).map(|_| ()),
            Some("json" | "webmanifest") => serde_json::from_slice::<serde_json::Value>(bytes)
                .map(|_| ())
                .map_err(|error| error.to_string()),
            Some("png") if !bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Err("is no PNG".to_owned()),
            _ => Ok(()),
        };
        faults.extend(fault.err().map(|fault| format!("{path}: {fault}")));
    }
    faults
}

fn xml(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

pub(crate) fn picture(text: &str) -> Result<(), String> {
    let document = roxmltree::Document::parse(text).map_err(|error| error.to_string())?;
    for element in document.descendants().filter(roxmltree::Node::is_element) {
        let name = element.tag_name().name();
        if matches!(name, "script" | "foreignObject" | "image" | "use" | "iframe") {
            return Err(format!("holds {name}"));
        }
        for attribute in element.attributes() {
            let (key, value) = (attribute.name(), attribute.value());
            if key.starts_with("on")
                || (key == "href" && !value.starts_with('#'))
                || value.contains("url(h")
            {
                return Err(format!("{name} has {key}={value}"));
            }
        }
    }
    let root = document.root_element();
    let is_named = root.attribute("aria-label").is_some()
        || root.descendants().any(|node| node.tag_name().name() == "title");
    if root.tag_name().name() != "svg" || root.attribute("width").is_none() || !is_named {
        return Err("has no svg with a width and a name".to_owned());
    }
    Ok(())
}
