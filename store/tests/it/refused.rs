//! What a file system refuses: rights, and room.

use std::io;
use std::path::Path;
use std::process::Command;

use store::{Store, StoreError};

use crate::support::{NOW, git, ids, record, run_of};

const AT: &str = "2026-05-01T10:00:00Z";

#[test]
fn every_refusal_names_its_remedy() {
    for (kind, remedy) in [
        (io::ErrorKind::StorageFull, "make room and run again"),
        (io::ErrorKind::QuotaExceeded, "what was stored before is untouched"),
        (io::ErrorKind::PermissionDenied, "check the owner and the permissions"),
        (io::ErrorKind::ReadOnlyFilesystem, "check the owner and the permissions"),
    ] {
        let error = StoreError::from(io::Error::new(kind, "failed to write `/data/x`"));
        let text = error.to_string();
        assert!(text.contains("/data/x") && text.contains(remedy), "{text}");
    }
    let other = StoreError::from(io::Error::other("cable pulled")).to_string();
    assert_eq!(other, "cable pulled");
}

#[cfg(unix)]
#[test]
fn a_folder_without_the_right_to_write_is_told_and_left_as_it_was() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open_or_init(&path).unwrap();
    store.store_run(&run_of("laptop", vec![record("a", AT, 1)])).unwrap();
    let rights = |mode| {
        for entry in walkdir::WalkDir::new(&path).into_iter().map(Result::unwrap) {
            if entry.file_type().is_dir() {
                fs_err::set_permissions(entry.path(), PermissionsExt::from_mode(mode)).unwrap();
            }
        }
    };
    rights(0o555);
    if fs_err::write(path.join("probe"), "").is_ok() {
        fs_err::remove_file(path.join("probe")).unwrap();
        rights(0o755);
        println!("skipped: this user may write everywhere, as root may");
        return;
    }
    let refused = store.store_run(&run_of("laptop", vec![record("b", AT, 1)]));
    let held = ids(&store).len();
    rights(0o755);
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("check the owner and the permissions"), "{text}");
    assert_eq!(held, 1);
}

/// A file system of a few hundred kilobytes, gone with the value.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// `None` where this user may not mount.
    fn new(kilobytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let size = format!("size={kilobytes}k");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "token-matters-test"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self(folder))
    }

    fn remount(&self, options: &str) {
        let status =
            Command::new("mount").args(["-o", options]).arg(self.0.path()).status().unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

#[expect(clippy::print_stdout, reason = "a test that proves nothing here must say so")]
fn fills_up(open: impl Fn(&Path) -> Store) {
    let Some(disk) = SmallDisk::new(600) else {
        println!("skipped: a small file system can be mounted by root on Linux only");
        return;
    };
    let path = disk.0.path().join("store");
    let now = NOW.parse().unwrap();
    let mut stored = 0;
    let refused = loop {
        let records: Vec<_> =
            (stored..stored + 40).map(|number| record(&number.to_string(), AT, 1)).collect();
        match open(&path).store_run(&run_of("laptop", records)) {
            Ok(_) => stored += 40,
            Err(error) => break error,
        }
        assert!(stored < 100_000, "the disk never fills");
    };
    assert!(stored > 0, "not even one run fits: the disk is too small to prove anything");
    let text = refused.to_string();
    assert!(text.contains("make room and run again"), "{text}");
    assert!(text.contains(path.to_str().unwrap()), "{text}");
    let store = open(&path);
    assert_eq!(ids(&store).len(), stored);
    assert!(store.verify(false, now, "t").unwrap().is_good());
    // Room is made: the same run goes through.
    disk.remount("remount,size=4m");
    let records: Vec<_> =
        (0..stored + 40).map(|number| record(&number.to_string(), AT, 1)).collect();
    store.store_run(&run_of("laptop", records)).unwrap();
    assert_eq!(ids(&store).len(), stored + 40);
    assert!(store.verify(false, now, "t").unwrap().is_good());
    if path.join("objects").exists() {
        git(&path, &["fsck", "--full", "--strict"]);
    }
}

#[test]
fn a_disk_that_fills_up_loses_nothing_that_a_repository_holds() {
    fills_up(|path| Store::open_or_init(path).unwrap());
}

#[test]
fn a_disk_that_fills_up_loses_nothing_that_a_folder_holds() {
    fills_up(Store::folder);
}

#[test]
fn a_disk_that_is_read_only_is_told_and_can_be_read() {
    let Some(disk) = SmallDisk::new(4096) else {
        println!("skipped: a small file system can be mounted by root on Linux only");
        return;
    };
    let path = disk.0.path().join("store");
    Store::open_or_init(&path)
        .unwrap()
        .store_run(&run_of("laptop", vec![record("a", AT, 1)]))
        .unwrap();
    disk.remount("remount,ro");
    let store = Store::open_or_init(&path).unwrap();
    assert_eq!(ids(&store).len(), 1);
    let text =
        store.store_run(&run_of("laptop", vec![record("b", AT, 1)])).unwrap_err().to_string();
    assert!(text.contains("check the owner and the permissions"), "{text}");
}
