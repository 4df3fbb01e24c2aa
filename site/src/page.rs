//! All pages of one language, and the files beside them.

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::SiteError;
use crate::context::Context;
use crate::output::File;

mod badges;
mod calendar;
mod data;
mod dimension;
mod explore;
mod feed;
mod not_found;
mod offline;
mod overview;
mod prices;
#[cfg(test)]
mod sample;
mod sessions;
mod stretch;
mod words;
mod wrapped;

type Builder = fn(&Context<'_>) -> Result<Vec<File>, SiteError>;

/// Pages in the context's language.
const PAGES: [Builder; 10] = [
    overview::files,
    stretch::files,
    dimension::files,
    calendar::files,
    sessions::files,
    data::files,
    prices::files,
    badges::files,
    wrapped::files,
    explore::files,
];

/// Files that there are once, whatever the number of languages.
const ONCE: [Builder; 6] =
    [not_found::files, feed::files, offline::files, data::tables, prices::module, explore::module];

pub(crate) fn files(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    all(&PAGES, context)
}

pub(crate) fn once(context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    all(&ONCE, context)
}

fn all(builders: &[Builder], context: &Context<'_>) -> Result<Vec<File>, SiteError> {
    let parts: Vec<Vec<File>> =
        builders.par_iter().map(|build| build(context)).collect::<Result<_, SiteError>>()?;
    Ok(parts.into_iter().flatten().collect())
}
