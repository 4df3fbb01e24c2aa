//! Which forge an address belongs to, and the pages of it that a person must visit.

/// The software of a git host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forge {
    GitHub,
    GitLab,
    /// Forgejo and Gitea.
    Forgejo,
}

/// A repository on a git host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hosted {
    pub(crate) forge: Option<Forge>,
    pub(crate) host: String,
    /// User, organisation, or groups.
    pub(crate) owner: String,
    pub(crate) name: String,
}

impl Hosted {
    /// Understands `https://host/owner/name.git`, `ssh://git@host/owner/name` and `git@host:owner/name`.
    pub(crate) fn of(address: &str) -> Option<Self> {
        let (host, path) = match address.split_once("://") {
            Some(("https" | "http" | "ssh" | "git", rest)) => rest.split_once('/')?,
            Some(_) => return None,
            None => address.split_once(':').filter(|(host, path)| !is_path(host, path))?,
        };
        let host = host.rsplit('@').next()?.split(':').next()?.to_lowercase();
        let path = path.trim_matches('/').trim_end_matches(".git");
        let (owner, name) = path.rsplit_once('/')?;
        let is_whole = !host.is_empty() && !owner.is_empty() && !name.is_empty();
        is_whole.then(|| Self {
            forge: forge(&host),
            host,
            owner: owner.to_owned(),
            name: name.to_owned(),
        })
    }

    /// `owner/name`.
    pub(crate) fn slug(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// The same repository as strangers name it.
    pub(crate) fn https(&self) -> String {
        format!("https://{}/{}", self.host, self.slug())
    }

    /// Where a deploy key is added.
    pub(crate) fn deploy_key_page(&self) -> String {
        let end = match self.forge {
            Some(Forge::GitLab) => "-/settings/repository",
            Some(Forge::Forgejo) => "settings/keys",
            _ => "settings/keys/new",
        };
        format!("{}/{end}", self.https())
    }

    /// Where a secret of the workflow is added.
    pub(crate) fn secret_page(&self) -> String {
        let end = match self.forge {
            Some(Forge::GitLab) => "-/settings/ci_cd",
            Some(Forge::Forgejo) => "settings/actions/secrets",
            _ => "settings/secrets/actions/new",
        };
        format!("{}/{end}", self.https())
    }

    /// Where Pages are switched on.
    pub(crate) fn pages_page(&self) -> String {
        let end = match self.forge {
            Some(Forge::GitLab) => "pages",
            Some(Forge::Forgejo) => "settings",
            _ => "settings/pages",
        };
        format!("{}/{end}", self.https())
    }

    /// Where a schedule is given to the workflow, on a host that keeps it apart from the file.
    pub(crate) fn schedule_page(&self) -> Option<String> {
        let is_gitlab = self.forge == Some(Forge::GitLab);
        is_gitlab.then(|| format!("{}/-/pipeline_schedules/new", self.https()))
    }

    /// The address of its Pages, where the host's rule is known: <https://docs.github.com/en/pages>,
    /// <https://docs.gitlab.com/user/project/pages/getting_started_part_one/> and
    /// <https://docs.codeberg.org/codeberg-pages/>. `--page-address` says another one.
    pub(crate) fn page_address(&self) -> Option<String> {
        let domain = match self.host.as_str() {
            "github.com" => "github.io",
            "gitlab.com" => "gitlab.io",
            "codeberg.org" => "codeberg.page",
            _ => return None,
        };
        let (top, below) = self.owner.split_once('/').unwrap_or((&self.owner, ""));
        let own = format!("{}.{domain}", top.to_lowercase());
        if below.is_empty()
            && (self.name.to_lowercase() == own
                || (domain == "codeberg.page" && self.name == "pages"))
        {
            return Some(format!("https://{own}/"));
        }
        let below = if below.is_empty() { String::new() } else { format!("{below}/") };
        Some(format!("https://{own}/{below}{}/", self.name))
    }

    /// The branch that the host serves, if it is not the usual one.
    pub(crate) fn page_branch(&self) -> Option<&'static str> {
        (self.host == "codeberg.org").then_some("pages")
    }
}

/// `C:\x` and `./a:b` are no hosts.
fn is_path(host: &str, path: &str) -> bool {
    host.len() < 2 || host.contains(['/', '\\']) || path.starts_with('\\')
}

fn forge(host: &str) -> Option<Forge> {
    let first = host.split('.').next().unwrap_or_default();
    match (host, first) {
        ("github.com", _) => Some(Forge::GitHub),
        (_, "gitlab") => Some(Forge::GitLab),
        ("codeberg.org", _) | (_, "forgejo" | "gitea") => Some(Forge::Forgejo),
        _ => None,
    }
}

/// A path is meant from where the command runs, and the configuration is read from anywhere; URLs stay as they are.
pub(crate) fn settled(address: &str) -> String {
    let is_short = address.split_once(':').is_some_and(|(host, path)| !is_path(host, path));
    if address.is_empty() || address.contains("://") || address.starts_with('~') || is_short {
        return address.to_owned();
    }
    std::path::absolute(address)
        .map_or_else(|_| address.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Where a new repository is made, with what can be filled in.
pub(crate) fn new_repository_page(name: &str, is_private: bool) -> String {
    let visibility = if is_private { "private" } else { "public" };
    format!("https://github.com/new?name={name}&visibility={visibility}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_form_of_an_address_names_the_same_repository() {
        for address in [
            "https://github.com/me/data",
            "https://token@github.com/me/data.git/",
            "ssh://git@github.com:22/me/data.git",
            "git@github.com:me/data.git",
            "git@GitHub.com:me/data",
        ] {
            let hosted = Hosted::of(address).unwrap_or_else(|| panic!("{address}"));
            assert_eq!(hosted.https(), "https://github.com/me/data", "{address}");
            assert_eq!(hosted.forge, Some(Forge::GitHub));
        }
        for address in
            ["/srv/data.git", "file:///srv/a/b", "C:\\a\\b", "data", "https://github.com/me"]
        {
            assert_eq!(Hosted::of(address), None, "{address}");
        }
    }

    #[test]
    fn a_path_is_meant_from_where_the_command_runs() {
        for address in ["git@host:me/data.git", "host:data", "https://host/data", "~/data", ""] {
            assert_eq!(settled(address), address);
        }
        assert!(
            settled("data.git").ends_with("data.git")
                && Path::new(&settled("data.git")).is_absolute()
        );
    }

    #[test]
    fn pages_and_settings_have_the_addresses_of_their_host() {
        for (address, page, keys) in [
            (
                "git@github.com:Me/x",
                Some("https://me.github.io/x/"),
                "https://github.com/Me/x/settings/keys/new",
            ),
            (
                "git@github.com:me/me.github.io",
                Some("https://me.github.io/"),
                "https://github.com/me/me.github.io/settings/keys/new",
            ),
            (
                "https://gitlab.com/g/sub/x",
                Some("https://g.gitlab.io/sub/x/"),
                "https://gitlab.com/g/sub/x/-/settings/repository",
            ),
            (
                "https://codeberg.org/me/pages",
                Some("https://me.codeberg.page/"),
                "https://codeberg.org/me/pages/settings/keys",
            ),
            (
                "https://git.example.org/me/x",
                None,
                "https://git.example.org/me/x/settings/keys/new",
            ),
        ] {
            let hosted = Hosted::of(address).unwrap_or_else(|| panic!("{address}"));
            assert_eq!(hosted.page_address().as_deref(), page);
            assert_eq!(hosted.deploy_key_page(), keys);
        }
    }
}
