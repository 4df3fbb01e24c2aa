//! Builds the site from `summary/` alone.

use std::io::{self, Write};
use std::path::Path;

use chrono::NaiveDate;
use data_schema::summary::{LatestFile, MetaFile, MonthlySummary, SUMMARY_VERSION};
use fs_err as fs;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::de::DeserializeOwned;

use crate::SiteError;
use crate::badge::badges;
use crate::format;
use crate::page::{Page, Source};
use crate::templates::Templates;

/// Months that the page lists.
const MONTHS: usize = 12;

/// What was built.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Built {
    /// Files that are new or have other content now.
    pub changed: usize,
    /// Files that were left as they are.
    pub unchanged: usize,
}

/// Makes `index.html`, `badge/`, `data/` and `.nojekyll` in `out` from a `summary/` folder. Files with the same
/// content are not touched.
///
/// # Errors
///
/// There is no summary, a file of it cannot be read, or a file cannot be written.
pub fn build_site(summary: &Path, out: &Path) -> Result<Built, SiteError> {
    if !summary.join("meta.json").is_file() {
        return Err(SiteError::Missing { path: summary.to_owned() });
    }
    let meta: MetaFile = read_known(&summary.join("meta.json"))?;
    check_names(&summary.join("meta.json"), &meta)?;
    let latest: LatestFile = read_known(&summary.join("latest.json"))?;
    let newest = meta.monthly_files.len().saturating_sub(MONTHS);
    let months: Vec<MonthlySummary> = meta.monthly_files[newest..]
        .iter()
        .map(|month| read(&summary.join("monthly").join(format!("{month}.json"))))
        .collect::<Result<_, _>>()?;
    let templates = Templates::new()?;
    let page = Page::new(&Source { latest: &latest, meta: &meta, months: &months });
    let html = templates.render(
        "overview.html",
        context! { page => Value::from(Serde(&page)), no_price => format::NO_PRICE },
    )?;
    let mut built = Built::default();
    built.write(&out.join("index.html"), html.as_bytes())?;
    built.write(&out.join(".nojekyll"), b"")?;
    for (name, svg) in badges(&latest, &templates)? {
        built.write(&out.join("badge").join(name), svg.as_bytes())?;
    }
    copy_shards(summary, &meta, out, &mut built)?;
    Ok(built)
}

/// The columns for filtering, where a 1.x site and its successors look for them.
fn copy_shards(
    summary: &Path,
    meta: &MetaFile,
    out: &Path,
    built: &mut Built,
) -> Result<(), SiteError> {
    let folder = out.join("data/v1");
    for name in &meta.shards {
        let bytes = fs::read(summary.join("data/v1").join(name))?;
        built.write(&folder.join(name), &bytes)?;
    }
    let Ok(entries) = fs::read_dir(&folder) else { return Ok(()) };
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let orphan = is_shard(&name) && !meta.shards.contains(&name);
        if orphan && folder.join(&name).is_file() {
            fs::remove_file(folder.join(name))?;
        }
    }
    Ok(())
}

/// `2026-6a67163397763b12.json`, the form of our own shards: no other file is copied or removed.
fn is_shard(name: &str) -> bool {
    let parts = name.strip_suffix(".json").and_then(|stem| stem.split_once('-'));
    parts.is_some_and(|(year, hash)| {
        year.len() == 4
            && year.bytes().all(|byte| byte.is_ascii_digit())
            && hash.len() == 16
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// `2026-05`.
fn is_month(name: &str) -> bool {
    name.len() == 7 && format!("{name}-01").parse::<NaiveDate>().is_ok()
}

/// Names in `meta.json` become paths: one that is not of our form must not lead out of the folder.
fn check_names(path: &Path, meta: &MetaFile) -> Result<(), SiteError> {
    let shards = meta.shards.iter().filter(|name| !is_shard(name));
    let months = meta.monthly_files.iter().filter(|name| !is_month(name));
    match shards.chain(months).next() {
        None => Ok(()),
        Some(name) => Err(SiteError::Summary {
            path: path.to_owned(),
            message: format!("{name:?} is not the name of a file of a summary"),
        }),
    }
}

/// Reads a file of a version that is known here.
fn read_known<T: DeserializeOwned>(path: &Path) -> Result<T, SiteError> {
    #[derive(serde::Deserialize)]
    struct Version {
        version: String,
    }
    let Version { version } = read(path)?;
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(&version) != major(SUMMARY_VERSION) {
        return Err(SiteError::Version { path: path.to_owned(), version });
    }
    read(path)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, SiteError> {
    let bytes = fs::read(path)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| SiteError::Summary { path: path.to_owned(), message: error.to_string() })
}

impl Built {
    fn write(&mut self, path: &Path, bytes: &[u8]) -> Result<(), SiteError> {
        if fs::read(path).is_ok_and(|known| known == bytes) {
            self.unchanged += 1;
            return Ok(());
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tm-");
        // A web server of another user must be able to read what is published.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
        let mut file = builder.tempfile_in(folder).map_err(named)?;
        file.write_all(bytes).map_err(named)?;
        file.persist(path).map_err(|error| named(error.error))?;
        self.changed += 1;
        Ok(())
    }
}
