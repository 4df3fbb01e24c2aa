//! Interfaces: vendors and relays that tell what was used. What they tell are statements: sums of a UTC day or hour,
//! a second opinion that is in no total. An interface is asked only where the configuration has a section for it and
//! there is a key. Adding one is a file below `interface/` and a line in [`INTERFACES`].

use std::fmt;

use crate::source::{Evidence, Info, Keeps, Role};

pub use access::Access;
/// A key that opens an interface.
pub use data_schema::Confidential as Secret;
pub use run::{Asked, NewHttp, Wanted, ask_all};
pub use window::Window;

pub(crate) use ask::{Ask, InterfaceError, encode};
pub(crate) use statements::{Row, Statements, money};

mod access;
mod anthropic;
mod ask;
mod claude_relay;
mod cliproxyapi;
mod copilot;
mod cursor;
mod glm;
mod litellm;
mod openai;
mod openrouter;
mod run;
mod state;
mod statements;
mod sub2api;
mod window;

/// All interfaces, in the order of output.
pub static INTERFACES: &[&dyn Interface] = &[
    &glm::GLM_CODING,
    &glm::ZAI_MONITOR,
    &cursor::CursorAdmin,
    &anthropic::Admin,
    &anthropic::ClaudeCode,
    &openai::OpenAi,
    &openrouter::OpenRouter,
    &copilot::Copilot,
    &litellm::LiteLlm,
    &claude_relay::ClaudeRelay,
    &cliproxyapi::CliProxyApi,
    &sub2api::Sub2Api,
];

/// Something that tells over HTTP what was used.
#[expect(private_interfaces, reason = "interfaces are written in this crate")]
pub trait Interface: Sync {
    /// What is known of it.
    fn info(&self) -> &Info;

    /// How it is asked.
    fn terms(&self) -> &Terms;

    /// Asks for the days of the window.
    ///
    /// # Errors
    ///
    /// No answer, or one that cannot be used: nothing of the window counts then.
    fn fetch(&self, ask: &mut Ask<'_>) -> Result<Statements, InterfaceError>;

    /// The provider's id: name of its folder in the store.
    fn id(&self) -> &'static str {
        self.info().id
    }
}

/// How an interface is asked.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "every interface writes one out in full")]
pub struct Terms {
    /// Who bills, and part of the identity of what is told: two interfaces of one vendor that tell the same of one
    /// account have the same.
    pub vendor: &'static str,
    /// Variables that hold the key, where the configuration has none.
    pub variables: &'static [&'static str],
    /// The vendor's address; `None` where everybody has an own one.
    pub base_url: Option<&'static str>,
    /// What key it takes, and which right that needs.
    pub key: &'static str,
    /// What it tells, in a few words.
    pub tells: &'static str,
    /// Address of its documentation, with the day it was read.
    pub documentation: &'static str,
    /// Days that one request may be about.
    pub days_at_once: u32,
    /// How many days back it tells anything.
    pub days_back: u32,
}

impl fmt::Debug for dyn Interface {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id())
    }
}

/// What is known of an interface: it has no files.
const fn info(id: &'static str, evidence: Evidence, lacks: &'static str) -> Info {
    Info {
        id,
        revision: 1,
        role: Role::Statement,
        quality: data_schema::Quality::Partial,
        evidence,
        lacks,
        keeps: Keeps::Unknown,
        directory_key: "baseUrl",
        variables: &[],
        below: &[],
        folders: &[],
        not_entered: &[],
    }
}
