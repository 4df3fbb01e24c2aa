//! `mcp`: the same questions for an assistant, over the Model Context Protocol on standard input and output.
//!
//! Nothing is changed by any tool, and nothing but the protocol goes to standard output: notes go to standard error.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData,
    Implementation, ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
    Tool,
};
use rmcp::service::{RequestContext, ServerInitializeError};
use rmcp::{RoleServer, ServerHandler, ServiceExt as _};

use crate::cli::Global;
use crate::outcome::{Failure, Outcome};
use crate::output::{note, plain};
use crate::session::Session;

use answer::Answer;

mod answer;
mod limits;
mod money;
mod price;
mod sources;
mod tools;
mod usage;

/// What an assistant is told of this server.
const INSTRUCTIONS: &str = "Token Matters counts the tokens that AI coding tools used, from their own logs. Costs are \
list value in USD: what the tokens would cost at list price; they are not a bill. A missing number is unknown, and not \
zero. Ask `sources` first if it is not clear what is counted.";

/// What is asked for.
#[derive(Args, Debug)]
pub(crate) struct Mcp {}

pub(crate) fn run(global: &Global, _options: &Mcp) -> Result<Outcome, Failure> {
    if io::stdin().is_terminal() {
        note(
            "this speaks the Model Context Protocol on standard input and output: add it to an assistant, as `claude mcp add token-matters -- token-matters mcp` does (docs/assistants.md); Ctrl-D ends it",
        );
    }
    // A bar of progress is for people.
    let global = Arc::new(Global { quiet: true, ..global.clone() });
    let server = Server { global, turn: Arc::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let served = runtime.block_on(async {
        match server.serve(rmcp::transport::stdio()).await {
            Ok(running) => running.waiting().await.map(|_| ()).map_err(anyhow::Error::from),
            // A client that has gone before it said anything.
            Err(ServerInitializeError::ConnectionClosed(_)) => Ok(()),
            Err(error) => Err(anyhow::anyhow!("the client does not speak the protocol: {error}")),
        }
    });
    runtime.shutdown_background();
    served?;
    Ok(Outcome::Done)
}

/// Answers.
#[derive(Clone)]
struct Server {
    global: Arc<Global>,
    /// One question is answered at a time: all of them read the same logs.
    turn: Arc<Mutex<()>>,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let version = env!("CARGO_PKG_VERSION");
        let server = Implementation::new("token-matters", version).with_title("Token Matters");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(server)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(tools::all()))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().into_iter().find(|tool| tool.name == name)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = tools::named(&request.name) else {
            let name = plain(&request.name);
            let message = format!("there is no tool `{name}`: tools/list names all");
            return Err(ErrorData::invalid_params(message, None));
        };
        let (global, turn) = (Arc::clone(&self.global), Arc::clone(&self.turn));
        let arguments = request.arguments.unwrap_or_default();
        let answered = tokio::task::spawn_blocking(move || {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            // Opened for every question: the clock, the configuration and the store go on.
            let session = Session::open(&global, true)?;
            tool(&session, arguments)
        });
        let result = match answered.await {
            Ok(Ok(Answer { text, data })) => {
                let mut result = CallToolResult::success(vec![ContentBlock::text(plain(&text))]);
                result.structured_content = Some(data);
                result
            }
            Ok(Err(failure)) => failed(&failure.text()),
            Err(_) => failed(
                "this is a bug in token-matters; nothing was changed. `token-matters report` may still answer",
            ),
        };
        Ok(result.into())
    }
}

fn failed(reason: &str) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(plain(reason))])
}
