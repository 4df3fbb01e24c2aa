//! Care of the repository: many small files become a pack.
//!
//! | repository | with `git` | without |
//! |---|---|---|
//! | has all of its objects | `git gc` | everything into one pack, without deltas |
//! | partial: follows a remote | loose objects into one pack, many packs into one, with deltas | the same without |
//!
//! `git gc` is not used in a partial repository: it takes every object that the remote is known to have as not needed
//! here, also the only copy of what this machine wrote (up to git 2.48), and this machine's own files are what a
//! rewritten remote is restored from.
//!
//! All of it happens under the lock that writers take. Objects are removed only when the pack that holds them is on
//! disk, so that a care which is cut off loses nothing.

use std::io;
use std::path::Path;
use std::time::Duration;

use fs_err as fs;

use crate::git::Git;
use crate::program::Call;
use crate::store::{Backend, Store};
use crate::{GitProgram, StoreError};

mod pack;

/// Folders of loose objects that are counted to estimate all 256.
const SAMPLE: [&str; 4] = ["17", "5b", "9e", "d3"];
/// So many objects in them are about 768 in all.
const SAMPLE_LIMIT: usize = 12;
/// More packs than these make every look-up slow.
const PACKS: usize = 30;
/// How long `git` may take.
const DEADLINE: Duration = Duration::from_mins(15);
/// What stands above the user's settings. Nothing that the branch or its log of the last weeks leads to is dropped.
const SETTINGS: [&str; 13] = [
    "core.fsync=all",
    "core.multiPackIndex=false",
    "gc.bigPackThreshold=0",
    "gc.cruftPacks=false",
    "gc.packRefs=false",
    "gc.reflogExpire=90.days",
    "gc.reflogExpireUnreachable=30.days",
    "gc.repackFilter=",
    "gc.writeCommitGraph=false",
    "pack.packSizeLimit=0",
    "pack.writeBitmaps=false",
    "repack.useDeltaIslands=false",
    "repack.writeBitmaps=false",
];

/// What care did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Care {
    /// Whether there was something to do, and it was done.
    pub is_done: bool,
    /// Whether packs without deltas were written, because there is no `git`: they are several times as large.
    pub undeltified: bool,
    /// Before.
    pub before: Volume,
    /// After; the same as before if nothing was done.
    pub after: Volume,
}

/// How large a repository is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Volume {
    /// Bytes of all files of objects.
    pub bytes: u64,
    /// Number of these files.
    pub files: usize,
    /// Objects; one that lies in several places counts several times.
    pub objects: u64,
    /// Of the files, those of one object each.
    pub loose: usize,
    /// Of the files, packs.
    pub packs: usize,
}

impl Store {
    /// Packs the repository if that is due, or in any case with `force`, through `git` or, without one, by this
    /// program. A plain folder needs no care.
    ///
    /// # Errors
    ///
    /// The repository cannot be read or written, or `git` fails. Nothing is lost then.
    pub fn care(&self, program: Option<&GitProgram>, force: bool) -> Result<Care, StoreError> {
        let Backend::Git(git) = &self.backend else { return Ok(Care::default()) };
        if !force && !is_due(&git.root)? {
            return Ok(Care::default());
        }
        let lock = git.lock()?;
        let before = git.volume()?;
        let program = program.filter(|program| program.version().is_ok());
        let undeltified = match program {
            Some(program) if !git.is_partial()? => {
                gc(git, program, &lock)?;
                false
            }
            program => git.pack_all(program)? && program.is_none(),
        };
        Ok(Care { is_done: true, undeltified, before, after: git.volume()? })
    }

    /// How large the repository is; a plain folder has none.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    pub fn volume(&self) -> Result<Volume, StoreError> {
        match &self.backend {
            Backend::Git(git) => git.volume(),
            Backend::Folder(_) => Ok(Volume::default()),
        }
    }
}

/// `git gc`. It holds our lock as its input, so that nobody writes while it is at work, even if this process is
/// killed.
fn gc(git: &Git, program: &GitProgram, lock: &fs::File) -> Result<(), StoreError> {
    let arguments = ["gc", "--quiet", "--force", "--prune=now"];
    let call = Call::about(&git.root, &arguments).deadline(DEADLINE).holding(lock.file());
    let call = SETTINGS.into_iter().fold(call, Call::setting);
    program.run(&call)?;
    // Objects that a killed care left half written.
    git.tidy()
}

/// Whether there are so many files that it is time. Reads five folders.
fn is_due(root: &Path) -> io::Result<bool> {
    let objects = root.join("objects");
    let mut loose = 0;
    for folder in SAMPLE {
        loose += names(&objects.join(folder))?.len();
    }
    let packs = names(&objects.join("pack"))?;
    let packs = packs.iter().filter(|name| has_ending(name, "pack")).count();
    Ok(loose > SAMPLE_LIMIT || packs > PACKS)
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, found)| found == ending)
}

/// The names in a folder, sorted; none if it is not there.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let items = match fs::read_dir(folder) {
        Ok(items) => items,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = items.map(|item| Ok(item?.file_name().to_string_lossy().into_owned()));
    let mut names = names.collect::<io::Result<Vec<String>>>()?;
    names.sort_unstable();
    Ok(names)
}

impl Git {
    /// Whether objects may be missing on purpose.
    fn is_partial(&self) -> Result<bool, StoreError> {
        let config = fs::read_to_string(self.root.join("config"))?.to_lowercase();
        let is_set = config.contains("partialclone") || config.contains("promisor");
        let packs = names(&self.root.join("objects/pack"))?;
        Ok(is_set || packs.iter().any(|name| has_ending(name, "promisor")))
    }

    fn volume(&self) -> Result<Volume, StoreError> {
        let mut volume = Volume::default();
        for item in walkdir::WalkDir::new(self.root.join("objects")) {
            let item = item.map_err(io::Error::from)?;
            if !item.file_type().is_file() {
                continue;
            }
            volume.files += 1;
            volume.bytes += item.metadata().map_err(io::Error::from)?.len();
            let name = item.file_name().to_string_lossy();
            if has_ending(&name, "pack") {
                volume.packs += 1;
            } else if has_ending(&name, "idx") {
                volume.objects += u64::try_from(self.ids_of(item.path())?.len()).unwrap_or(0);
            } else if pack::loose_id(item.path()).is_some() {
                volume.loose += 1;
                volume.objects += 1;
            }
        }
        Ok(volume)
    }
}
