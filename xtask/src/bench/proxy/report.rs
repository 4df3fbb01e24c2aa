//! What the bench came to, as tables.

use std::fmt::Write as _;

use super::figures::{Added, Series};

/// The report so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    rows: Vec<Row>,
    peers: Vec<[String; 3]>,
    notes: Vec<String>,
    faults: Vec<String>,
}

/// One line of the table of targets.
#[derive(Debug)]
struct Row {
    what: String,
    target: String,
    measured: String,
    floor: String,
    /// `None`: nothing was measured that counts.
    is_met: Option<bool>,
}

/// Rounds of one kind: those that count, and those that were void.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    pub(super) valid: Vec<Vec<Series>>,
    pub(super) void: Vec<Vec<Series>>,
}

impl Rounds {
    /// One series of all rounds that count; if none does, of those that do not.
    fn series(&self, name: &str) -> Vec<&Series> {
        let rounds = if self.valid.is_empty() { &self.void } else { &self.valid };
        rounds.iter().flatten().filter(|series| series.name == name).collect()
    }

    fn added(&self, name: &str) -> Added {
        let all: Vec<Added> = self.series(name).iter().map(|series| series.added).collect();
        Added::median(&all)
    }

    /// Medians of percentiles: direct p50 and p99, relayed p50 and p99. Microseconds.
    fn percentiles(&self, name: &str) -> [u64; 4] {
        let of = |figure: fn(&Series) -> u64| {
            median(self.series(name).into_iter().map(figure).collect())
        };
        [
            of(|series| series.direct.p50),
            of(|series| series.direct.p99),
            of(|series| series.relayed.p50),
            of(|series| series.relayed.p99),
        ]
    }
}

/// The middle of numbers.
pub(super) fn median(mut values: Vec<u64>) -> u64 {
    values.sort_unstable();
    super::figures::at_rank(&values, 50).unwrap_or(0)
}

impl Report {
    /// A latency that the proxy may add; microseconds for p50 and p99.
    pub(super) fn latency(
        &mut self,
        (what, series): (&str, &str),
        (p50, p99): (i64, i64),
        rounds: &Rounds,
        floor: &Rounds,
    ) {
        let added = rounds.added(series);
        let (valid, void) = (rounds.valid.len(), rounds.void.len());
        let [direct50, direct99, relayed50, relayed99] = rounds.percentiles(series);
        let counts = if valid == 0 { "**all rounds void**, ".to_owned() } else { String::new() };
        let of_floor = floor.added(series);
        self.rows.push(Row {
            what: what.to_owned(),
            target: format!("p50 {}, p99 {}", ms(p50), ms(p99)),
            measured: format!(
                "{counts}p50 {}, p99 {} (direct {} and {}, through it {} and {}; rounds: {valid}, void: {void})",
                ms(added.p50),
                ms(added.p99),
                ms_of(direct50),
                ms_of(direct99),
                ms_of(relayed50),
                ms_of(relayed99)
            ),
            floor: format!("p50 {}, p99 {}", ms(of_floor.p50), ms(of_floor.p99)),
            is_met: (valid > 0).then_some(added.p50 <= p50 && added.p99 <= p99),
        });
    }

    /// Any other figure.
    pub(super) fn figure(&mut self, what: &str, target: &str, measured: &str, is_met: bool) {
        self.rows.push(Row {
            what: what.to_owned(),
            target: target.to_owned(),
            measured: measured.to_owned(),
            floor: String::new(),
            is_met: Some(is_met),
        });
    }

    /// A line of the table beside the peer.
    pub(super) fn peer(&mut self, what: &str, ours: &str, theirs: &str) {
        self.peers.push([what, ours, theirs].map(str::to_owned));
    }

    /// The median of what is added, for the table beside the peer.
    pub(super) fn added_text(rounds: &Rounds, series: &str) -> String {
        let added = rounds.added(series);
        format!("p50 {}, p99 {}", ms(added.p50), ms(added.p99))
    }

    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    /// Something that must never be.
    pub(super) fn fault(&mut self, text: String) {
        self.faults.push(text);
    }

    pub(super) fn wrong(&self) -> &[String] {
        &self.faults
    }

    /// All of it.
    pub(super) fn page(&self) -> String {
        let mut text = String::from(
            "### The proxy, recording on\n\n| what | target | measured | bare relay | |\n|---|---|---|---|---|\n",
        );
        for Row { what, target, measured, floor, is_met } in &self.rows {
            let verdict = match is_met {
                Some(true) => "",
                Some(false) => "missed",
                None => "not measured",
            };
            let _ = writeln!(text, "| {what} | {target} | {measured} | {floor} | {verdict} |");
        }
        if !self.peers.is_empty() {
            text.push_str(
                "\n### The proxy beside LiteLLM\n\n| what | token-matters | LiteLLM |\n|---|---|---|\n",
            );
            for [what, ours, theirs] in &self.peers {
                let _ = writeln!(text, "| {what} | {ours} | {theirs} |");
            }
        }
        for note in &self.notes {
            let _ = write!(text, "\n{note}\n");
        }
        for fault in &self.faults {
            let _ = write!(text, "\nWRONG: {fault}\n");
        }
        let missed: Vec<&str> = self.missed().collect();
        if !missed.is_empty() {
            let _ = write!(text, "\nMissed or not measured: {}.\n", missed.join("; "));
        }
        text
    }

    fn missed(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter(|row| row.is_met != Some(true)).map(|row| row.what.as_str())
    }
}

/// Milliseconds with three digits, of microseconds.
pub(super) fn ms(microseconds: i64) -> String {
    let sign = if microseconds < 0 { "-" } else { "" };
    format!("{sign}{}", ms_of(microseconds.unsigned_abs()))
}

pub(super) fn ms_of(microseconds: u64) -> String {
    format!("{}.{:03} ms", microseconds / 1000, microseconds % 1000)
}

/// Megabytes of a million bytes.
pub(super) fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(p50: i64, p99: i64) -> Vec<Series> {
        vec![Series { name: "answer".into(), added: Added { p50, p99 }, ..Series::default() }]
    }

    fn rounds(valid: &[(i64, i64)], void: &[(i64, i64)]) -> Rounds {
        let all = |list: &[(i64, i64)]| list.iter().map(|(p50, p99)| round(*p50, *p99)).collect();
        Rounds { valid: all(valid), void: all(void) }
    }

    #[test]
    fn the_table_says_what_was_reached_what_was_missed_and_what_was_void() {
        let mut report = Report::default();
        let floor = rounds(&[(40, 90)], &[]);
        let met = rounds(&[(100, 400), (150, 500), (900, 900)], &[(5000, 5000)]);
        report.latency(("one client", "answer"), (150, 500), &met, &floor);
        report.latency(("too slow", "answer"), (149, 500), &met, &floor);
        report.latency(("noise", "answer"), (150, 500), &rounds(&[], &[(1, 1)]), &floor);
        report.figure("idle", "15 MB", "9.0 MB", true);
        let page = report.page();
        let lines: Vec<&str> = page.lines().collect();
        assert!(
            lines[4].starts_with(
                "| one client | p50 0.150 ms, p99 0.500 ms | p50 0.150 ms, p99 0.500 ms (direct"
            ),
            "{page}"
        );
        assert!(
            lines[4].ends_with("rounds: 3, void: 1) | p50 0.040 ms, p99 0.090 ms |  |"),
            "{page}"
        );
        assert!(
            lines[5].ends_with("| missed |") && lines[6].ends_with("| not measured |"),
            "{page}"
        );
        assert!(lines[6].contains("**all rounds void**"), "{page}");
        assert!(page.ends_with("\nMissed or not measured: too slow; noise.\n"), "{page}");
    }

    #[test]
    fn faults_stand_in_the_page_and_are_told() {
        let mut report = Report::default();
        report.fault("a line is missing".to_owned());
        assert!(report.page().contains("\nWRONG: a line is missing\n"));
        assert_eq!(report.wrong().len(), 1);
    }

    #[test]
    fn figures_are_written_with_their_units() {
        assert_eq!((ms(1234), ms(-5)), ("1.234 ms".to_owned(), "-0.005 ms".to_owned()));
        assert_eq!(megabytes(15_480_000), "15.4 MB");
        assert_eq!(median(vec![9, 1, 5]), 5);
    }
}
