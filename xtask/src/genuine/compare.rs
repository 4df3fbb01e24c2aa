//! What was counted beside what was served.

use std::collections::BTreeMap;

use data_schema::Money;

use super::told::ToldCost;
use super::truth::{Served, Usage};

/// One record, as `store export` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) source: String,
    pub(super) model: String,
    pub(super) classes: [u64; 4],
    /// Its list value in USD; `None`: it has no price.
    pub(super) list: Option<Money>,
}

/// What became of one answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// One record, with its tokens and its model.
    Exact,
    /// The stream broke off; the record has the prompt, and the output as far as the client had seen it.
    Part,
    /// The same, under another name of the model or of the source.
    Named(String),
    /// No record, and the logs have nothing of it: why.
    NotLogged(&'static str),
    /// No record, although its numbers stand in this file.
    Missed(String),
}

/// What the comparison of a client came to.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// All answers, in their order.
    pub(super) answers: Vec<(Served, Fate)>,
    /// Records without an answer.
    pub(super) extra: Vec<Counted>,
    /// What the client says itself that its runs cost, where it does.
    pub(super) costs: Vec<ToldCost>,
}

/// The four classes by which a response is known.
pub(super) fn classes(usage: Usage) -> [u64; 4] {
    [usage.input, usage.cache_read, usage.cache_creation, usage.output]
}

impl Comparison {
    /// Compares the records of all sources with what was served to the client of one. `logged` finds the file of the
    /// home folder in which the numbers of an answer stand.
    pub(super) fn of(
        client: &str,
        served: Vec<Served>,
        counted: Vec<Counted>,
        logged: impl Fn(Usage) -> Option<String>,
    ) -> Self {
        let mut left: BTreeMap<[u64; 4], Vec<Counted>> = BTreeMap::new();
        for record in counted {
            left.entry(record.classes).or_default().push(record);
        }
        let mut comparison = Self::default();
        for answer in served {
            let found = left.get_mut(&classes(answer.usage)).and_then(Vec::pop);
            let fate = match found {
                Some(record) => named(client, &answer, &record),
                None if answer.is_cut && take_part(&mut left, answer.usage) => Fate::Part,
                None => match logged(answer.usage) {
                    Some(file) => Fate::Missed(file),
                    None => Fate::NotLogged(reason(&answer)),
                },
            };
            comparison.answers.push((answer, fate));
        }
        comparison.extra = left.into_values().flatten().collect();
        comparison
    }

    /// Number of answers with a fate.
    pub(super) fn count(&self, is: impl Fn(&Fate) -> bool) -> usize {
        self.answers.iter().filter(|(_, fate)| is(fate)).count()
    }

    /// Answers that the client logged.
    pub(super) fn logged(&self) -> usize {
        self.count(|fate| !matches!(fate, Fate::NotLogged(_)))
    }

    /// Answers that were counted with their tokens and their model.
    pub(super) fn exact(&self) -> usize {
        self.count(|fate| *fate == Fate::Exact)
    }

    /// Answers that broke off, and were counted as far as the client had seen them.
    pub(super) fn parts(&self) -> usize {
        self.count(|fate| *fate == Fate::Part)
    }

    /// Whether all that the client logged is counted exactly, and nothing beside it; and costs what the client says.
    pub(super) fn holds(&self) -> bool {
        let is_exact = self.exact() + self.parts() == self.logged() && self.extra.is_empty();
        is_exact && self.costs.iter().all(ToldCost::is_same)
    }
}

/// Takes the record of an answer that broke off, if there is one.
fn take_part(left: &mut BTreeMap<[u64; 4], Vec<Counted>>, usage: Usage) -> bool {
    let [input, read, written, output] = classes(usage);
    let mut parts = left.range_mut([input, read, written, 0]..[input, read, written, output]);
    parts.find_map(|(_, records)| records.pop()).is_some()
}

fn named(client: &str, answer: &Served, record: &Counted) -> Fate {
    if record.source == client && record.model == answer.model {
        return Fate::Exact;
    }
    Fate::Named(format!("{} of {}", record.model, record.source))
}

/// Why a client has nothing of an answer in its logs.
fn reason(answer: &Served) -> &'static str {
    const ASIDES: [&str; 4] = ["title", "router", "memory extractor", "next speaker"];
    if answer.is_cut {
        return "cut stream";
    }
    let aside = answer.aside.as_deref();
    ASIDES.into_iter().find(|known| aside == Some(known)).unwrap_or("not known")
}

/// Whether numbers of an answer stand in a text: its output, with or without reasoning, and its prompt, with or
/// without what was read from a cache. One of each must be there, or a text with digits of any kind would do.
pub(super) fn tells(text: &[u8], usage: Usage) -> bool {
    let outputs = [usage.output, usage.visible()];
    let written = usage.input + usage.cache_creation;
    let prompts = [usage.input, usage.prompt(), usage.prompt() + usage.cache_creation, written];
    let has = |numbers: &[u64]| numbers.iter().any(|number| has_number(text, *number));
    has(&outputs) && has(&prompts)
}

/// Whether a number stands in a text, and not as a part of another.
fn has_number(text: &[u8], number: u64) -> bool {
    let digits = number.to_string();
    let digits = digits.as_bytes();
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    memchr::memmem::find_iter(text, digits).any(|start| {
        let before = start.checked_sub(1).and_then(|before| text.get(before));
        !is_digit(before) && !is_digit(text.get(start + digits.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::truth::Wire;
    use super::*;

    fn served(number: u64, is_cut: bool, aside: Option<&str>) -> Served {
        Served {
            number,
            run: "plain".to_owned(),
            wire: Wire::Chat,
            model: "gpt-5".to_owned(),
            usage: Usage::of(number, Wire::Chat),
            is_cut,
            told: None,
            aside: aside.map(ToOwned::to_owned),
        }
    }

    fn counted(number: u64, source: &str, model: &str) -> Counted {
        let classes = classes(Usage::of(number, Wire::Chat));
        Counted { source: source.to_owned(), model: model.to_owned(), classes, list: None }
    }

    #[test]
    fn every_answer_is_exact_or_its_loss_has_a_reason() {
        let answers = vec![
            served(1, false, None),
            served(2, true, None),
            served(3, false, Some("title")),
            served(4, false, None),
        ];
        let records = vec![counted(1, "pi", "gpt-5")];
        let none = |_: Usage| None;
        let comparison = Comparison::of("pi", answers, records, none);
        let fates: Vec<&Fate> = comparison.answers.iter().map(|(_, fate)| fate).collect();
        let lost =
            [Fate::NotLogged("cut stream"), Fate::NotLogged("title"), Fate::NotLogged("not known")];
        assert_eq!(fates, [&Fate::Exact, &lost[0], &lost[1], &lost[2]]);
        assert_eq!((comparison.logged(), comparison.exact()), (1, 1));
        assert!(comparison.holds());
    }

    #[test]
    fn an_answer_that_broke_off_counts_as_far_as_it_was_seen() {
        let none = |_: Usage| None;
        let mut part = counted(1, "pi", "gpt-5");
        part.classes[3] = 1;
        let cut = Comparison::of("pi", vec![served(1, true, None)], vec![part.clone()], none);
        assert_eq!((cut.parts(), cut.extra.len(), cut.holds()), (1, 0, true));
        let whole = Comparison::of("pi", vec![served(1, false, None)], vec![part], none);
        assert_eq!((whole.parts(), whole.extra.len(), whole.holds()), (0, 1, false));
    }

    #[test]
    fn what_is_logged_and_not_counted_is_a_fault() {
        let found = |_: Usage| Some("a.jsonl".to_owned());
        let comparison = Comparison::of("pi", vec![served(1, false, None)], Vec::new(), found);
        assert_eq!(comparison.answers[0].1, Fate::Missed("a.jsonl".to_owned()));
        assert!(!comparison.holds());
    }

    #[test]
    fn a_record_too_many_another_model_and_another_source_are_faults() {
        let none = |_: Usage| None;
        let twice = vec![counted(1, "pi", "gpt-5"), counted(1, "pi", "gpt-5")];
        let comparison = Comparison::of("pi", vec![served(1, false, None)], twice, none);
        assert_eq!((comparison.exact(), comparison.extra.len()), (1, 1));
        assert!(!comparison.holds());
        for (source, model) in [("pi", "mock/gpt-5"), ("codex", "gpt-5")] {
            let records = vec![counted(1, source, model)];
            let comparison = Comparison::of("pi", vec![served(1, false, None)], records, none);
            assert!(matches!(comparison.answers[0].1, Fate::Named(_)), "{source} {model}");
            assert!(!comparison.holds());
        }
    }

    #[test]
    fn numbers_are_found_whole_and_in_pairs() {
        let usage = Usage::of(1, Wire::Chat);
        let text = |output: u64| format!("{{\"in\":{},\"out\":{output}}}", usage.prompt());
        assert!(tells(text(usage.output).as_bytes(), usage));
        assert!(tells(text(usage.visible()).as_bytes(), usage));
        assert!(!tells(text(usage.output * 10).as_bytes(), usage));
        assert!(!tells(format!("{}", usage.output).as_bytes(), usage));
    }
}
