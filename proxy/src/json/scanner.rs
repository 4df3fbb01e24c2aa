//! Reads a JSON text in whatever pieces it arrives.

use std::ops::Range;

use memchr::memchr2;

use super::paths::{Node, Paths};

/// Objects and lists inside of each other; more is refused.
const MOST_DEPTH: usize = 512;
/// A value that is longer is not told. Bytes.
const LONGEST_VALUE: usize = 64 * 1024;
/// A key that is longer is none of those looked for, even with every letter escaped. Bytes.
const LONGEST_KEY: usize = 256;
/// In the place of a node: a list at the root.
const ROOT_LIST: u16 = u16::MAX;

/// How far the text has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// All bytes are read, and the text goes on.
    More,
    /// An object is complete: the root, or one of the list at the root. Bytes behind it are not read yet.
    Document,
    /// This is no JSON. Nothing more is read.
    Broken,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Start,
    KeyOrEnd,
    Key,
    InKey,
    InKeyEscape,
    Colon,
    ValueOrEnd,
    Value,
    Text,
    TextEscape,
    Bare,
    /// Inside of an object or list that is not looked into.
    Skip,
    SkipText,
    SkipTextEscape,
    After,
    Done,
    Broken,
}

/// A value that was found.
#[derive(Debug, Default)]
struct Slot {
    raw: Vec<u8>,
    /// Where it stands in the text.
    place: Range<u64>,
    is_told: bool,
    is_too_long: bool,
}

/// Finds the values at [`Paths`] in a text that comes in pieces.
///
/// The last of several equal keys wins. What is skipped is checked as far as its brackets and quotes go.
#[derive(Debug)]
pub(crate) struct Scanner {
    paths: &'static Paths,
    state: State,
    /// Nodes of the objects and lists that are looked into, from the root on.
    open: Vec<u16>,
    /// How deep the text is, and which of its levels are objects.
    depth: usize,
    objects: [u64; MOST_DEPTH / 64],
    /// The depth at which what is skipped ends.
    base: usize,
    /// The node of the value that comes next; `None`: not looked for.
    next: Option<u16>,
    /// The value that is being kept.
    kept: Option<u16>,
    key: Vec<u8>,
    slots: Vec<Slot>,
    /// Bytes read before this piece.
    offset: u64,
}

/// A piece of the text.
struct Piece<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the value that is being kept begins.
    mark: usize,
}

impl Scanner {
    pub(crate) fn new(paths: &'static Paths) -> Self {
        Self {
            paths,
            state: State::Start,
            open: Vec::new(),
            depth: 0,
            objects: [0; MOST_DEPTH / 64],
            base: 0,
            next: None,
            kept: None,
            key: Vec::new(),
            slots: (0..paths.len()).map(|_| Slot::default()).collect(),
            offset: 0,
        }
    }

    /// Begins a new text.
    pub(crate) fn reset(&mut self) {
        self.state = State::Start;
        self.open.clear();
        self.key.clear();
        (self.depth, self.offset) = (0, 0);
        (self.next, self.kept) = (None, None);
        self.forget_all();
    }

    /// Whether the whole text was read: a root, and nothing open.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// The value of a slot as it stands in the text.
    pub(crate) fn raw(&self, slot: usize) -> Option<&[u8]> {
        let slot = self.slots.get(slot)?;
        slot.is_told.then_some(&*slot.raw)
    }

    /// Where it stands in the text; of a list, the last of its values.
    pub(crate) fn place(&self, slot: usize) -> Option<Range<u64>> {
        let slot = self.slots.get(slot)?;
        slot.is_told.then(|| slot.place.clone())
    }

    /// Reads on: as far as the end of an object of the root, of the piece, or of what is JSON. How many bytes were
    /// read is told beside.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> (usize, Step) {
        let mut piece = Piece { bytes, at: 0, mark: 0 };
        let mut step = Step::More;
        while piece.at < bytes.len() && step == Step::More {
            step = self.step(&mut piece);
        }
        if let Some(slot) = self.kept {
            self.keep(slot, &piece.bytes[piece.mark..piece.at]);
        }
        self.offset += piece.at as u64;
        (piece.at, step)
    }

    fn step(&mut self, piece: &mut Piece<'_>) -> Step {
        match self.state {
            State::InKey | State::InKeyEscape => self.in_key(piece),
            State::Text | State::TextEscape => self.in_text(piece),
            State::Bare => self.in_bare(piece),
            State::Skip | State::SkipText | State::SkipTextEscape => self.skip(piece),
            State::Broken => Step::Broken,
            _ => self.between(piece),
        }
    }

    /// Before and behind values and keys.
    fn between(&mut self, piece: &mut Piece<'_>) -> Step {
        let byte = piece.bytes[piece.at];
        if matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
            piece.at += 1;
            return Step::More;
        }
        match (self.state, byte) {
            (State::Start, b'{' | b'[') => return self.root(piece, byte),
            // A byte order mark.
            (State::Start, 0xef | 0xbb | 0xbf) => {}
            (State::KeyOrEnd | State::Key, b'"') => {
                self.key.clear();
                self.state = State::InKey;
            }
            (State::Colon, b':') => self.state = State::Value,
            (State::After, b',') => match self.open.last() {
                _ if self.depth == 0 => return self.broken(),
                _ if self.is_object() => self.state = State::Key,
                node => {
                    self.next = node.and_then(|node| self.item(*node));
                    self.state = State::Value;
                }
            },
            (State::KeyOrEnd | State::ValueOrEnd | State::After, b'}' | b']') => {
                return self.close(piece, byte);
            }
            (State::ValueOrEnd | State::Value, _) => return self.value(piece, byte),
            _ => return self.broken(),
        }
        piece.at += 1;
        Step::More
    }

    fn root(&mut self, piece: &mut Piece<'_>, byte: u8) -> Step {
        piece.at += 1;
        self.enter(byte == b'{');
        self.open.push(if byte == b'{' { 0 } else { ROOT_LIST });
        if byte == b'{' {
            self.state = State::KeyOrEnd;
        } else {
            self.next = Some(0);
            self.state = State::ValueOrEnd;
        }
        Step::More
    }

    /// The node of a list's items.
    fn item(&self, list: u16) -> Option<u16> {
        if list == ROOT_LIST { Some(0) } else { self.paths.node(list).each }
    }

    /// The first byte of a value.
    fn value(&mut self, piece: &mut Piece<'_>, byte: u8) -> Step {
        let next = self.next.take();
        let slot = next.and_then(|next| self.paths.node(next).slot);
        if let (Some(slot), Some(next)) = (slot, next) {
            let is_list = self.paths.node(next).is_list;
            self.begin(slot, is_list, self.offset + piece.at as u64);
            piece.mark = piece.at;
        }
        piece.at += 1;
        match byte {
            b'"' => self.state = State::Text,
            b'{' | b'[' => {
                let into = next.filter(|next| Self::is_into(self.paths.node(*next), byte));
                let into = into.filter(|_| slot.is_none());
                if self.depth == MOST_DEPTH {
                    return self.broken();
                }
                if into == Some(0) {
                    self.forget_all();
                }
                self.base = self.depth;
                self.enter(byte == b'{');
                let Some(into) = into else {
                    self.state = State::Skip;
                    return Step::More;
                };
                self.open.push(into);
                self.next = self.item(into);
                self.state = if byte == b'{' { State::KeyOrEnd } else { State::ValueOrEnd };
            }
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' => self.state = State::Bare,
            _ => return self.broken(),
        }
        Step::More
    }

    fn is_into(node: &Node, byte: u8) -> bool {
        if byte == b'{' { node.has_keys() } else { node.each.is_some() }
    }

    fn in_key(&mut self, piece: &mut Piece<'_>) -> Step {
        let rest = &piece.bytes[piece.at..];
        let (length, is_end) = text(rest, self.state == State::InKeyEscape);
        let read = &rest[..length];
        piece.at += length;
        if is_end == Some(true) {
            let read = &read[..read.len() - 1];
            let node = self.open.last().copied();
            let node = node.filter(|node| *node != ROOT_LIST).map(|node| self.paths.node(node));
            // Mostly a key is whole in its piece, and has no escapes.
            let whole = if self.key.is_empty() {
                read
            } else {
                grow(&mut self.key, read);
                self.key.as_slice()
            };
            self.next = node.and_then(|node| match memchr::memchr(b'\\', whole) {
                None => node.child(whole),
                Some(_) => node.child(unescaped(whole)?.as_bytes()),
            });
            if let Some(next) = self.next {
                self.forget(next);
            }
            self.state = State::Colon;
        } else {
            grow(&mut self.key, read);
            self.state = if is_end == Some(false) { State::InKeyEscape } else { State::InKey };
        }
        Step::More
    }

    fn in_text(&mut self, piece: &mut Piece<'_>) -> Step {
        let rest = &piece.bytes[piece.at..];
        let (length, is_end) = text(rest, self.state == State::TextEscape);
        piece.at += length;
        match is_end {
            Some(true) => self.ended(piece),
            Some(false) => self.state = State::TextEscape,
            None => self.state = State::Text,
        }
        Step::More
    }

    fn in_bare(&mut self, piece: &mut Piece<'_>) -> Step {
        let rest = &piece.bytes[piece.at..];
        let is_bare =
            |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'+' | b'-' | b'.' | b'E');
        let length = rest.iter().position(|byte| !is_bare(byte)).unwrap_or(rest.len());
        piece.at += length;
        if length < rest.len() {
            self.ended(piece);
        }
        Step::More
    }

    /// Inside of what is not looked into.
    fn skip(&mut self, piece: &mut Piece<'_>) -> Step {
        while piece.at < piece.bytes.len() {
            if self.state != State::Skip {
                let is_escape = self.state == State::SkipTextEscape;
                let (length, is_end) = text(&piece.bytes[piece.at..], is_escape);
                piece.at += length;
                self.state = match is_end {
                    Some(true) => State::Skip,
                    Some(false) => State::SkipTextEscape,
                    None => State::SkipText,
                };
                continue;
            }
            let byte = piece.bytes[piece.at];
            piece.at += 1;
            match byte {
                b'"' => self.state = State::SkipText,
                b'{' | b'[' if self.depth == MOST_DEPTH => return self.broken(),
                b'{' | b'[' => self.enter(byte == b'{'),
                b'}' | b']' => {
                    if self.is_object() != (byte == b'}') {
                        return self.broken();
                    }
                    self.depth -= 1;
                    if self.depth == self.base {
                        self.ended(piece);
                        return Step::More;
                    }
                }
                _ => {}
            }
        }
        Step::More
    }

    /// The end of an object or list that is looked into.
    fn close(&mut self, piece: &mut Piece<'_>, byte: u8) -> Step {
        if self.depth == 0 || self.is_object() != (byte == b'}') {
            return self.broken();
        }
        piece.at += 1;
        self.depth -= 1;
        let node = self.open.pop();
        self.state = if self.depth == 0 { State::Done } else { State::After };
        if node == Some(0) && byte == b'}' {
            return Step::Document;
        }
        Step::More
    }

    fn enter(&mut self, is_object: bool) {
        let (word, bit) = (self.depth / 64, 1 << (self.depth % 64));
        if is_object {
            self.objects[word] |= bit;
        } else {
            self.objects[word] &= !bit;
        }
        self.depth += 1;
    }

    /// Whether what is open is an object. Something is.
    fn is_object(&self) -> bool {
        let level = self.depth.saturating_sub(1);
        self.objects[level / 64] & (1 << (level % 64)) != 0
    }

    fn broken(&mut self) -> Step {
        self.state = State::Broken;
        self.kept = None;
        Step::Broken
    }

    /// A value has ended.
    fn ended(&mut self, piece: &Piece<'_>) {
        self.state = State::After;
        if let Some(slot) = self.kept.take() {
            self.keep(slot, &piece.bytes[piece.mark..piece.at]);
            let slot = &mut self.slots[usize::from(slot)];
            slot.place.end = self.offset + piece.at as u64;
            slot.is_told = !slot.is_too_long;
        }
    }

    fn begin(&mut self, slot: u16, is_list: bool, place: u64) {
        self.kept = Some(slot);
        let slot = &mut self.slots[usize::from(slot)];
        if is_list && slot.is_told {
            slot.raw.push(b',');
        } else if !is_list || !slot.is_too_long {
            slot.clear();
        }
        slot.place = place..place;
    }

    fn keep(&mut self, slot: u16, bytes: &[u8]) {
        let slot = &mut self.slots[usize::from(slot)];
        if slot.is_too_long || slot.raw.len() + bytes.len() > LONGEST_VALUE {
            slot.is_too_long = true;
            slot.is_told = false;
            slot.raw = Vec::new();
        } else {
            slot.raw.extend_from_slice(bytes);
        }
    }

    /// A key that comes again makes what stood there before vanish.
    fn forget(&mut self, node: u16) {
        let node = self.paths.node(node);
        // Items of a list stand beside each other.
        if node.is_list {
            return;
        }
        for slot in &node.below {
            self.slots[usize::from(*slot)].clear();
        }
    }

    fn forget_all(&mut self) {
        self.slots.iter_mut().for_each(Slot::clear);
    }
}

impl Slot {
    fn clear(&mut self) {
        self.raw.clear();
        (self.is_told, self.is_too_long) = (false, false);
    }
}

/// How many bytes of a string there are, its closing quote included, and what is behind them: `Some(true)` its end,
/// `Some(false)` the cut behind a backslash, `None` any other cut.
fn text(bytes: &[u8], is_escaped: bool) -> (usize, Option<bool>) {
    let mut at = usize::from(is_escaped);
    while let Some(found) = memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
        at += found;
        if bytes[at] == b'"' {
            return (at + 1, Some(true));
        }
        at += 2;
    }
    (bytes.len(), (at > bytes.len()).then_some(false))
}

/// A part of a key: a key that is too long stays too long.
fn grow(key: &mut Vec<u8>, more: &[u8]) {
    let room = (LONGEST_KEY + 1).saturating_sub(key.len());
    key.extend_from_slice(&more[..more.len().min(room)]);
}

/// A key with escapes, read.
fn unescaped(key: &[u8]) -> Option<String> {
    if key.len() > LONGEST_KEY {
        return None;
    }
    serde_json::from_slice(&[b"\"", key, b"\""].concat()).ok()
}
