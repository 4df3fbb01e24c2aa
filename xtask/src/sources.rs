//! `docs/sources.md`: all sources as the collector knows them, with what is written by hand around them.

use anyhow::{Context as _, Result};
use collector::source::{Evidence, Folder, Info, Keeps, On, SOURCES};
use data_schema::Quality;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

/// What is written by hand.
const TEMPLATE: &str = include_str!("sources/sources.md");

/// What the template is given.
#[derive(Debug, Serialize)]
struct Page {
    count: usize,
    exact: usize,
    partial: usize,
    estimated: usize,
    genuine: usize,
    vendor_code: usize,
    described: usize,
    sources: Vec<Row>,
}

/// One source.
#[derive(Debug, Serialize)]
struct Row {
    id: &'static str,
    title: &'static str,
    role: &'static str,
    quality: &'static str,
    evidence: String,
    is_verified: bool,
    lacks: &'static str,
    keeps: String,
    linux: String,
    macos: String,
    windows: String,
    variables: String,
    key: &'static str,
}

/// The page.
pub(crate) fn markdown() -> Result<String> {
    let rows: Vec<Row> = SOURCES.iter().map(|source| row(source.info())).collect();
    let count = |is_one: &dyn Fn(&Info) -> bool| {
        SOURCES.iter().filter(|source| is_one(source.info())).count()
    };
    let page = Page {
        count: rows.len(),
        exact: count(&|info| info.best_quality() == Quality::Exact),
        partial: count(&|info| info.best_quality() == Quality::Partial),
        estimated: count(&|info| info.best_quality() == Quality::Estimated),
        genuine: count(&|info| info.evidence.word() == "genuine"),
        vendor_code: count(&|info| info.evidence.word() == "vendor-code"),
        described: count(&|info| info.evidence.word() == "described"),
        sources: rows,
    };
    filled("sources.md", TEMPLATE, page)
}

/// A template of text with values.
pub(crate) fn filled(name: &str, template: &str, values: impl Serialize) -> Result<String> {
    let mut engine = Environment::new();
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build()?);
    let values = minijinja::Value::from(minijinja::value::Serde(&values));
    engine.render_named_str(name, template, values).with_context(|| format!("template of {name}"))
}

fn row(info: &'static Info) -> Row {
    let variables = info.variables.iter().map(|variable| {
        let beside = if variable.adds { " (beside the usual places)" } else { "" };
        format!("`{}`{beside}", variable.name)
    });
    Row {
        id: info.id,
        title: info.title(),
        role: info.role.word(),
        quality: match info.best_quality() {
            Quality::Exact => "exact",
            Quality::Partial => "partial",
            Quality::Estimated => "estimated",
        },
        evidence: evidence(info.evidence),
        is_verified: info.is_verified(),
        lacks: info.lacks,
        keeps: match info.keeps {
            Keeps::Days(days) => format!("{days} days"),
            Keeps::Forever => "for ever".to_owned(),
            Keeps::Prunes => "drops old entries".to_owned(),
            Keeps::Unknown => "not known".to_owned(),
        },
        linux: places(info.folders, On::Linux),
        macos: places(info.folders, On::MacOs),
        windows: places(info.folders, On::Windows),
        variables: variables.collect::<Vec<_>>().join(", "),
        key: info.directory_key,
    }
}

/// How a format is known, with where to look.
fn evidence(evidence: Evidence) -> String {
    match evidence {
        Evidence::Genuine { version, date } => format!("a run of {version}, {date}"),
        Evidence::VendorCode { repository, commit } => {
            let is_commit =
                commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
            let shown = if is_commit { &commit[..7] } else { commit };
            let tree = if is_commit { format!("/tree/{commit}") } else { String::new() };
            format!("its code: [{repository}](https://github.com/{repository}{tree}), {shown}")
        }
        Evidence::Described { by } => {
            let links: Vec<String> = by.iter().map(|by| link(by)).collect();
            format!("described: {}", links.join("; "))
        }
    }
}

/// An address with what stands behind it, as a link with a short name.
fn link(by: &str) -> String {
    if !by.starts_with("http") {
        return by.to_owned();
    }
    let (address, rest) = by.split_once([' ', ',']).unwrap_or((by, ""));
    let rest = rest.replace(['(', ')'], "");
    let rest = rest.trim_matches([' ', ',']);
    let path = address.trim_start_matches("https://").trim_start_matches("http://");
    let parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let name = match parts.as_slice() {
        ["github.com", owner, name, ..] => format!("{owner}/{name}"),
        [host, ..] => (*host).to_owned(),
        [] => path.to_owned(),
    };
    if rest.is_empty() {
        format!("[{name}]({address})")
    } else {
        format!("[{name}]({address}), {rest}")
    }
}

/// The usual places on one kind of system, as its users write them.
fn places(folders: &[Folder], on: On) -> String {
    let there = folders.iter().filter(|folder| folder.on == On::All || folder.on == on);
    let mut places: Vec<String> = Vec::new();
    for folder in there {
        let place = format!("`{}`", place(folder.path, on));
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if places.is_empty() { "–".to_owned() } else { places.join("<br>") }
}

fn place(path: &str, on: On) -> String {
    let (token, rest) = path.split_once('/').unwrap_or((path, ""));
    let start = match (token, on) {
        ("~", On::Windows) => "%USERPROFILE%",
        ("{data}", On::Windows) => "%USERPROFILE%/.local/share",
        ("{config}", On::Windows) => "%USERPROFILE%/.config",
        ("{state}", On::Windows) => "%USERPROFILE%/.local/state",
        ("{data}", _) => "~/.local/share",
        ("{config}", _) | ("{user-data}", On::Linux | On::All) => "~/.config",
        ("{state}", _) => "~/.local/state",
        ("{support}", _) | ("{user-data}", On::MacOs) => "~/Library/Application Support",
        ("{appdata}", _) | ("{user-data}", On::Windows) => "%APPDATA%",
        ("{localappdata}", _) => "%LOCALAPPDATA%",
        ("{editor}", _) => "<editor>",
        (other, _) => other,
    };
    let path = if rest.is_empty() { start.to_owned() } else { format!("{start}/{rest}") };
    if on == On::Windows { path.replace('/', "\\") } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_stands_on_the_page_with_its_places() {
        let page = markdown().unwrap();
        for source in SOURCES {
            assert!(page.contains(&format!("| `{}` |", source.id())), "{}", source.id());
        }
        for part in ["`%USERPROFILE%\\.claude\\projects`", "`CODEX_HOME`", "30 days", "claudeDir"] {
            assert!(page.contains(part), "{part}");
        }
        assert!(!page.contains("{{") && !page.contains("{%"), "everything is filled in");
    }

    #[test]
    fn places_are_written_as_users_of_each_system_write_them() {
        let on = |path| [On::Linux, On::MacOs, On::Windows].map(|on| place(path, on));
        assert_eq!(
            on("{user-data}/X/y"),
            ["~/.config/X/y", "~/Library/Application Support/X/y", "%APPDATA%\\X\\y"]
        );
        assert_eq!(on("{editor}/User")[2], "<editor>\\User");
        let folders = [Folder { on: On::MacOs, path: "~/x" }];
        assert_eq!(places(&folders, On::Linux), "–");
        assert_eq!(places(&folders, On::MacOs), "`~/x`");
    }

    #[test]
    fn evidence_leads_to_what_it_is() {
        let code = Evidence::VendorCode { repository: "a/b", commit: "0123456789abcdef" };
        assert_eq!(
            evidence(code),
            "its code: [a/b](https://github.com/a/b/tree/0123456789abcdef), 0123456"
        );
        let day = Evidence::VendorCode { repository: "a/b", commit: "2026-11-20" };
        assert_eq!(evidence(day), "its code: [a/b](https://github.com/a/b), 2026-11-20");
        let by = &[
            "https://github.com/a/b/blob/main/c.md (2026-11-21)",
            "a book, 2026",
            "https://x.dev",
        ];
        assert_eq!(
            evidence(Evidence::Described { by }),
            "described: [a/b](https://github.com/a/b/blob/main/c.md), 2026-11-21; a book, 2026; [x.dev](https://x.dev)"
        );
    }
}
