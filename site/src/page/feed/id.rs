//! Ids of entries: the same for ever, and different from those of other sites as far as the address is known.

use data_schema::HashId;

use crate::context::Context;

/// A tag URI (RFC 4151) below the site's address, or an urn that is made of the key alone.
pub(super) fn of(context: &Context<'_>, key: &str) -> String {
    let address = context.data.site.address.as_deref();
    address
        .and_then(authority)
        .map_or_else(|| urn(key), |(host, path)| format!("tag:{host},2026:{path}/{key}"))
}

/// Host and path of an address, if they can stand in a tag as they are.
fn authority(address: &str) -> Option<(String, &str)> {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.split(':').next().unwrap_or(host).to_ascii_lowercase();
    let path = path.trim_end_matches('/');
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let is_path = |byte: u8| is_host(byte) || b"_~/%".contains(&byte);
    (!host.is_empty() && host.bytes().all(is_host) && path.bytes().all(is_path))
        .then_some((host, path))
}

/// A UUID of a kind of its own (RFC 9562, version 8).
fn urn(key: &str) -> String {
    let half = |part: &str| HashId::new("feed", &format!("{part} {key}")).bits();
    let (high, low) = (half("high"), half("low"));
    format!(
        "urn:uuid:{:08x}-{:04x}-8{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_the_name_of_the_tags_and_an_odd_one_does_not() {
        assert_eq!(
            authority("https://Me.github.io/tokens/"),
            Some(("me.github.io".into(), "tokens"))
        );
        assert_eq!(authority("http://host:8080"), Some(("host".into(), "")));
        for odd in ["", "ftp://x", "https://", "https://a b/", "https://x/<y>", "https://ü.de/"] {
            assert_eq!(authority(odd), None, "{odd}");
        }
    }

    #[test]
    fn an_urn_is_a_uuid_and_depends_on_the_key_alone() {
        let one = urn("week/2026-W08");
        assert_eq!(one, urn("week/2026-W08"));
        assert_ne!(one, urn("week/2026-W09"));
        let groups: Vec<usize> = one["urn:uuid:".len()..].split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12]);
    }
}
