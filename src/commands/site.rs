//! `site build` and `site serve`.

use site::build_site;

use crate::cli::Site;
use crate::outcome::{Failure, Outcome};
use crate::output::note;
use crate::serve::serve;

pub(crate) fn run(verb: &Site) -> Result<Outcome, Failure> {
    match verb {
        Site::Build { summary, out } => {
            let built = build_site(summary, out)?;
            let page = out.join("index.html");
            note(&format!(
                "{}: {} files changed, {} as they were",
                page.display(),
                built.changed,
                built.unchanged
            ));
        }
        Site::Serve { root, port } => {
            serve(root, *port, |address| {
                note(&format!("http://{address}/ – press Ctrl-C to stop"));
            })?;
        }
    }
    Ok(Outcome::Done)
}
