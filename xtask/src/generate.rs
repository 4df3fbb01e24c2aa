//! Generated files.
use anyhow::Result;
use std::path::Path;
pub(crate) fn run(_root: &Path, _check: bool) -> Result<Vec<String>> {
    Ok(Vec::new())
}
