//! Which form a file has: found by the names of its columns.
//!
//! Facts (headers as users of the exports have them in public tools and tests, read 2026-11-22):
//!
//! - Anthropic's console exports tokens (`usage_date_utc,model_version,…,usage_input_tokens_no_cache,
//!   usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,
//!   usage_output_tokens,…`) and costs (`usage_date_utc,model,…,token_type,cost_usd,list_price_usd,…`), both by day of UTC;
//!   costs name models as people read them, `Claude Sonnet 4.5`.
//! - `OpenAI` exports usage (`start_time,end_time,start_time_iso,end_time_iso,…,model,num_model_requests,input_tokens,
//!   output_tokens,input_cached_tokens,…`), where the input contains what was cached, and costs (`amount_value,
//!   amount_currency,line_item,…`), whose line item may begin with the model.
//! - `OpenRouter` exports its activity by request (`generation_id,created_at,cost_total,…,tokens_prompt,tokens_completion,
//!   tokens_cached,model_permaslug,…`), in UTC, the prompt with what was cached.
//! - Cursor exports events (`Date,…,Model,…,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total
//!   Tokens,Cost`), in UTC.

use csv::StringRecord;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    AnthropicTokens,
    AnthropicCosts,
    OpenAiUsage,
    OpenAiCosts,
    OpenRouter,
    Cursor,
    /// Its columns were named.
    Named,
}

/// Where the columns of a file stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) date: usize,
    pub(super) model: Option<usize>,
    pub(super) input: Option<usize>,
    /// Whether the input contains what was read from a cache.
    pub(super) input_has_cache: bool,
    pub(super) cache_read: Option<usize>,
    /// Lifetimes may stand apart.
    pub(super) cache_write: Vec<usize>,
    pub(super) output: Option<usize>,
    pub(super) total: Option<usize>,
    pub(super) requests: Option<usize>,
    /// Whether a line is a request.
    pub(super) is_request: bool,
    pub(super) cost: Option<usize>,
    pub(super) currency: Option<usize>,
    /// `<model>, <kind>` of a line of an invoice.
    pub(super) line_item: Option<usize>,
}

/// Names of columns, as `--columns` has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns(Vec<(What, String)>);

/// What a column may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Date,
    Model,
    Input,
    InputWithCache,
    CacheRead,
    CacheWrite,
    Output,
    Total,
    Requests,
    Cost,
    Currency,
}

const WHATS: [(&str, What); 11] = [
    ("date", What::Date),
    ("model", What::Model),
    ("input", What::Input),
    ("input_with_cache", What::InputWithCache),
    ("cache_read", What::CacheRead),
    ("cache_write", What::CacheWrite),
    ("output", What::Output),
    ("total", What::Total),
    ("requests", What::Requests),
    ("cost", What::Cost),
    ("currency", What::Currency),
];

impl Columns {
    /// Reads `date=Day,model=Model,…`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let known = || WHATS.map(|(name, _)| name).join(", ");
        let mut columns = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (what, column) = part
                .split_once('=')
                .ok_or_else(|| format!("--columns: `{part}` has no `=`, as in date=Day"))?;
            let (what, column) = (what.trim().to_lowercase().replace('-', "_"), column.trim());
            let found = WHATS.iter().find(|(name, _)| *name == what);
            let (_, found) =
                found.ok_or_else(|| format!("--columns: `{what}` is none of {}", known()))?;
            if column.is_empty() {
                return Err(format!("--columns: `{what}=` names no column"));
            }
            columns.push((*found, column.to_owned()));
        }
        if !columns.iter().any(|(what, _)| *what == What::Date) {
            return Err("--columns: `date=…` is missing: name the column with the day".to_owned());
        }
        let tells =
            |(what, _): &(What, String)| !matches!(what, What::Date | What::Model | What::Currency);
        if !columns.iter().any(tells) {
            return Err("--columns: no column of tokens, requests or costs is named".to_owned());
        }
        Ok(Self(columns))
    }

    /// Where they stand in a header; the one that is missing, if one is.
    fn find(&self, head: &StringRecord) -> Result<Places, String> {
        let mut places = Places::default();
        for (what, name) in &self.0 {
            let place = place(head, name).ok_or_else(|| name.clone())?;
            match what {
                What::Date => places.date = place,
                What::Model => places.model = Some(place),
                What::Input => places.input = Some(place),
                What::InputWithCache => {
                    places.input = Some(place);
                    places.input_has_cache = true;
                }
                What::CacheRead => places.cache_read = Some(place),
                What::CacheWrite => places.cache_write.push(place),
                What::Output => places.output = Some(place),
                What::Total => places.total = Some(place),
                What::Requests => places.requests = Some(place),
                What::Cost => places.cost = Some(place),
                What::Currency => places.currency = Some(place),
            }
        }
        Ok(places)
    }
}

impl Form {
    /// The form of a file with this header.
    pub(super) fn of(
        head: &StringRecord,
        columns: Option<&Columns>,
    ) -> Result<(Self, Places), String> {
        if let Some(columns) = columns {
            return columns.find(head).map(|places| (Self::Named, places));
        }
        let forms =
            [anthropic_tokens, anthropic_costs, openai_usage, openai_costs, openrouter, cursor];
        forms.into_iter().find_map(|form| form(head)).ok_or_else(String::new)
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::AnthropicTokens => "tokens of Anthropic's console",
            Self::AnthropicCosts => "costs of Anthropic's console",
            Self::OpenAiUsage => "usage of OpenAI's platform",
            Self::OpenAiCosts => "costs of OpenAI's platform",
            Self::OpenRouter => "activity of OpenRouter",
            Self::Cursor => "events of Cursor's dashboard",
            Self::Named => "columns that you named",
        }
    }

    /// Whether a model, by its key, may be on such a bill.
    pub(super) fn sells(self, key: &str) -> bool {
        match self {
            Self::AnthropicTokens | Self::AnthropicCosts => key.starts_with("claude"),
            Self::OpenAiUsage | Self::OpenAiCosts => {
                let begins = ["gpt-", "o1", "o3", "o4", "codex", "chatgpt"];
                begins.iter().any(|begin| key.starts_with(begin))
            }
            Self::OpenRouter | Self::Cursor | Self::Named => true,
        }
    }

    /// Whether all models that it sells can be told by their names.
    pub(super) fn is_of_one_vendor(self) -> bool {
        matches!(self, Self::AnthropicTokens | Self::OpenAiUsage)
    }
}

fn place(head: &StringRecord, name: &str) -> Option<usize> {
    head.iter().position(|is| is.trim().eq_ignore_ascii_case(name.trim()))
}

fn anthropic_tokens(head: &StringRecord) -> Option<(Form, Places)> {
    let at = |name: &str| place(head, name);
    let writes = [
        "usage_input_tokens_cache_write_5m",
        "usage_input_tokens_cache_write_1h",
        "usage_input_tokens_cache_write",
    ];
    let places = Places {
        date: at("usage_date_utc").or_else(|| at("usage_date"))?,
        model: at("model_version").or_else(|| at("model")),
        input: Some(at("usage_input_tokens_no_cache")?),
        cache_read: at("usage_input_tokens_cache_read"),
        cache_write: writes.into_iter().filter_map(at).collect(),
        output: at("usage_output_tokens"),
        ..Places::default()
    };
    Some((Form::AnthropicTokens, places))
}

fn anthropic_costs(head: &StringRecord) -> Option<(Form, Places)> {
    let at = |name: &str| place(head, name);
    let places = Places {
        date: at("usage_date_utc")?,
        model: at("model"),
        cost: Some(at("cost_usd")?),
        ..Places::default()
    };
    Some((Form::AnthropicCosts, places))
}

fn openai_usage(head: &StringRecord) -> Option<(Form, Places)> {
    let at = |name: &str| place(head, name);
    let places = Places {
        date: at("start_time_iso").or_else(|| at("start_time"))?,
        model: Some(at("model")?),
        input: Some(at("input_tokens")?),
        input_has_cache: true,
        cache_read: at("input_cached_tokens"),
        output: at("output_tokens"),
        requests: at("num_model_requests"),
        ..Places::default()
    };
    Some((Form::OpenAiUsage, places))
}

fn openai_costs(head: &StringRecord) -> Option<(Form, Places)> {
    let at = |name: &str| place(head, name);
    let places = Places {
        date: at("start_time_iso").or_else(|| at("start_time"))?,
        cost: Some(at("amount_value")?),
        currency: at("amount_currency"),
        line_item: at("line_item"),
        ..Places::default()
    };
    Some((Form::OpenAiCosts, places))
}

fn openrouter(head: &StringRecord) -> Option<(Form, Places)> {
    let at = |name: &str| place(head, name);
    let by_request = at("tokens_prompt").is_some();
    let places = Places {
        date: at("created_at").or_else(|| at("date"))?,
        model: Some(at("model_permaslug").or_else(|| at("model"))?),
        input: Some(at("tokens_prompt").or_else(|| at("prompt_tokens"))?),
        input_has_cache: true,
        cache_read: at("tokens_cached"),
        output: at("tokens_completion").or_else(|| at("completion_tokens")),
        requests: at("requests"),
        is_request: by_request,
        cost: at("cost_total").or_else(|| at("usage")),
        ..Places::default()
    };
    Some((Form::OpenRouter, places))
}

fn cursor(head: &StringRecord) -> Option<(Form, Places)> {
    let at = |name: &str| place(head, name);
    let places = Places {
        date: at("Date")?,
        model: Some(at("Model")?),
        cache_read: Some(at("Cache Read")?),
        output: at("Output Tokens").or_else(|| at("Output")),
        // Which of the two inputs contains the other differs between exports; the total does not.
        total: Some(at("Total Tokens").or_else(|| at("Tokens"))?),
        is_request: true,
        cost: at("Cost"),
        ..Places::default()
    };
    Some((Form::Cursor, places))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(text: &str) -> StringRecord {
        text.split(',').collect()
    }

    #[test]
    fn exports_are_known_by_their_columns() {
        for (text, form) in [
            (
                "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count,inference_geo,speed",
                Form::AnthropicTokens,
            ),
            (
                "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type",
                Form::AnthropicCosts,
            ),
            (
                "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,model,input_tokens,output_tokens,input_cached_tokens",
                Form::OpenAiUsage,
            ),
            (
                "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id",
                Form::OpenAiCosts,
            ),
            (
                "generation_id,created_at,cost_total,cost_cache,tokens_prompt,tokens_completion,tokens_cached,model_permaslug,provider_name",
                Form::OpenRouter,
            ),
            (
                "Date,Kind,Model,Max Mode,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost",
                Form::Cursor,
            ),
        ] {
            assert_eq!(Form::of(&head(text), None).map(|(form, _)| form), Ok(form), "{text}");
        }
        assert!(Form::of(&head("a,b,c"), None).is_err());
    }

    #[test]
    fn columns_are_named_by_hand() {
        let columns =
            Columns::parse("date=Tag, model=Modell,input_with_cache=Ein,cost=Preis").unwrap();
        let (form, places) = Form::of(&head("Tag,Preis,Modell,Ein"), Some(&columns)).unwrap();
        assert_eq!((form, places.date, places.cost), (Form::Named, 0, Some(1)));
        assert!(places.input_has_cache);
        assert_eq!(Form::of(&head("Tag,Modell"), Some(&columns)), Err("Ein".to_owned()));
        for (text, told) in [
            ("model=a,cost=b", "`date=…` is missing"),
            ("date=a", "no column of tokens"),
            ("date=a,colour=b", "`colour` is none of date, model"),
            ("date=a,cost=", "`cost=` names no column"),
            ("date", "has no `=`"),
        ] {
            let error = Columns::parse(text).unwrap_err();
            assert!(error.contains(told), "{text}: {error}");
        }
    }
}
