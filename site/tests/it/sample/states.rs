//! The states that pages are in, from nothing at all to a large team's years.

use chrono::{Datelike, Days, NaiveDate};
use data_schema::summary::{Budget, LimitState, Plan, PlanMonth, Reconciled};
use data_schema::{Fraction, LimitReading, Money, Quality};

use super::views::cost;
use super::{Sample, Use};

type Maker = fn() -> Sample;

/// All states by name.
pub(crate) const ALL: [(&str, Maker); 19] = [
    ("empty", empty),
    ("one-day", one_day),
    ("under-a-week", under_a_week),
    ("a-quarter", a_quarter),
    ("a-year", a_year),
    ("three-years-and-twelve-machines", three_years_and_twelve_machines),
    ("unpriced", unpriced),
    ("estimated", estimated),
    ("plan-tools", plan_tools),
    ("stale", stale),
    ("aliases", aliases),
    ("hidden-costs", hidden_costs),
    ("hidden-projects", hidden_projects),
    ("budget", budget),
    ("limits", limits),
    ("sessions", sessions),
    ("prices", prices),
    ("languages", languages),
    ("hostile", hostile),
];

/// A state by its name.
pub(crate) fn named(name: &str) -> Sample {
    let (_, make) = ALL.iter().find(|(known, _)| *known == name).expect("a state of that name");
    make()
}

pub(crate) fn empty() -> Sample {
    Sample::new([])
}

pub(crate) fn one_day() -> Sample {
    Sample::new([
        Use::on("2026-05-20"),
        Use::on("2026-05-20").by("codex", "gpt-5.5").tokens(420_000),
    ])
}

pub(crate) fn under_a_week() -> Sample {
    Sample::new([
        Use::on("2026-05-17").tokens(12_000_000),
        Use::on("2026-05-18").by("codex", "gpt-5.5"),
        Use::on("2026-05-20").tokens(5_300_000),
    ])
}

/// Fifteen weeks of three machines.
pub(crate) fn a_quarter() -> Sample {
    let mut sample = Sample::new(team("2026-02-05", 3, 25));
    sample.hours = true;
    sample
}

pub(crate) fn a_year() -> Sample {
    let mut sample = Sample::new(team("2025-05-21", 3, 25));
    sample.hours = true;
    sample.prices = true;
    sample.sessions = true;
    sample.site.address = Some("https://ada.example/tokens/".to_owned());
    sample.site.title = Some("Tokens of Ada".to_owned());
    sample
}

/// As many rows as the largest team has that budgets are made for.
pub(crate) fn three_years_and_twelve_machines() -> Sample {
    let mut sample = Sample::new(team("2023-05-21", 12, 33));
    sample.hours = true;
    sample.prices = true;
    sample
}

/// A model without a price beside those that have one, and one day of nothing else.
pub(crate) fn unpriced() -> Sample {
    let mut sample = a_quarter();
    for one in sample.uses.iter_mut().filter(|one| one.source == "codex") {
        one.model = "gpt-6-preview".into();
        one.cost = None;
    }
    sample.prices = true;
    sample
}

/// A source whose numbers are computed from the length of texts, and one whose records are partial.
pub(crate) fn estimated() -> Sample {
    let mut sample = a_quarter();
    for one in &mut sample.uses {
        match one.source.as_str() {
            "codex" => one.quality = Quality::Partial,
            "gemini-cli" => (one.quality, one.bare, one.cost) = (Quality::Estimated, true, None),
            _ => {}
        }
    }
    sample
}

/// A source that a subscription pays for.
pub(crate) fn plan_tools() -> Sample {
    let mut sample = a_quarter();
    sample.plans = vec![
        Plan {
            provider: "claude-code".into(),
            name: "Max 20x".into(),
            monthly_usd: Some(money("200")),
        },
        Plan { provider: "codex".into(), name: "Pro".into(), monthly_usd: None },
    ];
    let month = |month: &str, cost: &str, covered: &str, is_running| PlanMonth {
        plan: "Max 20x".into(),
        month: month.into(),
        cost: money(cost),
        currency: None,
        covered_usd: money(covered),
        is_running,
    };
    sample.plan_months =
        vec![month("2026-05", "129.03", "1182.5", true), month("2026-04", "200", "150", false)];
    sample
}

/// One machine has been silent for nine days.
pub(crate) fn stale() -> Sample {
    let mut sample = a_quarter();
    let silent = sample.end.checked_sub_days(Days::new(9)).unwrap();
    sample.uses.retain(|one| one.machine != "machine-02" || one.day <= silent);
    sample
}

/// Machines and projects under other names, as published data has them.
pub(crate) fn aliases() -> Sample {
    let mut sample = a_quarter();
    for one in &mut sample.uses {
        one.machine = one.machine.replace("machine-0", "machine ");
        one.project = format!("project {}", one.project.len() % 4 + 1);
    }
    sample
}

pub(crate) fn hidden_costs() -> Sample {
    Sample { costs_hidden: true, ..a_quarter() }
}

pub(crate) fn hidden_projects() -> Sample {
    let mut sample = a_quarter();
    sample.uses.iter_mut().for_each(|one| one.project.clear());
    sample
}

pub(crate) fn budget() -> Sample {
    let mut sample = a_quarter();
    sample.budgets = vec![
        Budget { monthly_usd: Some(money("900")), ..Budget::default() },
        Budget {
            provider: Some("codex".into()),
            monthly_usd: Some(money("20")),
            name: Some("codex month".into()),
            period: Some("month".into()),
            amount: Some(money("20")),
            spent: Some(money("31.5")),
            state: Some("passed".into()),
            ..Budget::default()
        },
        Budget {
            name: Some("Day".into()),
            period: Some("day".into()),
            of: Some("billed".into()),
            currency: Some("EUR".into()),
            amount: Some(money("5")),
            spent: Some(money("4.25")),
            forecast: Some(money("6")),
            state: Some("expected".into()),
            ..Budget::default()
        },
    ];
    sample
}

pub(crate) fn limits() -> Sample {
    let mut sample = a_quarter();
    let at = |text: &str| serde_json::from_value(text.into()).unwrap();
    let limit = |window: &str, used: Option<f64>| LimitState {
        provider: "claude-code".into(),
        reading: LimitReading {
            at: at("2026-05-20T16:40:00Z"),
            account: None,
            window: window.into(),
            scope: None,
            used_fraction: used.and_then(Fraction::new),
            resets_at: Some(at("2026-05-20T20:00:00Z")),
            via: "log".into(),
            source: None,
        },
    };
    sample.limits = vec![limit("5h", Some(0.42)), limit("7d", Some(1.04)), limit("30d", None)];
    sample
}

pub(crate) fn sessions() -> Sample {
    Sample { sessions: true, ..a_quarter() }
}

pub(crate) fn prices() -> Sample {
    let mut sample = Sample { prices: true, ..a_quarter() };
    sample.reconciled = vec![Reconciled {
        provider: "claude-code".into(),
        date_range: data_schema::summary::DateRange {
            start: "2026-05-01".parse().unwrap(),
            end: sample.end,
        },
        log_tokens: 90_000_000,
        wire_tokens: 91_500_000,
        counted_tokens: 91_500_000,
        wire_requests: 310,
        wire_only_requests: 12,
        wire_only_tokens: 1_500_000,
    }];
    sample
}

pub(crate) fn languages() -> Sample {
    let mut sample = Sample { hours: true, sessions: true, prices: true, ..unpriced() };
    sample.site.languages = ["en", "zh", "ja"].map(str::to_owned).to_vec();
    sample.site.address = Some("https://ada.example/tokens/".to_owned());
    sample
}

/// Names as an enemy, or only an odd tool, would give them.
pub(crate) const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "]]></style><b>'&amp;",
    "abc\u{202e}exe.txt\u{2066}\u{200f}",
    "two\nlines\r\u{0}\u{1b}[31m",
    "{{ page }}{% raw %}",
    "../../etc/passwd",
    "=HYPERLINK(\"http://evil.example\";\"x\")",
];

pub(crate) fn hostile() -> Sample {
    let named = |(number, name): (usize, &&str)| {
        let day = format!("2026-05-{}", 10 + number);
        let mut one = Use::on(&day).by(name, name).at(name);
        one.project = (*name).into();
        if number % 2 == 0 { one.unpriced() } else { one }
    };
    let mut sample = Sample::new(HOSTILE.iter().enumerate().map(named));
    sample.uses.push(Use::on("2026-05-20"));
    sample.site.title = Some(HOSTILE[0].to_owned());
    (sample.hours, sample.sessions, sample.prices) = (true, true, true);
    sample.limits = limits().limits;
    sample.limits[0].provider = HOSTILE[1].into();
    sample.limits[0].reading.window = HOSTILE[0].into();
    sample.plans =
        vec![Plan { provider: HOSTILE[0].into(), name: HOSTILE[1].into(), monthly_usd: None }];
    sample
}

fn money(text: &str) -> Money {
    text.parse().unwrap()
}

/// Numbers that look like chance and are the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    /// The earlier, the more often.
    fn pick<'a>(&mut self, names: &[&'a str]) -> &'a str {
        let place = self.below(names.len() as u64).min(self.below(names.len() as u64));
        names[usize::try_from(place).unwrap()]
    }
}

/// What each source is used with.
const MODELS: [(&str, &[&str]); 7] = [
    ("claude-code", &["claude-opus-4-8", "claude-sonnet-4-6", "claude-sonnet-4-5"]),
    ("codex", &["gpt-5.5", "gpt-5", "gpt-5-mini"]),
    ("gemini-cli", &["gemini-3-pro", "gemini-2.5-pro"]),
    ("opencode", &["deepseek-v3", "qwen3-coder"]),
    ("cursor", &["cursor-auto"]),
    ("copilot-cli", &["gpt-5-mini", "gpt-5"]),
    ("aider", &["deepseek-v3", "claude-sonnet-4-5"]),
];

const PROJECTS: [&str; 6] = [
    "github.com/ada/engine",
    "github.com/ada/notes",
    "github.com/ada/website",
    "github.com/northwind/orders",
    "github.com/northwind/warehouse",
    "scratch",
];

/// Work from a day to the samples' last: with weekends, a holiday, and days that differ by a factor of a hundred.
/// `busy` is how many of a hundred machine-days of a working day see use.
fn team(from: &str, machines: u64, busy: u64) -> Vec<Use> {
    let (start, end): (NaiveDate, NaiveDate) = (from.parse().unwrap(), Sample::new([]).end);
    let sources = if machines > 3 { MODELS.len() } else { 3 };
    let mut numbers = Numbers(7);
    let mut uses = Vec::new();
    for day in start.iter_days().take_while(|day| *day <= end) {
        let is_holiday = day.month() == 12 && day.day() > 22;
        let is_weekend = day.weekday().num_days_from_monday() > 4;
        let chance = if is_holiday {
            0
        } else if is_weekend {
            busy / 4
        } else {
            busy
        };
        for machine in 1..=machines {
            for _ in 0..2 {
                let is_certain = (day == start || day == end) && machine < 3;
                if numbers.below(100) < chance * 2 || is_certain {
                    uses.push(one_use(day, machine, sources, &mut numbers));
                }
            }
        }
    }
    uses
}

fn one_use(day: NaiveDate, machine: u64, sources: usize, numbers: &mut Numbers) -> Use {
    let names: Vec<&str> = MODELS[..sources].iter().map(|(source, _)| *source).collect();
    let source = numbers.pick(&names);
    let (_, models) = MODELS.iter().find(|(known, _)| *known == source).unwrap();
    let mut one = Use::on("2026-05-20").by(source, numbers.pick(models));
    one.day = day;
    one.machine = format!("machine-{machine:02}");
    one.project = numbers.pick(&PROJECTS).into();
    let size = [40_003, 300_011, 1_200_007, 5_000_011][usize::try_from(numbers.below(4)).unwrap()];
    one.tokens = size + numbers.below(size * 3);
    let read = 55 + numbers.below(35);
    one.mix = [1 + numbers.below(4), read, 2 + numbers.below(6)];
    one.requests = 4 + numbers.below(90);
    one.cost = cost(&one);
    one
}
