//! The tools, as clients are told of them.

use std::sync::Arc;

use rmcp::handler::server::tool::schema_for_type;
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use rmcp::schemars::JsonSchema;

use super::answer::Answer;
use super::{limits, money, price, sources, usage};
use crate::outcome::Failure;
use crate::session::Session;

/// Answers a question.
type Call = fn(&Session, JsonObject) -> Result<Answer, Failure>;

/// All tools.
pub(super) fn all() -> Vec<Tool> {
    vec![
        tool::<usage::Arguments>("usage_report", "Usage report", usage::ABOUT),
        tool::<limits::Arguments>("limits", "Limits and windows", limits::ABOUT),
        tool::<money::Arguments>("budgets_and_plans", "Budgets and plans", money::ABOUT),
        tool::<price::Arguments>("price", "Price of a model", price::ABOUT),
        tool::<sources::Arguments>("sources", "What is counted", sources::ABOUT),
    ]
}

/// What answers for a tool.
pub(super) fn named(name: &str) -> Option<Call> {
    Some(match name {
        "usage_report" => usage::answer,
        "limits" => limits::answer,
        "budgets_and_plans" => money::answer,
        "price" => price::answer,
        "sources" => sources::answer,
        _ => return None,
    })
}

fn tool<A: JsonSchema + 'static>(
    name: &'static str,
    title: &'static str,
    about: &'static str,
) -> Tool {
    let mut schema: JsonObject = schema_for_type::<A>().as_ref().clone();
    // The name of a type of ours says nothing to anybody else.
    schema.remove("title");
    schema.remove("description");
    let annotations = ToolAnnotations::with_title(title)
        .read_only(true)
        .destructive(false)
        .idempotent(true)
        .open_world(false);
    Tool::new(name, about, Arc::new(schema)).with_title(title).with_annotations(annotations)
}
