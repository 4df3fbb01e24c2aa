//! The templates of `templates/`, compiled in. A folder of the user's own goes first, file by file.

use std::path::Path;
use std::sync::Arc;

use fluent_bundle::FluentArgs;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Kwargs;
use minijinja::{AutoEscape, Environment, Output, State, Value};

use crate::SiteError;
use crate::locale::Locale;

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        /// Name and text of every template.
        pub(crate) const BUILT_IN: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../templates/", $name)))),*];
    };
}

built_in!(
    // --- shell ---
    "pages/base.html",
    "style.css",
    "page.js",
    "parts/macros.html",
    // --- overview and charts ---
    "pages/period.html",
    "pages/names.html",
    "parts/charts.html",
    // --- other pages ---
    "pages/calendar.html",
    "pages/sessions.html",
    "pages/data.html",
    "pages/prices.html",
    "pages/not-found.html",
    "parts/grids.html",
    "feed.atom",
    "sw.js",
    "offline.js",
    "prices.js",
    // --- badges and cards ---
    "pages/badges.html",
    "pages/wrapped.html",
    // --- explore ---
    "pages/explore.html",
);

/// Renders pages and pictures in one language.
#[derive(Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    /// Compiles all templates; those in `folder` replace the built-in ones of the same name.
    ///
    /// # Errors
    ///
    /// A template is at fault; the message names it and the line.
    pub(crate) fn new(locale: Arc<Locale>, folder: Option<&Path>) -> Result<Self, SiteError> {
        let mut environment = Environment::new();
        // Names come from logs: everything is escaped, in SVG as in HTML.
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.set_formatter(write);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(syntax);
        environment
            .add_function("t", move |key: &str, parts: Kwargs| translated(&locale, key, &parts));
        for (name, text) in BUILT_IN {
            match folder.map(|folder| folder.join(name)).filter(|path| path.is_file()) {
                None => environment.add_template(name, text)?,
                Some(path) => {
                    environment.add_template_owned(*name, fs_err::read_to_string(path)?)?;
                }
            }
        }
        Ok(Self { environment })
    }

    pub(crate) fn render(&self, name: &str, context: Value) -> Result<String, SiteError> {
        Ok(self.environment.get_template(name)?.render(context)?)
    }
}

/// Writes a value as minijinja does, but leaves `/` as it is: addresses stay readable, in feeds as well.
fn write(
    out: &mut Output,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    let escapes = *state.auto_escape() == AutoEscape::Html && !value.is_safe();
    let Some(text) = value.as_str().filter(|_| escapes) else {
        return minijinja::escape_formatter(out, state, value);
    };
    let mut rest = text;
    while let Some(place) = rest.find(['<', '>', '&', '"', '\'']) {
        let (before, from) = rest.split_at(place);
        out.write_str(before)?;
        let (letter, after) = from.split_at(1);
        out.write_str(match letter {
            "<" => "&lt;",
            ">" => "&gt;",
            "&" => "&amp;",
            "\"" => "&quot;",
            _ => "&#39;",
        })?;
        rest = after;
    }
    Ok(out.write_str(rest)?)
}

/// `t("key", name=value)`: a text of the page's language.
fn translated(locale: &Locale, key: &str, parts: &Kwargs) -> Result<String, minijinja::Error> {
    let mut arguments = FluentArgs::new();
    for name in parts.args() {
        let value: Value = parts.get(name)?;
        match value.as_i64() {
            Some(number) => arguments.set(name.to_owned(), number),
            None => arguments.set(name.to_owned(), value.to_string()),
        }
    }
    Ok(locale.format(key, &arguments))
}

#[cfg(test)]
mod tests {
    use minijinja::context;

    use super::*;

    #[test]
    fn names_are_text_in_markup_and_addresses_stay_as_they_are() {
        let folder = tempfile::TempDir::new().unwrap();
        let own = folder.path().join("style.css");
        fs_err::write(own, "{{ name }} {{ count }} {{ list }} {{ name|safe }}").unwrap();
        let locale = Arc::new(Locale::new("en").unwrap());
        let templates = Templates::new(locale, Some(folder.path())).unwrap();
        let name = "</b>&\"'../x/";
        let text = templates.render("style.css", context! { name, count => 3, list => [name] });
        let text = text.unwrap();
        assert!(text.starts_with("&lt;/b&gt;&amp;&quot;&#39;../x/ 3 "), "{text}");
        assert_eq!(text.matches('<').count(), 1, "only what is said to be safe: {text}");
    }
}
