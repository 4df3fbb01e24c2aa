//! What is wrong with one picture.

use crate::rules;

/// What is wrong with an SVG file, or nothing.
pub(crate) fn svg(text: &str) -> Result<(), String> {
    if !text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") {
        return Err("not an SVG file".to_owned());
    }
    rules::picture(text)
}
