//! Builds the site from `summary/` alone.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use crate::context::{Assets, Context};
use crate::data::Data;
use crate::locale::Locale;
use crate::output::{self, Built, File};
use crate::templates::Templates;
use crate::{SiteError, badge, card, page};

/// How a site is built. The default is what the summary says.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SiteOptions {
    /// Languages instead of those of the settings: BCP 47 tags, the first at the root.
    pub languages: Vec<String>,
    /// A folder whose files replace templates of the same name, and whose `custom.css` is put behind our style
    /// sheet.
    pub templates: Option<PathBuf>,
}

/// The style sheet of a user's own, in the folder of templates.
const CUSTOM_CSS: &str = "custom.css";

/// Makes all pages, badges, cards and `data/` in `out` from a `summary/` folder. Files with the same
/// content are not touched; files of an earlier build that nothing stands behind any more are removed.
///
/// # Errors
///
/// There is no summary, a file of it cannot be read, a template of the user's own is at fault, or a file cannot be
/// written.
pub fn build_site(summary: &Path, out: &Path, options: &SiteOptions) -> Result<Built, SiteError> {
    let mut data = Data::read(summary)?;
    data.is_beside = is_beside(summary, out);
    let (files, boxes) = files(&data, options)?;
    Ok(Built { boxes, ..output::write(out, files)? })
}

/// Whether the summary lies in the folder of the site, under its own name.
fn is_beside(summary: &Path, out: &Path) -> bool {
    let (given, expected) = (summary.canonicalize(), out.join("summary").canonicalize());
    given.is_ok_and(|given| expected.is_ok_and(|expected| given == expected))
}

/// All files in memory, and how many letters are boxes in pictures.
fn files(data: &Data, options: &SiteOptions) -> Result<(Vec<File>, usize), SiteError> {
    let wanted =
        if options.languages.is_empty() { &data.site.languages } else { &options.languages };
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let wanted = if wanted.is_empty() { vec!["en"] } else { wanted };
    let mut locales: Vec<Arc<Locale>> = Vec::new();
    for tag in wanted {
        let locale = Locale::new(tag)?;
        if !locales.iter().any(|known| known.tag() == locale.tag()) {
            locales.push(Arc::new(locale));
        }
    }
    let languages: Vec<&'static str> = locales.iter().map(|locale| locale.tag()).collect();
    let mut contexts = Vec::new();
    for (number, locale) in locales.into_iter().enumerate() {
        contexts.push(context(data, options, locale, number == 0, &languages)?);
    }
    let parts: Vec<Vec<File>> =
        contexts.par_iter().map(page::files).collect::<Result<_, SiteError>>()?;
    let mut files: Vec<File> = parts.into_iter().flatten().collect();
    files.extend(contexts.iter().flat_map(|context| context.assets.files()));
    let mut boxes = 0;
    // Pictures and data are there once, in the words of the first language.
    if let Some(first) = contexts.first() {
        let (badges, cards) = rayon::join(|| badge::files(first), || card::files(first));
        files.extend(badges);
        let (cards, lost) = cards?;
        files.extend(cards);
        boxes = lost;
        files.extend(page::once(first)?);
    }
    files.push(File::new(".nojekyll", Vec::new()));
    for (name, bytes) in &data.shards {
        files.push(File::new(format!("data/v1/{name}"), bytes.clone()));
    }
    Ok((files, boxes))
}

fn context<'a>(
    data: &'a Data,
    options: &SiteOptions,
    locale: Arc<Locale>,
    is_first: bool,
    languages: &[&'static str],
) -> Result<Context<'a>, SiteError> {
    let templates = Templates::new(Arc::clone(&locale), options.templates.as_deref())?;
    let custom = options.templates.as_ref().map(|folder| folder.join(CUSTOM_CSS));
    let custom = match custom.filter(|path| path.is_file()) {
        Some(path) => format!("\n{}", fs_err::read_to_string(path)?.trim()),
        None => String::new(),
    };
    let home = if is_first { String::new() } else { format!("{}/", locale.tag()) };
    let assets = Assets::new(&templates, &custom)?;
    Ok(Context { data, locale, templates, home, languages: languages.to_vec(), assets })
}
