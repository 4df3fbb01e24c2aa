//! Names and colours of sources. A source keeps its colour whatever else is there.

use std::collections::BTreeMap;

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

/// The tool's name, or its id where it is not known here.
pub(crate) fn title(id: &str) -> String {
    KNOWN.iter().find(|(known, _)| *known == id).map_or(id, |(_, title)| title).to_owned()
}

/// The colour slot of every source: its own, or for an unknown one the next that is free.
pub(crate) fn slots<'a>(ids: impl Iterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let ids: Vec<&str> = ids.collect();
    let own = |id: &str| KNOWN.iter().position(|(known, _)| *known == id);
    let mut slots: BTreeMap<String, usize> =
        ids.iter().filter_map(|id| Some(((*id).to_owned(), own(id)?))).collect();
    let mut next = 0;
    for id in ids {
        if !slots.contains_key(id) {
            let taken: Vec<usize> = slots.values().copied().collect();
            let free = (0..SLOTS.len()).find(|slot| !taken.contains(slot));
            slots.insert(id.to_owned(), free.unwrap_or(next % SLOTS.len()));
            next += 1;
        }
    }
    slots
}
