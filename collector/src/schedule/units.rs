//! The texts that schedulers are told. Nothing here touches the machine.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::{
    Host, LABEL, MARKER, Mechanism, ONCE_MARKER, Plan, Rhythm, SERVICE, ScheduleError, TASK, TIMER,
    quote,
};

/// The longest line that Debian's cron reads (`MAX_COMMAND` of cron 3.0pl1, 1000 bytes with the end of the text).
const CRON_LIMIT: usize = 998;

/// A text, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "plain data")]
pub struct Unit {
    /// A file, `crontab`, or the name of a task.
    pub place: String,
    /// What it is told.
    pub text: String,
}

/// What a scheduler is told for a plan.
///
/// # Errors
///
/// The plan holds what this scheduler cannot take.
pub fn units(host: &Host, mechanism: Mechanism, plan: &Plan) -> Result<Vec<Unit>, ScheduleError> {
    check(mechanism, plan)?;
    match mechanism {
        Mechanism::Systemd => systemd_units(host, plan),
        Mechanism::Launchd => Ok(vec![Unit {
            place: text_of(&super::launchd::path(host), mechanism)?,
            text: plist(plan)?,
        }]),
        Mechanism::Cron => Ok(vec![Unit { place: "crontab".to_owned(), text: cron_line(plan)? }]),
        Mechanism::Task => Ok(vec![Unit { place: TASK.to_owned(), text: task(plan)? }]),
    }
}

/// The plan as one line for a POSIX shell, for a scheduler that is not known here.
pub fn shell_line(plan: &Plan) -> String {
    words(plan, quote::shell)
}

/// The line of a crontab that begins once in the next minute. The file is taken away first, which succeeds once only:
/// a line that is left behind runs nothing more.
pub(super) fn once_line(plan: &Plan, marker: &str) -> Result<String, ScheduleError> {
    let marker = quote::cron(marker);
    let command = words(plan, quote::cron);
    short_enough(format!(
        "* * * * * rm {marker} 2>/dev/null && {command} >/dev/null 2>&1 {ONCE_MARKER}\n"
    ))
}

fn short_enough(line: String) -> Result<String, ScheduleError> {
    if line.len() > CRON_LIMIT {
        return Err(ScheduleError::TooLong { length: line.len(), limit: CRON_LIMIT });
    }
    Ok(line)
}

/// Line ends and other control characters have no place in any of the texts.
fn check(mechanism: Mechanism, plan: &Plan) -> Result<(), ScheduleError> {
    let scheduler = mechanism.title();
    let refuse = |text: &str, what| {
        Err(ScheduleError::Unusable { text: text.escape_default().to_string(), what, scheduler })
    };
    let variables = plan.variables.iter().flat_map(|(name, value)| [name, value]);
    for text in plan.arguments.iter().chain([&plan.program]).chain(variables) {
        if text.contains(char::is_control) {
            return refuse(text, "a line end or another control character");
        }
    }
    if mechanism == Mechanism::Task {
        for text in plan.arguments.iter().chain([&plan.program]) {
            if text.matches('%').count() > 1 {
                return refuse(text, "`%` twice, between which it reads the name of a variable");
            }
            if text.contains("$(") {
                return refuse(text, "`$(`, with which its own parameters begin");
            }
        }
        if plan.program.contains('"') {
            return refuse(&plan.program, "a quote");
        }
    }
    Ok(())
}

/// Variables, program and arguments as words of a shell.
fn words(plan: &Plan, quote: impl Fn(&str) -> String) -> String {
    let variables = plan.variables.iter().map(|(name, value)| format!("{name}={}", quote(value)));
    let program = std::iter::once(quote(&plan.program));
    let words: Vec<String> =
        variables.chain(program).chain(plan.arguments.iter().map(|word| quote(word))).collect();
    words.join(" ")
}

fn systemd_units(host: &Host, plan: &Plan) -> Result<Vec<Unit>, ScheduleError> {
    // A program's path with a quote or backslash is refused by systemd in every spelling: a shell starts it then.
    let mut command = if plan.program.contains(['\'', '"', '\\']) {
        format!(
            "/bin/sh -c {} {}",
            quote::systemd_argument(r#"exec "$0" "$@""#),
            quote::systemd_argument(&plan.program)
        )
    } else {
        quote::systemd(&plan.program)
    };
    for argument in &plan.arguments {
        command.push(' ');
        command.push_str(&quote::systemd_argument(argument));
    }
    let variables: Vec<String> = plan
        .variables
        .iter()
        .map(|(name, value)| quote::systemd(&format!("{name}={value}")))
        .collect();
    let service = render(
        include_str!("../../../templates/schedule/systemd.service"),
        context! { command, variables },
    )?;
    let hour = match plan.rhythm {
        Rhythm::Hourly(_) => "*",
        Rhythm::Daily(_) => "00",
    };
    let minute = format!("{:02}", plan.rhythm.minute());
    let timer = render(
        include_str!("../../../templates/schedule/systemd.timer"),
        context! { rhythm => plan.rhythm.title(), hour, minute },
    )?;
    let folder = super::systemd::folder(host);
    Ok(vec![
        Unit { place: text_of(&folder.join(SERVICE), Mechanism::Systemd)?, text: service },
        Unit { place: text_of(&folder.join(TIMER), Mechanism::Systemd)?, text: timer },
    ])
}

fn plist(plan: &Plan) -> Result<String, ScheduleError> {
    let command: Vec<String> =
        std::iter::once(&plan.program).chain(&plan.arguments).cloned().collect();
    let hour = match plan.rhythm {
        Rhythm::Hourly(_) => None,
        Rhythm::Daily(_) => Some(0),
    };
    let variables: BTreeMap<String, String> = plan.variables.clone();
    render(
        include_str!("../../../templates/schedule/launchd.plist"),
        context! { label => LABEL, command, variables, hour, minute => plan.rhythm.minute() },
    )
}

fn cron_line(plan: &Plan) -> Result<String, ScheduleError> {
    let hour = match plan.rhythm {
        Rhythm::Hourly(_) => "*",
        Rhythm::Daily(_) => "0",
    };
    let line = render(
        include_str!("../../../templates/schedule/crontab.line"),
        context! {
            minute => plan.rhythm.minute(),
            hour,
            command => words(plan, quote::cron),
            marker => MARKER,
        },
    )?;
    short_enough(line)
}

fn task(plan: &Plan) -> Result<String, ScheduleError> {
    let arguments: Vec<String> =
        plan.arguments.iter().map(|argument| quote::windows(argument)).collect();
    let is_hourly = matches!(plan.rhythm, Rhythm::Hourly(_));
    render(
        include_str!("../../../templates/schedule/task.xml"),
        context! {
            rhythm => plan.rhythm.title(),
            is_hourly,
            hour => "00",
            minute => format!("{:02}", plan.rhythm.minute()),
            program => plan.program.clone(),
            arguments => arguments.join(" "),
        },
    )
}

fn render(template: &str, values: Value) -> Result<String, ScheduleError> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    environment.set_syntax(syntax);
    environment.add_filter("xml", |text: &str| quote::xml(text));
    Ok(environment.render_str(template, values)?)
}

fn text_of(path: &Path, mechanism: Mechanism) -> Result<String, ScheduleError> {
    let text = path.to_str().map(ToOwned::to_owned);
    text.ok_or_else(|| ScheduleError::Unusable {
        text: path.to_string_lossy().into_owned(),
        what: "bytes that are no UTF-8",
        scheduler: mechanism.title(),
    })
}
