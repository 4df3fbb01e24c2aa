//! Progress on a terminal, and only there, and only for a run that is felt.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use collector::source::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run that is shorter shows nothing. Milliseconds.
const FELT: u128 = 250;

/// What is being read.
pub(crate) struct Bar {
    drawing: ProgressBar,
    begun: Instant,
    shown: Mutex<bool>,
    /// Files of the source that is being read: done, and in all.
    files: AtomicU64,
    planned: AtomicU64,
}

impl Bar {
    pub(crate) fn new(quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let form = "Reading {prefix}: {msg} {bar:24} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec}";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        let off = quiet || !std::io::stderr().is_terminal();
        Self {
            drawing: bar,
            begun: Instant::now(),
            shown: Mutex::new(off),
            files: AtomicU64::new(0),
            planned: AtomicU64::new(0),
        }
    }

    pub(crate) fn tell(&self, title: &str, progress: Progress) {
        match progress {
            Progress::Planned { bytes, files } => {
                self.drawing.inc_length(bytes);
                self.drawing.set_prefix(title.to_owned());
                self.files.store(0, Ordering::Relaxed);
                self.planned.store(files, Ordering::Relaxed);
                self.drawing.set_message(format!("0/{files} files"));
            }
            Progress::Bytes { count } => self.drawing.inc(count),
            Progress::File => {
                let files = self.files.fetch_add(1, Ordering::Relaxed) + 1;
                let planned = self.planned.load(Ordering::Relaxed);
                self.drawing.set_message(format!("{files}/{planned} files"));
            }
        }
        self.show_if_felt();
    }

    fn show_if_felt(&self) {
        let Ok(mut shown) = self.shown.lock() else { return };
        if !*shown && self.begun.elapsed().as_millis() > FELT {
            self.drawing.set_draw_target(ProgressDrawTarget::stderr());
            *shown = true;
        }
    }

    pub(crate) fn done(&self) {
        self.drawing.finish_and_clear();
    }
}
