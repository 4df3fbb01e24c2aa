use proptest::prelude::*;

use super::*;

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn span(zone: Tz, day: &str) -> (String, String) {
    let span = Span::of_day(zone, date(day)).unwrap();
    (span.from.to_string(), span.to.to_string())
}

fn sum(zone: Tz, day: &str, model: &str, input: u64) -> ZonedSum {
    let usage = Usage {
        model: model.into(),
        input_tokens: Tokens::new(input),
        output_tokens: Tokens::new(7),
        requests: Some(2),
        quality: Quality::Partial,
        ..Usage::default()
    };
    ZonedSum { date: date(day), span: Span::of_day(zone, date(day)).unwrap(), usage }
}

fn file(zone: Tz, at: &str, sums: Vec<ZonedSum>) -> DaySumsFile {
    DaySumsFile {
        version: Version::CURRENT,
        machine: "laptop".into(),
        provider: "codex".into(),
        year: 2026,
        collected_at: at.parse().unwrap(),
        zone,
        covered_since: None,
        sums,
    }
}

#[test]
fn a_local_day_is_23_to_25_hours_long() {
    let own = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let new_york = Tz::America__New_York;
    let short = own("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z");
    assert_eq!(span(new_york, "2026-03-08"), short);
    let long = own("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z");
    assert_eq!(span(new_york, "2026-11-01"), long);
    let east = own("2026-02-18T16:00:00Z", "2026-02-19T16:00:00Z");
    assert_eq!(span(Tz::Asia__Shanghai, "2026-02-19"), east);
    // Clocks in Beirut skip the hour from midnight: the day begins at one.
    let skipped = own("2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z");
    assert_eq!(span(Tz::Asia__Beirut, "2026-03-29"), skipped);
    // Samoa had no 30 December 2011.
    assert_eq!(Span::of_day(Tz::Pacific__Apia, date("2011-12-30")), None);
    let day = Span::of_day(new_york, date("2026-03-08")).unwrap();
    assert_eq!(day.middle().to_string(), "2026-03-08T16:30:00Z");
    assert!(day.contains(day.from) && !day.contains(day.to));
}

#[test]
fn a_file_reads_back_and_notices_damage() {
    let zone = Tz::America__New_York;
    let sums = vec![sum(zone, "2026-03-08", "gpt-5", 100), sum(zone, "2026-03-09", "gpt-5", 1)];
    let covered = Some("2026-03-12T04:00:00Z".parse().unwrap());
    let file = DaySumsFile { covered_since: covered, ..file(zone, "2026-05-02T00:00:00Z", sums) };
    let bytes = file.to_bytes();
    insta::assert_snapshot!(String::from_utf8_lossy(&bytes), @r#"
    {
      "version": "2.0",
      "machine": "laptop",
      "provider": "codex",
      "period": "2026",
      "zone": "America/New_York",
      "coveredSince": "2026-03-12T04:00:00Z",
      "collectedAt": "2026-05-02T00:00:00Z",
      "hash": "77425326f8369b69",
      "sums": [
        {"date":"2026-03-08","from":"2026-03-08T05:00:00Z","to":"2026-03-09T04:00:00Z","model":"gpt-5","inputTokens":100,"outputTokens":7,"requests":2,"quality":"partial"},
        {"date":"2026-03-09","from":"2026-03-09T04:00:00Z","to":"2026-03-10T04:00:00Z","model":"gpt-5","inputTokens":1,"outputTokens":7,"requests":2,"quality":"partial"}
      ]
    }
    "#);
    assert_eq!(DaySumsFile::parse(&bytes).unwrap(), file);
    let later = DaySumsFile { collected_at: "2026-06-01T00:00:00Z".parse().unwrap(), ..file };
    let hash = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().find(|line| line.contains("\"hash\"")).unwrap().to_owned()
    };
    assert_eq!(hash(&later.to_bytes()), hash(&bytes));
    let damaged = String::from_utf8(bytes)
        .unwrap()
        .replace("coveredSince\": \"2026", "coveredSince\": \"2025");
    let error = DaySumsFile::parse(damaged.as_bytes()).unwrap_err();
    assert!(matches!(error, FormatError::HashMismatch { .. }), "{error}");
}

#[test]
fn what_cannot_be_is_refused() {
    let zone = Tz::UTC;
    let of = |sums| DaySumsFile::parse(&file(zone, "2026-05-02T00:00:00Z", sums).to_bytes());
    let one = || sum(zone, "2026-03-08", "m", 1);
    assert!(of(vec![one()]).is_ok());
    assert!(of(vec![one(), one()]).unwrap_err().to_string().contains("not one for both"));
    let other_year = sum(zone, "2025-12-31", "m", 1);
    assert!(of(vec![other_year]).unwrap_err().to_string().contains("not of the year 2026"));
    let mut long = one();
    long.span.to = long.span.from.plus(26 * 3600);
    assert!(of(vec![long]).unwrap_err().to_string().contains("23 to 25 hours"));
}

#[test]
fn the_join_takes_the_greater_usage_and_the_zone_that_was_named_last() {
    let (east, west) = (Tz::Asia__Shanghai, Tz::America__New_York);
    let first = file(
        east,
        "2026-05-01T00:00:00Z",
        vec![sum(east, "2026-03-08", "a", 10), sum(east, "2026-03-08", "b", 10)],
    );
    let second = DaySumsFile {
        covered_since: Some("2026-04-01T04:00:00Z".parse().unwrap()),
        ..file(west, "2026-05-02T00:00:00Z", vec![sum(west, "2026-03-08", "a", 9)])
    };
    let joined = first.clone().join(second.clone());
    let inputs: Vec<u64> =
        joined.sums.iter().filter_map(|sum| sum.usage.input_tokens).map(Tokens::get).collect();
    assert_eq!(inputs, [10, 10]);
    assert_eq!((joined.zone, joined.covered_since), (west, second.covered_since));
    assert!(joined.sums.iter().all(|sum| Span::of_day(west, sum.date) == Some(sum.span)));
    assert!(!joined.says_the_same(&first));
}

fn any_file() -> impl Strategy<Value = DaySumsFile> {
    const ZONES: [Tz; 3] = [Tz::UTC, Tz::Asia__Shanghai, Tz::America__New_York];
    let entry = (0..4_u64, 0..3_u8, (0..4_u64, 0..3_u64), prop::option::of(0..3_u32));
    let entries = prop::collection::vec(entry, 1..6);
    (0..3_usize, 0..4_i64, prop::option::of(0..3_i64), entries).prop_map(
        |(zone, at, covered, entries)| {
            let zone = ZONES[zone];
            let mut sums = BTreeMap::new();
            for (day, model, (input, total), requests) in entries {
                let date = date("2026-03-07") + Days::new(day);
                let usage = Usage {
                    model: format!("m{model}").into(),
                    input_tokens: Tokens::new(input).filter(|_| input > 0),
                    total_tokens: Tokens::new(total).filter(|_| input == 0),
                    requests,
                    ..Usage::default()
                };
                let sum = ZonedSum { date, span: Span::of_day(zone, date).unwrap(), usage };
                sums.insert((date, model), sum);
            }
            let covered_since = covered.map(|days| UtcSeconds::default().plus(days * 86_400));
            let at = UtcSeconds::default().plus(at).to_string();
            DaySumsFile { covered_since, ..file(zone, &at, sums.into_values().collect()) }
        },
    )
}

proptest! {
    #[test]
    fn the_join_is_commutative_associative_and_idempotent(
        one in any_file(), two in any_file(), three in any_file(),
    ) {
        let join = |left: &DaySumsFile, right: &DaySumsFile| left.clone().join(right.clone());
        prop_assert_eq!(join(&one, &two), join(&two, &one));
        prop_assert_eq!(join(&join(&one, &two), &three), join(&one, &join(&two, &three)));
        prop_assert_eq!(join(&one, &one), one.clone());
        let joined = join(&one, &two);
        prop_assert_eq!(join(&joined, &one), joined.clone());
        prop_assert_eq!(DaySumsFile::parse(&joined.to_bytes()).unwrap(), joined);
    }
}
