use super::*;

const A: &str = "000000000000000a";
const B: &str = "000000000000000b";

/// A clock that stands so many hours from now.
fn clock(hours: i64) -> (tempfile::TempDir, Clock) {
    let folder = tempfile::tempdir().unwrap();
    // The system's own time of a file's change is what the clock is compared with.
    let path = folder.path().join("now");
    fs_err::write(&path, "").unwrap();
    let now = DateTime::<Utc>::from(fs_err::metadata(&path).unwrap().modified().unwrap());
    (folder, Clock::new(move || now + chrono::TimeDelta::hours(hours)))
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs_err::read_dir(folder.join("bodies"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn nothing_is_kept_unless_somebody_wants_it() {
    let (folder, clock) = clock(0);
    let bodies = Bodies::new(folder.path(), None, &clock).unwrap();
    assert!(bodies.begin(A).is_none());
    assert!(!folder.path().join("bodies").exists());
}

#[test]
fn bodies_are_kept_as_they_came_and_cut_behind_a_megabyte() {
    let (folder, clock) = clock(0);
    let bodies = Bodies::new(folder.path(), Some(&LogBodies::default()), &clock).unwrap();
    let mut log = bodies.begin("5f0c9a1be27d4430").unwrap();
    log.request(b"{\"model\":");
    log.request(b"1}");
    for _ in 0..3 {
        log.answer(&vec![b'a'; 700 * 1024]);
    }
    let kept = folder.path().join("bodies");
    let read = |name: &str| fs_err::read(kept.join(name)).unwrap();
    assert_eq!(read("5f0c9a1be27d4430.request"), b"{\"model\":1}");
    assert_eq!(read("5f0c9a1be27d4430.answer").len(), 1 << 20);
    assert_eq!(read(".gitignore"), b"*\n");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&kept), 0o700);
        assert_eq!(mode(&kept.join("5f0c9a1be27d4430.request")), 0o600);
    }
}

#[test]
fn old_bodies_go_at_the_next_start_even_if_no_more_are_kept() {
    let (folder, now) = clock(0);
    let settings = LogBodies { life: Duration::from_hours(3), folder: None };
    let bodies = Bodies::new(folder.path(), Some(&settings), &now).unwrap();
    bodies.begin(A).unwrap().request(b"words");
    fs_err::write(folder.path().join("bodies/another.request"), "not ours").unwrap();
    drop(bodies);
    let (_other, later) = clock(2);
    drop(Bodies::new(folder.path(), Some(&settings), &later).unwrap());
    assert_eq!(
        names(folder.path()),
        [".gitignore".to_owned(), format!("{A}.request"), "another.request".to_owned()]
    );
    let (_other, later) = clock(25);
    drop(Bodies::new(folder.path(), None, &later).unwrap());
    assert_eq!(names(folder.path()), [".gitignore", "another.request"]);
}

#[test]
fn when_there_is_no_room_the_oldest_go() {
    let (folder, clock) = clock(0);
    let bodies = Bodies::new(folder.path(), Some(&LogBodies::default()), &clock).unwrap();
    let kept = Arc::clone(bodies.kept.as_ref().unwrap());
    // Sizes at which the thread that is woken beside clears away what we do, whoever comes first.
    for (name, size) in [(A, ALL), (B, 2)] {
        let file = File::create(kept.folder.join(format!("{name}.answer"))).unwrap();
        file.set_len(size).unwrap();
        let age = Duration::from_mins(if name == A { 2 } else { 1 });
        let changed = file.metadata().unwrap().modified().unwrap() - age;
        file.set_modified(changed).unwrap();
    }
    kept.used.store(ALL + 2, Ordering::Relaxed);
    assert!(bodies.begin("000000000000000c").is_none(), "there is no room");
    kept.clear(ALL - 1).unwrap();
    assert!(bodies.begin("000000000000000c").is_some());
    assert_eq!(names(folder.path()).last(), Some(&format!("{B}.answer")));
}
