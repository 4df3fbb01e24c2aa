//! `providers/`, `machines/`, `models/`, `projects/`: one value over all time.

use std::collections::BTreeMap;

use data_schema::summary::{DimensionSummary, SUMMARY_VERSION};
use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::cube::{Cell, Key};
use crate::files::{File, Frame, json};
use crate::names::{Dictionary, Names, slugs};
use crate::periods::{period_of, range, wire};

/// File names by value, by folder.
pub(crate) type Slugs = BTreeMap<String, BTreeMap<String, String>>;

/// A part of the key that has a folder.
struct Dimension {
    folder: &'static str,
    place: fn(&Key) -> u32,
    names: fn(&Names) -> &Dictionary,
    name: fn(&mut DimensionSummary) -> &mut Option<String>,
}

const DIMENSIONS: [Dimension; 4] = [
    Dimension {
        folder: "providers",
        place: |key| key.provider,
        names: |names| &names.providers,
        name: |file| &mut file.provider,
    },
    Dimension {
        folder: "machines",
        place: |key| key.machine,
        names: |names| &names.machines,
        name: |file| &mut file.machine,
    },
    Dimension {
        folder: "models",
        place: |key| key.model,
        names: |names| &names.models,
        name: |file| &mut file.model,
    },
    Dimension {
        folder: "projects",
        place: |key| key.project,
        names: |names| &names.projects,
        name: |file| &mut file.project,
    },
];

pub(crate) fn files(frame: &Frame<'_>) -> (Vec<File>, Slugs) {
    let parts: Vec<_> = DIMENSIONS.par_iter().map(|dimension| dimension.files(frame)).collect();
    let mut all = Vec::new();
    let mut all_slugs = Slugs::new();
    for (dimension, (files, slugs)) in DIMENSIONS.iter().zip(parts) {
        all.extend(files);
        all_slugs.insert(dimension.folder.to_owned(), slugs);
    }
    (all, all_slugs)
}

impl Dimension {
    fn files(&self, frame: &Frame<'_>) -> (Vec<File>, BTreeMap<String, String>) {
        let names = (self.names)(&frame.cube.names);
        let mut values: BTreeMap<u32, Vec<&(Key, Cell)>> = BTreeMap::new();
        for cell in &frame.cube.cells {
            values.entry((self.place)(&cell.0)).or_default().push(cell);
        }
        values.retain(|place, _| !names.name(*place).is_empty());
        let slugs = slugs(values.keys().map(|place| &**names.name(*place)));
        let values: Vec<_> = values.into_iter().collect();
        let all_time = |place: u32| -> Vec<&(Key, Cell)> {
            frame.all_time.iter().filter(|(key, _)| (self.place)(key) == place).collect()
        };
        let files = values.par_iter().filter_map(|(place, cells)| {
            let value = names.name(*place);
            let mut file = DimensionSummary {
                version: SUMMARY_VERSION.to_owned(),
                provider: None,
                machine: None,
                model: None,
                project: None,
                period: period_of(frame, &all_time(*place), cells, range(cells)?),
            };
            if self.folder == "providers" {
                file.period.totals.wire = wire(frame, file.period.date_range, Some(value));
            }
            *(self.name)(&mut file) = Some(value.to_string());
            Some((format!("{}/{}.json", self.folder, slugs[&**value]), json(&file)))
        });
        (files.collect(), slugs)
    }
}
