//! Daily totals as tables for spreadsheets: RFC 4180, <https://www.rfc-editor.org/rfc/rfc4180>, read 2026-11-21.

use std::fmt::Write as _;

use data_schema::summary::Aggregate;

use crate::context::Context;
use crate::cube::Dimension;
use crate::page::words::quality;

/// A table and what it is told apart by.
pub(super) const TABLES: [(Dimension, &str, &str); 4] = [
    (Dimension::Source, "data/daily.csv", "source"),
    (Dimension::Model, "data/models.csv", "model"),
    (Dimension::Machine, "data/machines.csv", "machine"),
    (Dimension::Project, "data/projects.csv", "project"),
];

/// One row per day with use and name. Columns of amounts are there only where amounts are shown.
pub(super) fn table(context: &Context<'_>, dimension: Dimension, name: &str) -> String {
    let shows_cost = context.data.shows_cost();
    let mut text = format!(
        "date,{name},input_tokens,cache_write_tokens,cache_read_tokens,output_tokens,reasoning_tokens,\
         total_tokens,responses,inexact_tokens,quality"
    );
    text.push_str(if shows_cost { ",cost_usd,unpriced_tokens\r\n" } else { "\r\n" });
    let view = context.data.cube.all();
    for (day, names) in view.days_by(dimension) {
        for (place, sum) in names {
            let name = field(view.cube().name(dimension, place));
            let _ = write!(text, "{day},{name},{}", counts(&sum));
            if shows_cost {
                let cost = sum.cost_usd.map_or_else(String::new, |cost| cost.to_string());
                let _ = write!(text, ",{cost},{}", sum.unpriced_tokens);
            }
            text.push_str("\r\n");
        }
    }
    text
}

fn counts(sum: &Aggregate) -> String {
    let tokens = &sum.tokens;
    format!(
        "{},{},{},{},{},{},{},{},{}",
        tokens.input_tokens,
        tokens.cache_creation_tokens,
        tokens.cache_read_tokens,
        tokens.output_tokens,
        tokens.reasoning_tokens,
        tokens.total_tokens,
        sum.requests,
        sum.inexact_tokens,
        quality(sum.data_quality)
    )
}

/// A name as a field. One that a spreadsheet would run as a formula gets an apostrophe before it.
fn field(name: &str) -> String {
    let plain: String =
        name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let starts = plain.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
    let guarded = if starts { format!("'{plain}") } else { plain };
    if guarded.contains([',', '"', ';']) || guarded.trim() != guarded {
        return format!("\"{}\"", guarded.replace('"', "\"\""));
    }
    guarded
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cube::tests::{shard, use_of};
    use crate::page::sample::Sample;

    #[test]
    fn no_name_can_break_out_of_its_field_or_be_run_as_a_formula() {
        for (name, field_of) in [
            ("gpt-5.5", "gpt-5.5"),
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("+1", "'+1"),
            ("-x", "'-x"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "' =1"),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
            ("two\r\nlines", "two  lines"),
            ("", ""),
        ] {
            assert_eq!(field(name), field_of);
        }
    }

    #[test]
    fn the_rows_add_up_to_the_total_of_the_summary() {
        let uses =
            [use_of(1, "codex", "a", 5), use_of(1, "codex", "a,b", 7), use_of(2, "=x", "a", 11)];
        let sample = Sample::new(&[shard(2026, &uses)]);
        for (dimension, _, name) in TABLES {
            let text = sample.see(|context| table(context, dimension, name));
            let mut rows = text.split_terminator("\r\n");
            let head: Vec<&str> = rows.next().unwrap().split(',').collect();
            let total = head.iter().rev().position(|name| *name == "total_tokens").unwrap();
            // From the end, since a name may hold a comma.
            let sums = rows.map(|row| row.rsplit(',').nth(total).unwrap().parse::<u64>().unwrap());
            assert_eq!(sums.sum::<u64>(), 23, "{text}");
        }
    }

    #[test]
    fn amounts_are_exact_and_unknown_ones_are_empty() {
        let uses = [use_of(1, "codex", "a", 5), use_of(1, "codex", "unpriced", 7)];
        let sample = Sample::new(&[shard(2026, &uses)]);
        let text = sample.see(|context| table(context, Dimension::Model, "model"));
        let rows: BTreeMap<&str, &str> = text
            .lines()
            .filter_map(|row| row.split_once(',').map(|(_, rest)| rest.split_once(',').unwrap()))
            .collect();
        assert!(rows["a"].ends_with(",exact,5,0"), "{text}");
        assert!(rows["unpriced"].ends_with(",exact,,7"), "{text}");
    }

    #[test]
    fn hidden_amounts_have_no_column() {
        let mut year = shard(2026, &[use_of(1, "codex", "a", 5)]);
        year.columns.cost_usd = vec![None];
        let text = Sample::new(&[year]).see(|context| table(context, Dimension::Source, "source"));
        assert!(!text.contains("cost") && !text.contains("unpriced"), "{text}");
        assert!(text.ends_with(",exact\r\n"), "{text}");
    }
}
