//! Reads a large table on several threads, each with a connection of its own, and hands its rows on in one order.

use std::ops::RangeInclusive;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use rusqlite::{Connection, OptionalExtension as _};

use super::{Database, Row};
use crate::adapter::ReadError;

/// Rows that are read at once. A table with fewer is not worth a thread.
const AT_ONCE: i64 = 2000;
/// Parts into which a table is cut at most: row numbers may have large gaps.
const MOST_PARTS: i64 = 20_000;
/// Parts that a thread may be ahead of the taker.
const AHEAD: usize = 2;
/// More threads than this only wait for the disk.
const MOST_THREADS: usize = 4;

type Rows<T> = Result<Vec<T>, ReadError>;

impl Database {
    /// Hands on what `parse` makes of every row of a table, with these columns in this order, in the order of the rows.
    /// `parse` runs on several threads, `take` on this one. Only few rows are held at any time. No such table: no rows.
    pub(crate) fn rows_on_all_cores<T: Send>(
        &self,
        table: &str,
        columns: &[&str],
        parse: impl Fn(&Row<'_, '_>) -> Option<T> + Sync,
        mut take: impl FnMut(T),
    ) -> Result<(), ReadError> {
        let Some(selection) = self.selection(table, columns)? else { return Ok(()) };
        let parts = self.parts(table)?;
        if parts.len() < 2 {
            return self.query(&selection, |row| parse(row).into_iter().for_each(&mut take));
        }
        let threads = thread::available_parallelism().map_or(1, usize::from).min(MOST_THREADS);
        let statement = format!("{selection} WHERE rowid BETWEEN ?1 AND ?2");
        thread::scope(|scope| {
            let mut readers: Vec<Receiver<Rows<T>>> = Vec::with_capacity(threads);
            for thread in 0..threads {
                let connection = self.again()?;
                let (sender, receiver) = sync_channel(AHEAD);
                let (parts, statement, parse) = (&parts, &statement, &parse);
                scope.spawn(move || {
                    let own = parts.iter().skip(thread).step_by(threads);
                    send(&connection, statement, own, parse, &sender);
                });
                readers.push(receiver);
            }
            for part in 0..parts.len() {
                // A thread that ends too early has panicked, which the scope passes on.
                let Ok(rows) = readers[part % threads].recv() else { break };
                rows?.into_iter().for_each(&mut take);
            }
            Ok(())
        })
    }

    /// Ranges of row numbers that together hold all rows; none if the rows have no numbers.
    fn parts(&self, table: &str) -> Result<Vec<RangeInclusive<i64>>, ReadError> {
        let statement = format!("SELECT min(rowid), max(rowid) FROM \"{table}\"");
        let Ok(mut statement) = self.connection.prepare(&statement) else { return Ok(Vec::new()) };
        let range: Option<(Option<i64>, Option<i64>)> =
            statement.query_row([], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((Some(first), Some(last))) = range else { return Ok(Vec::new()) };
        let step = (last.saturating_sub(first) / MOST_PARTS).max(AT_ONCE - 1);
        let mut parts = Vec::new();
        let mut start = first;
        loop {
            // Rows that were added a moment ago belong to the last part.
            let end = start.saturating_add(step);
            if end >= last {
                parts.push(start..=i64::MAX);
                return Ok(parts);
            }
            parts.push(start..=end);
            start = end + 1;
        }
    }
}

/// Sends the rows of parts, one part after the other, until nobody takes them any more.
fn send<'a, T>(
    connection: &Connection,
    statement: &str,
    parts: impl Iterator<Item = &'a RangeInclusive<i64>>,
    parse: &(impl Fn(&Row<'_, '_>) -> Option<T> + Sync),
    sender: &SyncSender<Rows<T>>,
) {
    for part in parts {
        let rows = read(connection, statement, part, parse);
        let is_over = rows.is_err();
        if sender.send(rows).is_err() || is_over {
            return;
        }
    }
}

fn read<T>(
    connection: &Connection,
    statement: &str,
    part: &RangeInclusive<i64>,
    parse: &(impl Fn(&Row<'_, '_>) -> Option<T> + Sync),
) -> Rows<T> {
    let mut statement = connection.prepare(statement)?;
    let mut rows = statement.query([part.start(), part.end()])?;
    let mut parsed = Vec::new();
    while let Some(row) = rows.next()? {
        parsed.extend(parse(&Row(row)));
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(rows: i64) -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let tool = Connection::open(&path).unwrap();
        tool.execute_batch(&format!(
            "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER);
             WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {rows})
             INSERT INTO t SELECT 'id' || n, n FROM c;
             CREATE TABLE plain (id TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;
             INSERT INTO plain SELECT id, n FROM t;"
        ))
        .unwrap();
        drop(tool);
        let database = Database::open(&path).unwrap();
        (folder, database)
    }

    fn numbers(database: &Database, table: &str) -> Vec<i64> {
        let mut taken = Vec::new();
        let parse = |row: &Row<'_, '_>| row.text(0)?.parse().ok();
        database.rows_on_all_cores(table, &["n"], parse, |number| taken.push(number)).unwrap();
        taken
    }

    #[test]
    fn every_row_is_taken_once_and_in_order() {
        for rows in [1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 7 * AT_ONCE + 3] {
            let (_folder, database) = made(rows);
            assert_eq!(numbers(&database, "t"), (1..=rows).collect::<Vec<_>>(), "{rows}");
        }
    }

    #[test]
    fn tables_without_row_numbers_and_none_at_all_are_no_trouble() {
        let (_folder, database) = made(3 * AT_ONCE);
        let mut plain = numbers(&database, "plain");
        plain.sort_unstable();
        assert_eq!(plain, (1..=3 * AT_ONCE).collect::<Vec<_>>());
        assert_eq!(numbers(&database, "none"), Vec::<i64>::new());
    }

    #[test]
    fn gaps_between_row_numbers_do_not_make_more_parts() {
        let (_folder, database) = made(2);
        assert_eq!(database.parts("t").unwrap(), [1..=i64::MAX]);
        let wide = Database {
            connection: Connection::open_in_memory().unwrap(),
            file: (std::path::PathBuf::new(), false),
            _copy: None,
        };
        let rows =
            format!("CREATE TABLE t (n); INSERT INTO t(rowid, n) VALUES (1, 1), ({}, 2)", i64::MAX);
        wide.connection.execute_batch(&rows).unwrap();
        assert!(wide.parts("t").unwrap().len() <= 20_001);
    }
}
