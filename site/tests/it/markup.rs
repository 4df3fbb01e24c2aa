//! A small checker of markup, strict enough for XML: balanced tags, quoted attributes that occur once, no
//! loose `<` or `&`.

/// Elements of HTML without an end.
const VOID: [&str; 2] = ["meta", "link"];

/// What is wrong with a page, or nothing.
pub(crate) fn html(text: &str) -> Result<(), String> {
    let text = text.strip_prefix("<!doctype html>").ok_or("no doctype")?;
    // The text of a style sheet is not markup.
    let (before, rest) = text.split_once("<style>").ok_or("no style")?;
    let (_, after) = rest.split_once("</style>").ok_or("an open style")?;
    check(&format!("{before}{after}"), &VOID)
}

/// What is wrong with an SVG file, or nothing.
pub(crate) fn svg(text: &str) -> Result<(), String> {
    if !text.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"") {
        return Err("not an SVG file".to_owned());
    }
    check(text, &[])
}

fn check(mut text: &str, void: &[&str]) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    while let Some(start) = text.find('<') {
        words(&text[..start])?;
        if open.is_empty() && !text[..start].trim().is_empty() {
            return Err(format!("text outside of elements: {}", &text[..start]));
        }
        text = &text[start + 1..];
        if let Some(rest) = text.strip_prefix('/') {
            let (name, after) = rest.split_once('>').ok_or("an open end tag")?;
            let expected = open.pop();
            if expected != Some(name) {
                return Err(format!("</{name}> closes {expected:?}"));
            }
            text = after;
        } else {
            let (name, closed, after) = tag(text)?;
            if !closed && !void.contains(&name) {
                open.push(name);
            }
            text = after;
        }
    }
    words(text)?;
    if open.is_empty() { Ok(()) } else { Err(format!("never closed: {open:?}")) }
}

/// Name of a start tag, whether it is closed, and what comes after it.
fn tag(text: &str) -> Result<(&str, bool, &str), String> {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let end = text.find(|next| !letter(next)).ok_or("an open tag")?;
    let (name, mut rest) = text.split_at(end);
    if name.is_empty() {
        return Err(format!("a loose < before {}", text.chars().take(20).collect::<String>()));
    }
    let mut seen = Vec::new();
    loop {
        rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            return Ok((name, true, after));
        }
        if let Some(after) = rest.strip_prefix('>') {
            return Ok((name, false, after));
        }
        let (key, after) = rest.split_once('=').ok_or_else(|| format!("{name} is open"))?;
        let quote = after.chars().next().filter(|quote| ['"', '\''].contains(quote));
        let quote = quote.ok_or_else(|| format!("{key} has no quotes"))?;
        let (value, after) =
            after[1..].split_once(quote).ok_or_else(|| format!("{key} is open"))?;
        if !key.chars().all(letter_of_key) || seen.contains(&key) {
            return Err(format!("attribute {key:?} of {name}"));
        }
        // The icon of the page is the one value that may hold markup.
        if value.contains('<') && !value.starts_with("data:image/svg+xml,") {
            return Err(format!("{key} of {name} holds a <"));
        }
        words(value)?;
        seen.push(key);
        rest = after;
    }
}

fn letter_of_key(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '-'
}

/// Every `&` begins an entity, and no control character is there.
fn words(text: &str) -> Result<(), String> {
    if let Some(control) = text.chars().find(|letter| letter.is_control() && *letter != '\n') {
        return Err(format!("control character {control:?}"));
    }
    for after in text.split('&').skip(1) {
        let entity = after.split_once(';').map_or("", |(entity, _)| entity);
        let number = entity.strip_prefix('#').is_some_and(|number| {
            number.strip_prefix('x').map_or_else(
                || number.parse::<u32>().is_ok(),
                |hex| u32::from_str_radix(hex, 16).is_ok(),
            )
        });
        if !number && !["amp", "lt", "gt", "quot"].contains(&entity) {
            return Err(format!("a loose & before {}", after.chars().take(20).collect::<String>()));
        }
    }
    Ok(())
}

#[test]
fn the_checker_finds_faults() {
    assert_eq!(check("<p class=\"a\">x &amp; y<br/></p>", &[]), Ok(()));
    for fault in [
        "<p>",
        "</p>",
        "<p></b>",
        "<p a=\"1\" a=\"2\"></p>",
        "<p>a & b</p>",
        "<p>a < b</p>",
        "<p a=b></p>",
        "<p a=\"<b>\"></p>",
        "<p>\u{1}</p>",
        "x<p></p>",
    ] {
        assert!(check(fault, &[]).is_err(), "{fault}");
    }
}
