//! Credentials of the user's own at Amazon, as Amazon's tools keep them.
//!
//! <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html> (read 2026-11-21): `[NAME]` in
//! `~/.aws/credentials`, `[default]` and `[profile NAME]` in `~/.aws/config`. Keys that stand there are used. A profile
//! that gets its keys elsewhere (single sign-on, a role, a program) is not followed: Amazon's own tool writes them out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use data_schema::Confidential;

/// How long keys are used before the files are read again: other programs renew what ends by itself.
const KEPT: Duration = Duration::from_secs(30);

/// Keys to sign with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AwsKeys {
    /// The access key's id.
    pub id: String,
    /// The secret access key.
    pub secret: Confidential,
    /// The session's token, of keys that end by themselves.
    pub token: Option<Confidential>,
}

/// Where the keys of a person are, and where Bedrock is.
#[derive(Debug)]
pub struct AwsProfile {
    region: String,
    place: Place,
    read: Mutex<Option<(Instant, AwsKeys)>>,
}

#[derive(Debug)]
enum Place {
    /// Handed in, from variables.
    Keys(AwsKeys),
    /// In Amazon's files, under this name.
    Files { name: String, folder: PathBuf },
}

impl AwsKeys {
    /// Credentials, as Amazon hands them out; `token` for those that end by themselves.
    pub fn new(id: impl Into<String>, secret: Confidential, token: Option<Confidential>) -> Self {
        Self { id: id.into(), secret, token }
    }
}

impl AwsProfile {
    /// Keys that are known.
    pub fn of_keys(region: impl Into<String>, keys: AwsKeys) -> Self {
        Self { region: region.into(), place: Place::Keys(keys), read: Mutex::default() }
    }

    /// A profile in a folder such as `~/.aws`.
    pub fn of_files(region: impl Into<String>, name: &str, folder: &Path) -> Self {
        let place = Place::Files { name: name.to_owned(), folder: folder.to_owned() };
        Self { region: region.into(), place, read: Mutex::default() }
    }

    /// Where Bedrock is.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The keys.
    ///
    /// # Errors
    ///
    /// There are none, with what to do.
    pub fn keys(&self) -> Result<AwsKeys, String> {
        let (name, folder) = match &self.place {
            Place::Keys(keys) => return Ok(keys.clone()),
            Place::Files { name, folder } => (name, folder),
        };
        let mut read = self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some((at, keys)) = read.as_ref()
            && at.elapsed() < KEPT
        {
            return Ok(keys.clone());
        }
        let keys = keys_in(name, folder)?;
        *read = Some((Instant::now(), keys.clone()));
        Ok(keys)
    }
}

/// The region that a profile names.
pub(crate) fn region_of(name: &str, folder: &Path) -> Option<String> {
    section(&folder.join("config"), &in_config(name)).remove("region")
}

fn keys_in(name: &str, folder: &Path) -> Result<AwsKeys, String> {
    let mut found = section(&folder.join("config"), &in_config(name));
    found.extend(section(&folder.join("credentials"), name));
    let secret = |key: Option<String>| key.filter(|key| !key.is_empty()).map(Confidential::new);
    let id = found.remove("aws_access_key_id").filter(|id| !id.is_empty());
    let token = secret(found.remove("aws_session_token"));
    if let (Some(id), Some(secret)) = (id, secret(found.remove("aws_secret_access_key"))) {
        return Ok(AwsKeys { id, secret, token });
    }
    let elsewhere =
        ["sso_session", "sso_start_url", "credential_process", "role_arn", "login_session"];
    let remedy = format!(
        "start the proxy with what `aws configure export-credentials --profile {name} --format env` prints, or use a \
         Bedrock API key"
    );
    Err(match elsewhere.iter().find(|key| found.contains_key(**key)) {
        Some(key) => format!(
            "the AWS profile `{name}` gets its keys elsewhere (`{key}`), which the proxy does not follow: {remedy}"
        ),
        None => format!(
            "{} has no keys of the AWS profile `{name}`: `aws configure --profile {name}` stores some, or {remedy}",
            folder.display()
        ),
    })
}

fn in_config(name: &str) -> String {
    if name == "default" { name.to_owned() } else { format!("profile {name}") }
}

/// The keys and values of one section; nothing where there is no file.
fn section(path: &Path, name: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let text = fs_err::read_to_string(path).unwrap_or_default();
    let mut is_here = false;
    for line in text.lines() {
        if let Some(heading) = line.trim().strip_prefix('[') {
            let heading = heading.split(']').next().unwrap_or_default();
            is_here = heading.split_whitespace().eq(name.split_whitespace());
        } else if is_here
            && !line.starts_with([' ', '\t', '#', ';'])
            && let Some((key, value)) = line.split_once('=')
        {
            found.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(config: &str, credentials: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("config"), config).unwrap();
        fs_err::write(folder.path().join("credentials"), credentials).unwrap();
        folder
    }

    #[test]
    fn keys_of_a_profile_are_found_and_shown_nowhere() {
        let folder = folder(
            "[default]\nregion = eu-west-1\n[profile work]\nregion = eu-central-1\ns3 =\n  region = no\n",
            "# mine\n[default]\naws_access_key_id = A0\naws_secret_access_key = S0=\n\n[work]\naws_access_key_id=A1\naws_secret_access_key=S1\naws_session_token=T1\n",
        );
        assert_eq!(region_of("work", folder.path()).as_deref(), Some("eu-central-1"));
        assert_eq!(region_of("default", folder.path()).as_deref(), Some("eu-west-1"));
        let profile = AwsProfile::of_files("eu-central-1", "work", folder.path());
        let keys = profile.keys().unwrap();
        let expected = AwsKeys::new("A1", Confidential::new("S1"), Some(Confidential::new("T1")));
        assert_eq!(keys, expected);
        assert!(!format!("{profile:?}").contains("S1"), "{profile:?}");
        let default = AwsProfile::of_files("eu-west-1", "default", folder.path()).keys().unwrap();
        assert_eq!(default.secret.expose(), "S0=");
    }

    #[test]
    fn what_is_not_followed_is_told_with_a_remedy() {
        let folder = folder("[profile sso]\nsso_session = corp\nregion = us-east-1\n", "");
        let told =
            |name: &str| AwsProfile::of_files("us-east-1", name, folder.path()).keys().unwrap_err();
        assert!(told("sso").contains("`sso_session`"), "{}", told("sso"));
        assert!(told("sso").contains("aws configure export-credentials --profile sso"));
        assert!(told("none").contains("has no keys of the AWS profile `none`"), "{}", told("none"));
    }
}
