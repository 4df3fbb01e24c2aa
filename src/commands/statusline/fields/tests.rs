use chrono::NaiveDate;
use data_schema::settings::WeekStart;
use data_schema::{Fraction, LimitReading};

use super::*;
use crate::current::Amount;
use crate::current::budgets::Budget;

fn at(text: &str) -> UtcSeconds {
    text.parse().unwrap()
}

fn prepared() -> Prepared {
    let amount = |total_tokens: u64, dollars: i128| Amount {
        total_tokens,
        requests: 12,
        list_usd: Money::from_picos(dollars * 1_000_000_000_000),
        unpriced_tokens: 0,
    };
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let window = |source: Option<&str>, total_tokens| Window {
        source: source.map(str::to_owned),
        start: at("2026-06-15T10:00:00Z"),
        end: at("2026-06-15T15:00:00Z"),
        amount: amount(total_tokens, 6),
    };
    let limit = |source: &str, window: &str, used| Limit {
        source: source.to_owned(),
        reading: LimitReading {
            at: at("2026-06-15T11:30:00Z"),
            account: None,
            window: window.to_owned(),
            scope: None,
            used_fraction: Fraction::new(used),
            resets_at: Some(at("2026-06-15T14:10:00Z")),
            via: "log".to_owned(),
            source: None,
        },
    };
    Prepared {
        version: 2,
        at: at("2026-06-15T11:59:00Z"),
        timezone: "Europe/Berlin".to_owned(),
        week_start: WeekStart::Monday,
        days: [
            (day("2026-06-15"), amount(3_000_000, 45)),
            (day("2026-06-02"), amount(1_000_000, 15)),
        ]
        .into(),
        windows: vec![window(None, 2_400_000), window(Some("claude-code"), 1_200_000)],
        limits: vec![limit("codex", "5h", 0.92), limit("codex", "7d", 0.5)],
        budgets: vec![Budget {
            name: "all".to_owned(),
            period: "month".to_owned(),
            since: day("2026-06-01"),
            amount: "200".parse().unwrap(),
            currency: "USD".to_owned(),
            of: "list".to_owned(),
            spent: "60".parse().unwrap(),
            used_steps: Some(3_000),
        }],
    }
}

const TOLD: &str = r#"{"model":{"id":"claude-opus-4-8","display_name":"Opus\u001b[31m 4.8\n"},"workspace":{"current_dir":"/w/app"},
    "cost":{"total_cost_usd":1.234,"total_lines_added":5,"total_lines_removed":2},"exceeds_200k_tokens":true,
    "context_window":{"used_percentage":75,"context_window_size":1000000},
    "rate_limits":{"five_hour":{"used_percentage":23.5,"resets_at":1781528400}}}"#;

/// What a template makes of everything, told or not.
fn line(template: Option<&str>, is_told: bool) -> String {
    let (prepared, told) = (prepared(), Told::parse(TOLD.as_bytes()));
    let told = told.as_ref().filter(|_| is_told);
    let now = at("2026-06-15T12:00:00Z");
    Line { prepared: Some(&prepared), told, now, may_color: true }.text(template)
}

#[test]
fn the_usual_lines() {
    assert_eq!(line(None, false), "today 3.00M tokens $45.00 · month 4.00M tokens $60.00");
    assert_eq!(
        line(None, true),
        "Opus\u{fffd}[31m 4.8 · context 75% · session $1.23 · 5h 24%, 1h 0m left · today 3.00M tokens $45.00"
    );
}

#[test]
fn every_field_has_its_value() {
    for (template, expected) in [
        ("{week} {week.requests}", "3.00M tokens $45.00 12"),
        ("{block}", "1.20M tokens $6.00, 3h 0m left"),
        (
            "{block.start}-{block.end} {block.left} {block.burn} {block.costPerHour}",
            "12:00-17:00 3h 0m 10.0K/min $3.00/h",
        ),
        ("{limit.5h.used} {limit.5h.left} {limit.5h.reset} {limit.5h.age}", "24% 1h 0m 15:00 now"),
        ("{limit.codex.5h} {limit.codex.7d.age}", "92%, 2h 10m left (30m ago) 30m"),
        ("{limits}", "Claude Code 5h 24% · Codex CLI 5h 92% · Codex CLI 7d 50%"),
        ("[{limit.7d} · ]{limit.7d}", "–"),
        (
            "{budget} {budget.used} {budgets}",
            "30% of 200 USD a month 30% all 30% of 200 USD a month",
        ),
        ("{folder} {model.id} {session.lines} {context.left}", "app claude-opus-4-8 +5 -2 25%"),
        ("{context.size}[ {context.tokens}] {context.beyond200k}", "1.00M over 200K"),
        ("[{old}]x", "x"),
    ] {
        assert_eq!(line(Some(template), true), expected, "{template}");
    }
    assert_eq!(line(Some("{limit.5h}"), false), "92%, 2h 10m left (30m ago)", "the newest of all");
    assert_eq!(line(Some("{block.tokens}"), false), "2.40M");
    assert_eq!(line(Some("{model}[ x {session.cost}]"), false), "–");
    let table = include_str!("../../../../docs/statusline.md");
    for field in FIELDS {
        // Each can be written, and is explained.
        assert!(parsed(&format!("{{{field}}}")).is_ok(), "{field}");
        assert!(table.contains(&format!("`{{{field}}}`")), "docs/statusline.md lacks {{{field}}}");
    }
}

#[test]
fn colors_tell_what_is_near_its_end_and_end_with_the_line() {
    let template = "{context.color}{context}{plain} {limit.codex.5h.color}x{plain} {budget.color}y";
    let colored = "\u{1b}[33m75%\u{1b}[0m \u{1b}[31mx\u{1b}[0m y\u{1b}[0m";
    assert_eq!(line(Some(template), true), colored);
    let prepared = prepared();
    let now = at("2026-06-15T12:00:00Z");
    let plain = Line { prepared: Some(&prepared), told: None, now, may_color: false };
    assert_eq!(plain.text(Some("{bold}{red}{today.cost}{plain}{context.color}")), "$45.00");
    assert_eq!(
        plain.text(Some("\u{1b}\\[31m{today.cost}")),
        "[31m$45.00",
        "a template sends no escapes of its own"
    );
}

#[test]
fn a_fault_stands_in_the_line_behind_the_usual_one() {
    for (template, fault) in [
        ("{modle}", "{modle} is no field: did you mean {model}?"),
        ("{today", "a { without a }; write \\{ for the sign"),
        ("{limit.nobody.5h}", "{limit.nobody.5h} is no field: "),
    ] {
        let line = line(Some(template), false);
        let usual = "today 3.00M tokens $45.00 · month 4.00M tokens $60.00 (template: ";
        assert!(line.starts_with(&format!("{usual}{fault}")), "{line}");
        assert!(line.ends_with(')'));
    }
}

#[test]
fn what_is_over_is_unknown() {
    let prepared = prepared();
    let line = |now: &str| {
        let line = Line { prepared: Some(&prepared), told: None, now: at(now), may_color: false };
        line.text(Some("{block.left} {limit.codex.5h}[ {old}]"))
    };
    assert_eq!(line("2026-06-15T14:30:00Z"), "30m – (2 h old)");
    assert_eq!(line("2026-06-15T15:00:00Z"), "– – (3 h old)");
    let nothing = Line { prepared: None, told: None, now: prepared.at, may_color: false };
    assert_eq!(nothing.text(None), "token-matters: nothing is counted yet");
    assert_eq!(nothing.text(Some("{today}[ {block}]")), "–");
}
