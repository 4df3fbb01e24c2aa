//! A thread that reads, so that drawing never waits.

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::thread;
use std::time::Duration;

use crate::cli::Global;
use crate::commands::tui::live::{Live, Reader};
use crate::outcome::Failure;

/// What the thread tells.
pub(super) enum News {
    /// It reads.
    Reading,
    /// What it has read.
    Read(Box<Live>),
    /// Why it could not.
    Failed(String),
}

/// The other end of the thread.
pub(super) struct Feed {
    news: Receiver<News>,
    ask: Sender<()>,
}

impl Feed {
    /// Begins to read, and reads again after so much time, or when it is asked to.
    pub(super) fn start(global: &Global, local: bool, every: Duration) -> io::Result<Self> {
        let (tell, news) = mpsc::channel();
        let (ask, asked) = mpsc::channel();
        // A bar of progress would be drawn over the view.
        let global = Global { quiet: true, ..global.clone() };
        thread::Builder::new().name("reader".to_owned()).spawn(move || {
            let mut reader = Reader::new(global, local);
            while tell.send(News::Reading).is_ok() {
                let news = match reader.read() {
                    Ok(live) => News::Read(Box::new(live)),
                    Err(failure) => News::Failed(failure.text()),
                };
                if tell.send(news).is_err() {
                    return;
                }
                match asked.recv_timeout(every) {
                    // Whoever asks twice is answered once.
                    Ok(()) => while asked.try_recv().is_ok() {},
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
        })?;
        Ok(Self { news, ask })
    }

    /// The next of what was told; nothing if there is nothing new.
    pub(super) fn news(&self) -> Result<Option<News>, Failure> {
        match self.news.try_recv() {
            Ok(news) => Ok(Some(news)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => {
                Err(Failure::Failed(anyhow::anyhow!("what reads has ended: this is a bug")))
            }
        }
    }

    pub(super) fn read_anew(&self) {
        // A thread that has ended is told of by `news`.
        let _ = self.ask.send(());
    }
}
