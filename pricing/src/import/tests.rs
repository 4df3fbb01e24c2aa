use data_schema::{Money, Rates};

use super::*;

fn read_text(text: &str, resellers: bool) -> Imported {
    read(text.as_bytes(), ("https://example.org/p.json", "2026-06-01".parse().unwrap()), resellers)
        .unwrap()
}

fn json(imported: &Imported, model: &str) -> String {
    serde_json::to_string(&imported.table.models[model]).unwrap()
}

/// Rows in the form of `LiteLLM`, invented, with every kind of field that is read.
const LITELLM: &str = r#"{
    "sample_spec": {"litellm_provider": "one of a list", "mode": "one of chat", "input_cost_per_token": 0.0},
    "claude-x": {"litellm_provider": "anthropic", "mode": "chat",
        "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
        "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06,
        "cache_creation_input_token_cost_above_1hr": 6e-06,
        "input_cost_per_token_above_200k_tokens": 6e-06, "output_cost_per_token_above_200k_tokens": 2.25e-05,
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
        "input_cost_per_token_batches": 1.5e-06, "output_cost_per_token_flex": 7e-06,
        "input_cost_per_token_above_200k_tokens_priority": 9e-06,
        "provider_specific_entry": {"us": 1.1, "fast": 6.0, "other": 3},
        "search_context_cost_per_query": {"search_context_size_medium": 0.01}},
    "gemini/g-audio": {"litellm_provider": "gemini", "mode": "chat",
        "input_cost_per_token": 3e-07, "output_cost_per_token": 2.5e-06,
        "input_cost_per_audio_token": 1e-06, "output_cost_per_audio_token": 1.2e-05,
        "input_cost_per_image_token": 2e-06, "output_cost_per_image_token": 3e-05},
    "us.anthropic.claude-x-v1:0": {"litellm_provider": "bedrock_converse", "mode": "chat",
        "input_cost_per_token": 3.3e-06, "output_cost_per_token": 1.65e-05},
    "azure/g-audio": {"litellm_provider": "azure", "mode": "chat",
        "input_cost_per_token": 3e-07, "output_cost_per_token": 2.5e-06,
        "input_cost_per_audio_token": 1e-06, "output_cost_per_audio_token": 1.2e-05,
        "input_cost_per_image_token": 2e-06, "output_cost_per_image_token": 3e-05},
    "bad": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": "NaN", "output_cost_per_token": 1e-06},
    "below": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": -1e-06, "output_cost_per_token": 1e-06},
    "picture": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_token": 1e-06, "output_cost_per_token": 1e-06},
    "no-object": 3
}"#;

#[test]
fn a_list_of_litellm_is_read_with_tiers_sizes_factors_and_media() {
    let read = read_text(LITELLM, false);
    assert_eq!(read.format, Format::LiteLlm);
    let names: Vec<&str> = read.table.models.keys().map(String::as_str).collect();
    assert_eq!(names, ["claude-x", "g-audio"]);
    let expected = r#"[{"input":"3","output":"15","cacheRead":"0.3","cacheWrite":"3.75","cacheWrite1h":"6","variants":[{"above":200000,"input":"6","output":"22.5","cacheWrite1h":"12"},{"tier":"batch","input":"1.5"},{"tier":"flex","output":"7"},{"tier":"priority","above":200000,"input":"9"}],"factors":{"fast":"6","us":"1.1"},"webSearch":"0.01"}]"#;
    assert_eq!(json(&read, "claude-x"), expected);
    let media = r#"[{"input":"0.3","output":"2.5","audioInput":"1","audioOutput":"12","imageInput":"2","imageOutput":"30"}]"#;
    assert_eq!(json(&read, "g-audio"), media);
}

#[test]
fn a_row_that_cannot_be_read_costs_itself_only() {
    let notices = read_text(LITELLM, false).notices;
    assert_eq!(
        notices,
        [
            "bad: `input_cost_per_token` is \"NaN\", not an amount with at most 12 decimals",
            "below: `input_cost_per_token` is -0.000001, below zero",
            "no-object: not an object of fields",
        ]
    );
}

#[test]
fn resellers_are_taken_under_their_whole_name_where_their_price_is_another() {
    let read = read_text(LITELLM, true);
    let regional = &read.table.models["us.anthropic.claude-x-v1:0"][0].rates;
    assert_eq!(regional.input.unwrap().to_string(), "3.3");
    assert!(!read.table.models.contains_key("azure/g-audio"), "it costs what the vendor asks");
}

#[test]
fn a_list_of_models_dev_is_read_with_sizes_and_audio() {
    let text = r#"{
        "anthropic": {"id": "anthropic", "models": {
            "claude-x": {"id": "claude-x", "cost": {"input": 3, "output": 15, "cache_read": 0.3, "cache_write": 3.75,
                "context_over_200k": {"input": 6, "output": 22.5}, "input_audio": 1}},
            "covered": {"id": "covered", "cost": {"input": 0, "output": 0}},
            "bad": {"id": "bad", "cost": {"input": "three", "output": 1}},
            "unpriced": {"id": "unpriced"}}},
        "amazon-bedrock": {"id": "amazon-bedrock", "models": {
            "us.anthropic.claude-x-v1:0": {"cost": {"input": 3.3, "output": 16.5}}}},
        "somebody": {"models": {"claude-x": {"cost": {"input": 99, "output": 99}}}}}"#;
    let read = read_text(text, false);
    assert_eq!(read.format, Format::ModelsDev);
    assert_eq!(read.table.models.len(), 1);
    let expected = r#"[{"input":"3","output":"15","cacheRead":"0.3","cacheWrite":"3.75","audioInput":"1","variants":[{"above":200000,"input":"6","output":"22.5"}]}]"#;
    assert_eq!(json(&read, "claude-x"), expected);
    assert_eq!(read.notices, ["anthropic/bad: `input` is \"three\", not an amount"]);
    let resold = read_text(text, true);
    assert!(resold.table.models.contains_key("amazon-bedrock/us.anthropic.claude-x-v1:0"));
}

#[test]
fn a_table_is_taken_as_it_stands() {
    let text =
        r#"{"version":"2.0","source":"mine","date":"2026-01-01","models":{"m":[{"input":"1"}]}}"#;
    let read = read_text(text, false);
    assert_eq!((read.format, read.table.source.as_str()), (Format::Table, "mine"));
    let rates = Rates { input: Some(Money::from_picos(1_000_000_000_000)), ..Rates::default() };
    assert_eq!(read.table.models["m"][0].rates, rates);
}

#[test]
fn what_is_no_list_of_prices_is_refused_with_a_reason() {
    for (text, word) in [
        ("", "line"),
        ("[1]", "line 1"),
        ("{\"a\":\n NaN}", "line 2"),
        ("{}", "no model with a price"),
        (r#"{"m":{"litellm_provider":"openai","mode":"chat"}}"#, "no model with a price"),
        (r#"{"version":"2.0","date":"2026-01-01","models":{"m":[{"input":"-1"}]}}"#, "below zero"),
        (r#"{"version":"2.0","date":"2026-01-01","models":{"m":[{"input":"NaN"}]}}"#, "line 1"),
    ] {
        let source = ("x", "2026-06-01".parse().unwrap());
        let error = read(text.as_bytes(), source, false).unwrap_err().to_string();
        assert!(error.contains(word), "{text}: {error}");
    }
}
