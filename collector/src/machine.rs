//! The name of a machine, as Token Matters 1.x derived it.

use data_schema::Secret;

/// The host's name without `.local`, in lower case, with one `-` for every run of other characters.
///
/// ```
/// assert_eq!(collector::machine_name("Ann's MacBook Pro.local"), "ann-s-macbook-pro");
/// ```
///
/// What looks like a key or an e-mail address becomes a hash: the name is stored, and may be published.
pub fn machine_name(host: &str) -> String {
    if Secret::of(host).is_some() {
        let hash = Secret::hash(host);
        return hash.replace("sha256:", "machine-");
    }
    let lower = host.trim().to_lowercase();
    let lower = lower.strip_suffix(".local").unwrap_or(&lower);
    let mut name = String::new();
    for letter in lower.chars() {
        if letter.is_ascii_alphanumeric() {
            name.push(letter);
        } else if !name.ends_with('-') {
            name.push('-');
        }
    }
    let name = name.trim_matches('-');
    if name.is_empty() { "machine".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_for_paths() {
        for (host, name) in [
            ("Work.LOCAL", "work"),
            ("dev_box.example.com", "dev-box-example-com"),
            ("--x--", "x"),
            ("日本", "machine"),
            ("", "machine"),
            ("jane@example.com", "machine-8c87b489ce35cf2e"),
        ] {
            assert_eq!(machine_name(host), name);
        }
    }
}
