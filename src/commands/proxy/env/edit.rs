//! Single values of settings files: read, set and taken out, so that everything else in the file stays as it was.

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstObject, CstRootNode};
use serde_json::Value;
use toml_edit::{DocumentMut, Item, Table, TableLike};

use super::client::Format;

/// The value at a path; `None` if there is none.
///
/// # Errors
///
/// The text is not of its format.
pub(crate) fn get(format: Format, text: &str, path: &[String]) -> Result<Option<Value>, String> {
    match format {
        Format::Json => Ok(json(text)?.and_then(|root| json_get(&root, path))),
        Format::Toml => Ok(toml_get(&toml(text)?, path)),
        Format::Dotenv => {
            Ok(path.first().and_then(|name| dotenv_get(text, name)).map(Value::String))
        }
    }
}

/// The text with a value at a path.
///
/// # Errors
///
/// The text is not of its format, or something else than a group of keys stands on the way.
pub(crate) fn set(
    format: Format,
    text: &str,
    path: &[String],
    value: &Value,
) -> Result<String, String> {
    match format {
        Format::Json => json_set(text, path, value),
        Format::Toml => toml_set(text, path, value),
        Format::Dotenv => Ok(dotenv_set(text, path, value)),
    }
}

/// The text without the value at a path, and without groups above it that are empty then, `keep` of which stay.
///
/// # Errors
///
/// The text is not of its format.
pub(crate) fn remove(
    format: Format,
    text: &str,
    path: &[String],
    keep: usize,
) -> Result<String, String> {
    match format {
        Format::Json => json_remove(text, path, keep),
        Format::Toml => toml_remove(text, path, keep),
        Format::Dotenv => Ok(dotenv_remove(text, path)),
    }
}

/// How many groups above the last key of a path are there.
///
/// # Errors
///
/// The text is not of its format.
pub(crate) fn depth(format: Format, text: &str, path: &[String]) -> Result<usize, String> {
    let mut depth = 0;
    while depth + 1 < path.len() && get(format, text, &path[..=depth])?.is_some() {
        depth += 1;
    }
    Ok(depth)
}

/// What the tools take: JSON, with comments and commas at the end.
fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn json_root(text: &str) -> Result<CstRootNode, String> {
    CstRootNode::parse(text, &options()).map_err(|error| format!("is not valid JSON: {error}"))
}

/// The outermost object; none in an empty file.
fn json(text: &str) -> Result<Option<CstObject>, String> {
    let root = json_root(text)?;
    match root.value() {
        None => Ok(None),
        Some(value) => value.as_object().map(Some).ok_or_else(|| "is no JSON object".to_owned()),
    }
}

fn json_get(root: &CstObject, path: &[String]) -> Option<Value> {
    let (last, above) = path.split_last()?;
    let mut object = root.clone();
    for name in above {
        object = object.object_value(name)?;
    }
    object.get(last)?.to_serde_value()
}

fn json_set(text: &str, path: &[String], value: &Value) -> Result<String, String> {
    json(text)?;
    let root = json_root(text)?;
    let stuck = |name: &str| format!("holds something else than an object at `{name}`");
    let mut object = root.object_value_or_create().ok_or_else(|| stuck("the top"))?;
    let Some((last, above)) = path.split_last() else { return Ok(text.to_owned()) };
    for name in above {
        object = object.object_value_or_create(name).ok_or_else(|| stuck(name))?;
    }
    let value = match value {
        Value::Bool(value) => CstInputValue::Bool(*value),
        Value::String(value) => CstInputValue::String(value.clone()),
        other => return Err(format!("cannot be given {other}")),
    };
    match object.get(last) {
        Some(there) => there.set_value(value),
        None => {
            object.append(last, value);
        }
    }
    // A file that is made anew ends as text files do.
    let end = if text.trim().is_empty() { "\n" } else { "" };
    if end.is_empty() { Ok(root.to_string()) } else { Ok(root.to_string().trim().to_owned() + end) }
}

fn json_remove(text: &str, path: &[String], keep: usize) -> Result<String, String> {
    let root = json_root(text)?;
    let Some(mut object) = root.object_value() else { return Ok(text.to_owned()) };
    let Some((last, above)) = path.split_last() else { return Ok(text.to_owned()) };
    let mut objects = vec![object.clone()];
    for name in above {
        let Some(inner) = object.object_value(name) else { return Ok(text.to_owned()) };
        object = inner;
        objects.push(object.clone());
    }
    let Some(there) = object.get(last) else { return Ok(text.to_owned()) };
    there.remove();
    for level in (keep..above.len()).rev() {
        if objects[level + 1].properties().is_empty()
            && let Some(group) = objects[level].get(&above[level])
        {
            group.remove();
        }
    }
    Ok(root.to_string())
}

fn toml(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let first = error.message().lines().next().unwrap_or_default().to_owned();
        format!("is not valid TOML: {first}")
    })
}

fn toml_get(document: &DocumentMut, path: &[String]) -> Option<Value> {
    let mut item = document.as_item();
    for name in path {
        item = item.as_table_like()?.get(name)?;
    }
    match item {
        Item::Value(toml_edit::Value::String(text)) => Some(text.value().clone().into()),
        Item::Value(toml_edit::Value::Boolean(flag)) => Some((*flag.value()).into()),
        Item::Value(other) => Some(other.to_string().trim().to_owned().into()),
        Item::Table(_) | Item::ArrayOfTables(_) => Some(Value::Object(serde_json::Map::new())),
        Item::None => None,
    }
}

fn toml_set(text: &str, path: &[String], value: &Value) -> Result<String, String> {
    let mut document = toml(text)?;
    let Some((last, above)) = path.split_last() else { return Ok(text.to_owned()) };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for (level, name) in above.iter().enumerate() {
        let is_last = level + 1 == above.len();
        let new = || {
            let mut table = Table::new();
            table.set_implicit(!is_last);
            Item::Table(table)
        };
        let item = table.entry(name).or_insert_with(new);
        table = item
            .as_table_like_mut()
            .ok_or_else(|| format!("holds something else than a table at `{name}`"))?;
    }
    let new: toml_edit::Value = match value {
        Value::Bool(value) => (*value).into(),
        Value::String(value) => value.clone().into(),
        other => return Err(format!("cannot be given {other}")),
    };
    match table.get_mut(last) {
        Some(Item::Value(there)) => {
            let decor = there.decor().clone();
            *there = new;
            *there.decor_mut() = decor;
        }
        Some(_) => return Err(format!("holds a table at `{last}`")),
        None => {
            table.insert(last, Item::Value(new));
        }
    }
    Ok(with_line_ends(text, document.to_string()))
}

fn toml_remove(text: &str, path: &[String], keep: usize) -> Result<String, String> {
    let mut document = toml(text)?;
    toml_remove_from(document.as_table_mut(), path, keep);
    Ok(with_line_ends(text, document.to_string()))
}

fn toml_remove_from(table: &mut dyn TableLike, path: &[String], keep: usize) {
    match path {
        [] => {}
        [last] => {
            table.remove(last);
        }
        [name, rest @ ..] => {
            let Some(inner) = table.get_mut(name).and_then(Item::as_table_like_mut) else { return };
            toml_remove_from(inner, rest, keep.saturating_sub(1));
            if keep == 0 && inner.is_empty() {
                table.remove(name);
            }
        }
    }
}

/// The writer of TOML ends all lines in one way, the last one as well.
fn with_line_ends(old: &str, new: String) -> String {
    let is_windows = old.contains("\r\n");
    let new = if is_windows { new.replace("\r\n", "\n").replace('\n', "\r\n") } else { new };
    let is_open = !old.is_empty() && !old.ends_with('\n');
    if is_open { new.trim_end_matches(['\r', '\n']).to_owned() } else { new }
}

/// The name and value of a line of a dotenv file.
fn dotenv_pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let line = line.strip_prefix("export ").map_or(line, str::trim_start);
    if line.starts_with('#') {
        return None;
    }
    let (name, value) = line.split_once('=')?;
    Some((name.trim(), value.trim()))
}

fn dotenv_get(text: &str, name: &str) -> Option<String> {
    let (_, value) = text.lines().filter_map(dotenv_pair).rfind(|(there, _)| *there == name)?;
    let quoted = ['"', '\''].iter().find_map(|quote| {
        value.strip_prefix(*quote).and_then(|rest| rest.split_once(*quote)).map(|pair| pair.0)
    });
    Some(quoted.unwrap_or_else(|| value.split(" #").next().unwrap_or_default().trim()).to_owned())
}

fn dotenv_set(text: &str, path: &[String], value: &Value) -> String {
    let Some(name) = path.first() else { return text.to_owned() };
    let value = value.as_str().unwrap_or_default();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/._-".contains(&byte);
    let value = if value.bytes().all(plain) { value.to_owned() } else { format!("\"{value}\"") };
    let is_it = |line: &str| dotenv_pair(line).is_some_and(|(there, _)| there == name);
    // The last one counts.
    if let Some(old) = text.lines().rfind(|line| is_it(line)) {
        let start = old.as_ptr().addr() - text.as_ptr().addr();
        let end = start + old.len();
        return format!("{}{name}={value}{}", &text[..start], &text[end..]);
    }
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { line_end };
    format!("{text}{gap}{name}={value}{line_end}")
}

fn dotenv_remove(text: &str, path: &[String]) -> String {
    let Some(name) = path.first() else { return text.to_owned() };
    let is_it = |line: &&str| dotenv_pair(line).is_some_and(|(there, _)| there == name);
    text.split_inclusive('\n').filter(|line| !is_it(line)).collect()
}
