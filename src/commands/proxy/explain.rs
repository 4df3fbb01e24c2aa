//! `proxy explain`: what was decided about one request, each try, and how long each part took.

use std::fmt::Write as _;

use clap::Args;
use data_schema::{Attempt, LedgerEntry, Tokens};

use crate::cli::Global;
use crate::commands::proxy::folder;
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, grouped, note, plain};

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// Id of the request, or how it begins: the answer's header `x-token-matters-request`, or a row of `proxy usage`;
    /// `last` is the latest
    pub(crate) request: String,
    /// Print the line of the ledger as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(global: &Global, options: &Explain) -> Result<Outcome, Failure> {
    let ledger = folder(&environment::data_folder(global)?).join("ledger");
    let mut damaged = 0_u32;
    let entries = proxy::entries(&ledger, |path, line, reason| {
        damaged += 1;
        note(&format!("warning: {}:{line}: {reason}", path.display()));
    })?;
    let entry = find(&entries, &options.request)?;
    let text = if options.json {
        serde_json::to_string_pretty(entry)? + "\n"
    } else {
        plain(&explained(entry))
    };
    data(&text)?;
    Ok(Outcome::partial_if(damaged > 0))
}

fn find<'e>(entries: &'e [LedgerEntry], asked: &str) -> Result<&'e LedgerEntry, Failure> {
    if asked == "last" {
        return entries.last().ok_or_else(|| {
            Failure::Usage(
                "no request has gone through yet: point a client at the proxy with `token-matters proxy env CLIENT`"
                    .to_owned(),
            )
        });
    }
    let mut found = entries.iter().filter(|entry| entry.request.starts_with(asked));
    match (found.next(), found.next()) {
        (Some(entry), None) => Ok(entry),
        (None, _) => Err(Failure::Usage(format!(
            "no request begins with `{asked}`: `token-matters proxy usage` lists them"
        ))),
        (Some(_), Some(_)) => {
            Err(Failure::Usage(format!("several requests begin with `{asked}`: give more of it")))
        }
    }
}

/// A line of the table: nothing where nothing is known.
fn line(text: &mut String, name: &str, value: Option<impl std::fmt::Display>) {
    if let Some(value) = value {
        let _ = writeln!(text, "  {name:<12}{value}");
    }
}

fn explained(entry: &LedgerEntry) -> String {
    let mut text = format!("request {}\n", entry.request);
    let at = entry.at.format("%Y-%m-%d %H:%M:%S%.3f UTC");
    line(&mut text, "at", Some(at));
    line(&mut text, "asked", Some(&entry.path));
    line(&mut text, "client", entry.client.as_ref());
    line(&mut text, "key", entry.key.as_ref());
    line(&mut text, "project", entry.project.as_ref());
    line(&mut text, "model", model(entry));
    line(&mut text, "protocol", entry.protocol.as_ref());
    line(&mut text, "upstream", entry.upstream.as_ref().map(|name| chosen(name, entry)));
    for (number, attempt) in (1..).zip(&entry.attempts) {
        line(&mut text, &format!("try {number}"), Some(tried(attempt)));
    }
    line(&mut text, "status", entry.status);
    line(&mut text, "end", Some(end(entry)));
    line(&mut text, "tokens", tokens(entry));
    line(&mut text, "response", entry.response.as_ref());
    text.push_str("time\n");
    line(
        &mut text,
        "proxy",
        entry
            .overhead_us
            .map(|us| format!("{} µs before the upstream was asked", grouped(u64::from(us)))),
    );
    line(
        &mut text,
        "first byte",
        entry.ttft_ms.map(|ms| format!("after {} ms", grouped(u64::from(ms)))),
    );
    line(
        &mut text,
        "last byte",
        entry.duration_ms.map(|ms| format!("after {} ms", grouped(u64::from(ms)))),
    );
    let bytes = |count| format!("{} bytes", grouped(count));
    line(&mut text, "sent", Some(bytes(entry.bytes_in)));
    line(&mut text, "received", Some(bytes(entry.bytes_out)));
    for limit in &entry.limits {
        let used = limit
            .used_fraction
            .map_or_else(|| "unknown".to_owned(), |used| format!("{:.1} %", used.get() * 100.0));
        let reset = limit.resets_at.map(|at| format!(", anew at {at}")).unwrap_or_default();
        line(&mut text, "limit", Some(format!("{} {used} used{reset}", limit.window)));
    }
    text
}

fn model(entry: &LedgerEntry) -> Option<String> {
    match (&entry.requested_model, &entry.model) {
        (Some(asked), Some(served)) if asked != served => {
            Some(format!("{served} (asked for {asked})"))
        }
        (asked, served) => served.as_ref().or(asked.as_ref()).map(ToString::to_string),
    }
}

/// Whom, and why.
fn chosen(name: &str, entry: &LedgerEntry) -> String {
    let why = match entry.route.as_deref() {
        Some("header") => "the header x-token-matters-upstream names it",
        Some("prefix") => "the path begins with its name",
        Some("key") => "the key is bound to it",
        Some("model") => "a pattern of models names it",
        Some("path") => "only it has such paths",
        Some("default") => "it serves this protocol by default",
        Some(other) => other,
        None => return name.to_owned(),
    };
    format!("{name}: {why}")
}

fn tried(attempt: &Attempt) -> String {
    let status = attempt.status.map(|status| format!(" answered {status}")).unwrap_or_default();
    let error = attempt.error.as_deref().map(|error| format!(" {error}")).unwrap_or_default();
    let Attempt { upstream, duration_ms, .. } = attempt;
    format!("{upstream}{status}{error} after {} ms", grouped(u64::from(*duration_ms)))
}

fn end(entry: &LedgerEntry) -> String {
    let end = match entry.end {
        data_schema::End::Complete => "complete",
        data_schema::End::ClientClosed => "the client went",
        data_schema::End::UpstreamError => "an error",
        data_schema::End::Truncated => "broken off",
    };
    match &entry.error {
        Some(error) => format!("{end} ({error})"),
        None => end.to_owned(),
    }
}

fn tokens(entry: &LedgerEntry) -> Option<String> {
    let told = [
        ("in", entry.input_tokens),
        ("cache read", entry.cache_read_tokens),
        ("cache write", entry.cache_creation_tokens),
        ("out", entry.output_tokens),
        ("of them reasoning", entry.reasoning_tokens),
        ("in all", entry.total_tokens),
    ];
    let told = told.into_iter().filter_map(|(name, count)| Some((name, count?)));
    let told: Vec<String> =
        told.map(|(name, count)| format!("{} {name}", grouped(Tokens::get(count)))).collect();
    (!told.is_empty()).then(|| told.join(", "))
}

#[cfg(test)]
mod tests {
    use data_schema::{End, Text};

    use super::*;

    fn entry() -> LedgerEntry {
        LedgerEntry {
            request: "5f0c9a1be27d4430".to_owned(),
            at: "2026-05-01T10:00:00.125Z".parse().unwrap(),
            status: Some(200),
            path: "POST /v1/messages".to_owned(),
            upstream: Some(Text::from("anthropic")),
            route: Some(Text::from("default")),
            protocol: Some(Text::from("anthropic-messages")),
            requested_model: Some(Text::from("claude-opus-4-8")),
            model: Some(Text::from("claude-opus-4-8-20260101")),
            input_tokens: Tokens::new(3),
            cache_read_tokens: Tokens::new(18_000),
            output_tokens: Tokens::new(512),
            end: End::ClientClosed,
            ttft_ms: Some(900),
            duration_ms: Some(4200),
            overhead_us: Some(85),
            client: Some(Text::from("claude-code/2.1.197")),
            attempts: vec![Attempt {
                upstream: Text::from("anthropic"),
                status: Some(529),
                error: None,
                duration_ms: 31,
            }],
            bytes_in: 104_000,
            bytes_out: 9000,
            ..LedgerEntry::default()
        }
    }

    #[test]
    fn a_request_is_explained_in_words() {
        insta::assert_snapshot!(explained(&entry()));
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let entry = LedgerEntry { request: "a".to_owned(), ..LedgerEntry::default() };
        let text = explained(&entry);
        assert!(!text.contains("tokens") && !text.contains("upstream"), "{text}");
    }

    #[test]
    fn a_beginning_is_enough_if_it_is_the_only_one() {
        let named = |name: &str| LedgerEntry { request: name.to_owned(), ..LedgerEntry::default() };
        let entries = [named("aa1"), named("aa2"), named("b")];
        assert_eq!(find(&entries, "b").unwrap().request, "b");
        assert_eq!(find(&entries, "last").unwrap().request, "b");
        for asked in ["aa", "c"] {
            assert!(matches!(find(&entries, asked), Err(Failure::Usage(_))), "{asked}");
        }
    }
}
