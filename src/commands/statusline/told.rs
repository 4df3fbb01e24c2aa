//! What Claude Code tells a status line: one JSON object on standard input, then its end.
//!
//! The fields are those of <https://code.claude.com/docs/en/statusline>, read 2026-11-22. The format changes: a field
//! that is absent or of another kind is one that was not told, and what is no JSON at all tells nothing.

use std::io::{self, IsTerminal as _, Read};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use data_schema::{Money, UtcSeconds};
use serde::Serialize;
use serde_json::Value;

/// How long the first byte is waited for. Whoever calls with an input has written it by then, or an instant later; an
/// open pipe that nobody writes into must not hold up a prompt.
const FIRST: Duration = Duration::from_millis(6);
/// How long the rest is waited for, once something was told.
const REST: Duration = Duration::from_millis(100);
/// Bytes of an input; a longer one tells nothing.
const MOST: usize = 1024 * 1024;
/// The source whose tool calls.
pub(super) const SOURCE: &str = "claude-code";

/// What was told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    pub(super) model: Option<String>,
    pub(super) model_id: Option<String>,
    /// What the session would cost at list price, as the tool reckons it.
    #[serde(rename = "sessionCostUSD")]
    pub(super) session_cost: Option<Money>,
    pub(super) lines_added: Option<u64>,
    pub(super) lines_removed: Option<u64>,
    /// Seconds.
    pub(super) duration: Option<u64>,
    /// Used part of the context in steps of 10⁻⁴.
    pub(super) context_steps: Option<u64>,
    pub(super) context_tokens: Option<u64>,
    pub(super) context_size: Option<u64>,
    pub(super) is_beyond_200k: Option<bool>,
    pub(super) five_hours: Option<ToldLimit>,
    pub(super) seven_days: Option<ToldLimit>,
    pub(super) session: Option<String>,
    pub(super) folder: Option<String>,
    pub(super) project: Option<String>,
    pub(super) version: Option<String>,
}

/// A limit, as the tool tells it at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToldLimit {
    /// Used part in steps of 10⁻⁴.
    pub(super) used_steps: Option<u64>,
    pub(super) resets_at: Option<UtcSeconds>,
}

/// An input that is being read.
pub(super) enum Input {
    /// There is none.
    Nobody,
    /// What was read.
    Done(Option<Box<Told>>),
    /// Something reads.
    Reading(Receiver<Progress>),
}

/// How far reading has come.
pub(super) enum Progress {
    /// It has begun.
    Begun,
    /// So much was read.
    Part(Vec<u8>),
}

impl Input {
    /// Begins to read, if there may be something to read.
    pub(super) fn begin() -> Self {
        if io::stdin().is_terminal() {
            return Self::Nobody;
        }
        if let Some(file) = plain_file() {
            let mut bytes = Vec::new();
            let read = file.take(MOST as u64 + 1).read_to_end(&mut bytes);
            return Self::Done(read.ok().and_then(|_| Told::parse(&bytes)).map(Box::new));
        }
        let (sender, receiver) = mpsc::channel();
        // It may wait for ever; the end of the program ends it.
        let reader = thread::Builder::new().spawn(move || {
            let mut stdin = io::stdin().lock();
            let mut part = vec![0; 64 * 1024];
            let mut is_heard = sender.send(Progress::Begun).is_ok();
            while is_heard {
                let Ok(count) = stdin.read(&mut part) else { return };
                if count == 0 {
                    return;
                }
                is_heard = sender.send(Progress::Part(part[..count].to_vec())).is_ok();
            }
        });
        reader.map_or(Self::Nobody, |_| Self::Reading(receiver))
    }

    /// What was told until now, or a moment later.
    pub(super) fn finish(self) -> Option<Told> {
        let receiver = match self {
            Self::Nobody => return None,
            Self::Done(told) => return told.map(|told| *told),
            Self::Reading(receiver) => receiver,
        };
        let mut bytes = Vec::new();
        // A busy system may take a while to begin at all.
        let mut patience = REST;
        loop {
            match receiver.recv_timeout(patience) {
                Ok(Progress::Begun) => patience = FIRST,
                Ok(Progress::Part(part)) => {
                    patience = REST;
                    bytes.extend(part);
                    // A caller that keeps its end open is not waited for.
                    let is_whole = bytes.trim_ascii_end().ends_with(b"}");
                    if bytes.len() > MOST {
                        return None;
                    }
                    if is_whole && let Some(told) = Told::parse(&bytes) {
                        return Some(told);
                    }
                }
                Err(_) => return Told::parse(&bytes),
            }
        }
    }
}

/// Standard input as a file, if it is one: to read it never waits.
#[cfg(unix)]
fn plain_file() -> Option<std::fs::File> {
    use std::os::fd::AsFd as _;
    use std::os::unix::fs::FileTypeExt as _;
    let file = std::fs::File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let kind = file.metadata().ok()?.file_type();
    let may_wait = kind.is_fifo() || kind.is_socket() || kind.is_char_device();
    (!may_wait).then_some(file)
}

#[cfg(not(unix))]
fn plain_file() -> Option<std::fs::File> {
    None
}

impl Told {
    /// Reads an input; nothing if it is no JSON object.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MOST {
            return None;
        }
        let text = String::from_utf8_lossy(bytes);
        let value: Value = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        value.is_object().then(|| Self::of(&value))
    }

    fn of(value: &Value) -> Self {
        let at = |path: &str| value.pointer(path).unwrap_or(&Value::Null);
        let model = match at("/model") {
            Value::String(name) => Some(name.clone()),
            model => text(&model["display_name"]).or_else(|| text(&model["id"])),
        };
        let size = count(at("/context_window/context_window_size"));
        let context_steps = steps(at("/context_window/used_percentage"));
        Self {
            model,
            model_id: text(at("/model/id")),
            session_cost: money(at("/cost/total_cost_usd")),
            lines_added: count(at("/cost/total_lines_added")),
            lines_removed: count(at("/cost/total_lines_removed")),
            duration: count(at("/cost/total_duration_ms")).map(|milliseconds| milliseconds / 1000),
            context_steps: context_steps
                .or_else(|| in_use(at("/context_window/current_usage"), size)),
            context_tokens: count(at("/context_window/total_input_tokens")),
            context_size: size,
            is_beyond_200k: at("/exceeds_200k_tokens").as_bool(),
            five_hours: ToldLimit::of(at("/rate_limits/five_hour")),
            seven_days: ToldLimit::of(at("/rate_limits/seven_day")),
            session: text(at("/session_id")),
            folder: text(at("/workspace/current_dir")).or_else(|| text(at("/cwd"))),
            project: text(at("/workspace/project_dir")),
            version: text(at("/version")),
        }
    }
}

impl ToldLimit {
    fn of(value: &Value) -> Option<Self> {
        let limit = Self {
            used_steps: steps(&value["used_percentage"]),
            resets_at: instant(&value["resets_at"]),
        };
        (limit != Self::default()).then_some(limit)
    }
}

fn text(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A number, or a text that is one.
fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().trim_end_matches('%').parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite() && *number >= 0.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        number(value).filter(|number| *number < 9.0e15).map(|number| number.round() as u64)
    })
}

/// Percent as steps of 10⁻⁴.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn steps(value: &Value) -> Option<u64> {
    number(value)
        .filter(|percent| *percent <= 100_000.0)
        .map(|percent| (percent * 100.0).round() as u64)
}

/// An amount, to a billionth: what the tool adds up has noise beyond.
fn money(value: &Value) -> Option<Money> {
    let amount = number(value).filter(|amount| *amount < 1.0e12)?;
    format!("{amount:.9}").parse().ok()
}

/// Seconds since 1970, also in thousandths, or a time as text.
fn instant(value: &Value) -> Option<UtcSeconds> {
    if let Some(text) = value.as_str()
        && let Ok(at) = text.trim().parse()
    {
        return Some(at);
    }
    let number = count(value)?;
    let seconds = if number > 100_000_000_000 { number / 1000 } else { number };
    UtcSeconds::new(i64::try_from(seconds).ok()?)
}

/// The share of the context that the last request filled. Totals of a session would be another thing.
fn in_use(usage: &Value, size: Option<u64>) -> Option<u64> {
    let part = |key: &str| count(&usage[key]);
    let prompt = part("input_tokens")?
        .saturating_add(part("cache_creation_input_tokens").unwrap_or(0))
        .saturating_add(part("cache_read_input_tokens").unwrap_or(0));
    prompt.saturating_mul(10_000).checked_div(size?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{"session_id":"abc","cwd":"/w","model":{"id":"claude-opus-4-8","display_name":"Opus 4.8"},
        "workspace":{"current_dir":"/w/app","project_dir":"/w"},"version":"2.1.90",
        "cost":{"total_cost_usd":0.12345000000000002,"total_duration_ms":45999,"total_lines_added":156,"total_lines_removed":23},
        "context_window":{"total_input_tokens":15500,"context_window_size":200000,"used_percentage":7.75,"current_usage":null},
        "exceeds_200k_tokens":false,"rate_limits":{"five_hour":{"used_percentage":23.5,"resets_at":1738425600},
        "seven_day":{"used_percentage":41.2,"resets_at":1738857600}},"fast_mode":{"new":[]}}"#;

    #[test]
    fn what_the_tool_tells_is_taken() {
        let told = Told::parse(WHOLE.as_bytes()).unwrap();
        assert_eq!(told.model.as_deref(), Some("Opus 4.8"));
        assert_eq!(told.session_cost.map(|cost| cost.to_string()).as_deref(), Some("0.12345"));
        assert_eq!(
            (told.lines_added, told.lines_removed, told.duration),
            (Some(156), Some(23), Some(45))
        );
        assert_eq!((told.context_steps, told.context_size), (Some(775), Some(200_000)));
        assert_eq!(told.five_hours.unwrap().used_steps, Some(2_350));
        let resets_at = told.seven_days.unwrap().resets_at.unwrap();
        assert_eq!(resets_at.to_string(), "2025-02-06T16:00:00Z");
        assert_eq!(told.folder.as_deref(), Some("/w/app"));
        assert_eq!(told.is_beyond_200k, Some(false));
    }

    #[test]
    fn odd_fields_are_fields_that_were_not_told() {
        let odd = r#"{"model":"Opus","cost":{"total_cost_usd":-1,"total_lines_added":"x"},"context_window":[],
            "rate_limits":{"five_hour":{"used_percentage":null,"resets_at":1e300},"seven_day":7},
            "workspace":null,"cwd":"/w","version":2,"session_id":""}"#;
        let told = Told::parse(odd.as_bytes()).unwrap();
        let expected = Told {
            model: Some("Opus".to_owned()),
            folder: Some("/w".to_owned()),
            ..Told::default()
        };
        assert_eq!(told, expected);
        let texts = r#"{"context_window":{"used_percentage":"12.5%"},"rate_limits":{"five_hour":{"resets_at":"2026-06-15T12:00:00Z"},"seven_day":{"resets_at":1738857600000}}}"#;
        let told = Told::parse(texts.as_bytes()).unwrap();
        assert_eq!(told.context_steps, Some(1_250));
        assert!(told.five_hours.unwrap().resets_at.is_some());
        assert_eq!(told.seven_days.unwrap().resets_at.unwrap().to_string(), "2025-02-06T16:00:00Z");
    }

    #[test]
    fn a_context_without_a_percentage_is_that_of_the_last_request() {
        let text = r#"{"context_window":{"total_input_tokens":900000,"context_window_size":200000,"used_percentage":null,
            "current_usage":{"input_tokens":8500,"cache_creation_input_tokens":5000,"cache_read_input_tokens":36500}}}"#;
        assert_eq!(Told::parse(text.as_bytes()).unwrap().context_steps, Some(2_500));
        let without =
            r#"{"context_window":{"total_input_tokens":900000,"context_window_size":200000}}"#;
        assert_eq!(Told::parse(without.as_bytes()).unwrap().context_steps, None);
    }

    #[test]
    fn what_is_no_object_tells_nothing() {
        for text in ["", "{", "[]", "null", "\u{0}", "{\"model\":{}} x", &WHOLE[..100]] {
            assert_eq!(Told::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(
            Told::parse(b"{\"model\":\"\xff\"}").unwrap().model.as_deref(),
            Some("\u{fffd}")
        );
        assert!(Told::parse(format!("\u{feff}{WHOLE}\n").as_bytes()).is_some());
    }
}
