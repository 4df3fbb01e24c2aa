//! Progress on a terminal, and only there, and only for a run that is felt.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use collector::source::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A run that is shorter shows nothing.
const FELT: Duration = Duration::from_millis(250);

/// What is being read.
pub(crate) struct Bar {
    drawing: ProgressBar,
    begun: Instant,
    felt: Duration,
    /// Where it is drawn.
    target: fn() -> ProgressDrawTarget,
    /// Whether it is drawn already, or never.
    shown: Mutex<bool>,
    /// Files of the source that is being read: done, and in all.
    files: AtomicU64,
    planned: AtomicU64,
}

impl Bar {
    pub(crate) fn new(quiet: bool) -> Self {
        let is_off = quiet || !std::io::stderr().is_terminal();
        Self::with(is_off, FELT, ProgressDrawTarget::stderr)
    }

    fn with(is_off: bool, felt: Duration, target: fn() -> ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let form = "Reading {prefix}: {msg} {bar:24} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec}";
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        Self {
            drawing: bar,
            begun: Instant::now(),
            felt,
            target,
            shown: Mutex::new(is_off),
            files: AtomicU64::new(0),
            planned: AtomicU64::new(0),
        }
    }

    pub(crate) fn tell(&self, title: &str, progress: Progress) {
        match progress {
            // Most tools are not on a machine, and nothing of them is read.
            Progress::Planned { files: 0, .. } => {}
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
        if !*shown && self.begun.elapsed() > self.felt {
            self.drawing.set_draw_target((self.target)());
            self.drawing.tick();
            *shown = true;
        }
    }

    pub(crate) fn done(&self) {
        self.drawing.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io;

    use indicatif::TermLike;

    use super::*;

    thread_local! {
        /// What the terminal of this test got.
        static WRITTEN: RefCell<String> = const { RefCell::new(String::new()) };
    }

    /// A terminal that keeps what is written.
    #[derive(Debug)]
    struct Kept;

    impl TermLike for Kept {
        fn width(&self) -> u16 {
            120
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            WRITTEN.with_borrow_mut(|written| written.push_str(text));
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the terminal got during a run over two logs.
    fn drawn(is_off: bool, felt: Duration) -> String {
        WRITTEN.take();
        let bar = Bar::with(is_off, felt, || ProgressDrawTarget::term_like(Box::new(Kept)));
        bar.tell("Claude Code", Progress::Planned { files: 2, bytes: 4_000_000 });
        bar.tell("Claude Code", Progress::Bytes { count: 1_000_000 });
        bar.tell("Claude Code", Progress::File);
        bar.tell("Qwen Code", Progress::Planned { files: 0, bytes: 0 });
        bar.tell("Codex", Progress::Planned { files: 7, bytes: 1_000_000 });
        bar.done();
        WRITTEN.take()
    }

    #[test]
    fn a_run_that_is_felt_says_what_it_reads_and_how_far_it_is() {
        let drawn = drawn(false, Duration::ZERO);
        let parts = ["Reading Claude Code: 0/2 files", "1.00 MB/4.00 MB", "Claude Code: 1/2 files"];
        for part in parts.into_iter().chain(["Reading Codex: 0/7 files", "1.00 MB/5.00 MB"]) {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
        assert!(!drawn.contains("Qwen"), "a tool without new logs is not shown: {drawn}");
    }

    #[test]
    fn a_short_run_and_one_without_a_terminal_show_nothing() {
        assert_eq!(drawn(false, Duration::from_hours(1)), "");
        assert_eq!(drawn(true, Duration::ZERO), "");
    }
}
