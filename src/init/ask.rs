//! Questions and who answers them.

use std::io::{self, BufRead, IsTerminal as _, Write as _};

use crate::outcome::Failure;
use crate::output::{note, plain};

/// Somebody, or something, that answers.
pub(crate) trait Ask {
    /// Tells what a person needs to know for the next answer.
    fn tell(&mut self, text: &str);

    /// The answer to a question; an empty one is the default.
    fn line(&mut self, question: &str, default: &str) -> Result<String, Stopped>;

    /// Whether a wrong answer can be followed by a better one.
    fn is_person(&self) -> bool;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The input ended.
    Ended,
    /// Nobody is there to correct this answer.
    Wrong(String),
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Ended => Self::Failed(anyhow::anyhow!("stopped: nothing was written")),
            Stopped::Wrong(message) => Self::Usage(message),
        }
    }
}

/// A text that a check accepts. The check returns what is taken, or says what is wrong.
pub(crate) fn checked<T>(
    ask: &mut dyn Ask,
    question: &str,
    default: &str,
    check: &mut dyn FnMut(&str) -> Result<T, String>,
) -> Result<T, Stopped> {
    loop {
        let answer = ask.line(question, default)?;
        match check(answer.trim()) {
            Ok(taken) => return Ok(taken),
            Err(wrong) if ask.is_person() => ask.tell(&wrong),
            Err(wrong) => return Err(Stopped::Wrong(wrong)),
        }
    }
}

/// Yes or no.
pub(crate) fn yes(ask: &mut dyn Ask, question: &str, default: bool) -> Result<bool, Stopped> {
    let shown = if default { "yes" } else { "no" };
    checked(ask, question, shown, &mut |answer| match answer.to_lowercase().as_str() {
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err("Please answer yes or no.".to_owned()),
    })
}

/// One of several, by its number.
pub(crate) fn choose<T: Clone>(
    ask: &mut dyn Ask,
    question: &str,
    choices: &[(T, String)],
    default: usize,
) -> Result<T, Stopped> {
    ask.tell(&format!("\n{question}"));
    for (number, (_, text)) in (1..).zip(choices) {
        ask.tell(&format!("  {number}) {text}"));
    }
    checked(ask, "Number", &(default + 1).to_string(), &mut |answer| {
        let number = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let choice = number.and_then(|index| choices.get(index));
        choice
            .map(|(taken, _)| taken.clone())
            .ok_or_else(|| format!("Please type a number from 1 to {}.", choices.len()))
    })
}

/// `--yes`: every question is answered with its default.
pub(crate) struct Defaults;

impl Ask for Defaults {
    fn tell(&mut self, _: &str) {}

    fn line(&mut self, _: &str, default: &str) -> Result<String, Stopped> {
        Ok(default.to_owned())
    }

    fn is_person(&self) -> bool {
        false
    }
}

/// A person at a terminal. Lines are read as the terminal gives them, so that Ctrl-C ends the program at once and
/// leaves the terminal as it was.
pub(crate) struct Terminal;

impl Terminal {
    /// The terminal, if there is one.
    pub(crate) fn open() -> Result<Self, Failure> {
        if io::stdin().is_terminal() && io::stderr().is_terminal() {
            return Ok(Self);
        }
        Err(Failure::Usage(
            "`init` asks questions and there is no terminal: use `token-matters init --yes` with a flag for every \
             answer that is not the default, such as --remote URL or --local, --machine NAME, --publish-to URL, \
             --schedule hourly; `token-matters init --help` lists them all"
                .to_owned(),
        ))
    }
}

impl Ask for Terminal {
    fn tell(&mut self, text: &str) {
        note(text);
    }

    fn line(&mut self, question: &str, default: &str) -> Result<String, Stopped> {
        let shown =
            if default.is_empty() { String::new() } else { format!(" [{}]", plain(default)) };
        let mut stderr = io::stderr().lock();
        let asked = write!(stderr, "{}{shown}: ", plain(question)).and_then(|()| stderr.flush());
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer);
        match (asked, read) {
            (Ok(()), Ok(1..)) if answer.trim().is_empty() => Ok(default.to_owned()),
            (Ok(()), Ok(1..)) => Ok(answer.trim().to_owned()),
            _ => Err(Stopped::Ended),
        }
    }

    fn is_person(&self) -> bool {
        true
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::VecDeque;
    use std::fmt::Write as _;

    use super::*;

    /// Answers from a list, an empty one for the default; keeps what was asked. Without any left, the input has ended.
    #[derive(Debug, Default)]
    pub(crate) struct Scripted {
        answers: VecDeque<String>,
        pub(crate) transcript: String,
    }

    impl Scripted {
        pub(crate) fn new(answers: &[&str]) -> Self {
            Self {
                answers: answers.iter().map(|&answer| answer.to_owned()).collect(),
                ..Self::default()
            }
        }

        pub(crate) fn left(&self) -> usize {
            self.answers.len()
        }
    }

    impl Ask for Scripted {
        fn tell(&mut self, text: &str) {
            let _ = writeln!(self.transcript, "{text}");
        }

        fn line(&mut self, question: &str, default: &str) -> Result<String, Stopped> {
            let answer = self.answers.pop_front().ok_or(Stopped::Ended)?;
            let _ = writeln!(self.transcript, "{question} [{default}]: {answer}");
            Ok(if answer.is_empty() { default.to_owned() } else { answer })
        }

        fn is_person(&self) -> bool {
            true
        }
    }

    #[test]
    fn a_wrong_answer_is_asked_again_and_nobody_cannot_be_asked_again() {
        let mut ask = Scripted::new(&["maybe", "", "3", "2"]);
        assert_eq!(yes(&mut ask, "Go on?", true), Ok(true));
        let choices = [('a', "A".to_owned()), ('b', "B".to_owned())];
        assert_eq!(choose(&mut ask, "Which?", &choices, 0), Ok('b'));
        assert_eq!(yes(&mut ask, "And now?", true), Err(Stopped::Ended));
        assert!(ask.transcript.contains("Please type a number from 1 to 2."), "{}", ask.transcript);
        assert_eq!(choose(&mut Defaults, "Which?", &choices, 1), Ok('b'));
        let wrong = checked(&mut Defaults, "Name", "x", &mut |_| Err::<(), _>("taken".to_owned()));
        assert_eq!(wrong, Err(Stopped::Wrong("taken".to_owned())));
    }
}
