//! Packing without asking what is reachable: every object that is here stays here.

use std::collections::BTreeSet;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use fs_err as fs;
use gix::ObjectId;
use gix_pack::data::output;

use super::{DEADLINE, PACKS, SETTINGS, has_ending, names};
use crate::git::Git;
use crate::program::Call;
use crate::{GitProgram, StoreError, durable};

/// How the folders begin in which packs are made.
const WORK: &str = "care-";

/// What becomes one pack.
struct Old {
    packs: Vec<PathBuf>,
    loose: Vec<ObjectId>,
    /// Whether the packs came from the remote.
    are_promised: bool,
}

/// The object that a file of its own holds, by its path.
pub(super) fn loose_id(path: &Path) -> Option<ObjectId> {
    let folder = path.parent()?.file_name()?.to_str()?;
    let name = path.file_name()?.to_str()?;
    if folder.len() != 2 || name.len() != 38 {
        return None;
    }
    ObjectId::from_hex(format!("{folder}{name}").as_bytes()).ok()
}

impl Git {
    /// Packs all loose objects, and makes one pack of many; packs that came from the remote stay apart from others,
    /// because what they lack is missing on purpose. Returns whether anything was packed.
    pub(super) fn pack_all(&self, program: Option<&GitProgram>) -> Result<bool, StoreError> {
        self.tidy()?;
        let packs = self.packs()?;
        let (promised, own): (Vec<PathBuf>, Vec<PathBuf>) =
            packs.into_iter().partition(|pack| pack.with_extension("promisor").exists());
        // Some packs of a `git` that is not there any more are better than one without deltas.
        let few = if program.is_some() { 1 } else { PACKS };
        let many = |packs| if Vec::len(&packs) > few { packs } else { Vec::new() };
        let promised = Old { packs: many(promised), loose: Vec::new(), are_promised: true };
        let own = Old { packs: many(own), loose: self.loose()?, are_promised: false };
        let promised = self.replace(program, &promised)?;
        Ok(self.replace(program, &own)? || promised)
    }

    /// Takes away what a care that was cut off has left.
    pub(super) fn tidy(&self) -> Result<(), StoreError> {
        let folder = self.private_folder();
        for name in names(&folder)?.into_iter().filter(|name| name.starts_with(WORK)) {
            fs::remove_dir_all(folder.join(name))?;
        }
        Ok(())
    }

    /// The objects of an index.
    pub(super) fn ids_of(&self, index: &Path) -> Result<Vec<ObjectId>, StoreError> {
        let index = gix_pack::index::File::at(index, gix::hash::Kind::Sha1);
        let index = index.map_err(|error| self.error(error))?;
        Ok(index.iter().map(|entry| entry.oid).collect())
    }

    /// Packs that may be replaced: those with a `.keep` belong to somebody.
    fn packs(&self) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.root.join("objects/pack");
        let packs = names(&folder)?.into_iter().filter(|name| has_ending(name, "pack"));
        let packs = packs.map(|name| folder.join(name));
        let is_ours = |pack: &PathBuf| {
            !pack.with_extension("keep").exists() && pack.with_extension("idx").exists()
        };
        Ok(packs.filter(is_ours).collect())
    }

    fn loose(&self) -> Result<Vec<ObjectId>, StoreError> {
        let objects = self.root.join("objects");
        let mut ids = Vec::new();
        for folder in names(&objects)?.into_iter().filter(|name| name.len() == 2) {
            let folder = objects.join(folder);
            ids.extend(names(&folder)?.iter().filter_map(|name| loose_id(&folder.join(name))));
        }
        Ok(ids)
    }

    /// Writes one pack with all that is in the old files, and removes these. Returns whether there were any.
    fn replace(&self, program: Option<&GitProgram>, old: &Old) -> Result<bool, StoreError> {
        let mut ids: BTreeSet<ObjectId> = old.loose.iter().copied().collect();
        for pack in &old.packs {
            ids.extend(self.ids_of(&pack.with_extension("idx"))?);
        }
        if ids.is_empty() {
            return Ok(false);
        }
        let work = tempfile::Builder::new().prefix(WORK).tempdir_in(self.private_folder())?;
        let made = match program {
            Some(program) => self.pack_with_git(program, work.path(), &ids)?,
            None => self.pack_alone(work.path(), &ids)?,
        };
        let packed: BTreeSet<ObjectId> =
            self.ids_of(&made.with_extension("idx"))?.into_iter().collect();
        if !ids.is_subset(&packed) {
            return Err(self.error("a new pack does not hold what it should: nothing was removed"));
        }
        let new = self.take_in(&made, old.are_promised)?;
        self.remove(old, &new);
        Ok(true)
    }

    fn pack_with_git(
        &self,
        program: &GitProgram,
        work: &Path,
        ids: &BTreeSet<ObjectId>,
    ) -> Result<PathBuf, StoreError> {
        let mut input = ids.iter().map(ObjectId::to_string).collect::<Vec<_>>().join("\n");
        input.push('\n');
        let base = work.join("pack").to_string_lossy().into_owned();
        let arguments = ["pack-objects", "--quiet", "--delta-base-offset", &base];
        let call = Call::about(&self.root, &arguments).input(input.into_bytes()).deadline(DEADLINE);
        let printed = program.run(&SETTINGS.into_iter().fold(call, Call::setting))?;
        Ok(work.join(format!("pack-{}.pack", printed.stdout().trim())))
    }

    /// A pack without deltas.
    fn pack_alone(&self, work: &Path, ids: &BTreeSet<ObjectId>) -> Result<PathBuf, StoreError> {
        let count = u32::try_from(ids.len()).map_err(|error| self.error(error))?;
        let entries = ids.iter().map(|id| self.entry(*id).map(|entry| vec![entry]));
        let (path, version) = (work.join("objects"), gix_pack::data::Version::V2);
        let file = BufWriter::new(fs::File::create(&path)?);
        let sha1 = gix::hash::Kind::Sha1;
        let mut writer = output::bytes::FromEntriesIter::new(entries, file, count, version, sha1);
        for written in writer.by_ref() {
            written.map_err(|error| self.error(error))?;
        }
        writer.into_write().flush()?;
        let made = gix_pack::Bundle::write_to_directory(
            &mut BufReader::new(fs::File::open(&path)?),
            Some(work),
            &mut gix::progress::Discard,
            &AtomicBool::new(false),
            None::<gix::objs::find::Never>,
            sha1,
            gix_pack::bundle::write::Options::default(),
        );
        let made = made.map_err(|error| self.error(error))?;
        made.data_path.ok_or_else(|| self.error("no pack was written"))
    }

    fn entry(&self, id: ObjectId) -> gix::Result<output::Entry> {
        let repository = self.local();
        let object = repository.find_object(id)?;
        let data = gix::objs::Data::new(&object.data, object.kind, gix::hash::Kind::Sha1);
        let count = output::Count::from_data(id, None);
        output::Entry::from_data(&count, &data, gix::zlib::Compression::DEFAULT)
    }

    /// Moves a new pack to where it is found: what it consists of is on disk before its index takes its name.
    fn take_in(&self, made: &Path, is_promised: bool) -> Result<PathBuf, StoreError> {
        let folder = self.root.join("objects/pack");
        fs::create_dir_all(&folder)?;
        let new = folder.join(made.file_name().unwrap_or_default());
        if is_promised {
            durable::replace(&new.with_extension("promisor"), b"")?;
        }
        for ending in ["pack", "rev", "idx"] {
            let from = made.with_extension(ending);
            if from.exists() {
                durable::sync_file(&from)?;
                fs::rename(from, new.with_extension(ending))?;
                durable::sync_folder(&folder)?;
            }
        }
        Ok(new)
    }

    /// Removes files whose objects stand in a new pack. One that somebody holds open may stay: it says the same.
    fn remove(&self, old: &Old, new: &Path) {
        let remove = |path: &Path| match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::debug!(%error, "stays beside the pack that has it");
            }
            _ => {}
        };
        for pack in old.packs.iter().filter(|pack| *pack != new) {
            for ending in ["idx", "rev", "bitmap", "pack", "promisor"] {
                remove(&pack.with_extension(ending));
            }
        }
        let objects = self.root.join("objects");
        for id in &old.loose {
            let hex = id.to_string();
            let folder = objects.join(&hex[..2]);
            remove(&folder.join(&hex[2..]));
            // Fails while there are others in it.
            let _ = fs::remove_dir(&folder);
        }
    }
}
