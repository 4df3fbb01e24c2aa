//! Where Claude Code keeps its logs.

use std::path::PathBuf;

use crate::environment::Platform;
use crate::source::{Located, Place};

/// The variable that moves Claude Code's folder; several folders may stand in it, with commas.
const VARIABLE: &str = "CLAUDE_CONFIG_DIR";

/// `claudeDir` of the configuration, else `$CLAUDE_CONFIG_DIR`, else `~/.claude` and its XDG twin,
/// and the desktop application's agent sessions.
pub(super) fn locate(place: &Place<'_>) -> Located {
    let environment = place.environment;
    if let Some(configured) = place.configured {
        let folders = vec![projects(environment.expand(configured))];
        return Located::among(folders, Some("`providers.claude-code.claudeDir`"));
    }
    if let Some(list) = environment.variable(VARIABLE) {
        let folders = list
            .split(',')
            .map(str::trim)
            .filter(|folder| !folder.is_empty())
            .map(|folder| projects(environment.expand(folder)))
            .collect();
        return Located::among(folders, Some("`CLAUDE_CONFIG_DIR`"));
    }
    let mut folders = vec![
        environment.home.join(".claude/projects"),
        environment.config_home().join("claude/projects"),
    ];
    folders.extend(desktop(place));
    Located::among(folders, None)
}

/// Somebody may name the folder of the projects itself.
fn projects(folder: PathBuf) -> PathBuf {
    if folder.ends_with("projects") { folder } else { folder.join("projects") }
}

/// Claude Desktop's agent mode writes the same files.
fn desktop(place: &Place<'_>) -> Option<PathBuf> {
    let environment = place.environment;
    let base = match environment.platform {
        Platform::MacOs => environment.home.join("Library/Application Support"),
        Platform::Windows => PathBuf::from(environment.variable("APPDATA")?),
        Platform::Linux => environment.config_home(),
    };
    Some(base.join("Claude/local-agent-mode-sessions"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;

    fn environment(variables: &[(&str, &str)]) -> (tempfile::TempDir, Environment) {
        let home = tempfile::tempdir().unwrap();
        let pairs = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let environment = Environment {
            home: home.path().to_owned(),
            variables: pairs.collect(),
            platform: Platform::Linux,
            now: "2026-05-01T00:00:00Z".parse().unwrap(),
        };
        (home, environment)
    }

    fn located(environment: &Environment, configured: Option<&str>) -> Located {
        locate(&Place { environment, configured })
    }

    #[test]
    fn without_any_setting_both_default_folders_are_looked_for() {
        let (home, environment) = environment(&[("CLAUDE_CONFIG_DIR", " ")]);
        fs_err::create_dir_all(home.path().join(".config/claude/projects")).unwrap();
        let located = located(&environment, None);
        assert_eq!(located.roots, [home.path().join(".config/claude/projects")]);
        assert_eq!(located.looked[0], home.path().join(".claude/projects"));
        assert!(located.missing.is_empty());
    }

    #[test]
    fn a_variable_with_several_folders_replaces_the_defaults() {
        let (home, environment) = environment(&[("CLAUDE_CONFIG_DIR", "~/a, ~/b")]);
        for folder in ["a/projects", "b/projects", ".claude/projects"] {
            fs_err::create_dir_all(home.path().join(folder)).unwrap();
        }
        let roots = located(&environment, None).roots;
        assert_eq!(roots, [home.path().join("a/projects"), home.path().join("b/projects")]);
    }

    #[test]
    fn a_named_folder_that_is_missing_is_told() {
        let (_home, environment) = environment(&[("CLAUDE_CONFIG_DIR", "/nowhere")]);
        let missing = located(&environment, None).missing;
        assert_eq!(missing, ["`CLAUDE_CONFIG_DIR` names /nowhere/projects, which does not exist"]);
        let missing = located(&environment, Some("~/gone")).missing;
        assert!(missing[0].starts_with("`providers.claude-code.claudeDir` names"), "{missing:?}");
    }
}
