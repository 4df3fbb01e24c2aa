//! Counts of a record as a log may write them.

use std::collections::HashSet;

use data_schema::{Tokens, Usage};
use serde_json::Value;

/// A smaller number stands everywhere.
const TELLING: u64 = 10;

/// Numbers of which a place must hold one of each list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Needles(Vec<Vec<u64>>);

impl Needles {
    /// `None` if no count is large enough to tell a place from others.
    pub(super) fn of(usage: &Usage) -> Option<Self> {
        let count = |tokens: Option<Tokens>| tokens.map_or(0, Tokens::get);
        let (input, output) = (count(usage.input_tokens), count(usage.output_tokens));
        let (read, written) = (count(usage.cache_read_tokens), count(usage.cache_creation_tokens));
        let reasoning = count(usage.reasoning_tokens);
        let mut lists = Vec::new();
        if input > 0 {
            // Some vendors count a cached prompt as a part of the prompt.
            lists.push(vec![input, input + read, input + written, input + read + written]);
        }
        if output > 0 {
            // Some tell reasoning apart.
            lists.push(vec![output, output.saturating_sub(reasoning)]);
        }
        lists.extend([read, written].into_iter().filter(|count| *count > 0).map(|one| vec![one]));
        if lists.is_empty() && usage.total() > 0 {
            lists.push(vec![usage.total()]);
        }
        let tells = lists.iter().any(|list| list[0] >= TELLING);
        tells.then_some(Self(lists))
    }

    pub(super) fn are_in(&self, numbers: &HashSet<u64>) -> bool {
        self.0.iter().all(|list| list.iter().any(|number| numbers.contains(number)))
    }

    /// Whether a text may hold them: a look that costs little.
    pub(super) fn may_be_in(&self, bytes: &[u8]) -> bool {
        self.are_in(&numbers_of_text(bytes))
    }

    /// The smallest part of a document that holds all of them, with its place.
    pub(super) fn smallest<'v>(&self, value: &'v Value) -> Option<(String, &'v Value)> {
        if !self.may_be_in(value.to_string().as_bytes()) {
            return None;
        }
        let inner: Vec<(String, &Value)> = match value {
            Value::Object(fields) => {
                fields.iter().map(|(key, value)| (key.clone(), value)).collect()
            }
            Value::Array(values) => {
                let numbered = values.iter().enumerate();
                numbered.map(|(place, value)| (place.to_string(), value)).collect()
            }
            _ => return None,
        };
        let mut deeper = inner.into_iter().filter_map(|(key, value)| {
            let (rest, value) = self.smallest(value)?;
            Some((format!("/{key}{rest}"), value))
        });
        deeper.next().or_else(|| Some((String::new(), value)))
    }
}

/// All whole numbers that stand in a text.
fn numbers_of_text(bytes: &[u8]) -> HashSet<u64> {
    let runs = bytes.split(|byte| !byte.is_ascii_digit()).filter(|run| !run.is_empty());
    runs.filter_map(|run| std::str::from_utf8(run).ok()?.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_found_in_the_form_of_any_vendor() {
        let usage = Usage {
            input_tokens: Tokens::new(200),
            cache_read_tokens: Tokens::new(800),
            output_tokens: Tokens::new(140),
            reasoning_tokens: Tokens::new(40),
            ..Usage::default()
        };
        let needles = Needles::of(&usage).unwrap();
        for text in ["in 1000 cached 800 out 100 reasoning 40", "200/800/140"] {
            assert!(needles.may_be_in(text.as_bytes()), "{text}");
        }
        assert!(!needles.may_be_in(b"200 80 140"));
        let small = Usage { input_tokens: Tokens::new(3), ..Usage::default() };
        assert_eq!(Needles::of(&small), None);
        let document =
            serde_json::json!({ "a": [{ "u": { "p": 1000, "c": 800, "o": 140 } }, { "u": 5 }] });
        assert_eq!(needles.smallest(&document).unwrap().0, "/a/0/u");
    }
}
