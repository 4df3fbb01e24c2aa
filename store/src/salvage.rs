//! Damaged objects out of the way: git takes an object that is there as good, and would never write it
//! anew.

use std::io;
use std::path::{Path, PathBuf};

use fs_err as fs;
use gix::ObjectId;
use gix::objs::Write as _;

use crate::git::Git;
use crate::{StoreError, durable};

impl Git {
    /// Moves damaged objects, and packs with a damaged object in them, to `token-matters/damaged/`.
    /// What else was in such a pack is written as objects of their own first. Returns the number of
    /// files moved. The repository must be opened anew afterwards: an open one still knows the packs.
    pub(crate) fn set_aside_damaged(&self) -> Result<usize, StoreError> {
        let mut moved = 0;
        for entry in walkdir::WalkDir::new(self.root.join("objects")).min_depth(2).max_depth(2) {
            let entry = entry.map_err(io::Error::from)?;
            let folder = entry.path().parent().and_then(Path::file_name).unwrap_or_default();
            let hex =
                format!("{}{}", folder.to_string_lossy(), entry.file_name().to_string_lossy());
            let Ok(id) = ObjectId::from_hex(hex.as_bytes()) else { continue };
            if self.read_checked(id).is_err() {
                self.set_aside(entry.path(), &hex)?;
                moved += 1;
            }
        }
        Ok(moved + self.set_aside_packs()?)
    }

    fn set_aside_packs(&self) -> Result<usize, StoreError> {
        let files = self.pack_files()?;
        let repository = self.local();
        // An index that cannot be read names no objects: then nothing can be taken out of the packs.
        let ids: Option<Vec<ObjectId>> =
            repository.objects.iter().ok().and_then(|ids| ids.collect::<Result<_, _>>().ok());
        let ids = ids.unwrap_or_default();
        let is_good = |id: &ObjectId| self.read_checked(*id).is_ok();
        if files.is_empty() || (!ids.is_empty() && ids.iter().all(is_good)) {
            return Ok(0);
        }
        let objects = self.root.join("objects");
        let loose = gix::odb::loose::Store::at(objects.clone(), gix::hash::Kind::Sha1);
        for id in ids.into_iter().filter(is_good) {
            let object = repository.find_object(id).map_err(|error| self.error(error))?;
            loose.write_buf(object.kind, &object.data).map_err(|error| self.error(error))?;
            let (folder, name) = (&id.to_string()[..2], &id.to_string()[2..]);
            durable::sync_file(&objects.join(folder).join(name))?;
        }
        durable::sync_folder(&objects)?;
        for file in &files {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            self.set_aside(file, &name)?;
        }
        Ok(files.len())
    }

    /// Every commit that can be read, the newest first: what is left to go back to where neither the
    /// branch nor its log leads to a good one.
    pub(crate) fn all_commits(&self) -> Vec<ObjectId> {
        let repository = self.local();
        let Ok(ids) = repository.objects.iter() else { return Vec::new() };
        let commits = ids.filter_map(Result::ok).filter_map(|id| {
            let commit = repository.find_object(id).ok()?.try_into_commit().ok()?;
            Some((std::cmp::Reverse(commit.time().ok()?.seconds), id))
        });
        let mut commits: Vec<_> = commits.collect();
        commits.sort_unstable();
        commits.dedup();
        commits.into_iter().map(|(_, id)| id).collect()
    }

    /// Packs and what belongs to them.
    fn pack_files(&self) -> Result<Vec<PathBuf>, StoreError> {
        let folder = self.root.join("objects/pack");
        if !folder.exists() {
            return Ok(Vec::new());
        }
        let files: Result<Vec<PathBuf>, io::Error> =
            fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
        Ok(files?)
    }

    fn set_aside(&self, file: &Path, name: &str) -> Result<(), StoreError> {
        let aside = self.private_folder().join("damaged");
        fs::create_dir_all(&aside)?;
        fs::rename(file, aside.join(name))?;
        Ok(())
    }
}
