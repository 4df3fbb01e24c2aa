//! The template of the line: text, names of fields in braces, and parts in brackets that are left out where a field in
//! them is unknown. It has no loops and no conditions, so that no template can hold up a prompt.

use data_schema::nearest;

/// What stands for a field that is unknown.
const UNKNOWN: &str = "–";
/// How deep brackets may stand in brackets.
const DEPTH: usize = 8;

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Field(String),
    Group(Vec<Piece>),
}

/// Where values come from.
pub(super) trait Values {
    /// The value of a field; `None` if it is unknown.
    fn value(&self, field: &str) -> Option<String>;
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in a few words: they stand in the line itself.
    pub(super) fn parse(text: &str, is_field: impl Fn(&str) -> bool) -> Result<Self, String> {
        let mut reader = Reader { rest: text.chars().peekable(), is_field: &is_field };
        reader.pieces(0).map(Self)
    }

    /// The line.
    pub(super) fn render(&self, values: &impl Values) -> String {
        let mut line = String::new();
        render(&self.0, values, &mut line, UNKNOWN);
        line
    }
}

/// What to say of a name that is none of the fields.
pub(super) fn unknown_field<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let near = nearest(name, known);
    let hint = near.map_or_else(
        || "docs/statusline.md has all fields".to_owned(),
        |near| format!("did you mean {{{near}}}?"),
    );
    format!("{{{name}}} is no field: {hint}")
}

struct Reader<'a, F> {
    rest: std::iter::Peekable<std::str::Chars<'a>>,
    is_field: &'a F,
}

impl<F: Fn(&str) -> bool> Reader<'_, F> {
    /// Reads to the end of the text, or of the brackets that it is in.
    fn pieces(&mut self, depth: usize) -> Result<Vec<Piece>, String> {
        let mut pieces = Vec::new();
        let mut text = String::new();
        loop {
            let letter = self.rest.next();
            let piece = match letter {
                Some('{') => Piece::Field(self.field()?),
                Some('[') if depth == DEPTH => {
                    return Err("too many brackets in brackets".to_owned());
                }
                Some('[') => Piece::Group(self.pieces(depth + 1)?),
                Some('\\') => {
                    text.push(self.escaped()?);
                    continue;
                }
                Some(']') if depth == 0 => {
                    return Err("a ] without a [; write \\] for the sign".to_owned());
                }
                Some('}') => return Err("a } without a {; write \\} for the sign".to_owned()),
                None if depth > 0 => {
                    return Err("a [ without a ]; write \\[ for the sign".to_owned());
                }
                Some(']') | None => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(text));
                    }
                    return Ok(pieces);
                }
                Some(letter) => {
                    text.push(letter);
                    continue;
                }
            };
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(piece);
        }
    }

    fn field(&mut self) -> Result<String, String> {
        let mut name = String::new();
        loop {
            match self.rest.next() {
                Some('}') => break,
                Some(letter) => name.push(letter),
                None => return Err("a { without a }; write \\{ for the sign".to_owned()),
            }
        }
        let name = name.trim();
        if (self.is_field)(name) { Ok(name.to_owned()) } else { Err(name.to_owned()) }
            .map_err(|name| format!("{{{name}}}"))
    }

    fn escaped(&mut self) -> Result<char, String> {
        match self.rest.next() {
            Some('n') => Ok('\n'),
            Some(letter @ ('{' | '}' | '[' | ']' | '\\')) => Ok(letter),
            _ => Err("a \\ stands before { } [ ] \\ or n only".to_owned()),
        }
    }
}

/// Whether all fields were known. Parts in brackets answer for themselves.
fn render(pieces: &[Piece], values: &impl Values, line: &mut String, unknown: &str) -> bool {
    let mut is_known = true;
    for piece in pieces {
        match piece {
            Piece::Text(text) => line.push_str(text),
            Piece::Field(name) => {
                let value = values.value(name);
                is_known &= value.is_some();
                line.push_str(value.as_deref().unwrap_or(unknown));
            }
            Piece::Group(pieces) => {
                let before = line.len();
                if !render(pieces, values, line, "") {
                    line.truncate(before);
                }
            }
        }
    }
    is_known
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Known;

    impl Values for Known {
        fn value(&self, field: &str) -> Option<String> {
            (field != "none").then(|| field.to_uppercase())
        }
    }

    fn rendered(text: &str) -> Result<String, String> {
        let is_field = |name: &str| ["a", "b", "none"].contains(&name);
        Template::parse(text, is_field).map(|template| template.render(&Known))
    }

    #[test]
    fn fields_are_replaced_and_parts_without_a_value_left_out() {
        for (text, line) in [
            ("", ""),
            ("x {a} y", "x A y"),
            ("{ a }{b}", "AB"),
            ("{a}[ · {none}]{b}", "AB"),
            ("[{a} · ]{none}", "A · –"),
            ("[{a}[ ({none})] · ]x", "A · x"),
            ("[{none}[ ({a})] · ]x", "x"),
            ("\\{a\\} \\[\\] \\\\ a\\nb", "{a} [] \\ a\nb"),
            ("[text]", "text"),
            ("é{a}–", "éA–"),
        ] {
            assert_eq!(rendered(text).as_deref(), Ok(line), "{text}");
        }
    }

    #[test]
    fn faults_say_what_is_wrong() {
        for (text, word) in [
            ("{a", "a { without"),
            ("a}", "a } without"),
            ("[a", "a [ without"),
            ("a]", "a ] without"),
            ("\\x", "a \\ stands"),
            ("a\\", "a \\ stands"),
            ("{c}", "{c}"),
            ("{}", "{}"),
            ("{a{b}}", "{a{b}"),
        ] {
            let fault = rendered(text).unwrap_err();
            assert!(fault.starts_with(word), "{text}: {fault}");
        }
        assert_eq!(rendered(&"[".repeat(9)).unwrap_err(), "too many brackets in brackets");
        assert_eq!(
            unknown_field("modle", ["model", "today"].into_iter()),
            "{modle} is no field: did you mean {model}?"
        );
    }
}
