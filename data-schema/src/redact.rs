//! Secrets where none should be: keys, tokens and e-mail addresses in names.
//!
//! A record's names come from logs, and people put anything there: a key as the name of a model, an address as
//! the name of a folder. What looks like one is replaced by its hash before it is stored, so that it still tells
//! records apart. Folders (`$HOME/work/app`) and remotes (`github.com/owner/name`) look like none of these.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};

use crate::{Attribution, LimitReading, Text, Usage, UsageRecord};

/// What a text looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Secret {
    /// A key of a known service.
    Key,
    /// A signed token (JWT).
    SignedToken,
    /// A private key (PEM).
    PrivateKey,
    /// Long and random.
    Random,
    /// An e-mail address.
    Email,
}

/// How a key of a service begins, how long the rest is at least, and whether the rest must mix letters and
/// digits, because the beginning alone may stand in a name (`sk-learn`).
///
/// Sources (read 2026-11-21): <https://github.com/gitleaks/gitleaks/blob/master/config/gitleaks.toml>,
/// <https://docs.github.com/en/authentication/keeping-your-account-and-data-secure/about-authentication-to-github>.
const KEYS: [(&str, usize, bool); 24] = [
    ("sk-", 20, true),
    ("sk_live_", 16, false),
    ("sk_test_", 16, false),
    ("rk_live_", 16, false),
    ("ghp_", 30, false),
    ("gho_", 30, false),
    ("ghu_", 30, false),
    ("ghs_", 30, false),
    ("ghr_", 30, false),
    ("github_pat_", 20, false),
    ("glpat-", 20, true),
    ("xoxa-", 10, false),
    ("xoxb-", 10, false),
    ("xoxp-", 10, false),
    ("xoxr-", 10, false),
    ("xoxs-", 10, false),
    ("xapp-", 20, true),
    ("AIza", 30, false),
    ("hf_", 30, true),
    ("npm_", 30, true),
    ("pypi-", 40, true),
    ("gsk_", 30, true),
    ("xai-", 30, true),
    ("ya29.", 20, true),
];
/// How access keys of AWS begin; 16 capitals and digits follow.
const AWS_KEYS: [&str; 2] = ["AKIA", "ASIA"];
/// Characters of a random text at least.
const RANDOM_LENGTH: usize = 32;
/// Percent of neighbours in a random text that are of different kinds (capital, small, digit) at least. Of 62
/// characters taken at random it is 62, of words in one capital each about 30.
const RANDOM_CHANGES: usize = 45;
/// Texts that are remembered at most, so that hostile logs cannot fill the memory.
const REMEMBERED: usize = 1 << 16;

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Key => "the key of a service",
            Self::SignedToken => "a signed token",
            Self::PrivateKey => "a private key",
            Self::Random => "a long random text",
            Self::Email => "an e-mail address",
        })
    }
}

impl Secret {
    /// What a text looks like; `None` for a plain name.
    pub fn of(text: &str) -> Option<Self> {
        if text.len() < 6 {
            return None;
        }
        if text.contains("-----BEGIN ") && text.contains("KEY") {
            return Some(Self::PrivateKey);
        }
        text.split(ends_word).find_map(Self::of_word)
    }

    fn of_word(word: &str) -> Option<Self> {
        if word.len() < 6 {
            None
        } else if is_key(word) {
            Some(Self::Key)
        } else if is_signed_token(word) {
            Some(Self::SignedToken)
        } else if is_email(word) {
            Some(Self::Email)
        } else if is_random(word) {
            Some(Self::Random)
        } else {
            None
        }
    }

    /// The text with `…` in place of every word that looks like a secret: for lines of a log, which people read and
    /// pass on.
    pub fn mask(text: &str) -> Cow<'_, str> {
        if Self::of(text).is_none() {
            return Cow::Borrowed(text);
        }
        if Self::of(text) == Some(Self::PrivateKey) {
            return Cow::Borrowed("…");
        }
        let pieces = text.split_inclusive(ends_word).map(|piece| {
            let word = piece.trim_end_matches(ends_word);
            match Self::of_word(word) {
                Some(_) => format!("…{}", &piece[word.len()..]),
                None => piece.to_owned(),
            }
        });
        Cow::Owned(pieces.collect())
    }

    /// What stands in place of a secret: enough to tell it apart from others, nothing to read.
    pub fn hash(text: &str) -> String {
        format!("sha256:{}", HEXLOWER.encode(&Sha256::digest(text)[..8]))
    }
}

/// What parts words in texts that hold secrets.
fn ends_word(letter: char) -> bool {
    letter.is_whitespace() || "/\\\"'`<>()[]{},;:=&?#|".contains(letter)
}

fn is_token(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// Whether one stretch of letters and digits is long and has both.
fn is_mixed(text: &str) -> bool {
    let mut stretches = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    stretches.any(|stretch| {
        stretch.len() >= 10
            && stretch.bytes().any(|byte| byte.is_ascii_digit())
            && stretch.bytes().any(|byte| byte.is_ascii_alphabetic())
    })
}

fn is_key(word: &str) -> bool {
    let is_known = KEYS.iter().any(|(prefix, length, mixed)| {
        word.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= *length && is_token(rest) && (!mixed || is_mixed(rest))
        })
    });
    let is_aws = AWS_KEYS.iter().any(|prefix| {
        word.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() == 16
                && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        })
    });
    is_known || is_aws || is_two_part_key(word)
}

/// 32 hex digits, a point, 16 letters and digits: a key of Zhipu (GLM), which 1.x had in its configuration.
fn is_two_part_key(word: &str) -> bool {
    word.split_once('.').is_some_and(|(id, secret)| {
        id.len() == 32
            && id.bytes().all(|byte| byte.is_ascii_hexdigit())
            && secret.len() == 16
            && secret.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// Three parts of base64url, the first of which is a JSON object: RFC 7519.
fn is_signed_token(word: &str) -> bool {
    let parts: Vec<&str> = word.split('.').collect();
    word.starts_with("eyJ")
        && parts.len() == 3
        && is_token(word)
        && parts[..2].iter().all(|part| part.len() >= 8)
}

/// The user of a git remote (`git@github.com`) is nobody's address.
fn is_email(word: &str) -> bool {
    let Some((user, host)) = word.split_once('@') else { return false };
    let Some((name, top)) = host.rsplit_once('.') else { return false };
    let is_user = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte) || byte > 127;
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    user != "git"
        && !user.is_empty()
        && !name.is_empty()
        && user.bytes().all(is_user)
        && name.bytes().all(is_host)
        && (2..=24).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_random(word: &str) -> bool {
    let kind = |byte: u8| match byte {
        b'A'..=b'Z' => Some(0),
        b'a'..=b'z' => Some(1),
        b'0'..=b'9' => Some(2),
        _ => None,
    };
    let kinds: Vec<usize> = word.bytes().filter_map(kind).collect();
    let others = word.len() - kinds.len();
    let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let count = |kind| kinds.iter().filter(|other| **other == kind).count();
    kinds.len() >= RANDOM_LENGTH
        && others <= word.len() / 12
        && [0, 1].into_iter().all(|kind| count(kind) >= 3)
        && count(2) >= 2
        && changes * 100 >= (kinds.len() - 1) * RANDOM_CHANGES
}

/// Takes secrets out of what is stored. Every text is looked at once; a text that many records share costs one
/// look at an address.
#[derive(Debug, Default)]
pub struct Redactor {
    /// By the address of a text, which is kept so that nothing else gets it.
    known: FxHashMap<usize, (Text, Option<Text>)>,
    found: BTreeMap<Secret, BTreeSet<Text>>,
}

impl Redactor {
    /// The record without secrets; `None` if it has none.
    pub fn record(&mut self, record: &UsageRecord) -> Option<UsageRecord> {
        let Usage { model, requested_model, tier, region, currency, .. } = &record.usage;
        let Attribution { project, agent, client, key, vendor, .. } = &record.attribution;
        let optional =
            [requested_model, tier, region, currency, project, agent, client, key, vendor];
        let model = self.text(model);
        let new = optional.map(|text| text.as_ref().and_then(|text| self.text(text)));
        if model.is_none() && new.iter().all(Option::is_none) {
            return None;
        }
        let mut record = record.clone();
        record.usage.model = model.unwrap_or(record.usage.model);
        let (usage, part) = (&mut record.usage, &mut record.attribution);
        let places = [
            &mut usage.requested_model,
            &mut usage.tier,
            &mut usage.region,
            &mut usage.currency,
            &mut part.project,
            &mut part.agent,
            &mut part.client,
            &mut part.key,
            &mut part.vendor,
        ];
        for (place, new) in places.into_iter().zip(new) {
            if new.is_some() {
                *place = new;
            }
        }
        Some(record)
    }

    /// The same for a reading of limits.
    pub fn limit(&mut self, reading: &LimitReading) -> Option<LimitReading> {
        let mut changed = reading.clone();
        let texts = [Some(&mut changed.window), changed.scope.as_mut(), Some(&mut changed.via)];
        let mut is_changed = false;
        for text in texts.into_iter().flatten() {
            if let Some(new) = self.look(&Text::from(text.as_str())) {
                *text = new.to_string();
                is_changed = true;
            }
        }
        is_changed.then_some(changed)
    }

    /// What was found: how many different texts of each kind.
    pub fn found(&self) -> impl Iterator<Item = (Secret, usize)> {
        self.found.iter().map(|(kind, texts)| (*kind, texts.len()))
    }

    fn text(&mut self, text: &Text) -> Option<Text> {
        let address = Arc::as_ptr(text).addr();
        if let Some((known, new)) = self.known.get(&address)
            && known.len() == text.len()
        {
            return new.clone();
        }
        let new = self.look(text);
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(address, (Text::clone(text), new.clone()));
        new
    }

    fn look(&mut self, text: &Text) -> Option<Text> {
        let kind = Secret::of(text)?;
        let hash = Text::from(Secret::hash(text));
        self.found.entry(kind).or_default().insert(Text::clone(&hash));
        Some(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RecordId;

    #[test]
    fn what_looks_like_a_secret_is_found() {
        let random = "aZ3kQ9xLm2Rt7VbN4pWc8YdE5fGh1JsU";
        for (text, kind) in [
            ("sk-proj-4fT9aB2cD3eF4gH5iJ6kL7mN8oP9qR0s", Secret::Key),
            ("sk-ant-api03-Xy12Zw34Ab56Cd78Ef90Gh12Ij34Kl56", Secret::Key),
            ("sk-or-v1-0123456789abcdef0123456789abcdef", Secret::Key),
            ("openai:sk-4fT9aB2cD3eF4gH5iJ6kL7mN", Secret::Key),
            ("key=sk_live_4fT9aB2cD3eF4gH5iJ6k", Secret::Key),
            ("ghp_0123456789abcdefghijABCDEFGHIJ012345", Secret::Key),
            ("github_pat_11ABCDEFG0abcdefghijkl_mnopqrstuv", Secret::Key),
            ("$HOME/glpat-4fT9aB2cD3eF4gH5iJ6k/app", Secret::Key),
            ("xoxb-123456789012-1234567890123-AbCdEf", Secret::Key),
            ("AKIAIOSFODNN7EXAMPLE", Secret::Key),
            ("AIzaSyA1B2C3D4E5F6G7H8I9J0K1L2M3N4O5P6Q", Secret::Key),
            ("0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMnOp", Secret::Key),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", Secret::SignedToken),
            ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", Secret::PrivateKey),
            (random, Secret::Random),
            (&format!("$HOME/{random}/x"), Secret::Random),
            ("jane.doe@example.com", Secret::Email),
            ("/Users/jane.doe@example.co.uk/work", Secret::Email),
            ("Jane <jane+ai@example.com>", Secret::Email),
            ("https://jane:hunter2@example.com/x.git", Secret::Email),
            ("jörg@example.com", Secret::Email),
        ] {
            assert_eq!(Secret::of(text), Some(kind), "{text}");
        }
    }

    #[test]
    fn a_line_of_a_log_loses_its_secrets_only() {
        let key = "sk-ant-api03-Xy12Zw34Ab56Cd78Ef90Gh12Ij34Kl56";
        let line = format!("error: GET http://host/v1?key={key}&alt=sse failed: \"{key}\"");
        let masked = Secret::mask(&line);
        assert_eq!(masked, "error: GET http://host/v1?key=…&alt=sse failed: \"…\"");
        assert_eq!(
            Secret::mask("request 5f0c9a1be27d4430 ended"),
            "request 5f0c9a1be27d4430 ended"
        );
        assert_eq!(Secret::mask("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl"), "…");
    }

    #[test]
    fn plain_names_are_left_alone() {
        for text in [
            "",
            "claude-opus-4-6",
            "claude-sonnet-4-5-20250929",
            "us.anthropic.claude-sonnet-4-20250514-v1:0",
            "claude-3-5-sonnet-v2@20241022",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-1",
            "ft:gpt-4o-2024-08-06:my-org:custom-suffix:AbCdEf12",
            "accounts/fireworks/models/llama-v3p1-405b-instruct",
            "$HOME/x",
            "$HOME/sk-learn/pipelines-with-2024-data",
            "$HOME/work/sk-experiments-with-transformers-2024",
            "github.com/owner/name",
            "git@github.com:owner/name.git",
            "github.com/Some-Organisation/MyVeryLongRepositoryNameWithWords2024",
            "$HOME/MyCompany-InternalTools-Frontend2024V2x",
            "/private/var/folders/zz/zyxvpxvq6csfxvn_n0000000000000/T/scratch",
            "$HOME/.codex/worktrees/3f2b/da39a3ee5e6b4b0d3255bfef95601890afd80709",
            "$HOME/e3b0c442-98fc-4c14-9afb-f4c8996fb924",
            "C:\\Users\\jane\\Documents\\AKIA",
            "claude-cli/2.1.0 (external, cli)",
            "@anthropic-ai/claude-code@2.1.0",
            "codex_cli_rs 0.99.0",
            "general-purpose",
            "priority",
            "us-east-1",
            "7d-opus",
            "xai-grok-code-fast-1-for-long-contexts",
            "hf_spaces_of_my_team_with_a_long_name_of_words",
            "日本語のプロジェクト/とても長い名前のフォルダーです",
            "sha256:0123456789abcdef",
        ] {
            assert_eq!(Secret::of(text), None, "{text}");
        }
    }

    #[test]
    fn every_name_of_a_record_is_looked_at_and_the_rest_stays() {
        let at = "2026-05-01T10:00:00Z".parse().unwrap();
        let plain = UsageRecord::new(RecordId::new("t", "a", ""), at);
        let mut redactor = Redactor::default();
        assert_eq!(redactor.record(&plain), None);
        let secret = |number: u8| Text::from(format!("jane{number}@example.com"));
        let mut record = plain.clone();
        record.usage.model = secret(0);
        record.usage.requested_model = Some(secret(1));
        record.usage.tier = Some(secret(2));
        record.usage.region = Some(secret(3));
        record.usage.currency = Some(secret(4));
        record.attribution.project = Some(secret(5));
        record.attribution.agent = Some(secret(6));
        record.attribution.client = Some(secret(7));
        record.attribution.key = Some(secret(8));
        record.attribution.vendor = Some(secret(9));
        let new = redactor.record(&record).unwrap();
        let json = serde_json::to_string(&new).unwrap();
        assert!(!json.contains("jane"), "{json}");
        for number in 0..10 {
            assert!(json.contains(&Secret::hash(&secret(number))), "{number}: {json}");
        }
        assert_eq!((new.id, new.at), (record.id, record.at));
        assert_eq!(redactor.record(&record).unwrap(), new, "and the same again");
        assert_eq!(redactor.record(&new), None, "a hash is no secret");
        assert_eq!(redactor.found().collect::<Vec<_>>(), [(Secret::Email, 10)]);
        let mut reading = LimitReading {
            at,
            account: None,
            window: "5h".into(),
            scope: None,
            used_fraction: None,
            resets_at: None,
            via: "log".into(),
            source: None,
        };
        assert_eq!(redactor.limit(&reading), None);
        reading.scope = Some("bob@example.com".into());
        assert!(redactor.limit(&reading).unwrap().scope.unwrap().starts_with("sha256:"));
        assert_eq!(redactor.found().collect::<Vec<_>>(), [(Secret::Email, 11)]);
    }
}
