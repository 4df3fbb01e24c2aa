//! The user's own `git`, which does everything that goes over a wire: its keys, agents, credential helpers and
//! proxies then work as the user set them up. What else the user's set-up says must not break it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};
use std::{mem, thread};

use process_wrap::std::{ChildWrapper, CommandWrap};

use crate::trouble::{Trouble, TroubleKind};

/// Variables of the repository that a caller may stand in, a hook for example: `git rev-parse --local-env-vars` of
/// git 2.47 names them, read 2026-11-21. All others (SSH, proxies, HOME) stay.
const LOCAL_VARIABLES: [&str; 15] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_CONFIG",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_OBJECT_DIRECTORY",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_REPLACE_REF_BASE",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_COMMON_DIR",
];

/// Settings that stand above the user's.
const SETTINGS: [&str; 17] = [
    // Hooks and signatures belong to the user's own work.
    "core.hooksPath=/dev/null",
    "commit.gpgSign=false",
    "push.gpgSign=false",
    "tag.gpgSign=false",
    // Care is taken by this program, under its lock.
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.writeCommitGraph=false",
    // A partial repository has no bitmaps.
    "repack.writeBitmaps=false",
    // Version 0 does not let a client ask for single blobs.
    "protocol.version=2",
    // Exactly what is asked for is fetched and pushed.
    "fetch.prune=false",
    "fetch.recurseSubmodules=no",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "push.default=nothing",
    "core.fsmonitor=false",
    // An address that others share must not start programs.
    "protocol.ext.allow=never",
    "advice.detachedHead=false",
];

/// How often a process is looked at. A call takes tens of milliseconds at least.
const STEP: Duration = Duration::from_millis(4);
/// How long the pipes of an ended process are read.
const AFTER_THE_END: Duration = Duration::from_secs(3);

/// The `git` program, and how long it may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitProgram {
    program: PathBuf,
    deadline: Duration,
}

/// What a call printed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Printed {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

impl Printed {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }
}

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call<'a> {
    /// The bare repository that it is about.
    repository: Option<&'a Path>,
    arguments: Vec<OsString>,
    settings: Vec<String>,
    variables: Vec<(&'static str, OsString)>,
    input: Vec<u8>,
    held: Option<&'a File>,
    deadline: Option<Duration>,
}

impl<'a> Call<'a> {
    /// A call about a repository.
    pub(crate) fn about(repository: &'a Path, arguments: &[&str]) -> Self {
        Self { repository: Some(repository), ..Self::without(arguments) }
    }

    /// A call about none.
    pub(crate) fn without(arguments: &[&str]) -> Self {
        Self {
            repository: None,
            arguments: arguments.iter().map(OsString::from).collect(),
            settings: Vec::new(),
            variables: Vec::new(),
            input: Vec::new(),
            held: None,
            deadline: None,
        }
    }

    /// What it reads.
    pub(crate) fn input(self, input: Vec<u8>) -> Self {
        Self { input, ..self }
    }

    /// A locked file instead of an input: the lock stays until the call has ended, even if this process ends first.
    pub(crate) fn holding(self, file: &'a File) -> Self {
        Self { held: Some(file), ..self }
    }

    /// Another deadline than the usual one.
    pub(crate) fn deadline(self, deadline: Duration) -> Self {
        Self { deadline: Some(deadline), ..self }
    }

    /// One more setting, `key=value`.
    pub(crate) fn setting(mut self, setting: impl Into<String>) -> Self {
        self.settings.push(setting.into());
        self
    }

    /// One more variable.
    pub(crate) fn variable(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }
}

impl GitProgram {
    /// The program at a path, or by that name in the search path. A call that takes longer than the deadline is
    /// ended, with all processes that it started.
    pub fn new(program: impl Into<PathBuf>, deadline: Duration) -> Self {
        Self { program: program.into(), deadline }
    }

    /// How long a call may take.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// Its version: `2.47.3`.
    ///
    /// # Errors
    ///
    /// There is no such program, or it does not answer.
    pub fn version(&self) -> Result<String, Trouble> {
        let printed = self.run(&Call::without(&["version"]))?.stdout();
        Ok(printed.trim().trim_start_matches("git version ").to_owned())
    }

    /// Runs a call to its end.
    pub(crate) fn run(&self, call: &Call<'_>) -> Result<Printed, Trouble> {
        let deadline = call.deadline.unwrap_or(self.deadline);
        let start = Instant::now();
        let mut child = self.start(call)?;
        let stdout = child.stdout().take().map(drain);
        let stderr = child.stderr().take().map(drain);
        if let Some(mut stdin) = child.stdin().take() {
            let bytes = call.input.clone();
            // A process that does not want its input ends early, and says why itself.
            thread::spawn(move || drop(stdin.write_all(&bytes)));
        }
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if start.elapsed() > deadline => {
                    // The whole group goes: a transport helper may be what hangs.
                    let _ = child.kill();
                    return Err(Trouble::hangs(&what(call), deadline));
                }
                Ok(None) => thread::sleep(STEP),
                Err(error) => return Err(Trouble::of(TroubleKind::Other, &what(call), &error)),
            }
        };
        let printed = Printed { stdout: collect(stdout), stderr: collect(stderr) };
        if status.success() {
            return Ok(printed);
        }
        Err(Trouble::told(&what(call), &printed))
    }

    fn start(&self, call: &Call<'_>) -> Result<Box<dyn ChildWrapper>, Trouble> {
        let mut command = Command::new(&self.program);
        for name in LOCAL_VARIABLES {
            command.env_remove(name);
        }
        command
            // Messages are read by this program.
            .env("LC_ALL", "C")
            .env("LANGUAGE", "C")
            // Nobody is there to answer.
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("SSH_ASKPASS", "")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .env("GCM_INTERACTIVE", "never")
            // A blob that is missing is fetched on purpose or not at all.
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_OPTIONAL_LOCKS", "0");
        for (name, value) in &call.variables {
            command.env(name, value);
        }
        for setting in SETTINGS.iter().copied().chain(call.settings.iter().map(String::as_str)) {
            command.arg("-c").arg(setting);
        }
        if let Some(repository) = call.repository {
            // Ours by its marker, whoever the file system says it belongs to.
            let safe = [OsString::from("safe.directory="), repository.into()].concat_os();
            command.arg("-c").arg(safe).arg("--git-dir").arg(repository).current_dir(repository);
        }
        command.args(&call.arguments);
        let held = call.held.and_then(|file| file.try_clone().ok());
        command.stdin(held.map_or_else(Stdio::piped, Stdio::from));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = CommandWrap::from(command);
        #[cfg(unix)]
        command.wrap(process_wrap::std::ProcessGroup::leader());
        #[cfg(windows)]
        command.wrap(process_wrap::std::JobObject);
        command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Trouble::of(TroubleKind::NoGit, &what(call), &error),
            _ => Trouble::of(TroubleKind::Other, &what(call), &error),
        })
    }
}

/// Joins pieces that may not be UTF-8.
trait ConcatOs {
    fn concat_os(self) -> OsString;
}

impl<const N: usize> ConcatOs for [OsString; N] {
    fn concat_os(self) -> OsString {
        self.into_iter().fold(OsString::new(), |mut all, piece| {
            all.push(piece);
            all
        })
    }
}

/// The verb of a call, for messages.
fn what(call: &Call<'_>) -> String {
    let verb =
        call.arguments.iter().find(|argument| !argument.as_encoded_bytes().starts_with(b"-"));
    format!("git {}", verb.map(|verb| verb.to_string_lossy()).unwrap_or_default())
}

/// What a process prints, as far as it has been read.
struct Reader {
    bytes: Arc<Mutex<Vec<u8>>>,
    is_done: mpsc::Receiver<()>,
}

/// Reads all that a process prints, so that it never waits for us.
fn drain(mut from: impl Read + Send + 'static) -> Reader {
    let (bytes, (done, is_done)) = (Arc::<Mutex<Vec<u8>>>::default(), mpsc::channel());
    let all = Arc::clone(&bytes);
    thread::spawn(move || {
        let mut piece = vec![0; 1 << 16];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            let read = piece.get(..length).unwrap_or_default();
            all.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(read);
        }
        drop(done);
    });
    Reader { bytes, is_done }
}

/// What an ended process has printed. One that it left in the background may keep its pipes open for ever.
fn collect(reader: Option<Reader>) -> Vec<u8> {
    let Some(Reader { bytes, is_done }) = reader else { return Vec::new() };
    let _ = is_done.recv_timeout(AFTER_THE_END);
    mem::take(&mut *bytes.lock().unwrap_or_else(PoisonError::into_inner))
}
