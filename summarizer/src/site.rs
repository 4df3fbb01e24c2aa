//! `site.json`: how the pages are set up, without any name that is not shown.

use std::collections::BTreeMap;

use data_schema::summary::{SUMMARY_VERSION, SiteFile};

use crate::files::{File, Frame, json};
use crate::names::Names;
use crate::sums::KnownNames;

pub(crate) fn file(frame: &Frame<'_>) -> File {
    let settings = &frame.input.settings;
    let site = &settings.site;
    let title = site.title.as_deref().map(str::trim).filter(|title| !title.is_empty());
    let file = SiteFile {
        version: SUMMARY_VERSION.to_owned(),
        title: title.map(str::to_owned),
        address: site.web_address(),
        languages: site.known_languages(),
        week_start: settings.week_start,
        colors: colors(&settings.colors, &frame.cube.names, &frame.cube.known),
        badges: site.good_badges(),
    };
    ("site.json".to_owned(), json(&file))
}

/// Colours by shown name. The settings may name a source or model as it is stored, as all its spellings are shown
/// together, or as it is shown to others; what is not in the summary is left out.
fn colors(given: &BTreeMap<String, u8>, names: &Names, known: &KnownNames) -> BTreeMap<String, u8> {
    let mut colors = BTreeMap::new();
    for (name, slot) in given {
        let of_spellings = known.models.iter().zip(&known.canonical);
        let spelling = of_spellings.filter(|(_, canonical)| &***canonical == name);
        let by_canonical = spelling.map(|(model, _)| &*model.name).next();
        let models = [Some(&**name), by_canonical].into_iter().flatten();
        let shown = models.filter_map(|model| names.models.shown(model));
        for shown in shown.chain(names.providers.shown(name)) {
            colors.entry(shown.to_string()).or_insert(*slot);
        }
    }
    // A name as it is shown says most exactly what is meant.
    for (name, slot) in given {
        if names.models.shows(name) || names.providers.shows(name) {
            colors.insert(name.clone(), *slot);
        }
    }
    colors
}
