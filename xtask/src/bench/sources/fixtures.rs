//! Of every source that nothing larger is made of, the basic case of its tests.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use rusqlite::Connection;
use rusqlite::functions::{Context as Call, FunctionFlags};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde::Deserialize;
use walkdir::WalkDir;

use crate::bench::truth::{Totals, Truth};
use crate::root;

/// What a case counts to. It tells records, of which one may stand for several responses: those are not compared.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_field_names, reason = "named as in the files")]
struct Expected {
    input_tokens: u64,
    output_tokens: u64,
    cache_read_tokens: u64,
    cache_creation_tokens: u64,
}

/// Copies them into a home folder.
pub(super) fn copy(home: &Path, truth: &mut Truth) -> Result<()> {
    let cases = root().join("collector/tests/fixtures/sources");
    for source in fs_err::read_dir(&cases)? {
        let source = source?;
        let name = source.file_name().to_string_lossy().into_owned();
        let case = source.path().join("basic");
        if truth.sources.contains_key(&name) || !case.is_dir() {
            continue;
        }
        let expected = fs_err::read(case.join("expected.json"))?;
        let expected: Expected = serde_json::from_slice(&expected).with_context(|| name.clone())?;
        let (files, bytes) = put(&case.join("home"), home)?;
        let Expected {
            input_tokens: input,
            output_tokens: output,
            cache_read_tokens: cache_read,
            cache_creation_tokens: cache_creation,
        } = expected;
        truth.add(
            &name,
            files,
            bytes,
            Totals { responses: 0, input, output, cache_read, cache_creation },
        );
    }
    Ok(())
}

/// Puts a case's home where it is scanned, databases made, as the tests do; files and bytes.
fn put(from: &Path, to: &Path) -> Result<(u64, u64)> {
    let (mut files, mut bytes) = (0, 0);
    for entry in WalkDir::new(from).sort_by_file_name() {
        let entry = entry?;
        let target = to.join(entry.path().strip_prefix(from)?);
        if entry.file_type().is_dir() {
            fs_err::create_dir_all(target)?;
            continue;
        }
        let name = target.to_str().context("a name that is no text")?;
        let written = if let Some(name) = name.strip_suffix(".sql") {
            make(Path::new(name), &fs_err::read_to_string(entry.path())?)?;
            name.to_owned()
        } else if let Some(name) = name.strip_suffix(".zst.txt") {
            let name = format!("{name}.zst");
            fs_err::write(&name, compressed(&fs_err::read(entry.path())?))?;
            name
        } else {
            fs_err::copy(entry.path(), &target)?;
            name.to_owned()
        };
        files += 1;
        bytes += fs_err::metadata(written)?.len();
    }
    Ok((files, bytes))
}

fn compressed(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

fn make(path: &Path, statements: &str) -> Result<()> {
    let database = Connection::open(path)?;
    let zstd = |call: &Call<'_>| Ok(compressed(call.get::<String>(0)?.as_bytes()));
    database.create_scalar_function("zstd", 1, FunctionFlags::SQLITE_UTF8, zstd)?;
    database.execute_batch(statements).map_err(|error| anyhow!("{}: {error}", path.display()))
}
