//! `tui`: a live view in the terminal.
//!
//! A thread reads, with the caches of all verbs; what is on the screen is drawn anew every second from what was read, so
//! that times and ages go on and nothing waits for a log.

use std::io::{self, IsTerminal as _};
use std::sync::atomic::Ordering;
use std::time::Duration;

use clap::Args;
use ratatui::crossterm::event::{self, Event, KeyEventKind};

use crate::cli::Global;
use crate::environment;
use crate::outcome::{Failure, Outcome};
use crate::output;
use crate::session::Session;

use app::{Act, App};
use draw::{Look, draw};
use feed::Feed;

mod app;
mod draw;
mod feed;
mod live;
mod signals;
mod tables;
#[cfg(test)]
mod tests;

/// How long a key is waited for before the clock is looked at.
const PAUSE: Duration = Duration::from_millis(200);

/// What is asked for.
#[derive(Args, Debug)]
pub(crate) struct Tui {
    /// Seconds after which logs and store are looked at again
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub(crate) every: u32,
    /// Only what the logs on this machine hold, without the store
    #[arg(long)]
    pub(crate) local: bool,
}

pub(crate) fn run(global: &Global, options: &Tui) -> Result<Outcome, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::Usage(
            "`tui` needs a terminal: `token-matters report` prints the same numbers anywhere, and `token-matters report --json` for programs"
                .to_owned(),
        ));
    }
    // Faults of the configuration are told here, where they can be read.
    Session::open(global, true)?;
    let terminal = environment::terminal();
    let look = Look { colors: terminal.colors, unicode: terminal.unicode };
    let ended = signals::ended()?;
    let every = Duration::from_secs(u64::from(options.every));
    let screen = Screen::hold();
    let feed = Feed::start(global, options.local, every)?;
    let result = watch(&feed, look, &|| ended.load(Ordering::Relaxed), options.local);
    drop(screen);
    result.map(|()| Outcome::Done)
}

/// The terminal while something draws on it: it is as it was before when this goes, also after a panic.
struct Screen;

impl Screen {
    fn hold() -> Self {
        output::hold();
        Self
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
        for note in output::release() {
            output::note(&note);
        }
    }
}

fn watch(feed: &Feed, look: Look, is_ended: &dyn Fn() -> bool, local: bool) -> Result<(), Failure> {
    let mut terminal = ratatui::try_init()?;
    let mut app = App::new(local);
    let mut drawn = None;
    while !is_ended() {
        while let Some(news) = feed.news()? {
            app.take(news);
            drawn = None;
        }
        let now = environment::now()?;
        if drawn != Some(now) {
            terminal.draw(|frame| draw(frame, &mut app, now, look))?;
            drawn = Some(now);
        }
        if !event::poll(PAUSE)? {
            continue;
        }
        drawn = None;
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => match app.key(key) {
                Act::Quit => return Ok(()),
                Act::Read => feed.read_anew(),
                Act::Stay => {}
            },
            _ => {}
        }
    }
    Ok(())
}
