//! What a running proxy says: lines on stderr, as text or as JSON, and never a secret.

use std::io::{self, Write};

use clap::ValueEnum;
use data_schema::Secret;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The form of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people
    #[default]
    Text,
    /// An object a line, for programs
    Json,
}

/// Lets the proxy speak: what went wrong, with `verbose` also a line for every request, with `quiet` errors only.
pub(crate) fn begin(format: LogFormat, quiet: bool, verbose: bool) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (_, true) => "info",
        _ => "warn",
    };
    let lines = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("off,proxy={level}")))
        .with_writer(Masked)
        .with_target(false);
    let begun = match format {
        LogFormat::Text => lines.with_ansi(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    // A second call in one program changes nothing.
    drop(begun);
}

/// Standard error, without secrets: what a library says in an error may hold an address with a key.
#[derive(Clone, Copy, Debug)]
struct Masked;

impl Write for Masked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        io::stderr().lock().write_all(Secret::mask(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

impl<'a> MakeWriter<'a> for Masked {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        *self
    }
}
