//! What the proxy's ledger has beside what was served.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::truth::{Served, Usage, Wire, number_of};

/// One record of `proxy usage --json`, as far as it is compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Line {
    pub(super) path: String,
    pub(super) protocol: Option<String>,
    pub(super) response: Option<String>,
    pub(super) model: Option<String>,
    pub(super) requested_model: Option<String>,
    pub(super) input_tokens: Option<u64>,
    pub(super) cache_read_tokens: Option<u64>,
    pub(super) cache_creation_tokens: Option<u64>,
    pub(super) cache_creation_1h_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) reasoning_tokens: Option<u64>,
    /// Absent = complete.
    pub(super) end: Option<String>,
    pub(super) client: Option<String>,
}

/// What became of one answer in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// One line, with its usage and its model, complete.
    Exact,
    /// The answer was cut; one line says so, and has what was told before.
    Cut,
    /// One line that is not right: how.
    Wrong(String),
    /// No line.
    Missing,
}

/// What the comparison came to.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) answers: Vec<(Served, Fate)>,
    /// Lines that tell usage, or name a response, and belong to no answer.
    pub(super) extra: Vec<Line>,
    /// Lines of requests that cost nothing, such as counting tokens.
    pub(super) beside: usize,
    /// The names that clients gave themselves.
    pub(super) clients: Vec<String>,
}

impl Comparison {
    pub(super) fn of(served: Vec<Served>, lines: Vec<Line>) -> Self {
        let mut comparison = Self::default();
        let (mut numbered, mut nameless) = (BTreeMap::<u64, Vec<Line>>::new(), Vec::new());
        for line in lines {
            if let Some(client) = line.client.as_ref()
                && !comparison.clients.contains(client)
            {
                comparison.clients.push(client.clone());
            }
            match line.response.as_deref().and_then(number_of) {
                Some(number) => numbered.entry(number).or_default().push(line),
                None => nameless.push(line),
            }
        }
        for answer in served {
            let line = numbered.get_mut(&answer.number).and_then(Vec::pop);
            let line = line.or_else(|| by_order(&mut nameless, answer.wire));
            let fate = line.map_or(Fate::Missing, |line| fate(&answer, &line));
            comparison.answers.push((answer, fate));
        }
        let (tell, rest): (Vec<Line>, Vec<Line>) =
            nameless.into_iter().partition(|line| line.tells_usage() || line.response.is_some());
        comparison.beside = rest.len();
        comparison.extra = numbered.into_values().flatten().chain(tell).collect();
        comparison
    }

    pub(super) fn count(&self, is: impl Fn(&Fate) -> bool) -> usize {
        self.answers.iter().filter(|(_, fate)| is(fate)).count()
    }

    /// Whether every answer is in the ledger as it was, and nothing beside it.
    pub(super) fn holds(&self) -> bool {
        let right = self.count(|fate| matches!(fate, Fate::Exact | Fate::Cut));
        right == self.answers.len() && self.extra.is_empty()
    }
}

impl Line {
    fn tells_usage(&self) -> bool {
        let told = [self.input_tokens, self.cache_read_tokens, self.output_tokens];
        told.iter().any(Option::is_some)
    }

    /// Absent where nothing is told; a class that is not told counts as none.
    fn usage(&self) -> Option<Usage> {
        let number = |told: Option<u64>| told.unwrap_or(0);
        self.tells_usage().then(|| Usage {
            input: number(self.input_tokens),
            cache_read: number(self.cache_read_tokens),
            cache_creation: number(self.cache_creation_tokens),
            cache_creation_1h: number(self.cache_creation_1h_tokens),
            output: number(self.output_tokens),
            reasoning: number(self.reasoning_tokens),
        })
    }

    fn is_complete(&self) -> bool {
        self.end.as_deref().is_none_or(|end| end == "complete")
    }
}

/// The first line of a protocol that names no response: such a line is wrong, but it is there.
fn by_order(lines: &mut Vec<Line>, wire: Wire) -> Option<Line> {
    let word = match wire {
        Wire::Messages => "anthropic-messages",
        Wire::Chat => "openai-chat",
        Wire::Responses => "openai-responses",
        Wire::Gemini => "gemini-generate",
    };
    let place = lines.iter().position(|line| line.protocol.as_deref() == Some(word))?;
    Some(lines.remove(place))
}

fn fate(answer: &Served, line: &Line) -> Fate {
    let wrong = |what: String| Fate::Wrong(what);
    if line.response.is_none() && !(answer.is_cut && answer.told.is_none()) {
        return wrong("the line names no response".to_owned());
    }
    let model = line.model.as_ref().or(line.requested_model.as_ref());
    if model != Some(&answer.model) {
        return wrong(format!("the model is {}", model.map_or("not told", String::as_str)));
    }
    if line.usage() != answer.told {
        return wrong(format!("told was {:?}, the line has {:?}", answer.told, line.usage()));
    }
    match (answer.is_cut, line.is_complete()) {
        (false, true) => Fate::Exact,
        (true, false) => Fate::Cut,
        (false, false) => wrong(format!("it is whole, the line says {:?}", line.end)),
        (true, true) => wrong("it was cut, the line says complete".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn served(number: u64, is_cut: bool) -> Served {
        let usage = Usage::of(number, Wire::Messages);
        let told = Some(if is_cut { Usage { output: 1, ..usage } } else { usage });
        Served { number, model: "m".to_owned(), usage, is_cut, told, ..Served::default() }
    }

    fn line(answer: &Served) -> Line {
        let told = answer.told.unwrap();
        Line {
            protocol: Some("anthropic-messages".to_owned()),
            response: Some(format!("msg_mock{:020}", answer.number)),
            model: Some("m".to_owned()),
            input_tokens: Some(told.input),
            cache_read_tokens: Some(told.cache_read),
            cache_creation_tokens: Some(told.cache_creation),
            cache_creation_1h_tokens: Some(told.cache_creation_1h),
            output_tokens: Some(told.output),
            end: answer.is_cut.then(|| "upstream-error".to_owned()),
            client: Some("claude-code/2".to_owned()),
            ..Line::default()
        }
    }

    #[test]
    fn every_answer_is_exact_or_cut_and_what_costs_nothing_is_beside() {
        let (one, two) = (served(1, false), served(2, true));
        let lines = vec![line(&two), Line::default(), line(&one)];
        let comparison = Comparison::of(vec![one, two], lines);
        let fates: Vec<&Fate> = comparison.answers.iter().map(|(_, fate)| fate).collect();
        assert_eq!(fates, [&Fate::Exact, &Fate::Cut]);
        assert!(comparison.holds());
        assert_eq!((comparison.beside, comparison.clients.len()), (1, 1));
    }

    #[test]
    fn what_is_missing_or_too_many_or_wrong_is_found() {
        let (one, cut) = (served(1, false), served(2, true));
        let missing = Comparison::of(vec![one.clone()], Vec::new());
        assert_eq!((&missing.answers[0].1, missing.holds()), (&Fate::Missing, false));
        let twice = Comparison::of(vec![one.clone()], vec![line(&one), line(&one)]);
        assert_eq!((twice.extra.len(), twice.holds()), (1, false));
        let wrong = [
            (&one, Line { output_tokens: Some(7), ..line(&one) }),
            (&one, Line { model: Some("other".to_owned()), ..line(&one) }),
            (&one, Line { end: Some("upstream-error".to_owned()), ..line(&one) }),
            (&one, Line { response: None, ..line(&one) }),
            (&cut, Line { end: None, ..line(&cut) }),
            (&cut, Line { output_tokens: Some(cut.usage.output), ..line(&cut) }),
        ];
        for (answer, line) in wrong {
            let comparison = Comparison::of(vec![answer.clone()], vec![line.clone()]);
            assert!(matches!(comparison.answers[0].1, Fate::Wrong(_)), "{line:?}");
        }
    }

    #[test]
    fn a_stream_that_was_cut_before_it_told_anything_has_a_line_without_usage() {
        let cut = Served { told: None, ..served(2, true) };
        let line = Line {
            protocol: Some("anthropic-messages".to_owned()),
            requested_model: Some("m".to_owned()),
            end: Some("upstream-error".to_owned()),
            ..Line::default()
        };
        assert_eq!(Comparison::of(vec![cut], vec![line]).answers[0].1, Fate::Cut);
    }
}
