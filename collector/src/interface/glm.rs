//! GLM Coding Plan (Zhipu, z.ai): the monitoring that their own console uses. `glm-coding` is the interface of version
//! 1.x with its keys, `zai-monitor` the same for the international site.
//!
//! Facts (Token Matters 1.x, `docs/providers/zai.md` of shekohex/openusage, `docs/GLM_USAGE_FIX_v2.0.0.md` of
//! alfredolopez80/multi-agent-ralph-loop, read 2026-11-21):
//!
//! - Undocumented. The key stands in `Authorization` without `Bearer`.
//! - `model-usage` has parallel lists by hour, `null` where nothing was used; no split by model or kind of token.
//! - An error may come with status 200, `success: false` and no data.
//! - `quota/limit`: `unit` 3 = hours, 5 = months, 6 = weeks; `nextResetTime` in milliseconds.
//!
//! Open: the zone of `x_time`. The plan's peak hours are told in UTC+8, the zone of the vendor, and the console shows
//! the same hours to everybody: UTC+8 is taken.

use chrono::{NaiveDateTime, TimeDelta};
use data_schema::{Fraction, LimitReading, Tokens, UtcSeconds};
use serde::Deserialize;

use super::statements::count;
use super::{Ask, Interface, InterfaceError, Row, Statements, Terms, encode};
use crate::adapter::Counts;
use crate::http::Request;
use crate::loose::{LooseCount, LooseNumber, LooseText, LooseTime};
use crate::source::{Evidence, Info};

const EVIDENCE: Evidence = Evidence::Described {
    by: &[
        "https://github.com/shekohex/openusage/blob/main/docs/providers/zai.md (2026-11-21)",
        "https://github.com/alfredolopez80/multi-agent-ralph-loop/blob/main/docs/GLM_USAGE_FIX_v2.0.0.md (2026-11-21)",
    ],
};
const LACKS: &str = "models and kinds of tokens: one sum per hour";

static GLM_INFO: Info = super::info("glm-coding", EVIDENCE, LACKS);
static ZAI_INFO: Info = super::info("zai-monitor", EVIDENCE, LACKS);

static GLM_TERMS: Terms = Terms {
    vendor: "zai",
    variables: &["GLM_API_KEY", "ZHIPUAI_API_KEY"],
    base_url: Some("https://open.bigmodel.cn"),
    key: "the API key of the coding plan",
    tells: "tokens and calls by hour; how much of the plan's limits is used",
    documentation: "none by the vendor; https://github.com/shekohex/openusage/blob/main/docs/providers/zai.md (2026-11-21)",
    days_at_once: 7,
    days_back: 30,
};

static ZAI_TERMS: Terms = Terms {
    variables: &["ZAI_API_KEY", "GLM_API_KEY"],
    base_url: Some("https://api.z.ai"),
    ..GLM_TERMS
};

/// The interface of version 1.x.
pub(super) static GLM_CODING: Glm = Glm { info: &GLM_INFO, terms: &GLM_TERMS };
/// The same at z.ai.
pub(super) static ZAI_MONITOR: Glm = Glm { info: &ZAI_INFO, terms: &ZAI_TERMS };

/// The zone of the vendor's clock, east of UTC.
const ZONE: TimeDelta = TimeDelta::hours(8);

/// The interface, at one of its two sites.
#[derive(Debug)]
pub(super) struct Glm {
    info: &'static Info,
    terms: &'static Terms,
}

#[derive(Debug, Deserialize)]
struct Envelope<T> {
    #[serde(default)]
    code: Option<i64>,
    data: Option<T>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Hours {
    #[serde(rename = "x_time")]
    times: Vec<LooseText<'static>>,
    model_call_count: Vec<LooseCount>,
    tokens_usage: Vec<LooseCount>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Limits {
    limits: Vec<Limit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Limit {
    #[serde(rename = "type")]
    kind: LooseText<'static>,
    unit: LooseCount,
    number: LooseCount,
    percentage: LooseNumber,
    next_reset_time: LooseTime,
}

impl Interface for Glm {
    fn info(&self) -> &Info {
        self.info
    }

    fn terms(&self) -> &Terms {
        self.terms
    }

    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError> {
        let mut told = Statements::default();
        let clock =
            |at: UtcSeconds| (at.to_chrono().naive_utc() + ZONE).format("%F %T").to_string();
        let (from, to) = (clock(ask.window.start()), clock(ask.window.end().plus(-1)));
        let path = "/api/monitor/usage/model-usage";
        let path = format!("{path}?startTime={}&endTime={}", encode(&from), encode(&to));
        let hours: Hours = data(ask, &path)?;
        for (index, time) in hours.times.iter().enumerate() {
            let time = time.get().and_then(instant).filter(|at| ask.window.contains(*at));
            let Some(at) = time else { continue };
            let number = |list: &[LooseCount]| list.get(index).copied().and_then(count);
            let counts = Counts { total: number(&hours.tokens_usage), ..Counts::default() };
            let requests = number(&hours.model_call_count).map_or(0, Tokens::get);
            told.add(at, None, Row { counts, requests, ..Row::default() });
        }
        let limits: Limits = data(ask, "/api/monitor/usage/quota/limit")?;
        told.limits = limits.limits.iter().map(|limit| limit.reading(ask.now)).collect();
        Ok(told)
    }
}

fn data<T: serde::de::DeserializeOwned>(
    ask: &mut Ask<'_>,
    path: &str,
) -> Result<T, InterfaceError> {
    let request = Request::get(ask.url(path)?)
        .header("authorization", ask.access.key.expose())
        .header("accept-language", "en-US,en")
        .header("content-type", "application/json");
    let Envelope { code, data } = ask.json::<Envelope<T>>(&request)?;
    match (data, code) {
        (Some(data), _) => Ok(data),
        // A wrong key is told so, with status 200.
        (None, Some(401 | 1000..=1004)) => Err(InterfaceError::Key(ask.terms.key)),
        (None, code) => Err(InterfaceError::Refused(code.unwrap_or_default())),
    }
}

/// An hour of the vendor's clock.
fn instant(text: &str) -> Option<UtcSeconds> {
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"];
    let time = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    Some(UtcSeconds::from((time - ZONE).and_utc()))
}

impl Limit {
    fn reading(&self, now: UtcSeconds) -> LimitReading {
        let kind = self.kind.get().unwrap_or("unknown");
        let number = count(self.number).map_or(1, |number| number.get().max(1));
        let window = match (count(self.unit).map(Tokens::get), kind) {
            (Some(3), _) => format!("{number}h"),
            (Some(6), _) => format!("{}d", 7 * number),
            (Some(5), _) | (_, "TIME_LIMIT") => "month".to_owned(),
            (_, "TOKENS_LIMIT") => "5h".to_owned(),
            (_, other) => other.chars().filter(|letter| !letter.is_control()).take(40).collect(),
        };
        LimitReading {
            at: now,
            account: None,
            window,
            scope: (kind == "TIME_LIMIT").then(|| "tools".to_owned()),
            used_fraction: self.percentage.0.and_then(|percent| Fraction::new(percent / 100.0)),
            resets_at: self.next_reset_time.0,
            via: "api".to_owned(),
            source: None,
        }
    }
}
