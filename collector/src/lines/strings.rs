//! Shortens the strings of a JSON text that streams by, so that no parser has to hold an image of a
//! hundred megabytes, and replaces bytes in them that are not UTF-8.

use memchr::{memchr, memchr2};

/// Bytes of a string that are passed on. No name, path or id that is kept comes near it.
const KEPT_BYTES: usize = 64 * 1024;
/// A cut this far behind an escape cannot fall into the escape. Bytes.
const ESCAPE_BYTES: usize = 8;

/// Takes a JSON text in pieces. No piece may end inside of a UTF-8 character.
#[derive(Default)]
pub(super) struct ShortStrings {
    place: Place,
    /// Bytes of the current string that have been passed on.
    kept: usize,
    /// Bytes of it since its last escape.
    clear: usize,
    /// Whether that was the number of a character.
    numbered: bool,
}

#[derive(Clone, Copy, Default)]
enum Place {
    #[default]
    Outside,
    Text,
    /// Behind a backslash that has been passed on.
    Escape,
    /// In the part of a string that is left out.
    Dropped,
    /// Behind a backslash there.
    DroppedEscape,
}

impl ShortStrings {
    /// Passes a piece on to `out`.
    pub(super) fn pass(&mut self, mut piece: &[u8], out: &mut Vec<u8>) {
        while !piece.is_empty() {
            let taken = match self.place {
                Place::Outside => self.outside(piece, out),
                Place::Text => self.text(piece, out),
                Place::Escape => {
                    out.push(piece[0]);
                    self.kept += 2;
                    self.clear = 0;
                    self.numbered = piece[0] == b'u';
                    self.place = Place::Text;
                    1
                }
                Place::Dropped => self.dropped(piece, out),
                Place::DroppedEscape => {
                    self.place = Place::Dropped;
                    1
                }
            };
            piece = &piece[taken..];
        }
    }

    /// Zero bytes between values are what a crash leaves.
    fn outside(&mut self, piece: &[u8], out: &mut Vec<u8>) -> usize {
        let end = memchr(b'"', piece).map_or(piece.len(), |quote| quote + 1);
        if end > 0 && piece[end - 1] == b'"' {
            self.place = Place::Text;
            self.kept = 0;
            self.clear = ESCAPE_BYTES;
        }
        out.extend(piece[..end].iter().filter(|byte| **byte != 0));
        end
    }

    fn text(&mut self, piece: &[u8], out: &mut Vec<u8>) -> usize {
        let end = memchr2(b'"', b'\\', piece).unwrap_or(piece.len());
        let run = &piece[..end];
        if self.kept + run.len() > KEPT_BYTES
            && let Some(cut) = cut(run, KEPT_BYTES.saturating_sub(self.kept), self.clear)
        {
            push_text(&run[..cut], out);
            self.place = Place::Dropped;
            return cut;
        }
        push_text(run, out);
        self.kept += run.len();
        self.clear += run.len();
        match piece.get(end) {
            Some(b'"') => {
                out.push(b'"');
                self.place = Place::Outside;
            }
            Some(_) if self.kept > KEPT_BYTES && !self.is_behind_half_a_pair(out) => {
                self.place = Place::Dropped;
                return end;
            }
            Some(_) => {
                out.push(b'\\');
                self.place = Place::Escape;
            }
            None => return end,
        }
        end + 1
    }

    /// Whether the escape that ends here may be the first of the two that make one character.
    fn is_behind_half_a_pair(&self, out: &[u8]) -> bool {
        let is_half = match out.last_chunk() {
            Some([b'd' | b'D', second, _, _]) => b"89abAB".contains(second),
            Some(_) => false,
            // Its digits were passed on with the piece before.
            None => true,
        };
        self.numbered && self.clear == 4 && is_half
    }

    fn dropped(&mut self, piece: &[u8], out: &mut Vec<u8>) -> usize {
        let Some(end) = memchr2(b'"', b'\\', piece) else { return piece.len() };
        if piece[end] == b'"' {
            out.push(b'"');
            self.place = Place::Outside;
        } else {
            self.place = Place::DroppedEscape;
        }
        end + 1
    }
}

/// Where a run without escapes can be cut: between two characters, and clear of the escape that lies
/// `clear` bytes before it.
fn cut(run: &[u8], wanted: usize, clear: usize) -> Option<usize> {
    let is_start = |byte: &u8| byte & 0xC0 != 0x80;
    let least = wanted.max(ESCAPE_BYTES.saturating_sub(clear));
    run.get(least..)?.iter().position(is_start).map(|further| least + further)
}

fn push_text(run: &[u8], out: &mut Vec<u8>) {
    for part in run.utf8_chunks() {
        out.extend_from_slice(part.valid().as_bytes());
        if !part.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

/// How much of `bytes` ends with a whole character, if more may follow.
pub(super) fn whole_characters(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    let lead = bytes[tail..].iter().rposition(|byte| byte & 0xC0 == 0xC0);
    let Some(lead) = lead.map(|lead| tail + lead) else { return bytes.len() };
    let length = match bytes[lead] {
        0xF0.. => 4,
        0xE0.. => 3,
        _ => 2,
    };
    if bytes.len() - lead < length { lead } else { bytes.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(text: &[u8], piece: usize) -> Vec<u8> {
        let mut strings = ShortStrings::default();
        let mut out = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.len().min(piece);
            let whole = if end == rest.len() { end } else { whole_characters(&rest[..end]) };
            let (now, later) = rest.split_at(if whole == 0 { end } else { whole });
            strings.pass(now, &mut out);
            rest = later;
        }
        out
    }

    #[test]
    fn a_text_of_short_strings_passes_as_it_is() {
        let text =
            r#"{"a":"\"x\\","b\u00e9":[1,-2.5e3,true,null,"日本 ü \ud83d\ude00"]}"#.as_bytes();
        for piece in [4, 7, 1000] {
            assert_eq!(passed(text, piece), text, "pieces of {piece}");
        }
    }

    #[test]
    fn long_strings_of_any_content_are_cut_and_stay_valid() {
        for unit in ["x", "\\n", "\\\"", "日", "\\u4e2d", "\\ud83d\\ude00", "a\\\\", "\\\\ud83d"] {
            let text = format!("{{\"long\":\"{}\",\"after\":7}}", unit.repeat(200_000));
            for piece in [5, 4096, usize::MAX] {
                let out = passed(text.as_bytes(), piece);
                assert!(out.len() < KEPT_BYTES + 100, "{unit}: {} bytes", out.len());
                let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
                assert_eq!(value["after"], 7, "{unit}");
            }
        }
    }

    #[test]
    fn bytes_that_are_no_text_and_zeros_are_mended() {
        let out = passed(b"\0{\"a\":\"x\xff\xe6y\"}\0\0", 4);
        assert_eq!(String::from_utf8(out).unwrap(), "{\"a\":\"x\u{fffd}\u{fffd}y\"}");
    }
}
