//! The table of a record's fields: what each means, who fills it, what uses it.
//!
//! The one place of this knowledge. `docs/fields.md` and the JSON Schema of a day file are made from
//! it, and a test compares it with what is written.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

/// One field of a usage record.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a table to read")]
pub struct Field {
    /// Key in JSON.
    pub name: &'static str,
    /// The part that it is joined with: `id`, `at`, `usage`, `attribution`.
    pub part: &'static str,
    /// Type in JSON.
    pub kind: FieldKind,
    /// Meaning and unit.
    pub meaning: &'static str,
    /// Which adapters fill it.
    pub filled_by: &'static str,
    /// What it is there for.
    pub used_for: &'static str,
}

/// The JSON type of a field.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums, reason = "a table to read")]
pub enum FieldKind {
    /// 11 characters of base64url.
    Id,
    /// A list of ids.
    Ids,
    /// 16 hex digits.
    Hash,
    /// `2026-05-01T10:00:00Z`.
    Time,
    /// A whole number.
    Count,
    /// Any text.
    Text,
    /// A decimal number as text.
    Decimal,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

const fn field(
    name: &'static str,
    part: &'static str,
    kind: FieldKind,
    about: [&'static str; 3],
) -> Field {
    let [meaning, filled_by, used_for] = about;
    Field { name, part, kind, meaning, filled_by, used_for }
}

use FieldKind::{Count, Decimal, Hash, Id, Ids, OneOf, Text, Time};

const BOTH: &str = "claude-code, codex";

/// All fields, in the order in which they are written.
pub const FIELDS: [Field; 39] = [
    field("id", "id", Id, ["identity of the response", "all", "counting once"]),
    field(
        "was",
        "id",
        Ids,
        ["ids that the response had before", "codex", "counting once after a better id is known"],
    ),
    field("at", "at", Time, ["earliest trusted time", "all", "day, price"]),
    field("atQuality", "at", OneOf(&["guess"]), ["the time is not trusted", BOTH, "labels, as-of"]),
    field(
        "model",
        "usage",
        Text,
        ["as the provider named it; `unknown` if never told", "all", "price, breakdown"],
    ),
    field("requestedModel", "usage", Text, ["as the client asked", "proxy", "reconcile"]),
    field(
        "inputTokens",
        "usage",
        Count,
        ["prompt tokens neither read from nor written to a cache", BOTH, "price, totals"],
    ),
    field(
        "cacheReadTokens",
        "usage",
        Count,
        ["prompt tokens read from a cache", BOTH, "price, totals"],
    ),
    field(
        "cacheCreationTokens",
        "usage",
        Count,
        ["prompt tokens written to a cache, all lifetimes", BOTH, "price, totals"],
    ),
    field(
        "cacheCreation1hTokens",
        "usage",
        Count,
        ["of those, for an hour", "claude-code", "price"],
    ),
    field(
        "outputTokens",
        "usage",
        Count,
        ["all billed output, reasoning included", BOTH, "price, totals"],
    ),
    field("reasoningTokens", "usage", Count, ["of those, reasoning", "codex", "breakdown"]),
    field(
        "imageTokens",
        "usage",
        Count,
        ["of prompt or output, images", "proxy, vendor APIs", "price"],
    ),
    field(
        "audioTokens",
        "usage",
        Count,
        ["of prompt or output, audio", "proxy, vendor APIs", "price"],
    ),
    field(
        "totalTokens",
        "usage",
        Count,
        ["only where a source gives nothing finer", "codex, counters, vendor APIs", "totals"],
    ),
    field(
        "webSearches",
        "usage",
        Count,
        ["server-side searches billed apart", "claude-code", "price"],
    ),
    field(
        "tier",
        "usage",
        OneOf(&["fast", "priority", "batch", "flex"]),
        ["service tier; absent = standard", BOTH, "price"],
    ),
    field(
        "region",
        "usage",
        Text,
        ["where it was served, if that changes the price", "claude-code", "price"],
    ),
    field(
        "requests",
        "usage",
        Count,
        ["responses that the record stands for; absent = 1", "counters", "requests"],
    ),
    field(
        "cost",
        "usage",
        Decimal,
        ["as the tool itself reported it", "claude-code (2025 and before)", "reconcile"],
    ),
    field("currency", "usage", Text, ["ISO 4217 code of `cost`", "claude-code", "reconcile"]),
    field(
        "billing",
        "usage",
        OneOf(&["metered", "plan"]),
        ["who pays, where told", "proxy, vendor APIs", "billed and plan amounts"],
    ),
    field("quality", "usage", OneOf(&["partial", "estimated"]), ["absent = exact", BOTH, "labels"]),
    field(
        "via",
        "usage",
        OneOf(&["api", "wire"]),
        ["what saw it; absent = log", "proxy, vendor APIs", "resolve"],
    ),
    field(
        "end",
        "usage",
        OneOf(&["client_closed", "upstream_error", "truncated"]),
        ["how it broke off; absent = complete", "proxy", "resolve"],
    ),
    field("ttftMs", "usage", Count, ["milliseconds to the first token", "proxy", "latency"]),
    field(
        "durationMs",
        "usage",
        Count,
        ["milliseconds to the last byte", "proxy", "latency, pairing"],
    ),
    field(
        "rank",
        "usage",
        OneOf(&["copy"]),
        ["a replay, sidechain or fork prefix; absent = own", BOTH, "join"],
    ),
    field("revision", "usage", Count, ["adapter revision, when not the file's", "all", "join"]),
    field(
        "kind",
        "usage",
        OneOf(&["reading", "void", "session-reading", "statement"]),
        [
            "a counter's reading of a model; no longer counted; a counter's reading of a session; what a vendor tells",
            "counters, interfaces",
            "resolve",
        ],
    ),
    field(
        "seen",
        "attribution",
        Time,
        ["time of the copy that this part comes from; absent = `at`", "join", "join"],
    ),
    field(
        "session",
        "attribution",
        Hash,
        ["hash of the tool's session id", BOTH, "session report"],
    ),
    field("parent", "attribution", Hash, ["session that it came from", "codex", "session report"]),
    field(
        "project",
        "attribution",
        Text,
        ["git remote, else common git folder, else folder", BOTH, "project breakdown"],
    ),
    field("agent", "attribution", Text, ["sub-agent kind, where told", BOTH, "agent breakdown"]),
    field(
        "client",
        "attribution",
        Text,
        ["tool and version that spoke", BOTH, "pairing with the wire"],
    ),
    field(
        "account",
        "attribution",
        Hash,
        ["hash of the account id, where told", "proxy, vendor APIs", "accounts"],
    ),
    field("key", "attribution", Text, ["name of the proxy's own key", "proxy", "budgets"]),
    field(
        "vendor",
        "attribution",
        Text,
        ["who bills: `anthropic`, `bedrock`, `openrouter`, …", BOTH, "price, reconcile"],
    ),
];

/// The table as a page: `docs/fields.md`.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Fields of a usage record\n\nMade by `cargo xtask generate` from `data-schema/src/fields.rs`. \
         What is not stored now can never be collected later: a new field needs an adapter that fills it \
         and a use. Absent means not told, never zero.\n\n\
         | field | part | type | meaning | filled by | used for |\n|---|---|---|---|---|---|\n",
    );
    for field in &FIELDS {
        let Field { name, part, meaning, filled_by, used_for, kind } = field;
        let kind = kind.describe();
        let _ =
            writeln!(page, "| `{name}` | {part} | {kind} | {meaning} | {filled_by} | {used_for} |");
    }
    page
}

/// The JSON Schema of one record.
pub fn record_schema() -> Value {
    let properties: Map<String, Value> = FIELDS
        .iter()
        .map(|field| (field.name.to_owned(), field.kind.schema(field.meaning)))
        .collect();
    json!({ "type": "object", "required": ["id", "at", "model"], "properties": properties })
}

impl FieldKind {
    fn describe(self) -> String {
        match self {
            Id => "id".into(),
            Ids => "list of ids".into(),
            Hash => "16 hex digits".into(),
            Time => "UTC, seconds".into(),
            Count => "integer".into(),
            Text => "text".into(),
            Decimal => "decimal text".into(),
            OneOf(words) => {
                words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
            }
        }
    }

    fn schema(self, description: &str) -> Value {
        const ID: &str = "^[A-Za-z0-9_-]{11}$";
        let mut schema = match self {
            Id => json!({ "type": "string", "pattern": ID }),
            Ids => json!({ "type": "array", "items": { "type": "string", "pattern": ID } }),
            Hash => json!({ "type": "string", "pattern": "^[0-9a-f]{16}$" }),
            Time => {
                json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$" })
            }
            Count => json!({ "type": "integer", "minimum": 0 }),
            Text => json!({ "type": "string" }),
            Decimal => json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?$" }),
            OneOf(words) => json!({ "enum": words }),
        };
        schema["description"] = description.into();
        schema
    }
}
