//! What every page is made with, and the frame around it.

use std::sync::Arc;

use data_encoding::BASE64;
use data_schema::HashId;
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::SiteError;
use crate::cube::Dimension;
use crate::data::Data;
use crate::locale::{LANGUAGES, Locale};
use crate::marks;
use crate::names;
use crate::output::File;
use crate::palette;
use crate::templates::Templates;

/// Heading of all pages, if the settings say nothing.
const TITLE: &str = "Token Matters";

/// One language's view of a summary.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) data: &'a Data,
    pub(crate) locale: Arc<Locale>,
    pub(crate) templates: Templates,
    /// Folder of the language below the root: empty, or `zh/`.
    pub(crate) home: String,
    /// Tags of all languages that are built.
    pub(crate) languages: Vec<&'static str>,
    /// The style sheet and the script as they stand in every page.
    pub(crate) assets: Assets,
}

/// Style sheet and script: in the page itself, allowed by their hashes, or as files that all other pages share.
#[derive(Clone, Debug)]
pub(crate) struct Assets {
    css: File,
    script: File,
    /// Content security policies of a page that is whole, and of one that shares.
    policies: [String; 2],
}

/// What a page says about itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Head {
    /// Title without that of the site.
    pub(crate) title: String,
    /// One or two sentences for search results and link previews.
    pub(crate) description: String,
    /// The entry of the main navigation that the page belongs to: `overview`, `explore`, `calendar`, …
    pub(crate) section: &'static str,
    /// An ES module beside the page, by its path below the root.
    pub(crate) module: Option<String>,
    /// Picture for link previews, by its path below the root; 1200 by 630 pixels.
    pub(crate) picture: Option<String>,
    /// Whether style sheet and script stand in the page: it needs no second request. Other pages share two files.
    pub(crate) is_whole: bool,
}

/// The frame as the templates see it.
#[derive(Debug, Serialize)]
struct Shell<'a> {
    lang: &'a str,
    direction: &'a str,
    site: String,
    title: String,
    description: String,
    section: &'a str,
    /// From this page to the root of the site, and to that of its language: empty or `../../`.
    root: String,
    home: String,
    /// Absolute address of this page and of its picture, if the site's is known.
    canonical: Option<String>,
    picture: Option<String>,
    module: Option<String>,
    /// Where the page is in other languages.
    languages: Vec<Translation<'a>>,
    shows: Shows,
    /// Their texts, where they stand in the page, and else the way to their files.
    css: Option<&'a str>,
    script: Option<&'a str>,
    css_file: String,
    script_file: String,
    policy: &'a str,
    icon: String,
    version: &'static str,
}

#[derive(Debug, Serialize)]
struct Translation<'a> {
    tag: &'a str,
    name: &'a str,
    href: String,
    is_current: bool,
}

/// What there is to see.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is one entry of a menu")]
struct Shows {
    anything: bool,
    cost: bool,
    projects: bool,
    sessions: bool,
    prices: bool,
}

impl Assets {
    /// `extra` is the user's own style sheet, after ours.
    pub(crate) fn new(templates: &Templates, extra: &str) -> Result<Self, SiteError> {
        let (light, dark) = (palette::variables(false), palette::variables(true));
        let css = templates.render("style.css", context! { light, dark })?;
        let css = format!("{}{extra}", css.trim());
        let script = templates.render("page.js", context! {})?.trim().to_owned();
        let policy = |css: &str, script: &str| {
            format!(
                "default-src 'none';style-src {css};script-src 'self'{script};img-src 'self' data:;\
                 connect-src 'self';manifest-src 'self';worker-src 'self';base-uri 'none';form-action 'self'"
            )
        };
        let whole = policy(&format!("'{}'", hash(&css)), &format!(" '{}'", hash(&script)));
        let file = |ending: &str, text: String| {
            let name = HashId::new("asset", &text);
            File::new(format!("assets/page-{name}.{ending}"), text)
        };
        let policies = [whole, policy("'self'", "")];
        Ok(Self { css: file("css", css), script: file("js", script), policies })
    }

    /// The files that pages share.
    pub(crate) fn files(&self) -> [File; 2] {
        [self.css.clone(), self.script.clone()]
    }
}

fn text(file: &File) -> Option<&str> {
    std::str::from_utf8(&file.bytes).ok()
}

/// As a content security policy writes it.
fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(&Sha256::digest(text.as_bytes())))
}

impl Context<'_> {
    /// Renders a page: `path` lies below the language's folder and ends in `.html`; the template sees `shell` and
    /// `page`. Links in templates start with `shell.home` (pages) or `shell.root` (everything else).
    pub(crate) fn page(
        &self,
        path: &str,
        template: &str,
        head: Head,
        body: &impl Serialize,
    ) -> Result<File, SiteError> {
        let shell = self.shell(path, head);
        let values =
            context! { shell => Value::from(Serde(&shell)), page => Value::from(Serde(body)) };
        let html = self.templates.render(template, values)?;
        Ok(File::new(format!("{}{path}", self.home), html))
    }

    /// Title of the site.
    pub(crate) fn title(&self) -> String {
        self.data.site.title.as_deref().map_or_else(|| TITLE.to_owned(), names::line)
    }

    /// A name as people read it.
    pub(crate) fn shown(&self, dimension: Dimension, name: &str) -> String {
        match dimension {
            Dimension::Source => marks::source_title(name),
            Dimension::Project if name.is_empty() => self.locale.text("no-project"),
            Dimension::Project => marks::project_title(name),
            Dimension::Model | Dimension::Machine => names::line(name),
        }
    }

    /// Absolute address of a path below the root, if the site's is known.
    pub(crate) fn address(&self, path: &str) -> Option<String> {
        let address = self.data.site.address.as_deref()?;
        let path = path.strip_suffix("index.html").unwrap_or(path);
        Some(format!("{}/{path}", address.trim_end_matches('/')))
    }

    fn shell(&self, path: &str, head: Head) -> Shell<'_> {
        let full = format!("{}{path}", self.home);
        let root = "../".repeat(full.matches('/').count());
        let home = "../".repeat(path.matches('/').count());
        let data = self.data;
        Shell {
            lang: self.locale.tag(),
            direction: "ltr",
            site: self.title(),
            title: head.title,
            description: head.description,
            section: head.section,
            canonical: self.address(&full),
            picture: head.picture.as_deref().and_then(|picture| self.address(picture)),
            module: head.module.map(|module| format!("{root}{module}")),
            languages: self.translations(path, &root),
            shows: Shows {
                anything: !data.is_empty(),
                cost: data.shows_cost(),
                projects: data.shows_projects(),
                sessions: data.sessions.is_some(),
                prices: data.prices.is_some(),
            },
            css: text(&self.assets.css).filter(|_| head.is_whole),
            script: text(&self.assets.script).filter(|_| head.is_whole),
            css_file: format!("{root}{}", self.assets.css.path),
            script_file: format!("{root}{}", self.assets.script.path),
            policy: &self.assets.policies[usize::from(!head.is_whole)],
            icon: icon(),
            version: env!("CARGO_PKG_VERSION"),
            root,
            home,
        }
    }

    fn translations(&self, path: &str, root: &str) -> Vec<Translation<'_>> {
        let known = |tag: &&str| LANGUAGES.iter().find(|language| language.tag == *tag);
        let tags = self.languages.iter().filter(|_| self.languages.len() > 1);
        tags.filter_map(known)
            .enumerate()
            .map(|(number, language)| {
                let folder = if number == 0 { String::new() } else { format!("{}/", language.tag) };
                Translation {
                    tag: language.tag,
                    name: language.name,
                    href: format!("{root}{folder}{path}"),
                    is_current: language.tag == self.locale.tag(),
                }
            })
            .collect()
    }
}

/// The sign as a data URL: no second request.
fn icon() -> String {
    let [left, middle, right] =
        [0, 1, 2].map(|slot: usize| palette::SERIES[slot].0.replace('#', "%23"));
    format!(
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>\
         <path fill='{left}' d='M2 9h3v5H2z'/><path fill='{middle}' d='M6.5 5h3v9h-3z'/><path fill='{right}' d='M11 2h3v12h-3z'/></svg>"
    )
}
