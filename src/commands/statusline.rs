//! `statusline`: one line for a prompt, from a small file that `collect` leaves behind.
//!
//! It is asked for at every key press of some tools: it reads that file, the configuration for the template, and what
//! the caller tells on standard input, and waits for nothing.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use collector::Config;
use data_schema::UtcSeconds;

use crate::cli::{Global, Statusline};
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output::data;
pub(crate) use prepared::prepare;

use fields::Line;
use prepared::{Json, Prepared};
use told::Input;

mod fields;
mod prepared;
mod template;
mod told;

/// When a background run was started last, in seconds since 1970.
const STARTED: &str = "cache/statusline.started";

/// Prints the line, and has the numbers made anew if they are old.
pub(crate) fn run(global: &Global, options: &Statusline) -> Result<Outcome, Failure> {
    let input = Input::begin();
    let folder = environment::data_folder(global)?;
    let now = environment::now()?;
    let prepared = Prepared::read(&folder);
    let age = prepared.as_ref().map(|prepared| now.seconds() - prepared.at.seconds());
    let is_fresh = age.is_some_and(|age| (0..=i64::from(options.max_age)).contains(&age));
    let other_zone = global
        .timezone
        .filter(|zone| prepared.as_ref().is_some_and(|prepared| prepared.timezone != zone.name()));
    if !is_fresh || other_zone.is_some() {
        // A prompt is no place for the words of an error: the next one tries again.
        let _ = start_collect(&folder, global, (now, options.max_age));
    }
    let template = if options.json { None } else { template(&folder, options) };
    let told = input.finish();
    let text = if options.json {
        serde_json::to_string_pretty(&Json::new(prepared.as_ref(), told.as_ref(), now))?
    } else {
        let may_color = environment::may_color();
        let line = Line { prepared: prepared.as_ref(), told: told.as_ref(), now, may_color };
        line.text(template.as_deref())
    };
    data(&format!("{text}\n"))?;
    Ok(Outcome::Done)
}

/// The template: the flag's, else that of the configuration. A configuration that cannot be read says nothing here.
fn template(folder: &Path, options: &Statusline) -> Option<String> {
    options.template.clone().or_else(|| {
        let text = fs_err::read_to_string(folder.join("config.yaml")).ok()?;
        Config::parse(&text).statusline.template
    })
}

/// Starts a run in the background, unless one was started a moment ago.
fn start_collect(
    folder: &Path,
    global: &Global,
    (now, max_age): (UtcSeconds, u32),
) -> io::Result<()> {
    let started = folder.join(STARTED);
    let last = fs_err::read_to_string(&started).ok().and_then(|text| text.parse::<i64>().ok());
    let since = last.map(|last| now.seconds() - last);
    if since.is_some_and(|since| (0..=i64::from(max_age)).contains(&since)) {
        return Ok(());
    }
    fs_err::create_dir_all(folder.join("cache"))?;
    fs_err::write(&started, now.seconds().to_string())?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["collect", "--local", "--background", "--quiet", "--data"]).arg(folder);
    if let Some(home) = &global.home {
        command.arg("--home").arg(home);
    }
    if let Some(zone) = global.timezone {
        command.args(["--timezone", zone.name()]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Of its own group, so that what ends the prompt does not end the run.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn()?;
    Ok(())
}
