//! What can go wrong with a scheduler.

/// What can go wrong with a scheduler, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A path or variable that a scheduler cannot hold.
    #[error(
        "`{text}` holds {what}, which {scheduler} cannot take: rename it, or install with another scheduler (`--with`)"
    )]
    Unusable {
        /// The whole text.
        text: String,
        /// What is in it.
        what: &'static str,
        /// The scheduler.
        scheduler: &'static str,
    },
    /// The line of a crontab would be longer than cron reads.
    #[error(
        "the line would be {length} characters long and cron reads {limit}: install with a shorter PATH, such as `PATH=/usr/local/bin:/usr/bin:/bin token-matters schedule install`"
    )]
    TooLong {
        /// Bytes of the line.
        length: usize,
        /// Bytes that cron reads.
        limit: usize,
    },
    /// A platform's schedulers are all missing.
    #[error("no scheduler answers on this machine")]
    NoScheduler,
    /// A program of the scheduler is not there.
    #[error(
        "there is no program `{program}` in the search path: install it, or choose another scheduler with `--with`"
    )]
    Missing {
        /// Its name.
        program: &'static str,
    },
    /// A program of the scheduler failed.
    #[error("`{call}` failed: {message}")]
    Failed {
        /// What was called.
        call: String,
        /// What it said.
        message: String,
    },
    /// A program of the scheduler did not come to an end.
    #[error(
        "`{call}` did not answer within {seconds} seconds and was ended: run it by hand to see why"
    )]
    Hangs {
        /// What was called.
        call: String,
        /// The deadline.
        seconds: u64,
    },
    /// The crontab cannot be read. It is not written then: that would erase it.
    #[error(
        "your crontab could not be read, so it was left alone: {message}; `crontab -l` must work first"
    )]
    Crontab {
        /// What `crontab` said.
        message: String,
    },
    /// The crontab is not what was written.
    #[error("your crontab does not hold what was written to it: look at it with `crontab -l`")]
    NotKept,
    /// A template does not fit: a bug.
    #[error("a template of a unit is damaged: {0}")]
    Template(#[from] minijinja::Error),
    /// A file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
