//! Builds a site: `cargo run -p site --example build -- SUMMARY OUT [TEMPLATES]`.

use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths = std::env::args_os().skip(1).map(PathBuf::from);
    let (Some(summary), Some(out)) = (paths.next(), paths.next()) else {
        return Err("usage: build SUMMARY OUT [TEMPLATES]".into());
    };
    let mut options = site::SiteOptions::default();
    options.templates = paths.next();
    site::build_site(&summary, &out, &options)?;
    Ok(())
}
