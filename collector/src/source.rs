//! Sources: the tools whose logs are read. Adding one is a file below `source/` and a line in [`SOURCES`];
//! `docs/add-a-source.md` shows how.

use std::path::{Path, PathBuf};

use data_schema::packed::Damaged;

use crate::environment::Environment;
use crate::files::LogFile;
use crate::logs::{Logs, Reading};
use crate::trace::Places;

pub(crate) use locate::locate;

pub use info::{Evidence, Folder, Info, Keeps, On, Role, Variable};

mod aider;
mod amp;
mod antigravity;
mod buzz;
mod claude_code;
mod claude_science;
mod cline;
mod cline_cli;
mod codebuddy;
mod codebuff;
mod codewhale;
mod codex;
mod command_code;
mod continue_dev;
mod copilot_cli;
mod copilot_vscode;
mod crush;
mod cursor_export;
mod cursor_local;
mod deepseek_harness;
mod devin;
mod droid;
mod forge;
mod gemini_cli;
mod goose;
mod grok;
mod hermes;
mod info;
mod jcode;
mod junie;
mod kimi_cli;
mod kimi_code;
mod kiro;
mod lingtai;
mod mistral_vibe;
mod mux;
mod octofriend;
mod opencode;
mod opencodereview;
mod pi;
mod piebald;
mod proxy;
mod quick_desktop;
mod qwen_code;
mod rovo_dev;
mod trae;
mod warp;
mod zcode;
mod zed;
mod zerostack;

#[doc(hidden)]
pub mod bench_support;
#[doc(hidden)]
pub mod fuzz_support;
pub(crate) mod locate;

/// All sources, in the order of output.
pub static SOURCES: &[&dyn Source] = &[
    // --- Claude Code and its kin ---
    &claude_code::CLAUDE_CODE,
    &claude_code::CLAUDE_DESKTOP,
    &claude_code::CC_MIRROR,
    &claude_code::OPENCLAUDE,
    // --- Codex ---
    &codex::Codex,
    // --- Gemini CLI and its kin ---
    &gemini_cli::GeminiCli,
    &qwen_code::QwenCode,
    &antigravity::Antigravity,
    // --- OpenCode and its kin ---
    &opencode::OPENCODE,
    &opencode::KILO_CLI,
    &opencode::MIMO_CODE,
    // --- Copilot ---
    &copilot_cli::CopilotCli,
    &copilot_vscode::CopilotVscode,
    // --- Cline and its kin ---
    &cline::CLINE,
    &cline::ROO_CODE,
    &cline::KILO_CODE,
    &cline::ZOO_CODE,
    &cline::BOB,
    &cline_cli::ClineCli,
    // --- pi and its kin ---
    &pi::PI,
    &pi::OMP,
    &pi::GAJAE_CODE,
    &pi::OPENCLAW,
    // --- Kimi ---
    &kimi_cli::KimiCli,
    &kimi_code::KimiCode,
    // --- others, by name ---
    &aider::Aider,
    &amp::Amp,
    &buzz::Buzz,
    &claude_science::ClaudeScience,
    &codebuddy::CODEBUDDY,
    &codebuddy::WORKBUDDY,
    &codebuff::Codebuff,
    &codewhale::CodeWhale,
    &command_code::CommandCode,
    &continue_dev::Continue,
    &crush::Crush,
    &cursor_export::CursorExport,
    &cursor_local::CursorLocal,
    &deepseek_harness::DeepSeekHarness,
    &devin::Devin,
    &droid::Droid,
    &forge::Forge,
    &goose::Goose,
    &grok::Grok,
    &hermes::Hermes,
    &jcode::Jcode,
    &junie::Junie,
    &kiro::Kiro,
    &lingtai::LingTai,
    &mistral_vibe::MistralVibe,
    &mux::Mux,
    &octofriend::Octofriend,
    &opencodereview::OpenCodeReview,
    &piebald::Piebald,
    &proxy::Proxy,
    &quick_desktop::QuickDesktop,
    &rovo_dev::RovoDev,
    &trae::Trae,
    &warp::Warp,
    &zcode::ZCode,
    &zed::Zed,
    &zerostack::Zerostack,
];

/// A tool whose logs are read. The members of this trait that name private types are for the sources of
/// this crate.
#[expect(private_interfaces, reason = "sources are written in this crate")]
pub trait Source: Sync {
    /// What is known of it.
    fn info(&self) -> &Info;

    /// The provider's id: name of its folder in the store.
    fn id(&self) -> &'static str {
        self.info().id
    }

    /// The tool's name for people.
    fn title(&self) -> &'static str {
        self.info().title()
    }

    /// The key below `providers.<id>` that says where the tool keeps its files.
    fn directory_key(&self) -> &'static str {
        self.info().directory_key
    }

    /// What counts. Raised when the same line would count differently: all logs are read anew then.
    fn revision(&self) -> u32 {
        self.info().revision
    }

    /// Where the logs are, or would be.
    fn locate(&self, place: &Place<'_>) -> Located {
        locate(self.info(), place)
    }

    /// Whether a file is a log.
    fn is_log(&self, path: &Path) -> bool;

    /// The file beside a log that changes what the log gives.
    fn companion(&self, _log: &Path) -> Option<PathBuf> {
        None
    }

    /// Reads the logs that have changed. Damage is told in the report and never stops the rest.
    ///
    /// # Errors
    ///
    /// What was kept of earlier runs is damaged: the run begins anew without it.
    fn read(&self, logs: &mut Logs<'_>) -> Result<(), Damaged>;

    /// Which line of a log told which record, for whoever checks one. Records that are missing here are looked for by their
    /// counts.
    fn places(&self, _file: &LogFile, _reading: Reading<'_>) -> Places {
        Places::new()
    }

    /// Days after which the tool deletes a log.
    fn retention_days(&self, _roots: &[PathBuf]) -> Option<u32> {
        match self.info().keeps {
            Keeps::Days(days) => Some(days),
            _ => None,
        }
    }

    /// What stands in a log that holds answers. Where no log tells usage and one has this, the parser is out of date.
    /// `None`: the logs' records say so themselves.
    fn answer(&self) -> Option<&'static [u8]> {
        None
    }
}

/// What decides where logs are.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the collect run and tests build it")]
pub struct Place<'a> {
    /// The surroundings of the run.
    pub environment: &'a Environment,
    /// The folder that the configuration names.
    pub configured: Option<&'a str>,
}

/// Where logs are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "sources build it")]
pub struct Located {
    /// Folders that exist.
    pub roots: Vec<PathBuf>,
    /// Every folder that was looked for.
    pub looked: Vec<PathBuf>,
    /// Places that somebody named and that are not there.
    pub missing: Vec<String>,
}

impl Located {
    /// Sorts candidate folders into those that exist and the others; `named_by` says who named them,
    /// if it was not the default.
    pub(crate) fn among(candidates: Vec<PathBuf>, named_by: Option<&str>) -> Self {
        let mut located = Self::default();
        for folder in candidates {
            if folder.exists() {
                located.roots.push(folder.clone());
            }
            located.looked.push(folder);
        }
        if let (true, Some(named_by)) = (located.roots.is_empty(), named_by) {
            let looked: Vec<String> =
                located.looked.iter().map(|path| path.display().to_string()).collect();
            located
                .missing
                .push(format!("{named_by} names {}, which does not exist", looked.join(", ")));
        }
        located
    }

    /// Takes what another look found.
    pub(crate) fn add(&mut self, other: Self) {
        for root in other.roots {
            if !self.roots.contains(&root) {
                self.roots.push(root);
            }
        }
        self.looked.extend(other.looked);
        self.missing.extend(other.missing);
    }
}

/// What a scan needs beside the place.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    /// The surroundings of the run.
    pub(crate) environment: &'a Environment,
    /// Bytes after which a long scan is saved.
    pub(crate) saved_after: u64,
    /// Told what has been read, from any thread.
    pub(crate) progress: &'a (dyn Fn(Progress) + Sync),
}

/// What there is to tell while a scan runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "whoever shows progress must show all")]
pub enum Progress {
    /// So many files and bytes are going to be read.
    Planned {
        /// Number of files.
        files: u64,
        /// Bytes in them.
        bytes: u64,
    },
    /// Bytes of a file have been read.
    Bytes {
        /// How many.
        count: u64,
    },
    /// A file has been read to its end.
    File,
}
