//! All files below `summary/`.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::settings::Visibility;
use data_schema::summary::{
    DailySummary, DateRange, MonthlySummary, SUMMARY_VERSION, WeeklySummary,
};
use rayon::iter::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};
use serde::Serialize;

use crate::calendar::{month, week};
use crate::cube::{Cell, Cube, Key};
use crate::input::{Input, Options};
use crate::paid::Paid;
use crate::periods::{daily, period, range, without_days};
use crate::sums::Sums;
use crate::{dimensions, overview, shards};

/// A summary: files by their path below `summary/`, with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Summary {
    /// All files by path.
    pub fn files(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.files
    }
}

/// One file: path and content.
pub(crate) type File = (String, Vec<u8>);

/// What all builders of files need.
pub(crate) struct Frame<'a> {
    pub(crate) cube: &'a Cube,
    /// All cells with the days added up.
    pub(crate) all_time: Vec<(Key, Cell)>,
    pub(crate) input: &'a Input,
    pub(crate) options: &'a Options<'a>,
}

impl Frame<'_> {
    pub(crate) fn show_cost(&self) -> bool {
        self.options.publish.cost == Visibility::Show
    }
}

/// Makes all files from the sums and the rest of the input: settings, machines and limits. Same input,
/// same bytes, whatever the order of the input and the number of cores.
pub fn summarize(sums: Sums, input: &Input, options: &Options<'_>) -> Summary {
    let paid = Paid::new(&sums, input, options);
    let cube = Cube::new(sums, input, options);
    let all_time = without_days(&cube.cells);
    let frame = Frame { cube: &cube, all_time, input, options };
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let ((days, weeks), (months, ((dimensions, slugs), shards))) = rayon::join(
        || (days(&frame), stretches(&frame, week, weekly)),
        || {
            let rest = rayon::join(|| dimensions::files(&frame), || shards::files(&frame));
            (stretches(&frame, month, monthly), rest)
        },
    );
    files.extend([days, weeks, months, dimensions, shards].into_iter().flatten());
    files.extend(overview::files(&frame, &files, slugs));
    files.extend(paid.files(&frame));
    Summary { files }
}

/// Compact JSON with a newline at the end.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

fn days(frame: &Frame<'_>) -> Vec<File> {
    let days: Vec<&[(Key, Cell)]> =
        frame.cube.cells.chunk_by(|left, right| left.0.day == right.0.day).collect();
    let file = |cells: &[(Key, Cell)]| {
        let date: NaiveDate = cells[0].0.day;
        let cells: Vec<_> = cells.iter().collect();
        let day: DailySummary = daily(frame, date, &cells);
        (format!("daily/{date}.json"), json(&day))
    };
    days.into_par_iter().map(file).collect()
}

type Body = fn(String, data_schema::summary::PeriodSummary) -> File;

fn weekly(week: String, period: data_schema::summary::PeriodSummary) -> File {
    let path = format!("weekly/{week}.json");
    (path, json(&WeeklySummary { version: SUMMARY_VERSION.to_owned(), week, period }))
}

fn monthly(month: String, period: data_schema::summary::PeriodSummary) -> File {
    let path = format!("monthly/{month}.json");
    (path, json(&MonthlySummary { version: SUMMARY_VERSION.to_owned(), month, period }))
}

/// Weeks or months: stretches of days with one name.
fn stretches(frame: &Frame<'_>, name: fn(NaiveDate) -> String, body: Body) -> Vec<File> {
    let mut stretches: BTreeMap<String, Vec<&(Key, Cell)>> = BTreeMap::new();
    for day in frame.cube.cells.chunk_by(|left, right| left.0.day == right.0.day) {
        stretches.entry(name(day[0].0.day)).or_default().extend(day);
    }
    let stretches: Vec<_> = stretches.into_iter().collect();
    stretches
        .par_iter()
        .filter_map(|(name, cells)| {
            let range: DateRange = range(cells)?;
            Some(body(name.clone(), period(frame, cells, range)))
        })
        .collect()
}
