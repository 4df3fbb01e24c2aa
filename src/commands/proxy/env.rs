//! `proxy env`: what makes a client go through the proxy.

pub(crate) mod change;
pub(crate) mod client;
pub(crate) mod clients;
mod edit;
pub(crate) mod record;
mod shell;

use std::fmt::Write as _;
use std::path::Path;

use clap::Args;
use collector::Environment;
use serde::Deserialize;

use crate::cli::Global;
use crate::commands::proxy::address;
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::{data, note};
use change::{Desk, Pointing, tell};
use client::{Client, FileHeaders, Headers, Login, SettingsFile, Target};
use clients::{CLIENTS, named};
use shell::Shell;

/// What asks for what.
#[derive(Args, Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(crate) struct Env {
    /// The client: `--list` lists them
    #[arg(required_unless_present = "list")]
    pub(crate) client: Option<String>,
    /// List the clients, and how each is pointed at the proxy
    #[arg(long, conflicts_with_all = ["write", "undo"])]
    pub(crate) list: bool,
    /// Change the client's own settings file
    #[arg(long, conflicts_with = "undo")]
    pub(crate) write: bool,
    /// Take back what was changed there, and print what takes the variables away
    #[arg(long)]
    pub(crate) undo: bool,
    /// Say what would be changed, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also where the settings name another server now
    #[arg(long, requires = "write")]
    pub(crate) replace: bool,
    /// The shell that the lines are for
    #[arg(long, value_enum, default_value_t)]
    pub(crate) shell: Shell,
    #[command(flatten)]
    pub(crate) target: TargetFlags,
}

/// Where to, and with what.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TargetFlags {
    /// The proxy's address [default: as `proxy.listen` of config.yaml says, else port 8999 of this machine]
    #[arg(long, value_name = "URL")]
    pub(crate) address: Option<String>,
    /// The upstream that shall serve this client, instead of the vendor's
    #[arg(long, value_name = "NAME")]
    pub(crate) upstream: Option<String>,
    /// The project that requests are counted for
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// A key of the proxy's own, where it asks for one
    #[arg(long, value_name = "KEY")]
    pub(crate) own_key: Option<String>,
    /// How Codex logs in [default: as its own file tells]
    #[arg(long, value_enum)]
    pub(crate) login: Option<Login>,
}

/// Runs it.
pub(crate) fn run(global: &Global, options: &Env) -> Result<Outcome, Failure> {
    let folder = environment::data_folder(global)?;
    let own = environment::read(global)?;
    let server = match &options.target.address {
        Some(address) => server(address)?,
        None => address(&folder),
    };
    let Some(name) = options.client.as_ref().filter(|_| !options.list) else {
        data(&list(&own, &folder, &server))?;
        return Ok(Outcome::Done);
    };
    let client = named(name).map_err(Failure::Usage)?;
    let desk = Desk { client, environment: &own, data: &folder };
    let target = target(&own, server, &options.target)?;
    if options.undo {
        return undo(&desk, options);
    }
    if !options.write {
        data(&printed(client, &target, options.shell, &own))?;
        return Ok(Outcome::Done);
    }
    let draft = desk.write(&target, options.replace)?;
    if !options.dry_run {
        desk.keep(&draft)?;
    }
    tell(&draft, options.dry_run);
    if draft.is_new && !options.dry_run && !global.quiet {
        note(&format!(
            "{} goes through {} from its next start on; `token-matters proxy env {} --undo` takes it back",
            client.title, target.address, client.id
        ));
    }
    unmet(client, &target);
    Ok(Outcome::Done)
}

/// Headers that were asked for and cannot be sent.
fn unmet(client: &Client, target: &Target) {
    let takes_none = client.file.is_none_or(|file| matches!(file.headers, FileHeaders::None));
    if takes_none && !target.headers().is_empty() {
        note(&format!(
            "warning: {} cannot be told to send headers: neither the project nor the proxy's key is set",
            client.title
        ));
    }
}

fn undo(desk: &Desk<'_>, options: &Env) -> Result<Outcome, Failure> {
    let client = desk.client;
    match desk.undo()? {
        Some(draft) => {
            if !options.dry_run {
                desk.keep(&draft)?;
            }
            tell(&draft, options.dry_run);
        }
        None if client.file.is_some() => {
            note(&format!("nothing was written into the settings of {}", client.title));
        }
        None => {}
    }
    let mut names: Vec<&str> = client.variables.iter().map(|(name, _)| *name).collect();
    names.extend(client.fixed.iter().map(|(name, _)| *name));
    // Other headers of a person's own would be lost with it.
    if let Headers::Variable(name, separator) = client.headers {
        let value = desk.environment.variable(name).unwrap_or_default();
        if !value.is_empty() && value.split(separator).all(client::is_our_header) {
            names.push(name);
        }
    }
    let lines: String = names.iter().map(|name| options.shell.unset(name)).collect();
    data(&lines)?;
    Ok(Outcome::Done)
}

/// Where a client is to be pointed.
pub(crate) fn target(
    own: &Environment,
    address: String,
    flags: &TargetFlags,
) -> Result<Target, Failure> {
    for (flag, value) in [("--project", &flags.project), ("--own-key", &flags.own_key)] {
        let is_bad = |letter: char| letter.is_control() || !letter.is_ascii() || letter == ',';
        if value.as_ref().is_some_and(|value| value.is_empty() || value.contains(is_bad)) {
            return Err(Failure::Usage(format!(
                "{flag}: a header takes ASCII letters, without commas"
            )));
        }
    }
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if let Some(name) = flags.upstream.as_ref().filter(|name| !name.chars().all(is_plain)) {
        return Err(Failure::Usage(format!(
            "--upstream {name}: a name has letters, digits, `-`, `_` and `.`"
        )));
    }
    Ok(Target {
        address,
        upstream: flags.upstream.clone(),
        project: flags.project.clone(),
        own_key: flags.own_key.clone(),
        login: flags.login.unwrap_or_else(|| codex_login(own)),
    })
}

/// An address without a slash at its end.
fn server(address: &str) -> Result<String, Failure> {
    let trimmed = address.trim_end_matches('/');
    let rest = trimmed.strip_prefix("http://").or_else(|| trimmed.strip_prefix("https://"));
    let is_bad =
        |letter: char| letter.is_whitespace() || letter.is_control() || "'\"`$\\@".contains(letter);
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(is_bad) => Ok(trimmed.to_owned()),
        _ => Err(Failure::Usage(format!("--address {address}: must be as http://127.0.0.1:8999"))),
    }
}

/// Which kind of login Codex has. No token is taken out of its file, only which of them are there.
fn codex_login(own: &Environment) -> Login {
    #[derive(Deserialize)]
    struct Auth {
        #[serde(rename = "auth_mode")]
        mode: Option<String>,
        #[serde(default)]
        tokens: Option<serde::de::IgnoredAny>,
        #[serde(default, rename = "OPENAI_API_KEY")]
        key: Option<serde::de::IgnoredAny>,
    }
    let home = own
        .variable("CODEX_HOME")
        .map_or_else(|| own.home.join(".codex"), |named| own.expand(named));
    let auth = fs_err::read(home.join("auth.json")).ok();
    let auth = auth.and_then(|bytes| serde_json::from_slice::<Auth>(&bytes).ok());
    match auth {
        Some(Auth { mode: Some(mode), .. }) if mode.eq_ignore_ascii_case("chatgpt") => {
            Login::Chatgpt
        }
        Some(Auth { mode: None, tokens: Some(_), key: None }) => Login::Chatgpt,
        _ => Login::Key,
    }
}

/// What a shell is told, with remarks.
fn printed(client: &Client, target: &Target, shell: Shell, own: &Environment) -> String {
    let exports = client.exports(target);
    let mut text =
        shell.remark(&format!("{} through the proxy at {}.", client.title, target.address));
    for note in client.notes {
        text += &shell.remark(&note.replace("{address}", &target.url(client::Base::Root)));
    }
    for (name, value) in &exports {
        text += &shell.export(name, value);
    }
    if let Some(file) = &client.file {
        let instead = if exports.is_empty() { "To be put into" } else { "Or, for good, in" };
        let path = file.path(own);
        text += &shell.remark(&format!(
            "{instead} {} (`token-matters proxy env {} --write` does it):",
            path.display(),
            client.id
        ));
        text += &shell.remark(&indented(&snippet(file, target)));
    }
    match client.headers {
        Headers::Variable(name, _) if target.headers().is_empty() => {
            text +=
                &shell.remark(&format!("--project NAME and --own-key KEY add headers, in {name}."));
        }
        Headers::None if !target.headers().is_empty() => {
            text += &shell.remark("It cannot be told to send headers by a variable: --project and --own-key do nothing here.");
        }
        _ => {}
    }
    text
}

/// What a settings file without anything else would hold.
fn snippet(file: &SettingsFile, target: &Target) -> String {
    let settings = file.settings(target, |_| None);
    let text = settings.iter().try_fold(String::new(), |text, setting| {
        edit::set(file.format, &text, &setting.path, &setting.value)
    });
    text.unwrap_or_default()
}

fn indented(text: &str) -> String {
    text.lines().fold(String::new(), |mut lines, line| {
        let _ = writeln!(lines, "  {line}");
        lines
    })
}

/// All clients, one line each.
fn list(own: &Environment, folder: &Path, address: &str) -> String {
    let mut text = format!("The proxy's address is {address}.\n\n");
    for client in CLIENTS {
        let desk = Desk { client, environment: own, data: folder };
        let mut ways: Vec<String> =
            client.variables.iter().map(|(name, _)| (*name).to_owned()).collect();
        ways.extend(
            client.file.as_ref().map(|file| format!("{} (--write)", file.path(own).display())),
        );
        if ways.is_empty() {
            ways.push("by hand".to_owned());
        }
        let state = match desk.pointing(address) {
            Pointing::Here(_) => "; set up",
            Pointing::Unknown(_) => "; its settings cannot be read",
            Pointing::Away => "",
        };
        let _ = writeln!(text, "{:<14} {:<26} {}{state}", client.id, client.title, ways.join(", "));
    }
    text.push_str("\n`token-matters proxy env CLIENT` prints what to export or to write.\n");
    text
}
