//! The web app manifest, its icon, and the service worker, which does nothing until it is asked for.

use serde_json::json;

use crate::SiteError;
use crate::context::Context;
use crate::output::File;
use crate::page::prices::script;
use crate::palette::{self, SERIES};

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let title = context.title();
    let color = palette::role("page").0;
    let manifest = json!({
        "name": title,
        "short_name": title,
        "lang": context.locale.tag(),
        // All addresses are below the manifest's own, wherever the site is.
        "id": "./",
        "start_url": "./index.html",
        "scope": "./",
        "display": "minimal-ui",
        "background_color": color,
        "theme_color": color,
        "icons": [{ "src": "./icon.svg", "sizes": "any", "type": "image/svg+xml", "purpose": "any" }],
    });
    Ok(vec![
        File::new("manifest.webmanifest", format!("{manifest:#}\n")),
        File::new("icon.svg", icon()),
        script(&context.templates, "sw.js", "sw.js")?,
        script(&context.templates, "script/offline.js", "offline.js")?,
    ])
}

/// The sign on a ground of its own, since it is seen on any.
fn icon() -> String {
    let [left, middle, right] = [0, 1, 2].map(|slot: usize| SERIES[slot].0);
    let ground = palette::role("page").0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" rx=\"6\" fill=\"{ground}\"/>\
         <path fill=\"{left}\" d=\"M6.5 17.5h5v8h-5z\"/><path fill=\"{middle}\" d=\"M13.5 11.5h5v14h-5z\"/>\
         <path fill=\"{right}\" d=\"M20.5 6.5h5v19h-5z\"/></svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::page::sample::Sample;

    #[test]
    fn the_manifest_has_only_addresses_of_its_own_folder() {
        let files = Sample::new(&[]).files(files);
        let manifest: Value = serde_json::from_str(&files["manifest.webmanifest"]).unwrap();
        for address in [&manifest["start_url"], &manifest["scope"], &manifest["icons"][0]["src"]] {
            assert!(address.as_str().unwrap().starts_with("./"), "{address}");
        }
        assert_eq!(manifest["name"], "Token Matters");
        let icon = roxmltree::Document::parse(&files["icon.svg"]).unwrap();
        assert_eq!(icon.root_element().attribute("viewBox"), Some("0 0 32 32"));
    }

    #[test]
    fn a_title_is_one_text_of_the_manifest_whatever_stands_in_it() {
        let title = "a\"b</script>\n";
        let sample =
            Sample::new(&[]).with("site.json", &json!({ "version": "2.0", "title": title }));
        let files = sample.files(files);
        let manifest: Value = serde_json::from_str(&files["manifest.webmanifest"]).unwrap();
        assert_eq!(manifest["name"], "a\"b</script>");
    }

    #[test]
    fn scripts_are_the_same_for_all_data() {
        let files = Sample::new(&[]).files(files);
        assert!(!files["sw.js"].contains("&#"), "nothing was escaped as if it were markup");
        assert!(files["sw.js"].contains("request.method !== \"GET\""));
        assert!(!files["script/offline.js"].contains("&#"));
    }
}
