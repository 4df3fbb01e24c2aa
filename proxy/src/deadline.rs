//! A deadline that costs next to nothing while bytes flow: its timer is touched only when it has run out.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::time::Sleep;

/// A timer that is made at its first use, and set again as seldom as possible.
#[derive(Debug, Default)]
pub(crate) struct Deadline(Option<Pin<Box<Sleep>>>);

impl Deadline {
    /// Ready once `target` is past. The target may be another one at every call.
    pub(crate) fn poll(&mut self, context: &mut Context<'_>, target: Instant) -> Poll<()> {
        let until = tokio::time::Instant::from_std(target);
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if sleep.deadline() > until {
            sleep.as_mut().reset(until);
        }
        loop {
            ready!(sleep.as_mut().poll(context));
            if Instant::now() >= target {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(until);
        }
    }
}
