//! Names and colours of sources. A source keeps its colour whatever else is there.

use std::collections::BTreeMap;

use data_schema::summary::ProviderSummary;

use crate::format;
use crate::palette::SLOTS;

/// Names of known sources, in the order of their colours.
const KNOWN: [(&str, &str); 8] = [
    ("claude-code", "Claude Code"),
    ("codex", "Codex"),
    ("gemini-cli", "Gemini CLI"),
    ("opencode", "OpenCode"),
    ("cursor", "Cursor"),
    ("copilot-cli", "Copilot CLI"),
    ("qwen-code", "Qwen Code"),
    ("glm-coding", "GLM Coding"),
];

/// CSS variable of what has no slot of its own.
const OTHER: &str = "other";

/// The tool's name, or its id where it is not known here.
pub(crate) fn title(id: &str) -> String {
    let known = KNOWN.iter().find(|(known, _)| *known == id);
    known.map_or_else(|| format::name(id), |(_, title)| (*title).to_owned())
}

/// Which source has which colour.
#[derive(Debug, Default)]
pub(crate) struct Colors(BTreeMap<String, usize>);

impl Colors {
    /// A known source has its own slot, another one the next that is free. When all slots are taken, the rest
    /// share one colour: two sources are never told apart by a colour that they have in common.
    pub(crate) fn new<'a>(ids: impl Iterator<Item = &'a str>) -> Self {
        let ids: Vec<&str> = ids.collect();
        let own = |id: &str| KNOWN.iter().position(|(known, _)| *known == id);
        let mut slots: BTreeMap<String, usize> =
            ids.iter().filter_map(|id| Some(((*id).to_owned(), own(id)?))).collect();
        let mut free = (0..SLOTS.len())
            .filter(|slot| !slots.values().any(|taken| taken == slot))
            .collect::<Vec<_>>()
            .into_iter();
        for id in ids.into_iter().filter(|id| own(id).is_none()) {
            if let Some(slot) = free.next() {
                slots.insert(id.to_owned(), slot);
            }
        }
        Self(slots)
    }

    /// Name of the CSS variable, without its dashes.
    pub(crate) fn of(&self, id: &str) -> String {
        self.0.get(id).map_or_else(|| OTHER.to_owned(), |slot| format!("s{slot}"))
    }
}

/// What a chart tells apart.
#[derive(Debug)]
pub(crate) struct Series {
    /// In a legend.
    pub(crate) title: String,
    /// CSS variable.
    pub(crate) color: String,
    /// The sources in it: one, or all that share a colour.
    pub(crate) ids: Vec<String>,
}

/// The series of a window, the largest source first, all without a slot of their own last.
pub(crate) fn series(providers: &[ProviderSummary], colors: &Colors) -> Vec<Series> {
    let (own, shared): (Vec<&str>, Vec<&str>) = providers
        .iter()
        .map(|row| row.provider.as_str())
        .partition(|id| colors.0.contains_key(*id));
    let one =
        |id: &str| Series { title: title(id), color: colors.of(id), ids: vec![id.to_owned()] };
    let mut series: Vec<Series> = own.into_iter().map(one).collect();
    match shared.as_slice() {
        [] => {}
        [id] => series.push(one(id)),
        many => series.push(Series {
            title: format!("{} others", many.len()),
            color: OTHER.to_owned(),
            ids: many.iter().map(|id| (*id).to_owned()).collect(),
        }),
    }
    series
}

#[cfg(test)]
mod tests {
    use data_schema::summary::Aggregate;

    use super::*;

    #[test]
    fn a_known_source_has_its_colour_whatever_else_is_there() {
        let alone = Colors::new(["codex"].into_iter());
        let among = Colors::new(["aider", "codex", "zed"].into_iter());
        assert_eq!(alone.of("codex"), "s1");
        assert_eq!(among.of("codex"), "s1");
        assert_eq!((among.of("aider"), among.of("zed")), ("s0".into(), "s2".into()));
    }

    #[test]
    fn no_two_sources_share_a_slot_and_the_rest_is_one_series() {
        let ids: Vec<String> = (0..11).map(|number| format!("tool-{number:02}")).collect();
        let colors = Colors::new(ids.iter().map(String::as_str));
        let rows: Vec<ProviderSummary> =
            ids.iter().map(|id| ProviderSummary::new(id.clone(), Aggregate::default())).collect();
        let series = series(&rows, &colors);
        assert_eq!(series.len(), SLOTS.len() + 1);
        let last = series.last().unwrap();
        assert_eq!((last.title.as_str(), last.color.as_str()), ("3 others", "other"));
        assert_eq!(last.ids, ["tool-08", "tool-09", "tool-10"]);
        let mut seen: Vec<&str> = series.iter().map(|one| one.color.as_str()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), series.len());
    }
}
