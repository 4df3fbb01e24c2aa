//! Lines for shells: variables that are set or taken away, and remarks.

use std::fmt::Write as _;

use clap::ValueEnum;

/// A shell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// POSIX shells: sh, bash, zsh
    #[default]
    Sh,
    /// fish
    Fish,
    /// PowerShell
    Powershell,
    /// cmd.exe
    Cmd,
}

impl Shell {
    /// A line that sets a variable for what is started from now on.
    pub(crate) fn export(self, name: &str, value: &str) -> String {
        match self {
            Self::Sh => format!("export {name}={}\n", collector::schedule::quote::shell(value)),
            Self::Fish => {
                let value = value.replace('\\', r"\\").replace('\'', r"\'");
                format!("set -gx {name} '{value}'\n")
            }
            // A line end in single quotes is one of the value.
            Self::Powershell => format!("$env:{name} = '{}'\n", value.replace('\'', "''")),
            // It has no way to write a line end: separate lines would be commands.
            Self::Cmd => format!("set \"{name}={}\"\n", value.replace(['\r', '\n'], " ")),
        }
    }

    /// A line that takes a variable away.
    pub(crate) fn unset(self, name: &str) -> String {
        match self {
            Self::Sh => format!("unset {name}\n"),
            Self::Fish => format!("set -e {name}\n"),
            Self::Powershell => format!("Remove-Item Env:{name} -ErrorAction SilentlyContinue\n"),
            Self::Cmd => format!("set \"{name}=\"\n"),
        }
    }

    /// Lines that do nothing.
    pub(crate) fn remark(self, text: &str) -> String {
        let sign = if self == Self::Cmd { "rem" } else { "#" };
        text.lines().fold(String::new(), |mut lines, line| {
            let gap = if line.is_empty() { "" } else { " " };
            let _ = writeln!(lines, "{sign}{gap}{line}");
            lines
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_literally_by_every_shell() {
        let value = "a'b\\c $d";
        assert_eq!(Shell::Sh.export("X", value), "export X='a'\\''b\\c $d'\n");
        assert_eq!(Shell::Fish.export("X", value), "set -gx X 'a\\'b\\\\c $d'\n");
        assert_eq!(Shell::Powershell.export("X", value), "$env:X = 'a''b\\c $d'\n");
        assert_eq!(Shell::Cmd.export("X", "a\nb"), "set \"X=a b\"\n");
        assert_eq!(Shell::Cmd.remark("one\n\ntwo"), "rem one\nrem\nrem two\n");
        assert_eq!(Shell::Sh.remark("one"), "# one\n");
    }
}
