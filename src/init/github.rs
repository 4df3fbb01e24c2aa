//! What is done at GitHub, with its own program `gh` and the rights that the user gave it.

use std::path::Path;

use crate::init::answers::Place;
use crate::init::program::{NoResult, run};
use crate::init::survey::Survey;

/// Title of the deploy key.
const KEY_TITLE: &str = "token-matters";

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Login {
    pub(crate) user: String,
    /// Whether git is to use SSH.
    pub(crate) is_ssh: bool,
}

impl Login {
    /// A private repository that is not there yet; a name alone is one of the user's own.
    pub(crate) fn new_place(&self, name: &str) -> (Place, Survey) {
        let slug =
            if name.contains('/') { name.to_owned() } else { format!("{}/{name}", self.user) };
        let start = if self.is_ssh { "git@github.com:" } else { "https://github.com/" };
        let address = format!("{start}{slug}.git");
        (Place::New { slug, address }, Survey { is_public: Some(false), ..Survey::default() })
    }
}

/// Asks `gh` who is logged in.
pub(crate) fn login() -> Result<Login, String> {
    let remedy = |result: NoResult| match result {
        NoResult::Missing => "the program gh is not there (https://cli.github.com)".to_owned(),
        NoResult::Failed(said) => format!("gh is not logged in; run `gh auth login` ({said})"),
    };
    run("gh", &["auth", "status", "--hostname", "github.com"], b"").map_err(remedy)?;
    let user = run("gh", &["api", "user", "--jq", ".login"], b"").map_err(remedy)?;
    let protocol = run("gh", &["config", "get", "git_protocol", "--host", "github.com"], b"");
    let is_ssh = protocol.is_ok_and(|protocol| protocol.trim() == "ssh");
    Ok(Login { user: user.trim().to_owned(), is_ssh })
}

/// Makes a repository, unless it is there. Whether it was made.
pub(crate) fn create(slug: &str, is_private: bool) -> Result<bool, String> {
    if run("gh", &["repo", "view", slug, "--json", "name"], b"").is_ok() {
        return Ok(false);
    }
    let visibility = if is_private { "--private" } else { "--public" };
    call(&["repo", "create", slug, visibility])?;
    Ok(true)
}

/// Whether a secret of that name is there already.
pub(crate) fn has_secret(slug: &str, name: &str) -> Result<bool, String> {
    let list = call(&["secret", "list", "--repo", slug, "--json", "name", "--jq", ".[].name"])?;
    Ok(list.lines().any(|line| line.trim() == name))
}

/// Makes a key pair: the public half may write into the page's repository, the private half becomes a secret of the
/// data repository. Neither stays on this machine.
pub(crate) fn deploy_key(page: &str, data: &str, secret: &str) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o700));
    }
    let folder = builder.prefix("token-matters-key-").tempdir().map_err(told)?;
    let private = folder.path().join("key");
    let path = text(&private)?;
    run("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", KEY_TITLE, "-f", path], b"")
        .map_err(|result| match result {
            NoResult::Missing => "ssh-keygen is not there: install OpenSSH".to_owned(),
            NoResult::Failed(said) => said,
        })?;
    let public = private.with_extension("pub");
    let key = fs_err::read(&private).map_err(told)?;
    call(&[
        "repo",
        "deploy-key",
        "add",
        text(&public)?,
        "--repo",
        page,
        "--title",
        KEY_TITLE,
        "--allow-write",
    ])?;
    let set = run("gh", &["secret", "set", secret, "--repo", data], &key);
    set.map_err(said)?;
    folder.close().map_err(told)
}

/// Where Pages of a repository come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PagesFrom<'a> {
    /// A branch.
    Branch(&'a str),
    /// What a workflow hands over.
    Workflow,
}

/// Switches Pages on, unless they are on already. Whether they were switched on.
pub(crate) fn enable_pages(slug: &str, from: PagesFrom<'_>) -> Result<bool, String> {
    let path = format!("repos/{slug}/pages");
    if run("gh", &["api", &path], b"").is_ok() {
        return Ok(false);
    }
    let branch;
    let fields = match from {
        PagesFrom::Branch(name) => {
            branch = format!("source[branch]={name}");
            vec!["-f", "build_type=legacy", "-f", &branch, "-f", "source[path]=/"]
        }
        PagesFrom::Workflow => vec!["-f", "build_type=workflow"],
    };
    call(&[&["api", "-X", "POST", &path], fields.as_slice()].concat())?;
    Ok(true)
}

/// Starts a workflow.
pub(crate) fn start_workflow(slug: &str, file: &str) -> Result<(), String> {
    call(&["workflow", "run", file, "--repo", slug]).map(drop)
}

fn call(arguments: &[&str]) -> Result<String, String> {
    run("gh", arguments, b"").map_err(said)
}

fn said(result: NoResult) -> String {
    match result {
        NoResult::Missing => "the program gh is not there (https://cli.github.com)".to_owned(),
        NoResult::Failed(said) => said,
    }
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str()
        .ok_or_else(|| format!("{} is not UTF-8: set TMPDIR to another folder", path.display()))
}
