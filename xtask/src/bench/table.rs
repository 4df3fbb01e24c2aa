//! Figures of runs, and the table that shows them.

use std::fmt::Write as _;
use std::time::Duration;

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) wall: Duration,
    /// User and system time of the process and of those that it waited for.
    pub(crate) cpu: Duration,
    /// Most resident memory of the process. Bytes.
    pub(crate) peak: u64,
}

/// One contestant of a table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: String,
    /// `None`: it is not installed.
    pub(crate) samples: Option<Vec<Sample>>,
}

/// Name of the row that ratios compare with, as the contestants have it.
pub(crate) const CCUSAGE: &str = "ccusage";
/// See [`CCUSAGE`].
pub(crate) const CAT: &str = "cat";

/// The middle value; the mean of the two middle ones of an even number. Zero of none.
pub(crate) fn median(values: impl IntoIterator<Item = Duration>) -> Duration {
    let mut values: Vec<Duration> = values.into_iter().collect();
    values.sort_unstable();
    match values.len() {
        0 => Duration::ZERO,
        count if count % 2 == 1 => values[count / 2],
        count => (values[count / 2 - 1] + values[count / 2]) / 2,
    }
}

/// Median of the wall and of the CPU times.
fn medians(samples: &[Sample]) -> (Duration, Duration) {
    (median(samples.iter().map(|run| run.wall)), median(samples.iter().map(|run| run.cpu)))
}

/// A heading, the Markdown table, and notes below it.
pub(crate) fn render(title: &str, rows: &[Row], notes: &[String]) -> String {
    let mut text = format!(
        "### {title}\n\n| run | wall, median | least to most | CPU, median | peak memory | of {CCUSAGE}: wall, CPU | of {CAT}: wall, CPU |\n|---|--:|--:|--:|--:|--:|--:|\n"
    );
    for row in rows {
        let line = match &row.samples {
            None => format!("| {} | not installed | | | | | |", row.name),
            Some(samples) => figures(row, samples, rows),
        };
        text.push_str(&line);
        text.push('\n');
    }
    for note in notes {
        // Writing to a string cannot fail.
        let _ = write!(text, "\n{note}\n");
    }
    text
}

fn figures(row: &Row, samples: &[Sample], rows: &[Row]) -> String {
    let (wall, cpu) = medians(samples);
    let least = samples.iter().map(|run| run.wall).min().unwrap_or_default();
    let most = samples.iter().map(|run| run.wall).max().unwrap_or_default();
    let peak = samples.iter().map(|run| run.peak).max().unwrap_or_default();
    format!(
        "| {} | {} | {} to {} | {} | {} | {} | {} |",
        row.name,
        time(wall),
        time(least),
        time(most),
        time(cpu),
        megabytes(peak),
        ratio(row, rows, CCUSAGE),
        ratio(row, rows, CAT)
    )
}

/// Wall and CPU time as parts of another row's.
fn ratio(row: &Row, rows: &[Row], other: &str) -> String {
    let Some(other) = rows.iter().find(|row| row.name == other) else { return String::new() };
    let (Some(samples), Some(others)) = (&row.samples, &other.samples) else {
        return "not installed".to_owned();
    };
    let ((wall, cpu), (other_wall, other_cpu)) = (medians(samples), medians(others));
    format!("{}, {}", part(wall, other_wall), part(cpu, other_cpu))
}

/// `value / whole` with three decimals below 0.1, else two.
fn part(value: Duration, whole: Duration) -> String {
    if whole.is_zero() {
        return "–".to_owned();
    }
    let part = value.as_secs_f64() / whole.as_secs_f64();
    if part < 0.1 { format!("{part:.3}") } else { format!("{part:.2}") }
}

fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1000.0) } else { format!("{seconds:.2} s") }
}

fn megabytes(bytes: u64) -> String {
    format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, walls: &[u64]) -> Row {
        let sample = |wall: &u64| Sample {
            wall: Duration::from_millis(*wall),
            cpu: Duration::from_millis(2 * wall),
            peak: 1_250_000 * wall,
        };
        Row { name: name.to_owned(), samples: Some(walls.iter().map(sample).collect()) }
    }

    #[test]
    fn the_median_is_the_middle_and_one_slow_run_does_not_move_it() {
        let median =
            |values: &[u64]| median(values.iter().copied().map(Duration::from_millis)).as_micros();
        assert_eq!(median(&[30, 10, 9000]), 30_000);
        assert_eq!(median(&[10, 21]), 15_500);
        assert_eq!(median(&[]), 0);
    }

    #[test]
    fn a_table_has_spread_memory_and_ratios_to_the_rows_of_the_same_run() {
        let rows = [row("ours", &[9, 8, 20]), row(CCUSAGE, &[100, 90, 110]), row(CAT, &[1500])];
        let table = render("Scan", &rows, &["A note.".to_owned()]);
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines[0], "### Scan");
        assert_eq!(
            lines[4],
            "| ours | 9.0 ms | 8.0 ms to 20.0 ms | 18.0 ms | 25.0 MB | 0.090, 0.090 | 0.006, 0.006 |"
        );
        assert_eq!(
            lines[6],
            "| cat | 1.50 s | 1.50 s to 1.50 s | 3.00 s | 1875.0 MB | 15.00, 15.00 | 1.00, 1.00 |"
        );
        assert_eq!(lines[8], "A note.");
    }

    #[test]
    fn what_is_not_installed_is_said_so_and_what_does_not_run_is_left_empty() {
        let missing = Row { name: CCUSAGE.to_owned(), samples: None };
        let table = render("Scan", &[row("ours", &[9]), missing], &[]);
        assert!(table.contains("| 11.2 MB | not installed |  |\n"), "{table}");
        assert!(table.contains("| ccusage | not installed | | | | | |\n"), "{table}");
    }
}
