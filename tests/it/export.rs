//! `export`: what other programs get.

use serde_json::Value;

use crate::support::{Machine, claude_line};

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn two_sources() -> Machine {
    let machine = Machine::new().with_case("X1_reemit");
    let lines = [
        claude_line("msg_000000000000000000000001", "2026-05-05T10:00:00Z", 3),
        claude_line("msg_000000000000000000000002", "2026-05-31T23:30:00Z", 4),
    ];
    machine.write_log(".claude/projects/p/a.jsonl", &lines.concat());
    machine
}

#[test]
fn what_is_not_stored_yet_is_exported_and_the_store_alone_has_less() {
    let machine = two_sources();
    let sum = |text: &str| -> u64 {
        json_lines(text).iter().map(|row| row["allTokens"].as_u64().unwrap()).sum()
    };
    let all = machine.run(&["export"]).ok().stdout();
    assert_eq!(sum(&all), machine.totals(&[])["totalTokens"].as_u64().unwrap());
    machine.run(&["collect"]).ok();
    let stored = machine.run(&["store", "export"]).ok().stdout();
    let changed = |text: &str| -> Vec<Value> {
        json_lines(text)
            .into_iter()
            .map(|mut row| {
                // A machine has no name of its own before the first run.
                row.as_object_mut().unwrap().remove("machine");
                row
            })
            .collect()
    };
    assert_eq!(changed(&stored), changed(&all));
    let line = claude_line("msg_000000000000000000000003", "2026-05-31T12:00:00Z", 100);
    machine.write_log(".claude/projects/p/b.jsonl", &line);
    assert_eq!(machine.run(&["store", "export"]).ok().stdout(), stored);
    assert_eq!(sum(&machine.run(&["export"]).ok().stdout()), sum(&stored) + 200);
}

#[test]
fn days_and_sources_can_be_chosen() {
    let machine = two_sources();
    let rows = |arguments: &[&str]| {
        json_lines(&machine.run(&[&["export"], arguments].concat()).ok().stdout())
    };
    assert_eq!(rows(&["--source", "claude-code"]).len(), 2);
    assert_eq!(rows(&["--source", "codex", "--source", "claude-code"]).len(), rows(&[]).len());
    assert_eq!(rows(&["--last", "2d"]).len(), 1);
    assert_eq!(rows(&["--last", "4w", "--source", "claude-code"]).len(), 2);
    assert_eq!(rows(&["--since", "2026-05-05", "--until", "2026-05-05"]).len(), 1);
    // In Tokyo it is the next day already.
    let rows = rows(&["--since", "2026-06-01", "--timezone", "Asia/Tokyo"]);
    assert_eq!(
        (rows.len(), &rows[0]["day"], &rows[0]["zone"]),
        (1, &"2026-06-01".into(), &"Asia/Tokyo".into())
    );
    for (arguments, told) in [
        (&["--source", "nobody"][..], "there is no such source"),
        (&["--last", "soon"], "28d"),
        (&["--since", "2026-05-05", "--until", "2026-05-01"], "--until is before --since"),
    ] {
        let run = machine.run(&[&["export"], arguments].concat());
        assert_eq!((run.code(), run.stderr().contains(told)), (2, true), "{}", run.stderr());
    }
}

#[test]
fn every_column_is_in_the_documentation_in_its_order() {
    let machine = two_sources();
    let text = machine.run(&["export", "--format", "csv"]).ok().stdout();
    let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    let page = include_str!("../../docs/export.md");
    let mut told = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    for name in &header {
        assert!(
            told.any(|column| column == *name),
            "{name} is not in docs/export.md, or in another order"
        );
    }
    assert_eq!(header.first(), Some(&"schemaVersion"));
    let rows = json_lines(&machine.run(&["export"]).ok().stdout());
    for name in rows.iter().flat_map(|row| row.as_object().unwrap().keys()) {
        assert!(header.contains(&name.as_str()), "{name}");
    }
    assert!(rows.iter().all(|row| row["schemaVersion"] == "1.0" && row["zone"] == "UTC"));
    let book = rows[0]["priceBook"].as_str().unwrap();
    assert!(book.len() > 20 && book.as_bytes()[4] == b'-', "{book}");
}

#[test]
fn who_pays_is_told_and_nothing_that_a_plan_covers_is_billed() {
    let machine = two_sources();
    machine.config("dataRepo: ~/data\n");
    fs_err::create_dir_all(machine.home().join("data/raw")).unwrap();
    let settings = "metered: [codex]\nplans:\n  - name: Max\n    price: 100\n    since: 2026-05-10\n    sources: [claude-code]\n";
    fs_err::write(machine.home().join("data/token-matters.yaml"), settings).unwrap();
    let rows = json_lines(&machine.run(&["export"]).ok().stdout());
    let told = |row: &Value| {
        let text = |name: &str| row[name].as_str().map(str::to_owned);
        (text("payer"), text("billedUSD") == text("listUSD"), text("coveredUSD") == text("listUSD"))
    };
    let of = |id: &str| rows.iter().find(|row| row["day"] == id).map(told).unwrap();
    let plan = (Some("plan".to_owned()), false, true);
    assert_eq!((of("2026-05-31"), of("2026-05-05")), (plan, (None, false, false)));
    let codex = rows.iter().find(|row| row["provider"] == "codex").map(told).unwrap();
    assert_eq!(codex, (Some("metered".to_owned()), true, false));
}

#[cfg(not(feature = "parquet"))]
#[test]
fn a_program_without_parquet_says_how_to_get_one() {
    let machine = two_sources();
    let run = machine.run(&["export", "--format", "parquet", "--out", "x.parquet"]);
    assert_eq!((run.code(), run.stderr().contains("--features parquet")), (2, true));
    assert!(!machine.root.path().join("x.parquet").exists());
}

#[cfg(feature = "parquet")]
mod columns {
    use parquet::basic::LogicalType;
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    use super::*;

    #[test]
    fn a_parquet_file_reads_back_as_the_rows_of_json_lines() {
        let machine = two_sources();
        let rows = json_lines(&machine.run(&["export"]).ok().stdout());
        machine.run(&["export", "--format", "parquet", "--out", "x.parquet"]).ok();
        let file = fs_err::File::open(machine.root.path().join("x.parquet")).unwrap().into_file();
        let reader = SerializedFileReader::new(file).unwrap();
        let metadata = reader.metadata().file_metadata();
        let told: Vec<(&str, &str)> = metadata
            .key_value_metadata()
            .unwrap()
            .iter()
            .map(|pair| (pair.key.as_str(), pair.value.as_deref().unwrap()))
            .collect();
        assert!(told.contains(&("schemaVersion", "1.0")) && told.contains(&("currency", "USD")));
        let kind = |name: &str| {
            let columns = metadata.schema_descr().columns().to_vec();
            let column = columns.into_iter().find(|column| column.name() == name).unwrap();
            column.logical_type_ref().cloned()
        };
        assert_eq!(kind("day"), Some(LogicalType::Date));
        assert_eq!(kind("listUSD"), Some(LogicalType::decimal(12, 38)));
        assert!(matches!(kind("at"), Some(LogicalType::Timestamp(..))));
        let read: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(read.len(), rows.len());
        for (read, row) in read.iter().zip(&rows) {
            for (name, field) in read.get_column_iter() {
                let expected = row.get(name);
                match field {
                    Field::Null => assert_eq!(expected, None, "{name}"),
                    Field::Str(text) => assert_eq!(expected.unwrap(), text, "{name}"),
                    Field::Long(count) => assert_eq!(expected.unwrap(), count, "{name}"),
                    Field::Decimal(_) => {
                        let shown: data_schema::Money = field.to_string().parse().unwrap();
                        assert_eq!(expected.unwrap(), &shown.to_string(), "{name}");
                    }
                    Field::Date(_) | Field::TimestampMillis(_) => {
                        let day = &expected.unwrap().as_str().unwrap()[..10];
                        assert!(field.to_string().starts_with(day), "{name}: {field}");
                    }
                    other => panic!("{name}: {other}"),
                }
            }
        }
    }
}
