//! Which work is wanted: `projects.include` and `projects.exclude` of the configuration.
//!
//! A rule is a folder (`~/work`, with all below it) or a git remote (`github.com/owner/name`); `*` stands for any run
//! of characters in both. What both lists name is excluded.

use std::path::Path;

use crate::ProjectRules;

/// The rules, ready to be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules {
    include: Vec<Rule>,
    exclude: Vec<Rule>,
    /// Differs where other work is wanted; 0 without rules.
    pub(crate) fingerprint: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    /// A folder, with `/` between its parts and none at the end.
    Folder(String),
    /// `host/owner/name` in lower case.
    Remote(String),
}

/// What is known of the place where work was done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The working folder, as the log names it.
    pub(crate) folder: &'a str,
    /// The folder of the repository around it, of which it may be a work tree.
    pub(crate) repository: Option<&'a Path>,
    /// The repository's remote: `host/owner/name`.
    pub(crate) remote: Option<&'a str>,
}

impl Rules {
    pub(crate) fn new(rules: &ProjectRules, home: &Path) -> Self {
        let read = |texts: &[String]| -> Vec<Rule> {
            let texts = texts.iter().filter(|text| !text.trim().is_empty());
            texts.map(|text| Rule::new(text.trim(), home)).collect()
        };
        let (include, exclude) = (read(&rules.include), read(&rules.exclude));
        if include.is_empty() && exclude.is_empty() {
            return Self::default();
        }
        let text = format!("{include:?}{exclude:?}");
        let fingerprint = store::check(text.as_bytes()).max(1);
        Self { include, exclude, fingerprint }
    }

    /// Whether all work is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        self.fingerprint == 0
    }

    /// Whether work in no known place is left out.
    pub(crate) fn needs_project(&self) -> bool {
        !self.include.is_empty()
    }

    /// Whether work at a place is wanted.
    pub(crate) fn wants(&self, place: Place<'_>) -> bool {
        let names = |rules: &[Rule]| rules.iter().any(|rule| rule.names(place));
        !names(&self.exclude) && (self.include.is_empty() || names(&self.include))
    }

    /// What tells logs that were stored under these rules from those that were stored under others.
    pub(crate) fn mark(&self) -> u32 {
        u32::try_from(self.fingerprint & u64::from(u32::MAX)).unwrap_or(0)
    }

    /// What a folder was looked at with: its repository's signature, and these rules.
    pub(crate) fn mix(&self, signature: u64) -> u64 {
        if self.is_empty() {
            return signature;
        }
        let numbers = [signature.to_le_bytes(), self.fingerprint.to_le_bytes()];
        store::check(&numbers.concat()).max(1)
    }
}

impl Rule {
    fn new(text: &str, home: &Path) -> Self {
        let home = home.to_string_lossy();
        let below = ["~", "$HOME"].iter().find_map(|short| text.strip_prefix(short));
        if let Some(below) = below.filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\'])) {
            return Self::Folder(folder(&format!("{home}{below}")));
        }
        let is_drive = text.as_bytes().get(1) == Some(&b':')
            && text.as_bytes().get(2).is_none_or(|byte| b"/\\".contains(byte));
        if text.starts_with(['/', '\\']) || is_drive {
            return Self::Folder(folder(text));
        }
        Self::Remote(remote(text))
    }

    fn names(&self, place: Place<'_>) -> bool {
        match self {
            Self::Folder(rule) => {
                let repository = place.repository.map(Path::to_string_lossy);
                covers(rule, &folder(place.folder))
                    || repository.is_some_and(|repository| covers(rule, &folder(&repository)))
            }
            Self::Remote(rule) => {
                place.remote.is_some_and(|name| fits(rule.as_bytes(), remote(name).as_bytes()))
            }
        }
    }
}

/// A folder in the spelling that rules are compared in.
fn folder(text: &str) -> String {
    let is_windows = text.contains('\\') || text.as_bytes().get(1) == Some(&b':');
    let slashes = if is_windows { text.replace('\\', "/") } else { text.to_owned() };
    let parts = slashes.split('/').filter(|part| !part.is_empty() && *part != ".");
    let root = if slashes.starts_with('/') { "/" } else { "" };
    let whole = format!("{root}{}", parts.collect::<Vec<_>>().join("/"));
    // Their file systems do not tell capitals from small letters.
    if is_windows || cfg!(target_os = "macos") { whole.to_lowercase() } else { whole }
}

/// `host/owner/name` of any spelling of a remote, in lower case: hosts and owners do not tell capitals apart.
fn remote(text: &str) -> String {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let user_ends = text.find('/').unwrap_or(text.len());
    let text = text[..user_ends].rfind('@').map_or(text, |at| &text[at + 1..]);
    let text = match text.split_once(':') {
        // `git@host:owner/name`, but `host:22/owner/name`.
        Some((host, rest)) if !host.contains('/') => {
            let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
            format!("{host}/{}", rest.trim_start_matches('/'))
        }
        _ => text.to_owned(),
    };
    let text = text.trim_matches('/');
    text.strip_suffix(".git").unwrap_or(text).to_lowercase()
}

/// Whether a folder is what the rule names, or lies below it.
fn covers(rule: &str, folder: &str) -> bool {
    let ends = folder.match_indices('/').map(|(end, _)| end).chain([folder.len()]);
    let mut above = ends.map(|end| &folder[..end.max(1).min(folder.len())]);
    above.any(|folder| fits(rule.as_bytes(), folder.as_bytes()))
}

/// Whether a text fits a pattern in which `*` stands for any run of characters.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut pattern_at, mut text_at) = (0, 0);
    // Where the last star stands, and the text that it has taken.
    let mut star: Option<(usize, usize)> = None;
    while text_at < text.len() {
        match pattern.get(pattern_at) {
            Some(b'*') => {
                star = Some((pattern_at, text_at));
                pattern_at += 1;
            }
            Some(byte) if *byte == text[text_at] => {
                pattern_at += 1;
                text_at += 1;
            }
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                pattern_at = at + 1;
                text_at = taken + 1;
            }
        }
    }
    pattern[pattern_at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(include: &[&str], exclude: &[&str]) -> Rules {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let rules = ProjectRules { include: texts(include), exclude: texts(exclude) };
        Rules::new(&rules, Path::new("/home/ann"))
    }

    fn place<'a>(folder: &'a str, remote: Option<&'a str>) -> Place<'a> {
        Place { folder, repository: None, remote }
    }

    #[test]
    fn a_folder_covers_all_below_it_and_nothing_beside_it() {
        for rule in ["~/work", "$HOME/work/", "/home/ann/work", "/home/./ann//work"] {
            let rules = rules(&[], &[rule]);
            for folder in ["/home/ann/work", "/home/ann/work/app/src", "/home/ann/work/"] {
                assert!(!rules.wants(place(folder, Some("github.com/o/n"))), "{rule}: {folder}");
            }
            for folder in ["/home/ann/workshop", "/home/ann", "/home/bob/work", "/x/home/ann/work"]
            {
                assert!(rules.wants(place(folder, None)), "{rule}: {folder}");
            }
        }
        assert!(!rules(&[], &["/"]).wants(place("/anything", None)));
        assert!(!rules(&[], &["~"]).wants(place("/home/ann/x", None)));
        assert!(!rules(&[], &["/home/*/secret"]).wants(place("/home/ann/secret/app", None)));
        assert!(!rules(&[], &["C:\\Work"]).wants(place("c:\\work\\app", None)));
    }

    #[test]
    fn a_remote_is_named_in_any_spelling_and_with_stars() {
        let name = Some("github.com/Acme/Rocket");
        for rule in [
            "github.com/acme/rocket",
            "github.com/acme/*",
            "*/rocket",
            "https://github.com/acme/rocket.git",
            "git@github.com:acme/rocket.git",
            "ssh://git@github.com:22/acme/rocket/",
        ] {
            assert!(!rules(&[], &[rule]).wants(place("/w", name)), "{rule}");
        }
        for rule in ["github.com/acme", "github.com/acme/rocket2", "gitlab.com/acme/*", "rocket"] {
            assert!(rules(&[], &[rule]).wants(place("/w", name)), "{rule}");
        }
    }

    #[test]
    fn with_an_include_list_only_that_is_wanted_and_exclude_goes_first() {
        let only = rules(&["~/open", "github.com/me/*"], &["~/open/draft"]);
        assert!(only.wants(place("/home/ann/open/app", None)));
        assert!(only.wants(place("/tmp/x", Some("github.com/me/x"))));
        assert!(!only.wants(place("/home/ann/open/draft/a", Some("github.com/me/x"))));
        assert!(!only.wants(place("/home/ann/other", None)));
        assert!(only.needs_project() && !rules(&[], &["~/x"]).needs_project());
    }

    #[test]
    fn a_work_tree_is_where_its_repository_is_as_well() {
        let repository = Some(Path::new("/home/ann/work/app"));
        let tree = Place { folder: "/tmp/tree", repository, remote: Some("github.com/o/n") };
        assert!(!rules(&[], &["~/work"]).wants(tree));
        assert!(rules(&["~/work"], &[]).wants(tree));
        assert!(!rules(&[], &["/tmp"]).wants(tree));
    }

    #[test]
    fn rules_that_want_the_same_are_the_same_and_none_change_nothing() {
        assert_eq!(rules(&[], &["~/a"]).fingerprint, rules(&[], &["$HOME/a/"]).fingerprint);
        assert_ne!(rules(&[], &["~/a"]).fingerprint, rules(&["~/a"], &[]).fingerprint);
        assert_ne!(rules(&[], &["~/a"]).mix(0), 0);
        assert_eq!((rules(&[], &[" "]).mix(0), rules(&[], &[]).mix(7)), (0, 7));
    }
}
