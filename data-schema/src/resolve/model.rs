//! One model under the names that clients, vendors and clouds give it.

use crate::{Text, Usage};

/// The model of what names none.
const UNKNOWN: &str = "unknown";

/// A model's name without vendor, place, letter case, and day or version of its release: bills and answers name the
/// release, requests and tools the model.
///
/// ```
/// use data_schema::resolve::plain_model;
/// assert_eq!(plain_model("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), "claude-sonnet-4-5");
/// ```
pub fn plain_model(model: &str) -> String {
    let name = model.rsplit('/').next().unwrap_or(model).to_lowercase();
    // Clouds put the vendor in front, and a region before it: `us.anthropic.claude-…`.
    let name = name.rsplit_once("anthropic.").map_or(name.as_str(), |(_, name)| name);
    // Claude Code names the size of the window: `claude-opus-4-6[1m]`.
    let name = name.split('[').next().unwrap_or(name);
    let name = without_version(name);
    let name = name.strip_suffix("-latest").unwrap_or(name);
    without_day(name).to_owned()
}

/// Without `-v1:0` or `:0`, which Bedrock adds to the models of Anthropic.
fn without_version(name: &str) -> &str {
    let Some((before, number)) = name.rsplit_once(':') else { return name };
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !before.starts_with("claude-") {
        return name;
    }
    match before.rsplit_once("-v") {
        Some((model, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) => model,
        _ => before,
    }
}

/// Without the day of the release: `-20250929`, `@20250929` or `-2026-04-01`.
fn without_day(name: &str) -> &str {
    let digits = |text: &str, count: usize| {
        text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    if let Some((model, day)) = name.rsplit_once(['-', '@'])
        && digits(day, 8)
    {
        return model;
    }
    let parts: Vec<&str> = name.rsplitn(4, '-').collect();
    match parts[..] {
        [day, month, year, model] if digits(day, 2) && digits(month, 2) && digits(year, 4) => model,
        _ => name,
    }
}

/// The plain names of a record's model: as it was served and as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Models {
    /// As the record names it.
    pub(super) served: Text,
    /// As the client asked, where that is another one.
    pub(super) asked: Option<Text>,
}

impl Models {
    pub(super) fn of(usage: &Usage) -> Self {
        let served = Text::from(plain_model(&usage.model));
        let asked = usage.requested_model.as_deref().map(|asked| Text::from(plain_model(asked)));
        let asked = asked.filter(|asked| *asked != served);
        Self { served, asked }
    }

    /// All names.
    pub(super) fn names(&self) -> impl Iterator<Item = &Text> {
        std::iter::once(&self.served).chain(&self.asked)
    }

    /// Whether two records may speak of one model: a name of both is the same, or one does not tell it.
    pub(super) fn fits(&self, other: &Self) -> bool {
        let is_untold = |models: &Self| &*models.served == UNKNOWN;
        is_untold(self)
            || is_untold(other)
            || self.names().any(|name| other.names().any(|one| one == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_has_one_plain_name() {
        for (told, name) in [
            ("openai/GPT-5.5", "gpt-5.5"),
            ("gpt-5.5-2026-04-01", "gpt-5.5"),
            ("claude-sonnet-4-20250514", "claude-sonnet-4"),
            ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
            ("claude-sonnet-4-6", "claude-sonnet-4-6"),
            ("claude-opus-4-6[1m]", "claude-opus-4-6"),
            ("claude-3-7-sonnet-latest", "claude-3-7-sonnet"),
            ("eu.anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
            ("models/gemini-2.5-pro", "gemini-2.5-pro"),
            ("qwen3:8", "qwen3:8"),
            ("20250514", "20250514"),
            ("", ""),
        ] {
            assert_eq!(plain_model(told), name);
        }
    }

    #[test]
    fn models_fit_by_any_name_and_where_one_is_not_told() {
        let models = |served: &str, asked: Option<&str>| {
            Models::of(&Usage {
                model: served.into(),
                requested_model: asked.map(Text::from),
                ..Usage::default()
            })
        };
        let wire = models("gpt-5.5-2026-04-01", Some("gpt-5-latest"));
        assert!(wire.fits(&models("gpt-5.5", None)) && wire.fits(&models("gpt-5", None)));
        assert!(wire.fits(&models("unknown", None)) && !wire.fits(&models("gpt-4.1", None)));
        assert!(wire.fits(&models("gpt-4.1", Some("gpt-5"))));
    }
}
