//! Lines to copy: Markdown and HTML, each escaped as it needs.

use std::fmt::Write as _;

use serde::Serialize;

use crate::context::Context;

/// A picture of ours: path below the root, and what is said instead of it.
#[derive(Serialize)]
pub(super) struct Picture {
    pub(super) path: String,
    pub(super) alt: String,
}

/// A picture with the lines that show it elsewhere.
#[derive(Serialize)]
pub(super) struct Take {
    picture: Picture,
    /// What the lines call it: a number in them would not be true for long.
    label: String,
    markdown: String,
    html: String,
    /// The stretch of days, if it is one of several.
    span: &'static str,
}

impl Take {
    pub(super) fn new(context: &Context<'_>, path: &str, label: &str, alt: String) -> Self {
        let url = address(context, path);
        let mut markdown = markdown_picture(label, &url);
        let mut html = format!("<img alt=\"{}\" src=\"{}\">", attribute(label), attribute(&url));
        if let Some(site) = context.address("") {
            let site = url_in_markup(&site);
            markdown = format!("[{markdown}]({site})");
            html = format!("<a href=\"{}\">{html}</a>", attribute(&site));
        }
        let picture = Picture { path: path.to_owned(), alt };
        Self { picture, label: label.to_owned(), markdown, html, span: "now" }
    }

    pub(super) fn of(mut self, span: &'static str) -> Self {
        self.span = span;
        self
    }
}

/// The address of a file, or its path below the root where the site's address is not known.
pub(super) fn address(context: &Context<'_>, path: &str) -> String {
    url_in_markup(&context.address(path).unwrap_or_else(|| path.to_owned()))
}

pub(super) fn markdown_picture(label: &str, url: &str) -> String {
    format!("![{}]({url})", markdown(label))
}

/// Text in Markdown: no letter of it has a meaning.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '\\' | '[' | ']' | '*' | '_' | '`' | '<' | '>' | '&' | '~' | '!' | '|')
        {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// A value of an attribute in HTML.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An address that ends neither a link in Markdown nor an attribute.
fn url_in_markup(url: &str) -> String {
    encoded(url, |byte| byte.is_ascii_alphanumeric() || b"-._~:/?#@!$&*+,;=%".contains(&byte))
}

/// Text as one value in an address.
pub(super) fn percent_encoded(text: &str) -> String {
    encoded(text, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

fn encoded(text: &str, is_plain: impl Fn(u8) -> bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_plain(byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_place() {
        assert_eq!(
            markdown_picture("a](x) *b* <i>", "https://x"),
            "![a\\](x) \\*b\\* \\<i\\>](https://x)"
        );
        assert_eq!(attribute("\"><script>&"), "&quot;&gt;&lt;script&gt;&amp;");
        assert_eq!(url_in_markup("https://x/a b)(\"<"), "https://x/a%20b%29%28%22%3C");
        assert_eq!(percent_encoded("https://x/é?a=b"), "https%3A%2F%2Fx%2F%C3%A9%3Fa%3Db");
    }
}
