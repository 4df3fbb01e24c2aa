use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A database with one row; the connection of the tool that made it.
fn made(path: &Path, mode: &str) -> Connection {
    let tool = Connection::open(path).unwrap();
    tool.pragma_update(None, "journal_mode", mode).unwrap();
    tool.execute_batch("CREATE TABLE t (id TEXT, n INTEGER); INSERT INTO t VALUES ('a', 1)")
        .unwrap();
    tool
}

fn sum(path: &Path) -> u64 {
    let mut sum = 0;
    let database = Database::open(path).unwrap();
    let take = |row: &Row<'_, '_>| match row.count(1) {
        LooseCount::Told(tokens) => sum += tokens.get(),
        other => panic!("{other:?}"),
    };
    database.rows("t", &["id", "n"], "", take).unwrap();
    sum
}

#[test]
fn a_database_that_nobody_uses_is_read_without_a_trace() {
    for mode in ["wal", "delete"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("what? 100%#.db");
        drop(made(&path, mode));
        let before = names(folder.path());
        assert_eq!(sum(&path), 1, "{mode}");
        assert_eq!(names(folder.path()), before, "{mode}");
    }
}

#[test]
fn rows_that_stand_in_the_log_of_a_running_tool_alone_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let tool = made(&path, "wal");
    tool.execute_batch("INSERT INTO t VALUES ('b', 10)").unwrap();
    let before = names(folder.path());
    assert_eq!(before, ["x.db", "x.db-shm", "x.db-wal"]);
    assert_eq!(sum(&path), 11);
    assert_eq!(names(folder.path()), before);
    // The reader leaves no lock behind.
    tool.execute_batch("INSERT INTO t VALUES ('c', 100)").unwrap();
    assert_eq!(sum(&path), 111);
}

#[test]
fn a_tool_that_broke_off_leaves_a_log_that_is_read_in_a_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let tool = made(&path, "wal");
    let killed = tempfile::tempdir().unwrap();
    for name in ["x.db", "x.db-wal"] {
        fs_err::copy(folder.path().join(name), killed.path().join(name)).unwrap();
    }
    drop(tool);
    assert_eq!(sum(&killed.path().join("x.db")), 1);
    assert_eq!(names(killed.path()), ["x.db", "x.db-wal"]);
}

#[test]
fn a_tool_that_broke_off_in_the_middle_of_a_change_leaves_what_was_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let tool = made(&path, "delete");
    tool.pragma_update(None, "cache_spill", 1).unwrap();
    tool.pragma_update(None, "cache_size", 1).unwrap();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT 'x', 1 FROM n";
    tool.execute_batch(&format!("BEGIN EXCLUSIVE; {many}")).unwrap();
    let killed = tempfile::tempdir().unwrap();
    for name in ["x.db", "x.db-journal"] {
        fs_err::copy(folder.path().join(name), killed.path().join(name)).unwrap();
    }
    drop(tool);
    assert_eq!(sum(&killed.path().join("x.db")), 1);
    assert_eq!(names(killed.path()), ["x.db", "x.db-journal"]);
}

#[cfg(unix)]
#[test]
fn a_database_in_a_folder_that_cannot_be_written_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    drop(made(&path, "wal"));
    let set = |mode| {
        fs_err::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    set(0o555);
    assert_eq!(sum(&path), 1);
    set(0o755);
}

#[test]
fn a_locked_database_is_told_and_read_next_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let tool = made(&path, "delete");
    tool.execute_batch("BEGIN EXCLUSIVE; INSERT INTO t VALUES ('b', 10)").unwrap();
    let opened = Database::open(&path);
    assert!(matches!(opened, Err(ReadError::Locked)), "{opened:?}");
    tool.execute_batch("COMMIT").unwrap();
    assert_eq!(sum(&path), 11);
}

#[test]
fn a_column_or_table_that_is_missing_is_as_if_nothing_stood_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    drop(made(&path, "delete"));
    let database = Database::open(&path).unwrap();
    let mut seen = Vec::new();
    let take = |row: &Row<'_, '_>| seen.push((row.text(0), row.count(1), row.time(2)));
    database.rows("t", &["id", "later", "at"], "", take).unwrap();
    assert_eq!(seen, [(Some("a".to_owned()), LooseCount::NotTold, None)]);
    database.rows("nothing", &["id"], "", |_| panic!("no row")).unwrap();
    assert!(!database.has("nothing").unwrap());
}

#[test]
fn what_is_no_database_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    fs_err::write(&path, "this is a text and no database at all").unwrap();
    assert!(matches!(Database::open(&path), Err(ReadError::Database(_))));
}
