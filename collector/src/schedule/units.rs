//! The texts that schedulers are told. Nothing here touches the machine.

use std::collections::BTreeMap;
use std::path::Path;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::{
    Host, Job, LABEL, MARKER, Mechanism, ONCE_MARKER, PROXY_LABEL, PROXY_MARKER, PROXY_SERVICE,
    PROXY_TASK, Plan, Rhythm, SERVICE, ScheduleError, TASK, TIMER, quote,
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
    if plan.rhythm.job() == Job::Proxy {
        return Ok(vec![service(host, mechanism, plan)?]);
    }
    match mechanism {
        Mechanism::Systemd => systemd_units(host, plan),
        Mechanism::Launchd => Ok(vec![Unit {
            place: text_of(&super::launchd::path(host, LABEL), mechanism)?,
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
    for text in plan.arguments.iter().chain([&plan.program]).chain(&plan.log).chain(variables) {
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

/// What a scheduler is told to keep a program running.
fn service(host: &Host, mechanism: Mechanism, plan: &Plan) -> Result<Unit, ScheduleError> {
    let (place, text) = match mechanism {
        Mechanism::Systemd => (
            text_of(&super::systemd::folder(host).join(PROXY_SERVICE), mechanism)?,
            render(
                include_str!("../../../templates/schedule/proxy.service"),
                context! { command => systemd_command(plan), variables => systemd_variables(plan) },
            )?,
        ),
        Mechanism::Launchd => (
            text_of(&super::launchd::path(host, PROXY_LABEL), mechanism)?,
            render(
                include_str!("../../../templates/schedule/proxy.plist"),
                context! {
                    label => PROXY_LABEL,
                    command => whole_command(plan),
                    variables => plan.variables.clone(),
                    log => plan.log.clone(),
                },
            )?,
        ),
        // cron keeps nothing running: it starts the program every minute, and one too many ends at once, because the
        // port is taken. That also covers a reboot, and an end that nobody has asked for.
        Mechanism::Cron => {
            let line = render(
                include_str!("../../../templates/schedule/proxy.line"),
                context! { command => words(plan, quote::cron), marker => PROXY_MARKER },
            )?;
            ("crontab".to_owned(), short_enough(line)?)
        }
        // A trigger at logon would need an administrator. One every minute does not, and does nothing while it runs.
        Mechanism::Task => (
            PROXY_TASK.to_owned(),
            render(
                include_str!("../../../templates/schedule/proxy-task.xml"),
                context! {
                    program => plan.program.clone(),
                    arguments => windows_arguments(plan),
                },
            )?,
        ),
    };
    Ok(Unit { place, text })
}

/// Program and arguments.
fn whole_command(plan: &Plan) -> Vec<String> {
    std::iter::once(&plan.program).chain(&plan.arguments).cloned().collect()
}

fn windows_arguments(plan: &Plan) -> String {
    let arguments: Vec<String> =
        plan.arguments.iter().map(|argument| quote::windows(argument)).collect();
    arguments.join(" ")
}

/// What `ExecStart` is given.
fn systemd_command(plan: &Plan) -> String {
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
    command
}

/// What `Environment` is given, line by line.
fn systemd_variables(plan: &Plan) -> Vec<String> {
    let pairs = plan.variables.iter();
    pairs.map(|(name, value)| quote::systemd(&format!("{name}={value}"))).collect()
}

fn systemd_units(host: &Host, plan: &Plan) -> Result<Vec<Unit>, ScheduleError> {
    let service = render(
        include_str!("../../../templates/schedule/systemd.service"),
        context! { command => systemd_command(plan), variables => systemd_variables(plan) },
    )?;
    let hour = match plan.rhythm {
        Rhythm::Hourly(_) | Rhythm::Always => "*",
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
    let hour = match plan.rhythm {
        Rhythm::Hourly(_) | Rhythm::Always => None,
        Rhythm::Daily(_) => Some(0),
    };
    let variables: BTreeMap<String, String> = plan.variables.clone();
    render(
        include_str!("../../../templates/schedule/launchd.plist"),
        context! { label => LABEL, command => whole_command(plan), variables, hour, minute => plan.rhythm.minute() },
    )
}

fn cron_line(plan: &Plan) -> Result<String, ScheduleError> {
    let hour = match plan.rhythm {
        Rhythm::Hourly(_) | Rhythm::Always => "*",
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
    let is_hourly = matches!(plan.rhythm, Rhythm::Hourly(_));
    render(
        include_str!("../../../templates/schedule/task.xml"),
        context! {
            rhythm => plan.rhythm.title(),
            is_hourly,
            hour => "00",
            minute => format!("{:02}", plan.rhythm.minute()),
            program => plan.program.clone(),
            arguments => windows_arguments(plan),
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
