//! Paths that tools write as addresses.

/// A text with its `%XX` put back. Bytes that are no UTF-8 then are replaced.
pub(crate) fn percent_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, hexadecimal(after)) {
            (b'%', Some(value)) => {
                decoded.push(value);
                rest = &after[2..];
            }
            _ => decoded.push(byte),
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

/// The byte that the first two digits stand for.
fn hexadecimal(text: &[u8]) -> Option<u8> {
    let digits = text.get(..2)?;
    // A sign would be taken as a part of a number.
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.contains(['+', '-']))?;
    u8::from_str_radix(digits, 16).ok()
}

/// The path that a `file://` address stands for (RFC 8089); `None` for any other address.
pub(crate) fn file_path(uri: &str) -> Option<String> {
    let path = percent_decoded(uri.strip_prefix("file://")?);
    let without_slash = path.strip_prefix('/').unwrap_or(&path);
    let is_drive = without_slash.as_bytes().get(1) == Some(&b':');
    Some(match (is_drive, path.starts_with('/')) {
        (true, _) => without_slash.to_owned(),
        (false, true) => path,
        // A host: a share of the network.
        (false, false) => format!("//{path}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_paths_again() {
        for (uri, path) in [
            ("file:///home/u/a%20b", "/home/u/a b"),
            ("file:///C:/w", "C:/w"),
            ("file:///c%3A/w", "c:/w"),
            ("file://server/share", "//server/share"),
        ] {
            assert_eq!(file_path(uri).as_deref(), Some(path), "{uri}");
        }
        assert_eq!(file_path("https://example.org/a"), None);
    }

    #[test]
    fn what_is_no_code_stays() {
        assert_eq!(percent_decoded("%2Fw%2Fa"), "/w/a");
        assert_eq!(percent_decoded("50%, %zz %+1 %"), "50%, %zz %+1 %");
    }
}
