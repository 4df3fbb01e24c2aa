//! Homes of WSL distributions, seen from Windows: tools that run there keep their logs there.
//!
//! Only distributions that are running are looked at: to open a folder of one that is not would start it. They are
//! listed by `wsl.exe --list --running --quiet`, one name a line (<https://github.com/microsoft/WSL/issues/6235>), in
//! UTF-16 unless `WSL_UTF8=1` is set (<https://github.com/microsoft/WSL/issues/4607>), so that both are read (both read
//! 2026-11-21). Their files are below `\\wsl.localhost\<name>`
//! (<https://learn.microsoft.com/windows/wsl/filesystems>).

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use collector::{Environment, Platform};

use crate::init::program;

/// How long `wsl.exe` may take. It answers in a fraction of a second, unless the service hangs.
const DEADLINE: Duration = Duration::from_secs(5);
/// Distributions that hold no homes: those of Docker Desktop (<https://docs.docker.com/desktop/features/wsl/>).
const WITHOUT_HOMES: [&str; 2] = ["docker-desktop", "docker-desktop-data"];

/// The surroundings of a scan: with the homes of running distributions, asked for once per run. With `--home` there
/// are no variables, so that the system's folder is not known and nothing is asked.
pub(crate) fn with_homes(environment: &Environment) -> Environment {
    static HOMES: OnceLock<Vec<PathBuf>> = OnceLock::new();
    let other_homes = match program_path(environment) {
        Some(path) => HOMES.get_or_init(|| ask(&path)).clone(),
        None => environment.other_homes.clone(),
    };
    Environment { other_homes, ..environment.clone() }
}

/// `wsl.exe` where Windows keeps it: another of that name in the search path is not asked.
fn program_path(environment: &Environment) -> Option<PathBuf> {
    if environment.platform != Platform::Windows {
        return None;
    }
    let mut variables = environment.variables.iter();
    // Names of variables have no case under Windows.
    let (_, folder) = variables.find(|(name, _)| name.eq_ignore_ascii_case("SystemRoot"))?;
    Some(Path::new(folder).join("System32").join("wsl.exe")).filter(|path| path.is_file())
}

/// Homes of all running distributions; none if nobody answers.
fn ask(program: &Path) -> Vec<PathBuf> {
    let arguments = ["--list", "--running", "--quiet"];
    let Ok(printed) = program::output(&program.to_string_lossy(), &arguments, b"", DEADLINE) else {
        return Vec::new();
    };
    let names = distributions(&printed);
    names.iter().flat_map(|name| homes(Path::new(&format!(r"\\wsl.localhost\{name}")))).collect()
}

/// The names that `wsl.exe` printed, in UTF-16 or UTF-8.
fn distributions(printed: &[u8]) -> Vec<String> {
    let text = if printed.contains(&0) {
        let pairs = printed.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        char::decode_utf16(pairs).map(|letter| letter.unwrap_or('\u{fffd}')).collect()
    } else {
        String::from_utf8_lossy(printed).into_owned()
    };
    let names = text.lines().map(|line| line.trim_matches(['\u{feff}', ' ', '\r', '\0']));
    // A name is a part of a path; what else is printed, such as "There are no running distributions.", is none.
    let is_letter = |letter: char| letter.is_alphanumeric() || "._-".contains(letter);
    let is_name = |name: &&str| {
        !name.is_empty()
            && name.chars().all(is_letter)
            && !WITHOUT_HOMES.contains(&name.to_lowercase().as_str())
            && !name.starts_with('.')
    };
    names.filter(is_name).map(str::to_owned).collect()
}

/// The home folders of a Linux system whose files are below a folder.
fn homes(root: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(root.join("home")).into_iter().flatten().flatten();
    let mut homes: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    homes.sort();
    homes.extend(Some(root.join("root")).filter(|path| path.is_dir()));
    homes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn names_are_read_in_both_encodings() {
        let printed = "Ubuntu-24.04\r\nDebian\r\ndocker-desktop\r\n\r\nMüller\r\n";
        let names = ["Ubuntu-24.04", "Debian", "Müller"];
        assert_eq!(distributions(&utf16(printed)), names);
        assert_eq!(distributions(&utf16(&format!("\u{feff}{printed}"))), names);
        assert_eq!(distributions(printed.as_bytes()), names);
        assert_eq!(distributions(b""), [""; 0]);
    }

    #[test]
    fn what_is_no_name_is_left_out() {
        for printed in [
            "There are no running distributions.\r\n",
            "..\r\n",
            "a\\b\r\n",
            "Es werden keine Verteilungen ausgeführt.\r\n",
        ] {
            assert_eq!(distributions(&utf16(printed)), [""; 0], "{printed}");
        }
        // Half of a letter at the end is no letter.
        let mut cut = utf16("Debian\r\nU");
        cut.pop();
        assert_eq!(distributions(&cut), ["Debian"]);
    }

    #[test]
    fn homes_are_those_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        assert!(homes(root).is_empty());
        for home in ["home/jane", "home/ann"] {
            fs_err::create_dir_all(root.join(home)).unwrap();
        }
        fs_err::write(root.join("home/note.txt"), "x").unwrap();
        assert_eq!(homes(root), [root.join("home/ann"), root.join("home/jane")]);
        fs_err::create_dir_all(root.join("root")).unwrap();
        assert_eq!(homes(root).len(), 3);
    }

    #[test]
    fn nothing_is_asked_elsewhere_nor_with_a_named_home() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(folder.path().join("System32")).unwrap();
        fs_err::write(folder.path().join("System32/wsl.exe"), "x").unwrap();
        let system = folder.path().to_string_lossy().into_owned();
        let environment = |platform, name: &str| Environment {
            home: folder.path().to_owned(),
            other_homes: Vec::new(),
            variables: BTreeMap::from([(name.to_owned(), system.clone())]),
            platform,
            now: "2026-06-01T12:00:00Z".parse().unwrap(),
        };
        assert!(program_path(&environment(Platform::Windows, "SYSTEMROOT")).is_some());
        assert_eq!(program_path(&environment(Platform::Windows, "other")), None);
        assert_eq!(program_path(&environment(Platform::Linux, "SystemRoot")), None);
        let linux = environment(Platform::Linux, "SystemRoot");
        assert_eq!(with_homes(&linux).other_homes, linux.other_homes);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_fails_or_hangs_is_no_fault() {
        assert!(ask(Path::new("/nowhere/wsl.exe")).is_empty());
        assert!(ask(Path::new("/bin/false")).is_empty());
        let begun = std::time::Instant::now();
        let short = Duration::from_millis(50);
        assert!(program::output("/bin/sleep", &["9"], b"", short).is_err());
        assert!(begun.elapsed() < DEADLINE);
    }
}
