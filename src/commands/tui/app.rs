//! What is shown, and what keys do.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::feed::News;
use super::live::Live;

/// A page of the view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Now,
    Sources,
    Models,
    Month,
}

impl View {
    pub(super) const ALL: [Self; 4] = [Self::Now, Self::Sources, Self::Models, Self::Month];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Sources => "sources",
            Self::Models => "models",
            Self::Month => "month",
        }
    }
}

/// In which order rows stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Of names, or of days with the newest first.
    Name,
    Tokens,
    Cost,
    Responses,
}

impl Sort {
    fn next(self) -> Self {
        match self {
            Self::Tokens => Self::Cost,
            Self::Cost => Self::Responses,
            Self::Responses => Self::Name,
            Self::Name => Self::Tokens,
        }
    }
}

/// What a key asks for beyond what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Stay,
    Read,
    Quit,
}

/// The state of the view.
pub(super) struct App {
    pub(super) view: View,
    /// Of each view.
    sorts: [Sort; 4],
    /// Rows that are above the first one which is shown.
    pub(super) scroll: usize,
    pub(super) is_help_shown: bool,
    pub(super) is_reading: bool,
    pub(super) live: Option<Live>,
    /// Why the last reading failed.
    pub(super) failed: Option<String>,
    pub(super) local: bool,
}

impl App {
    pub(super) fn new(local: bool) -> Self {
        Self {
            view: View::Now,
            sorts: [Sort::Tokens, Sort::Tokens, Sort::Tokens, Sort::Name],
            scroll: 0,
            is_help_shown: false,
            is_reading: false,
            live: None,
            failed: None,
            local,
        }
    }

    pub(super) fn sort(&self) -> Sort {
        self.sorts[self.view as usize]
    }

    /// What is wrong with a reading leaves the last one that was well.
    pub(super) fn take(&mut self, news: News) {
        self.is_reading = matches!(news, News::Reading);
        match news {
            News::Reading => {}
            News::Read(live) => {
                self.live = Some(*live);
                self.failed = None;
            }
            News::Failed(reason) => self.failed = Some(reason),
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Act {
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'd') if is_control => return Act::Quit,
            KeyCode::Char('q') | KeyCode::Esc if !self.is_help_shown => return Act::Quit,
            KeyCode::Char('?' | 'h') => self.is_help_shown = !self.is_help_shown,
            // Any other key leaves the help.
            _ if self.is_help_shown => self.is_help_shown = false,
            KeyCode::Char('r') => return Act::Read,
            KeyCode::Char('s') => {
                self.sorts[self.view as usize] = self.sort().next();
                self.scroll = 0;
            }
            KeyCode::Char(number @ '1'..='4') => self.show(number as usize - '1' as usize),
            KeyCode::Tab | KeyCode::Right => self.show(self.view as usize + 1),
            KeyCode::BackTab | KeyCode::Left => self.show(self.view as usize + 3),
            KeyCode::Down | KeyCode::Char('j') => self.scroll = self.scroll.saturating_add(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll = self.scroll.saturating_sub(1),
            KeyCode::PageDown => self.scroll = self.scroll.saturating_add(10),
            KeyCode::PageUp => self.scroll = self.scroll.saturating_sub(10),
            KeyCode::Home => self.scroll = 0,
            _ => {}
        }
        Act::Stay
    }

    fn show(&mut self, number: usize) {
        self.view = View::ALL[number % View::ALL.len()];
        self.scroll = 0;
    }
}
