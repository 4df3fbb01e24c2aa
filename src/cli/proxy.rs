//! The arguments of `proxy`.

use clap::Subcommand;

use crate::commands::proxy::{env, explain, key, serve, service, top, upstreams, usage};

#[derive(Debug, Subcommand)]
pub(crate) enum ProxyVerb {
    /// Hand requests of LLM clients through to their vendors, unchanged, and meter them
    #[command(
        after_help = "Needs no configuration. Clients bring their own keys, which are handed through and never stored.\n\nExamples:\n  token-matters proxy serve\n  token-matters proxy serve --listen 127.0.0.1:0 --upstream anthropic=http://127.0.0.1:9000\n  token-matters proxy serve --upstream mine=openai+http://127.0.0.1:8000"
    )]
    Serve(serve::Serve),
    /// What went through, request by request
    #[command(
        after_help = "Examples:\n  token-matters proxy usage\n  token-matters proxy usage --json"
    )]
    Usage(usage::Usage),
    /// What goes through now, live
    Top(top::Top),
    /// What was decided about one request, and how long each part took
    #[command(after_help = "Example:\n  token-matters proxy explain 5f0c9a1be27d4430")]
    Explain(explain::Explain),
    /// What makes a client go through the proxy
    #[command(
        after_help = "Prints lines for a shell, and changes nothing without --write. What a client logs in\nwith is never touched. docs/proxy.md tells of each client.\n\nExamples:\n  token-matters proxy env --list\n  token-matters proxy env claude\n  eval \"$(token-matters proxy env claude)\"\n  token-matters proxy env codex --write\n  token-matters proxy env codex --undo"
    )]
    Env(env::Env),
    /// Keep the proxy running over a reboot
    #[command(subcommand)]
    Service(service::ServiceVerb),
    /// The proxy's own keys, with budgets
    #[command(subcommand)]
    Key(key::KeyVerb),
    /// Who can answer: all upstreams that are known
    #[command(
        after_help = "Any of them answers paths that begin with its name, as /NAME/v1/chat/completions, and requests with\nthe header x-token-matters-upstream. Settings: `proxy:` in config.yaml, see docs/proxy-settings.md.\n\nExamples:\n  token-matters proxy upstreams\n  token-matters proxy upstreams --json"
    )]
    Upstreams(upstreams::Upstreams),
}
