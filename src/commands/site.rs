//! `site build` and `site serve`.

use std::path::Path;

use site::{SiteError, SiteOptions, build_site};

use crate::cli::{Look, Site};
use crate::outcome::{Failure, Outcome};
use crate::output::{boxes, note};
use crate::serve::{Live, Pages, serve, serve_live};

pub(crate) fn run(verb: &Site) -> Result<Outcome, Failure> {
    match verb {
        Site::Build { summary, out, look } => {
            let built = build_site(summary, out, &options(look)?)?;
            note(&format!(
                "{}: {} files changed, {} as they were, {} removed",
                out.join("index.html").display(),
                built.changed,
                built.unchanged,
                built.removed
            ));
            boxes(&built);
        }
        Site::Serve { root, port, watch: true, look } => serve_watched(root, *port, look)?,
        Site::Serve { root, port, watch: false, look } => {
            if look.templates.is_some() || !look.languages.is_empty() {
                return Err(Failure::Usage(
                    "--templates and --language are for a page that is built: add --watch"
                        .to_owned(),
                ));
            }
            serve(root, *port, |address| {
                note(&format!("http://{address}/ – press Ctrl-C to stop"));
            })?;
        }
    }
    Ok(Outcome::Done)
}

/// How pages are to look.
pub(crate) fn options(look: &Look) -> Result<SiteOptions, Failure> {
    if let Some(folder) = look.templates.as_ref().filter(|folder| !folder.is_dir()) {
        let shown = folder.display();
        return Err(Failure::Usage(format!("--templates: {shown} is no folder")));
    }
    let mut options = SiteOptions::default();
    options.languages.clone_from(&look.languages);
    options.templates.clone_from(&look.templates);
    Ok(options)
}

fn serve_watched(root: &Path, port: u16, look: &Look) -> Result<(), Failure> {
    let options = options(look)?;
    let path = root.join("summary");
    if !path.is_dir() {
        return Err(SiteError::Missing { path }.into());
    }
    let live = Live::new();
    Pages { root: root.to_owned(), options }.watch(&live);
    serve_live(root, port, &live, |address| {
        note(&format!("http://{address}/ – changes show by themselves, press Ctrl-C to stop"));
    })
}
