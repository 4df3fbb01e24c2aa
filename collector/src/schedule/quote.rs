//! How each scheduler takes a text literally.

/// One word for a POSIX shell.
pub fn shell(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// One word for the shell in a line of a crontab.
///
/// cron takes an unescaped `%` for a line end and takes the backslash away from `\%`, some versions also from `\\`
/// (crontab(5) of cronie and of Debian's cron 3.0). Quotes are closed and opened after each backslash, so that no two
/// stand together and none stands before a `%` of the text.
pub fn cron(text: &str) -> String {
    if !text.is_empty() && text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut word = String::from("'");
    for letter in text.chars() {
        match letter {
            '\'' => word.push_str(r"'\''"),
            '\\' => word.push_str(r"\''"),
            '%' => word.push_str(r"\%"),
            _ => word.push(letter),
        }
    }
    word.push('\'');
    word
}

/// One word of a systemd unit: C escapes in quotes, `%` doubled because of specifiers (systemd.syntax(7),
/// systemd.unit(5)). An argument of `ExecStart` also has its `$` doubled: see [`systemd_argument`].
pub fn systemd(text: &str) -> String {
    let escaped = text.replace('\\', r"\\").replace('"', "\\\"").replace('%', "%%");
    if !text.is_empty() && text.bytes().all(|byte| is_plain(byte) || byte == b'%') {
        return escaped;
    }
    format!("\"{escaped}\"")
}

/// One argument of a systemd `ExecStart`, in which `$` begins a variable and `$$` is a dollar (systemd.service(5)).
/// Its first word, the program, is taken as it is.
pub fn systemd_argument(text: &str) -> String {
    systemd(&text.replace('$', "$$"))
}

/// One argument of a Windows command line, as the C run time takes it apart: backslashes are doubled before a quote
/// only (learn.microsoft.com, "Parsing C command-line arguments", read 2026-11-21).
pub fn windows(text: &str) -> String {
    if !text.is_empty() && !text.contains([' ', '\t', '"']) {
        return text.to_owned();
    }
    let mut word = String::from("\"");
    let mut backslashes = 0;
    for letter in text.chars() {
        if letter == '"' {
            word.extend(std::iter::repeat_n('\\', backslashes + 1));
        }
        backslashes = if letter == '\\' { backslashes + 1 } else { 0 };
        word.push(letter);
    }
    word.extend(std::iter::repeat_n('\\', backslashes));
    word.push('"');
    word
}

/// The content of an XML element.
pub fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Letters that mean themselves everywhere.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"/._-+:,@=".contains(&byte)
}
