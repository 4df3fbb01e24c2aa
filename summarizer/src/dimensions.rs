//! `providers/`, `machines/`, `models/`, `projects/`: one value over all time.

use std::collections::BTreeMap;

use data_schema::Text;
use data_schema::summary::{DimensionSummary, SUMMARY_VERSION};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::cube::{Cell, Key};
use crate::files::{File, Frame, json};
use crate::names::slugs;
use crate::periods::{period, range};

/// File names by value, by folder.
pub(crate) type Slugs = BTreeMap<String, BTreeMap<String, String>>;

/// A part of the key that has a folder.
struct Dimension {
    folder: &'static str,
    value: fn(&Key) -> &Text,
    name: fn(&mut DimensionSummary) -> &mut Option<String>,
}

const DIMENSIONS: [Dimension; 4] = [
    Dimension { folder: "providers", value: |key| &key.provider, name: |file| &mut file.provider },
    Dimension { folder: "machines", value: |key| &key.machine, name: |file| &mut file.machine },
    Dimension { folder: "models", value: |key| &key.model, name: |file| &mut file.model },
    Dimension { folder: "projects", value: |key| &key.project, name: |file| &mut file.project },
];

pub(crate) fn files(frame: &Frame<'_>) -> (Vec<File>, Slugs) {
    let mut all = Vec::new();
    let mut all_slugs = Slugs::new();
    for dimension in &DIMENSIONS {
        let mut values: BTreeMap<&Text, Vec<&(Key, Cell)>> = BTreeMap::new();
        for cell in &frame.cube.cells {
            let value = (dimension.value)(&cell.0);
            if !value.is_empty() {
                values.entry(value).or_default().push(cell);
            }
        }
        let slugs = slugs(values.keys().map(|value| &***value));
        let values: Vec<_> = values.into_iter().collect();
        let files = values.par_iter().filter_map(|(value, cells)| {
            let mut file = DimensionSummary {
                version: SUMMARY_VERSION.to_owned(),
                provider: None,
                machine: None,
                model: None,
                project: None,
                period: period(cells, range(cells)?, frame.show_cost()),
            };
            *(dimension.name)(&mut file) = Some(value.to_string());
            Some((format!("{}/{}.json", dimension.folder, slugs[&***value]), json(&file)))
        });
        all.extend(files.collect::<Vec<_>>());
        all_slugs.insert(dimension.folder.to_owned(), slugs);
    }
    (all, all_slugs)
}
