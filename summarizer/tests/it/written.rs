//! Writing: only what has changed, nothing of ours left over, nothing of others touched.

use std::path::Path;
use std::time::{Duration, SystemTime};

use data_schema::settings::Publish;
use summarizer::{Options, Stamp, Summary};
use tempfile::TempDir;

use crate::support::{at_times, options, summary};

fn of(times: &[&str]) -> Summary {
    summary(&at_times(times), &options(chrono_tz::UTC))
}

/// Gives all files an old time, so that a rewritten one shows.
fn age(folder: &Path, summary: &Summary) -> SystemTime {
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for path in summary.files().keys() {
        let file = fs_err::OpenOptions::new().write(true).open(folder.join(path)).unwrap();
        file.file().set_modified(old).unwrap();
    }
    old
}

fn modified(path: &Path) -> SystemTime {
    fs_err::metadata(path).unwrap().modified().unwrap()
}

#[test]
fn all_files_are_written_as_they_are() {
    let folder = TempDir::new().unwrap();
    let summary = of(&["2026-05-01T10:00:00Z"]);
    let written = summary.write(folder.path()).unwrap();
    assert_eq!(
        (written.changed, written.unchanged, written.removed),
        (summary.files().len(), 0, 0)
    );
    for (path, bytes) in summary.files() {
        assert_eq!(&fs_err::read(folder.path().join(path)).unwrap(), bytes, "{path}");
    }
}

#[test]
fn an_unchanged_file_is_not_touched() {
    let folder = TempDir::new().unwrap();
    let before = of(&["2026-05-01T10:00:00Z"]);
    before.write(folder.path()).unwrap();
    let old = age(folder.path(), &before);
    let written = before.write(folder.path()).unwrap();
    assert_eq!((written.changed, written.unchanged), (0, before.files().len()));
    for path in before.files().keys() {
        assert_eq!(modified(&folder.path().join(path)), old, "{path}");
    }
    of(&["2026-05-01T10:00:00Z", "2026-05-02T10:00:00Z"]).write(folder.path()).unwrap();
    assert_eq!(modified(&folder.path().join("daily/2026-05-01.json")), old);
    assert_ne!(modified(&folder.path().join("latest.json")), old);
}

#[test]
fn a_file_of_the_same_length_with_other_content_is_replaced() {
    let folder = TempDir::new().unwrap();
    let summary = of(&["2026-05-01T10:00:00Z"]);
    summary.write(folder.path()).unwrap();
    let path = folder.path().join("meta.json");
    let length = fs_err::metadata(&path).unwrap().len();
    fs_err::write(&path, vec![b' '; usize::try_from(length).unwrap()]).unwrap();
    assert_eq!(summary.write(folder.path()).unwrap().changed, 1);
    assert_eq!(fs_err::read(&path).unwrap(), summary.files()["meta.json"]);
}

#[test]
fn what_nothing_stands_behind_is_removed_and_what_is_not_ours_stays() {
    let folder = TempDir::new().unwrap();
    of(&["2026-05-01T10:00:00Z", "2027-01-01T10:00:00Z"]).write(folder.path()).unwrap();
    let foreign = ["notes.md", "daily/readme.txt", "extra/x.json", "own.json", "data/other.json"];
    for path in foreign {
        fs_err::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        fs_err::write(folder.path().join(path), "mine").unwrap();
    }
    fs_err::create_dir_all(folder.path().join("models/folder.json")).unwrap();
    let hidden = Options { publish: Publish::default(), ..options(chrono_tz::UTC) };
    let after = summary(&at_times(&["2026-05-01T10:00:00Z"]), &hidden);
    let written = after.write(folder.path()).unwrap();
    // A day, a week, a month, the machine's real name, two shards that say it, hours, limits and prices.
    assert_eq!(written.removed, 9);
    for gone in [
        "daily/2027-01-01.json",
        "weekly/2026-W53.json",
        "monthly/2027-01.json",
        "machines/laptop.json",
        "hours.json",
        "limits.json",
        "prices.json",
    ] {
        assert!(!folder.path().join(gone).exists(), "{gone}");
    }
    for path in foreign {
        assert_eq!(fs_err::read_to_string(folder.path().join(path)).unwrap(), "mine", "{path}");
    }
    assert!(folder.path().join("models/folder.json").is_dir());
    for path in after.files().keys() {
        assert!(folder.path().join(path).is_file(), "{path}");
    }
}

#[test]
fn no_half_written_file_stays_behind_and_the_folder_is_named_when_it_cannot_be_made() {
    let folder = TempDir::new().unwrap();
    let summary = of(&["2026-05-01T10:00:00Z"]);
    summary.write(folder.path()).unwrap();
    let all = fs_err::read_dir(folder.path().join("daily")).unwrap();
    assert_eq!(all.count(), 1);
    let blocked = folder.path().join("blocked");
    fs_err::write(&blocked, "a file").unwrap();
    let error = summary.write(&blocked).unwrap_err().to_string();
    assert!(error.contains("blocked"), "{error}");
}

#[test]
fn a_summary_is_known_to_be_unchanged_until_something_changes() {
    let (private, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let summary = of(&["2026-05-01T10:00:00Z"]);
    let root = folder.path();
    let stamp = || Stamp::new(private.path(), root, b"key".to_vec());
    let written_anew = || {
        summary.write(root).unwrap();
        stamp().write(&summary).unwrap();
        let unchanged = stamp().unchanged();
        assert_eq!(unchanged.map(|written| written.unchanged), Some(summary.files().len()));
    };
    assert_eq!(stamp().unchanged(), None, "nothing was written yet");
    written_anew();
    assert_eq!(Stamp::new(private.path(), root, b"other".to_vec()).unchanged(), None);
    assert_eq!(Stamp::new(private.path(), &root.join("x"), b"key".to_vec()).unchanged(), None);

    let day = root.join("daily/2026-05-01.json");
    fs_err::remove_file(&day).unwrap();
    assert_eq!(stamp().unchanged(), None, "a file is gone");
    written_anew();
    fs_err::write(&day, "{}").unwrap();
    assert_eq!(stamp().unchanged(), None, "a file has other content");
    written_anew();
    age(root, &summary);
    assert_eq!(stamp().unchanged(), None, "a file has another time");
    written_anew();
    fs_err::write(root.join("daily/2025-01-01.json"), "{}").unwrap();
    assert_eq!(stamp().unchanged(), None, "a file that writing would remove");
    written_anew();
    fs_err::write(root.join("own.json"), "mine").unwrap();
    assert!(stamp().unchanged().is_some(), "what is not ours does not matter");
}

#[test]
fn a_damaged_stamp_is_none() {
    let (private, folder) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let summary = of(&["2026-05-01T10:00:00Z"]);
    summary.write(folder.path()).unwrap();
    let stamp = Stamp::new(private.path(), folder.path(), b"key".to_vec());
    stamp.write(&summary).unwrap();
    let path = fs_err::read_dir(private.path().join("summaries")).unwrap().next().unwrap();
    let path = path.unwrap().path();
    let good = fs_err::read(&path).unwrap();
    for place in 0..good.len() {
        let mut bytes = good.clone();
        bytes[place] ^= 0x40;
        fs_err::write(&path, &bytes).unwrap();
        assert_eq!(stamp.unchanged(), None, "byte {place}");
    }
    fs_err::write(&path, &good[..good.len() - 1]).unwrap();
    assert_eq!(stamp.unchanged(), None);
    fs_err::write(&path, &good).unwrap();
    assert!(stamp.unchanged().is_some());
}
