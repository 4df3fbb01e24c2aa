//! Runs contestants in turn and measures them.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use fs_err::File;
use wait4::Wait4;

use super::table::{Row, Sample, render};

type Step<'a> = Box<dyn Fn() -> Result<()> + 'a>;
type Check<'a> = Box<dyn Fn(&Path) -> Result<()> + 'a>;

/// One of a table.
pub(crate) struct Contestant<'a> {
    name: String,
    /// `None`: it is not installed.
    command: Option<Command>,
    before: Step<'a>,
    after: Step<'a>,
    check: Option<Check<'a>>,
    /// Whether it is another's tool: a wrong total of theirs is told and stops nothing.
    is_peer: bool,
}

impl<'a> Contestant<'a> {
    pub(crate) fn new(name: &str, command: Command) -> Self {
        Self {
            name: name.to_owned(),
            command: Some(command),
            before: Box::new(|| Ok(())),
            after: Box::new(|| Ok(())),
            check: None,
            is_peer: false,
        }
    }

    /// Another's tool, which may not be there.
    pub(crate) fn peer(name: &str, command: Option<Command>) -> Self {
        Self { command, is_peer: true, ..Self::new(name, Command::new(name)) }
    }

    /// What is done before each run, and not measured.
    pub(crate) fn before(self, step: impl Fn() -> Result<()> + 'a) -> Self {
        Self { before: Box::new(step), ..self }
    }

    /// The same after each run and its check.
    pub(crate) fn after(self, step: impl Fn() -> Result<()> + 'a) -> Self {
        Self { after: Box::new(step), ..self }
    }

    /// Looks at the file with what each run printed. Without a check nothing is kept of it.
    pub(crate) fn check(self, check: impl Fn(&Path) -> Result<()> + 'a) -> Self {
        Self { check: Some(Box::new(check)), ..self }
    }

    fn once(&mut self, scratch: &Path, notes: &mut Vec<String>) -> Result<Option<Sample>> {
        let Some(command) = &mut self.command else { return Ok(None) };
        (self.before)()?;
        let output = scratch.join("stdout");
        let sample = measure(command, self.check.as_ref().map(|_| &*output), scratch)?;
        let checked = self.check.as_ref().map_or(Ok(()), |check| check(&output));
        (self.after)()?;
        match checked {
            Err(error) if self.is_peer => {
                let note = format!("{}: {error:#}.", self.name);
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
            result => result?,
        }
        Ok(Some(sample))
    }
}

/// Runs each contestant in turn, once to warm up and then so many times; the table.
pub(crate) fn race(
    title: &str,
    mut contestants: Vec<Contestant<'_>>,
    runs: u32,
    scratch: &Path,
) -> Result<String> {
    let mut notes = Vec::new();
    let mut rows: Vec<Row> = contestants
        .iter()
        .map(|one| Row { name: one.name.clone(), samples: one.command.is_some().then(Vec::new) })
        .collect();
    for round in 0..=runs {
        for (contestant, row) in contestants.iter_mut().zip(&mut rows) {
            let sample = contestant
                .once(scratch, &mut notes)
                .with_context(|| format!("{title}: {}", contestant.name))?;
            if let (Some(sample), Some(samples), 1..) = (sample, &mut row.samples, round) {
                samples.push(sample);
            }
        }
    }
    Ok(render(title, &rows, &notes))
}

/// Runs a command to its end. Its output goes to a file, so that nobody has to read along, or nowhere.
fn measure(command: &mut Command, output: Option<&Path>, scratch: &Path) -> Result<Sample> {
    let errors = scratch.join("stderr");
    let stdout = match output {
        Some(path) => File::create(path)?.into_file().into(),
        None => Stdio::null(),
    };
    command.stdin(Stdio::null()).stdout(stdout).stderr(File::create(&errors)?.into_file());
    let start = Instant::now();
    let child = command.spawn().with_context(|| format!("{command:?}"))?;
    let used = child.wait4()?;
    let wall = start.elapsed();
    if !used.status.success() {
        let told = String::from_utf8_lossy(&fs_err::read(&errors)?).into_owned();
        let program = command.get_program().to_string_lossy();
        bail!("{program} ended with {}:\n{}", used.status, told.trim_end());
    }
    Ok(Sample { wall, cpu: used.rusage.utime + used.rusage.stime, peak: used.rusage.maxrss })
}

/// Runs a command that is not measured.
pub(crate) fn settle(command: &mut Command, scratch: &Path) -> Result<()> {
    measure(command, None, scratch).map(|_| ())
}

#[cfg(all(test, unix))]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::time::Duration;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_run_gives_its_output_its_time_and_its_memory() {
        let scratch = tempfile::tempdir().unwrap();
        let busy = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done; echo told >&2";
        let output = scratch.path().join("out");
        let sample = measure(&mut shell(busy), Some(&output), scratch.path()).unwrap();
        assert_eq!(fs_err::read_to_string(output).unwrap(), "done\n");
        assert!(sample.cpu > Duration::ZERO && sample.peak > 100_000, "{sample:?}");
    }

    #[test]
    fn a_run_that_fails_is_an_error_with_what_it_said() {
        let scratch = tempfile::tempdir().unwrap();
        let error = measure(&mut shell("echo why >&2; exit 3"), None, scratch.path()).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("exit status: 3") && error.ends_with("why"), "{error}");
    }

    #[test]
    fn contestants_run_in_turn_after_one_round_that_does_not_count() {
        let (scratch, order) = (tempfile::tempdir().unwrap(), RefCell::new(Vec::new()));
        let note = |step: &'static str| {
            let order = &order;
            move || {
                order.borrow_mut().push(step);
                Ok(())
            }
        };
        let ours = Contestant::new("ours", shell("echo 1")).before(note("b1")).after(note("a1"));
        let other = Contestant::peer("cat", Some(shell("echo 2"))).before(note("b2"));
        let absent = Contestant::peer("ccusage", None).before(note("never"));
        let table = race("Title", vec![ours, other, absent], 2, scratch.path()).unwrap();
        assert_eq!(*order.borrow(), ["b1", "a1", "b2"].repeat(3));
        assert!(table.contains("| ccusage | not installed"), "{table}");
    }

    #[test]
    fn a_wrong_answer_of_ours_stops_and_that_of_a_peer_is_told_once() {
        let scratch = tempfile::tempdir().unwrap();
        let runs = Cell::new(0);
        let wrong = |_: &Path| {
            runs.set(runs.get() + 1);
            bail!("WRONG TOTAL")
        };
        let ours = Contestant::new("ours", shell("true")).check(wrong);
        let error = race("Title", vec![ours], 2, scratch.path()).unwrap_err();
        assert_eq!(format!("{error:#}"), "Title: ours: WRONG TOTAL");
        assert_eq!(runs.replace(0), 1);
        let peer = Contestant::peer("cat", Some(shell("true"))).check(wrong);
        let table = race("Title", vec![peer], 2, scratch.path()).unwrap();
        assert_eq!(runs.get(), 3);
        assert_eq!(table.matches("cat: WRONG TOTAL.").count(), 1, "{table}");
    }
}
