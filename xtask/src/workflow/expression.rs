//! The few expressions that the workflow uses: names in `${{ }}`, and `NAME == 'text'` joined by `&&`.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

/// Values by their full name, such as `steps.check.outputs.changed`.
pub(super) type Values = BTreeMap<String, String>;

/// Puts values in the place of `${{ NAME }}`.
pub(super) fn fill(text: &str, values: &Values) -> Result<String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (name, behind) =
            after.split_once("}}").with_context(|| format!("no end of ${{{{ in `{text}`"))?;
        filled.push_str(before);
        filled.push_str(&value(name.trim(), values)?);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Whether a condition holds.
pub(super) fn holds(condition: &str, values: &Values) -> Result<bool> {
    for part in condition.split("&&") {
        let (name, text) =
            part.split_once("==").with_context(|| format!("`{condition}` is not understood"))?;
        let text = text.trim();
        let text = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        let text = text.with_context(|| format!("`{condition}` compares with no text"))?;
        if value(name.trim(), values)? != text {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The value of a name. What a step or secret does not say is empty, as at the host; other names must be known.
fn value(name: &str, values: &Values) -> Result<String> {
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    ensure!(
        !name.is_empty() && name.chars().all(is_name),
        "the expression `{name}` is not understood"
    );
    match values.get(name) {
        Some(value) => Ok(value.clone()),
        None if name.starts_with("steps.") || name.starts_with("secrets.") => Ok(String::new()),
        None => anyhow::bail!("the name `{name}` has no value"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read_as_the_host_reads_them() {
        let values: Values = [("inputs.mode", "artifact"), ("steps.check.outputs.changed", "true")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        assert_eq!(fill("a ${{ inputs.mode }}-${{secrets.KEY}}", &values).unwrap(), "a artifact-");
        assert!(
            holds("steps.check.outputs.changed == 'true' && inputs.mode == 'artifact'", &values)
                .unwrap()
        );
        assert!(!holds("steps.check.outputs.changed == 'false'", &values).unwrap());
        assert!(!holds("steps.none.outputs.changed == 'true'", &values).unwrap());
        for text in ["${{ inputs.other }}", "${{ a || b }}", "${{ inputs.mode"] {
            assert!(fill(text, &values).is_err(), "{text}");
        }
        assert!(holds("success()", &values).is_err());
    }
}
