//! The generated schemas against files as this program writes them.
//!
//! The checker knows the keywords that the generator uses and refuses any other, so that no rule of a
//! schema is passed over in silence. A key that a schema does not name is a fault as well.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use data_schema::settings::{BadgeSettings, Publish, SharedSettings};
use data_schema::summary::{
    Aggregate, Breakdown, DailySummary, DailyTrendEntry, DateRange, DimensionSummary, HourCell,
    HoursFile, LatestFile, LimitReset, LimitState, LimitWindow, LimitsSummary, MachineSummary,
    MetaFile, ModelPrice, ModelSummary, MonthlySummary, NativeAmount, PeriodSummary, PriceOrigin,
    PriceStep, PricesSummary, ProjectSummary, ProviderSummary, SessionSummary, SessionsFile, Shard,
    ShardColumns, ShardDictionaries, SiteFile, Totals, TrendPart, WeekdayHours, WeeklySummary,
};
use data_schema::{
    Attempt, DatedPrice, DayFile, End, Fraction, HashId, LedgerEntry, LimitReading, LimitsFile,
    MachineFile, Money, Period, PricesFile, Quality, RecordId, Tokens, UsageRecord, UtcSeconds,
    Variant, Version,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

macro_rules! schema {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../schema/", $name, ".json")))
            .unwrap()
    };
}

/// Keywords that describe and demand nothing, or whose demand the readers' own tests check.
const DESCRIBING: [&str; 8] =
    ["$schema", "$defs", "title", "description", "default", "format", "pattern", "examples"];

/// What is wrong with a value, with its place.
fn faults(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Some(rules) = schema.as_object() else { return Vec::new() };
    let fault = |text: &str| vec![format!("{at}: {text}")];
    let mut found = Vec::new();
    for (keyword, rule) in rules {
        found.extend(match keyword.as_str() {
            known if DESCRIBING.contains(&known) => Vec::new(),
            "$ref" => {
                let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                let target =
                    root.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is nowhere"));
                faults(root, target, value, at)
            }
            "type" if !has_type(rule, value) => fault(&format!("{value} is no {rule}")),
            "const" if rule != value => fault(&format!("{value} is not {rule}")),
            "enum" if !list(rule).contains(value) => fault(&format!("{value} is none of {rule}")),
            "minimum" if value.as_f64() < rule.as_f64() => fault(&format!("{value} is too small")),
            "maximum" if value.as_f64() > rule.as_f64() => fault(&format!("{value} is too large")),
            "minItems" if (list(value).len() as u64) < rule.as_u64().unwrap() => fault("too short"),
            "anyOf" | "oneOf" => {
                let fits = |one: &&Value| faults(root, one, value, at).is_empty();
                if list(rule).iter().any(|one| fits(&one)) {
                    Vec::new()
                } else {
                    fault("fits none")
                }
            }
            "items" => {
                let each = list(value).iter().enumerate();
                each.flat_map(|(index, item)| faults(root, rule, item, &format!("{at}/{index}")))
                    .collect()
            }
            "required" => {
                let missing =
                    list(rule).iter().filter(|key| value.get(key.as_str().unwrap()).is_none());
                missing.map(|key| format!("{at}: {key} is missing")).collect()
            }
            // Demands that are met, and the two that `members` looks at.
            "type"
            | "const"
            | "enum"
            | "minimum"
            | "maximum"
            | "minItems"
            | "properties"
            | "additionalProperties" => Vec::new(),
            other => panic!("the checker does not know the keyword {other}"),
        });
    }
    if let Some(object) = value.as_object().filter(|_| rules.contains_key("type")) {
        found.extend(members(root, rules, object, at));
    }
    found
}

/// Faults in the members of an object.
fn members(
    root: &Value,
    rules: &Map<String, Value>,
    object: &Map<String, Value>,
    at: &str,
) -> Vec<String> {
    let named = rules.get("properties").unwrap_or(&Value::Null);
    let each = object.iter().map(|(key, value)| {
        let at = format!("{at}/{key}");
        match (named.get(key), rules.get("additionalProperties")) {
            (Some(rule), _) => faults(root, rule, value, &at),
            (None, Some(rule)) if rule.is_object() => faults(root, rule, value, &at),
            _ => vec![format!("{at}: the schema does not name it")],
        }
    });
    each.flatten().collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn has_type(rule: &Value, value: &Value) -> bool {
    let one = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("there is no type {other}"),
    };
    match rule {
        Value::String(name) => one(name),
        names => list(names).iter().any(|name| one(name.as_str().unwrap())),
    }
}

/// A good file has no fault; without a required key, or with a wrong type in one, it has.
fn check(schema: &Value, file: &Value) {
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(faults(schema, schema, file, ""), Vec::<String>::new());
    for key in list(&schema["required"]) {
        let key = key.as_str().unwrap();
        let mut without = file.clone();
        without.as_object_mut().unwrap().remove(key);
        assert!(!faults(schema, schema, &without, "").is_empty(), "{key} may be missing");
        let mut wrong = file.clone();
        wrong[key] = json!(true);
        assert!(!faults(schema, schema, &wrong, "").is_empty(), "{key} may be anything");
    }
    let mut unknown = file.clone();
    unknown["surprise"] = json!(1);
    assert!(!faults(schema, schema, &unknown, "").is_empty(), "any key may stand there");
}

fn check_type<T: Serialize>(schema: &Value, file: &T) {
    check(schema, &serde_json::to_value(file).unwrap());
}

fn at() -> UtcSeconds {
    "2026-05-01T10:00:00Z".parse().unwrap()
}

fn limit_window() -> LimitWindow {
    LimitWindow {
        provider: "codex".into(),
        account: None,
        start: reading().at,
        end: reading().at.plus(18_000),
        last_at: reading().at,
        total_tokens: 7,
        requests: 1,
        cost_usd: None,
        unpriced_tokens: 7,
    }
}

fn limit_reset() -> LimitReset {
    LimitReset {
        provider: "codex".into(),
        account: None,
        window: "5h".into(),
        scope: None,
        resets_at: reading().at.plus(18_000),
        first_seen: reading().at,
        last_seen: reading().at,
        highest_used: reading().used_fraction,
        expected_from: None,
        expected_to: None,
        drift_seconds: None,
    }
}

fn reading() -> LimitReading {
    LimitReading {
        at: at(),
        account: Some(HashId::new("account", "a")),
        window: "5h".into(),
        scope: Some("opus".into()),
        used_fraction: Fraction::new(0.125),
        resets_at: Some(at()),
        via: "log".into(),
        source: None,
    }
}

#[test]
fn a_day_file_fits_its_schema() {
    let mut told = UsageRecord::new(RecordId::new("t", "1", ""), at());
    told.was = vec![RecordId::new("t", "0", "")];
    told.usage.output_tokens = Tokens::new(5);
    told.usage.cost = Some("0.25".into());
    told.usage.revision = 2;
    told.attribution.session = Some(HashId::new("session", "s"));
    let bare = UsageRecord::new(RecordId::new("t", "2", ""), at());
    let file =
        DayFile::new("m".into(), "codex".into(), Period::day_of(at()), at(), vec![told, bare]);
    let schema = schema!("day-file");
    let mut value: Value = serde_json::from_slice(&file.to_bytes()).unwrap();
    check(&schema, &value);
    for (key, wrong) in [("model", json!(null)), ("outputTokens", json!(-1)), ("via", json!("log"))]
    {
        let mut value = value.clone();
        value["records"][0][key] = wrong;
        assert_eq!(faults(&schema, &schema, &value, "").len(), 1, "{key}");
    }
    value["records"] = json!([]);
    assert_eq!(faults(&schema, &schema, &value, "").len(), 1, "a day file is never empty");
}

#[test]
fn a_file_of_1_0_fits_its_schema() {
    let file = json!({
        "version": "1.0", "collectedAt": "2026-02-19T10:00:00.000Z", "machine": "m",
        "provider": "codex", "date": "2026-02-19", "dataQuality": "exact",
        "records": [{ "model": "o3", "inputTokens": 5, "outputTokens": 5, "requests": 1 }],
    });
    let schema = schema!("day-file-1.0");
    assert_eq!(faults(&schema, &schema, &file, ""), Vec::<String>::new());
    data_schema::DayFileV1::parse(file.to_string().as_bytes()).unwrap();
}

#[test]
fn lines_of_the_ledger_fit_their_schema() {
    let full = LedgerEntry {
        request: "5f0c9a1be27d4430".to_owned(),
        at: at().to_chrono(),
        status: Some(200),
        path: "POST /v1/messages".to_owned(),
        upstream: Some("anthropic".into()),
        input_tokens: Tokens::new(12),
        web_searches: Some(1),
        quality: Quality::Partial,
        end: End::ClientClosed,
        session: Some(HashId::new("session", "s")),
        attempts: vec![Attempt { status: Some(529), ..Attempt::default() }],
        limits: vec![reading()],
        bytes_in: 10,
        ..LedgerEntry::default()
    };
    let schema = schema!("ledger-line");
    check_type(&schema, &full);
    check_type(&schema, &LedgerEntry::default());
}

#[test]
fn limits_cards_settings_and_prices_fit_their_schemas() {
    let limits = LimitsFile {
        version: Version::CURRENT,
        machine: "m".into(),
        provider: "codex".into(),
        month: "2026-05".into(),
        collected_at: at(),
        readings: vec![reading(), LimitReading { used_fraction: None, ..reading() }],
    };
    check(&schema!("limits-file"), &serde_json::from_slice(&limits.to_bytes()).unwrap());
    let card = MachineFile {
        version: "2.0".into(),
        machine: "m".into(),
        id: "6f1d".into(),
        first_collected: at(),
        programs: vec!["token-matters 0.1.0".into()],
    };
    check_type(&schema!("machine"), &card);
    let mut settings = SharedSettings { publish: Publish::everything(), ..Default::default() };
    settings.aliases.machines.insert("m".into(), "machine 1".into());
    settings.colors.insert("codex".into(), 2);
    check_type(&schema!("token-matters-yaml"), &settings);
    check_type(&schema!("token-matters-yaml"), &SharedSettings::default());
    let mut price = DatedPrice { from: Some(at().utc_date()), ..DatedPrice::default() };
    price.rates.input = "3.75".parse().ok();
    price.factors.insert("fast".into(), Money::from_picos(1));
    price.variants = vec![Variant { above: Some(200_000), rates: price.rates, tier: None }];
    let prices = PricesFile {
        version: "2.0".into(),
        source: "test".into(),
        date: at().utc_date(),
        exchange_rates: BTreeMap::new(),
        models: BTreeMap::from([("m".into(), vec![price])]),
    };
    check(&schema!("prices"), &serde_json::from_slice(&prices.to_bytes()).unwrap());
}

fn breakdown() -> Breakdown {
    let aggregate = Aggregate { cost_usd: Some(Money::from_picos(5)), ..Default::default() };
    let provider = "codex".to_owned();
    Breakdown {
        by_provider: vec![ProviderSummary::new(provider.clone(), aggregate.clone())],
        by_machine: vec![MachineSummary { machine: "m".into(), aggregate: aggregate.clone() }],
        by_model: vec![ModelSummary { model: "x".into(), provider, aggregate: aggregate.clone() }],
        by_project: vec![ProjectSummary { project: "p".into(), aggregate }],
    }
}

fn totals() -> Totals {
    let mut totals = Totals::default();
    totals.tokens.image_tokens = 1;
    totals.cost.unpriced_models = vec!["x".into()];
    let amount = NativeAmount { amount: None, currency: "USD".into() };
    totals.cost.by_provider.insert("codex".into(), amount);
    totals
}

fn period() -> PeriodSummary {
    let date = at().utc_date();
    PeriodSummary {
        date_range: DateRange { start: date, end: date },
        totals: totals(),
        breakdown: breakdown(),
        daily_trend: vec![DailyTrendEntry {
            date,
            total_tokens: 5,
            cost: None,
            requests: 1,
            by_provider: BTreeMap::from([("codex".into(), TrendPart::default())]),
        }],
    }
}

fn version() -> String {
    data_schema::summary::SUMMARY_VERSION.into()
}

#[test]
fn summaries_of_days_weeks_months_and_names_fit_their_schemas() {
    let date = at().utc_date();
    let day = DailySummary { version: version(), date, totals: totals(), breakdown: breakdown() };
    check_type(&schema!("summary-daily"), &day);
    let week = WeeklySummary { version: version(), week: "2026-W18".into(), period: period() };
    check_type(&schema!("summary-weekly"), &week);
    let month = MonthlySummary { version: version(), month: "2026-05".into(), period: period() };
    check_type(&schema!("summary-monthly"), &month);
    let dimension = DimensionSummary {
        version: version(),
        provider: None,
        machine: Some("m".into()),
        model: None,
        project: None,
        period: period(),
    };
    check_type(&schema!("summary-dimension"), &dimension);
    let latest = LatestFile {
        version: version(),
        last_updated: None,
        timezone: "UTC".into(),
        last_7_days: period(),
        last_30_days: period(),
        today: Some(day),
    };
    check_type(&schema!("summary-latest"), &latest);
    check_type(&schema!("summary-latest"), &LatestFile { today: None, ..latest });
}

#[test]
fn the_other_summary_files_fit_their_schemas() {
    let meta = MetaFile {
        version: version(),
        last_updated: Some(at()),
        timezone: "UTC".into(),
        date_range: None,
        totals: totals(),
        providers: vec!["codex".into()],
        machines: vec!["m".into()],
        models: vec!["x".into()],
        slugs: BTreeMap::from([("models".into(), BTreeMap::from([("x".into(), "x".into())]))]),
        daily_files: vec![at().utc_date()],
        weekly_files: vec!["2026-W18".into()],
        monthly_files: vec!["2026-05".into()],
        shards: vec!["2026-abc.json".into()],
    };
    check_type(&schema!("summary-meta"), &meta);
    let hours = vec![HourCell::default(); 24];
    let hours = HoursFile {
        version: version(),
        timezone: "UTC".into(),
        date_range: None,
        weekdays: vec![WeekdayHours { weekday: 1, hours }],
    };
    check_type(&schema!("summary-hours"), &hours);
    let limit = LimitState { provider: "codex".into(), reading: reading() };
    check_type(
        &schema!("summary-limits"),
        &LimitsSummary {
            version: version(),
            limits: vec![limit],
            windows: vec![limit_window()],
            resets: vec![limit_reset()],
        },
    );
    let columns = ShardColumns { day: vec![1], cost_usd: vec![None], ..ShardColumns::default() };
    let shard = Shard {
        version: version(),
        year: 2026,
        dictionaries: ShardDictionaries::default(),
        columns,
    };
    check_type(&schema!("summary-shard"), &shard);
}

#[test]
fn what_only_pages_read_fits_its_schemas() {
    let amount = || "1.5".parse::<Money>().ok();
    let badge = BadgeSettings {
        name: "a-1".into(),
        metric: "cost".into(),
        period: Some("7d".into()),
        label: Some("mine".into()),
        color: Some("#00aaff".into()),
        style: Some("plastic".into()),
        ..BadgeSettings::default()
    };
    let site = SiteFile {
        version: version(),
        title: Some("Ann's tokens".into()),
        address: Some("https://me.github.io/tokens/".into()),
        languages: vec!["en".into(), "ja".into()],
        colors: [("codex".to_owned(), 2)].into(),
        badges: vec![badge],
        ..SiteFile::default()
    };
    check_type(&schema!("summary-site"), &site);
    check_type(&schema!("summary-site"), &SiteFile { version: version(), ..SiteFile::default() });
    let at: UtcSeconds = "2026-05-01T10:00:00Z".parse().unwrap();
    let session = SessionSummary {
        session: HashId::new("session", "s").to_string(),
        provider: "codex".into(),
        models: vec!["gpt-5.5".into()],
        project: Some("acme/x".into()),
        first_at: at,
        last_at: at,
        aggregate: Aggregate { cost_usd: amount(), ..Aggregate::default() },
    };
    let sessions = SessionsFile { version: version(), count: 1, sessions: vec![session] };
    check_type(&schema!("summary-sessions"), &sessions);
}

#[test]
fn prices_for_pages_fit_their_schema() {
    let amount = || "1.5".parse::<Money>().ok();
    let day: NaiveDate = "2026-05-01".parse().unwrap();
    let step = PriceStep {
        from: Some(day),
        condition: Some("batch above 200000".into()),
        input: amount(),
        output: amount(),
        cache_read: amount(),
        cache_creation: amount(),
        cache_creation_1h: amount(),
        total: amount(),
        web_search: amount(),
        source: Some("invoice".into()),
    };
    let price = ModelPrice {
        model: "gpt-5.5".into(),
        provider: "codex".into(),
        date_range: DateRange { start: day, end: day },
        total_tokens: 2,
        unpriced_tokens: 1,
        origin: Some(PriceOrigin::Listed),
        found_as: Some("gpt-5.5-2026-04-23".into()),
        prices: vec![step, PriceStep::default()],
    };
    let none = ModelPrice { origin: None, found_as: None, prices: Vec::new(), ..price.clone() };
    let models = vec![price, none];
    let prices = PricesSummary { version: version(), as_of: day, source: "x".into(), models };
    check_type(&schema!("summary-prices"), &prices);
}
