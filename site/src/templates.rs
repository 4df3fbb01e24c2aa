//! The templates of `templates/`, compiled in.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Value};

use crate::SiteError;

/// Name and text of every template.
const TEXTS: [(&str, &str); 5] = [
    ("overview.html", include_str!("../../templates/overview.html")),
    ("style.css", include_str!("../../templates/style.css")),
    ("badge-flat.svg", include_str!("../../templates/badge-flat.svg")),
    ("badge-pixel.svg", include_str!("../../templates/badge-pixel.svg")),
    ("badge-dark.svg", include_str!("../../templates/badge-dark.svg")),
];

/// Renders pages and badges.
#[derive(Debug)]
pub(crate) struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    pub(crate) fn new() -> Result<Self, SiteError> {
        let mut environment = Environment::new();
        // Names come from logs: everything is escaped, in SVG as in HTML.
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        environment.set_syntax(syntax);
        for (name, text) in TEXTS {
            environment.add_template(name, text)?;
        }
        Ok(Self { environment })
    }

    pub(crate) fn render(&self, name: &str, context: Value) -> Result<String, SiteError> {
        Ok(self.environment.get_template(name)?.render(context)?)
    }
}
