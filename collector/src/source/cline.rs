//! Cline and the extensions that came from it: `<storage>/tasks/<task>/ui_messages.json`, one document per task,
//! written anew with every change. `<storage>` is `User/globalStorage/<extension>` of the editor.
//!
//! One message `say: "api_req_started"` per request. Its `text` is JSON in a text with `tokensIn`, `tokensOut`,
//! `cacheWrites`, `cacheReads` and `cost` (US dollars). It is written without counts when the request begins, and
//! again when the answer is there: before that it is no request.
//!
//! Facts (read 2026-11-21):
//!
//! - `deleted_api_reqs` is the sum of requests that a restored checkpoint took out of the document, and
//!   `subagent_usage` that of a batch of sub-agents (<https://github.com/cline/cline>, `src/shared/getApiMetrics.ts`
//!   and `src/shared/ExtensionMessage.ts`).
//! - `tokensIn` lacks what came from the cache in Cline, but for a few providers of the `OpenAI` kind that hand on
//!   their prompt as a whole ([`WHOLE_PROMPT`]). Roo Code tells the whole prompt since 3.29.5 of 2025-11-01
//!   (<https://github.com/RooCodeInc/Roo-Code>, `src/shared/cost.ts` and
//!   `packages/core/src/message-utils/consolidateTokenUsage.ts`), Kilo Code since 4.119.0 of 2025-11-12, Zoo Code
//!   always; before that only for endpoints of the `OpenAI` kind. The document tells no version, so the day, the
//!   endpoint and the numbers decide: a prompt that is smaller than its cache does not contain it.
//! - The model stands in the message (`modelInfo`, Cline 3), in `task_metadata.json` beside it (Cline), or in the tag
//!   `<model>` of the prompt in `api_conversation_history.json`. The folder stands in the prompt.
//! - Cline with the provider `claude-code` runs Claude Code, which logs the request itself: it is not counted here.
//!
//! Kilo Code 7 and Cline 4.1 no longer write such documents: the former is an `OpenCode` (`kilo-cli`), the latter writes
//! the sessions of Cline CLI. IBM Bob 2 keeps its tasks in `~/.bob/db/bob.db`, of which nobody has described the usage.
//!
//! IBM Bob 1 is described by one project only; its documents are those of the family, whose code was read. What is
//! true of Roo Code is taken to be true of it.
//!
//! Open: whether Roo Code before 2025-08, which does not tell the kind of the endpoint, had the cache in the prompt.
//! It tells neither that it ran Claude Code (its provider of that name did so in 2025).

use data_schema::Quality;

use crate::source::{Evidence, Folder, Info, Keeps, Role, Variable};

use task::{Prompt, Tasks};

mod model;
mod sum;
mod task;

/// Providers of Cline whose `tokensIn` is the whole prompt, cache included.
const WHOLE_PROMPT: [&str; 9] =
    ["openai", "litellm", "doubao", "fireworks", "hicap", "lmstudio", "qwen", "xai", "zai"];

/// The provider that is another tool.
const OTHER_TOOL: &str = "claude-code";

/// What all members have in common.
const fn info(
    id: &'static str,
    evidence: Evidence,
    variables: &'static [Variable],
    folders: &'static [Folder],
) -> Info {
    Info {
        id,
        revision: 1,
        role: Role::Meter,
        quality: Quality::Exact,
        evidence,
        lacks: "reasoning apart from output; requests that condense the context",
        keeps: Keeps::Forever,
        directory_key: "directory",
        variables,
        below: &["tasks", "data/tasks"],
        folders,
        not_entered: &["checkpoints"],
    }
}

/// Cline.
pub(super) static CLINE: Tasks = Tasks {
    info: info(
        "cline",
        Evidence::VendorCode {
            repository: "cline/cline",
            commit: "0014234a2d2dad2d75d87ff1fbb10f24906aa8fd",
        },
        &[Variable::beside("CLINE_DATA_DIR"), Variable::beside("CLINE_DIR")],
        &[
            Folder::all("{editor}/User/globalStorage/saoudrizwan.claude-dev/tasks"),
            Folder::all("~/.cline/data/tasks"),
        ],
    ),
    prompt: Prompt::WithoutCache,
    beside: "task_metadata.json",
};

/// Roo Code.
pub(super) static ROO_CODE: Tasks = Tasks {
    info: info(
        "roo-code",
        Evidence::VendorCode {
            repository: "RooCodeInc/Roo-Code",
            commit: "1ad5afb9ded36b5261451a9710179cbd9f2830a1",
        },
        &[],
        &[
            Folder::all("{editor}/User/globalStorage/rooveterinaryinc.roo-cline/tasks"),
            Folder::all("~/.vscode-mock/global-storage/tasks"),
        ],
    ),
    // 2025-11-01T00:00:00Z.
    prompt: Prompt::WholeSince(1_761_955_200),
    beside: "api_conversation_history.json",
};

/// Kilo Code up to version 5.
pub(super) static KILO_CODE: Tasks = Tasks {
    info: info(
        "kilo-code",
        Evidence::VendorCode {
            repository: "Kilo-Org/kilocode",
            commit: "d93279da84ebf10613b8a988fd42f545b8c5c0c2",
        },
        &[],
        &[Folder::all("{editor}/User/globalStorage/kilocode.kilo-code/tasks")],
    ),
    // 2025-11-12T00:00:00Z.
    prompt: Prompt::WholeSince(1_762_905_600),
    beside: "api_conversation_history.json",
};

/// Zoo Code.
pub(super) static ZOO_CODE: Tasks = Tasks {
    info: info(
        "zoo-code",
        Evidence::VendorCode {
            repository: "Zoo-Code-Org/Zoo-Code",
            commit: "96f7c1b80d3060f6b676dec6ba32fcfde1a9bed7",
        },
        &[],
        &[Folder::all("{editor}/User/globalStorage/zoocodeorganization.zoo-code/tasks")],
    ),
    prompt: Prompt::WholeSince(0),
    beside: "api_conversation_history.json",
};

/// IBM Bob 1.
pub(super) static BOB: Tasks = Tasks {
    info: info(
        "bob",
        Evidence::Described {
            by: &[
                "https://github.com/getagentseal/codeburn/blob/main/docs/providers/ibm-bob.md (2026-11-21)",
                "https://github.com/getagentseal/codeburn/blob/main/src/providers/ibm-bob.ts (2026-11-21)",
            ],
        },
        &[],
        &[
            Folder::all("{user-data}/IBM Bob/User/globalStorage/ibm.bob-code/tasks"),
            Folder::all("{user-data}/Bob-IDE/User/globalStorage/ibm.bob-code/tasks"),
        ],
    ),
    prompt: Prompt::WholeSince(1_761_955_200),
    beside: "api_conversation_history.json",
};
