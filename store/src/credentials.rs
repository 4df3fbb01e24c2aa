//! A user name and password that stand in an address. Git starts its helper for HTTP with the whole address as an
//! argument, and everybody on the machine can read the arguments of all processes. So git is given the address without
//! them, and the two through variables, which their owner alone can read.

use crate::program::Call;

/// The name under which git finds an address that must not be an argument.
pub(crate) const HIDDEN: &str = "token-matters-address";
/// Answers git's question for a login (gitcredentials(7)): the text of the program holds no secret.
const HELPER: &str = r#"!f() { test "$1" = get && printf 'username=%s\npassword=%s\n' "$TOKEN_MATTERS_GIT_USER" "$TOKEN_MATTERS_GIT_PASSWORD"; }; f"#;

/// The parts of an address with a password.
#[derive(Debug, PartialEq, Eq)]
struct Login<'a> {
    scheme: &'a str,
    /// As they stand there.
    user_info: &'a str,
    /// With its port.
    host: &'a str,
    user: String,
    password: String,
}

/// Whether an address holds a password.
pub fn has_password(address: &str) -> bool {
    user_info(address).is_some_and(|(_, info, _)| info.contains(':'))
}

/// Scheme, `user:password` and host of a URL.
fn user_info(address: &str) -> Option<(&str, &str, &str)> {
    let (scheme, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (info, host) = authority.rsplit_once('@')?;
    Some((scheme, info, host))
}

impl<'a> Login<'a> {
    /// `None` for an address without a password: git then asks the user's own helpers, which may need the user name.
    fn of(address: &'a str) -> Option<Self> {
        let (scheme, user_info, host) = user_info(address)?;
        let (user, password) = user_info.split_once(':')?;
        let login =
            Self { scheme, user_info, host, user: decoded(user)?, password: decoded(password)? };
        let is_http = matches!(scheme, "http" | "https");
        let is_clean =
            ![&login.user, &login.password].iter().any(|text| text.contains(['\n', '\0']));
        (is_http && is_clean).then_some(login)
    }
}

/// Text with `%41` in place of `A`.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let hex = behind.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let byte = byte.filter(|_| *first == b'%');
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8(bytes).ok()
}

/// The address as an argument of a call that is made [`Call::to`] it, where no name of a remote can stand.
pub(crate) fn without_password(address: &str) -> String {
    match Login::of(address) {
        Some(login) => address.replacen(&format!("{}@", login.user_info), "", 1),
        None => address.to_owned(),
    }
}

impl Call<'_> {
    /// A call that asks an address, as a remote of the repository or as [`HIDDEN`].
    pub(crate) fn to(self, address: &str) -> Self {
        let hidden = self
            .variable("GIT_CONFIG_KEY_0", format!("remote.{HIDDEN}.url"))
            .variable("GIT_CONFIG_VALUE_0", address);
        let Some(login) = Login::of(address) else {
            return hidden.variable("GIT_CONFIG_COUNT", "1");
        };
        let Login { scheme, user_info, host, user, password } = login;
        hidden
            .variable("GIT_CONFIG_KEY_1", format!("url.{scheme}://{host}.insteadOf"))
            .variable("GIT_CONFIG_VALUE_1", format!("{scheme}://{user_info}@{host}"))
            // The user's helpers know nothing better, and must not keep it.
            .variable("GIT_CONFIG_KEY_2", format!("credential.{scheme}://{host}.helper"))
            .variable("GIT_CONFIG_VALUE_2", "")
            .variable("GIT_CONFIG_KEY_3", format!("credential.{scheme}://{host}.helper"))
            .variable("GIT_CONFIG_VALUE_3", HELPER)
            .variable("GIT_CONFIG_COUNT", "4")
            .variable("TOKEN_MATTERS_GIT_USER", user)
            .variable("TOKEN_MATTERS_GIT_PASSWORD", password)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_an_address_are_told_apart() {
        let login = Login::of("https://me:p%40s%2Fs%@h:8080/x@y").unwrap();
        assert_eq!((login.host, login.user_info), ("h:8080", "me:p%40s%2Fs%"));
        assert_eq!((login.user.as_str(), login.password.as_str()), ("me", "p@s/s%"));
        for address in [
            "https://me@h/x",
            "https://h/x:y@z",
            "ssh://git:x@h/y",
            "git@h:x",
            "https://a:b%0Ac@h",
            "/srv/a:b@c",
        ] {
            assert_eq!(Login::of(address), None, "{address}");
        }
        assert_eq!(without_password("https://me:p@h/x@y"), "https://h/x@y");
        assert_eq!(without_password("https://me@h/x"), "https://me@h/x");
        assert!(has_password("https://a:b@h/x") && has_password("ssh://git:x@h/y"));
        assert!(!has_password("https://me@h/x") && !has_password("git@h:x"));
    }

    #[cfg(unix)]
    #[test]
    fn a_repository_whose_address_holds_a_password_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("remotes/data.git");
        let address = "https://me:hunter2@127.0.0.1:1/data.git".to_owned();
        let program = crate::GitProgram::new("git", std::time::Duration::from_secs(30));
        crate::Store::open_remote(&root, crate::Remote { address, program }).unwrap();
        let mode =
            |name: &str| std::fs::metadata(root.join(name)).unwrap().permissions().mode() & 0o777;
        assert!(fs_err::read_to_string(root.join("config")).unwrap().contains("hunter2"));
        assert_eq!([mode(""), mode("config")], [0o700, 0o600]);
    }

    /// A server that wants a login: for each request, what it said about one and all arguments of all processes.
    #[cfg(target_os = "linux")]
    fn server() -> (u16, std::thread::JoinHandle<Vec<(String, String)>>) {
        use std::io::{BufRead as _, BufReader, Write as _};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = move || {
            let mut seen = Vec::new();
            while seen.len() < 2 {
                let (mut stream, _) = listener.accept().unwrap();
                let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                let head: Vec<String> =
                    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
                let login = head.iter().find_map(|line| line.strip_prefix("Authorization: "));
                seen.push((login.unwrap_or_default().to_owned(), arguments()));
                let answer = match login {
                    Some(_) => "404 Not Found\r\n",
                    None => "401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n",
                };
                write!(stream, "HTTP/1.1 {answer}Content-Length: 0\r\nConnection: close\r\n\r\n")
                    .unwrap();
            }
            seen
        };
        (port, std::thread::spawn(serve))
    }

    #[cfg(target_os = "linux")]
    fn arguments() -> String {
        let folders = fs_err::read_dir("/proc").unwrap().flatten();
        let texts = folders.filter_map(|folder| fs_err::read(folder.path().join("cmdline")).ok());
        texts.map(|text| String::from_utf8_lossy(&text).replace('\0', " ") + "\n").collect()
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_password_in_an_address_reaches_the_server_and_no_list_of_processes() {
        use std::time::Duration;
        let (port, server) = server();
        let address = format!("http://me:hunter%2D-of-arguments@127.0.0.1:{port}/data.git");
        let program = crate::GitProgram::new("git", Duration::from_secs(30));
        let trouble = crate::Remote { address, program }.probe().unwrap_err();
        assert_eq!(trouble.kind, crate::TroubleKind::NoRepository, "{trouble}");
        let seen = server.join().unwrap();
        // me:hunter--of-arguments
        assert_eq!(seen[1].0, "Basic bWU6aHVudGVyLS1vZi1hcmd1bWVudHM=");
        for (_, arguments) in seen {
            assert!(arguments.contains("ls-remote"), "{arguments}");
            assert!(!arguments.contains("-of-arguments"), "{arguments}");
        }
    }
}
