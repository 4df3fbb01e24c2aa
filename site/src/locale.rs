//! Words, numbers and dates of one language. The words stand in one file per language,
//! `templates/messages/<tag>.ftl` (Project Fluent, <https://projectfluent.org/>, read 2026-11-21).

pub(crate) mod dates;
pub(crate) mod numbers;

use std::fmt;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::SiteError;
use numbers::Units;

/// A language that pages can be in.
#[derive(Debug)]
pub(crate) struct Language {
    /// BCP 47 tag, and name of its folder.
    pub(crate) tag: &'static str,
    /// Its name in itself.
    pub(crate) name: &'static str,
    messages: &'static str,
    units: Units,
}

/// All languages, English first: what another one lacks is told in English.
pub(crate) const LANGUAGES: [Language; 3] = [
    Language {
        tag: "en",
        name: "English",
        messages: include_str!("../../templates/messages/en.ftl"),
        units: numbers::WESTERN,
    },
    Language {
        tag: "zh",
        name: "中文",
        messages: include_str!("../../templates/messages/zh.ftl"),
        units: numbers::CHINESE,
    },
    Language {
        tag: "ja",
        name: "日本語",
        messages: include_str!("../../templates/messages/ja.ftl"),
        units: numbers::JAPANESE,
    },
];

/// One language, ready for use.
pub(crate) struct Locale {
    language: &'static Language,
    bundles: Vec<FluentBundle<FluentResource>>,
}

impl Locale {
    /// The language of a tag; of a tag with a region, its language.
    ///
    /// # Errors
    ///
    /// There is no such language; the message lists those that there are.
    pub(crate) fn new(tag: &str) -> Result<Self, SiteError> {
        let wanted = tag.split(['-', '_']).next().unwrap_or(tag).to_ascii_lowercase();
        let Some(language) = LANGUAGES.iter().find(|language| language.tag == wanted) else {
            return Err(SiteError::Language { tag: tag.to_owned() });
        };
        let english = &LANGUAGES[0];
        let mut bundles = vec![bundle(language)?];
        if language.tag != english.tag {
            bundles.push(bundle(english)?);
        }
        Ok(Self { language, bundles })
    }

    /// BCP 47 tag.
    pub(crate) fn tag(&self) -> &'static str {
        self.language.tag
    }

    /// A text without parts.
    pub(crate) fn text(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// A text with parts. A number chooses the plural; what is shown of it is a part of its own.
    pub(crate) fn with(&self, key: &str, parts: &[(&str, FluentValue<'_>)]) -> String {
        let mut arguments = FluentArgs::with_capacity(parts.len());
        for (name, value) in parts {
            arguments.set(*name, value.clone());
        }
        self.format(key, &arguments)
    }

    pub(crate) fn format(&self, key: &str, arguments: &FluentArgs<'_>) -> String {
        for bundle in &self.bundles {
            if let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) {
                let mut errors = Vec::new();
                return bundle.format_pattern(pattern, Some(arguments), &mut errors).into_owned();
            }
        }
        // A key that no language has is shown as it is; a test looks for such keys in all pages.
        format!("[{key}]")
    }
}

/// All tags, for a message.
pub(crate) fn tags() -> String {
    LANGUAGES.map(|language| language.tag).join(", ")
}

fn bundle(language: &Language) -> Result<FluentBundle<FluentResource>, SiteError> {
    let faulty = |message: String| SiteError::Messages { tag: language.tag, message };
    let resource = FluentResource::try_new(language.messages.to_owned())
        .map_err(|(_, errors)| faulty(format!("{errors:?}")))?;
    let tag = language.tag.parse().map_err(|error| faulty(format!("{error}")))?;
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // Parts stand in <bdi> where they are names; marks inside texts would show up in titles and badges.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).map_err(|errors| faulty(format!("{errors:?}")))?;
    Ok(bundle)
}

impl fmt::Debug for Locale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Locale")
            .field("language", &self.language.tag)
            .finish_non_exhaustive()
    }
}
