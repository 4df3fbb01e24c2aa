//! The places of a JSON text that are looked for, as a tree.

/// Which values are looked for. A path names keys from the root on, with dots between them:
///
/// - `*` stands for every item of a list: its values are told one behind the other, with commas between them;
/// - a key with `?` behind it may be missing: `response?.usage` is `response.usage` as well as `usage`.
///
/// Where the root is a list, every object in it is a root of its own.
#[derive(Debug)]
pub(crate) struct Paths {
    nodes: Vec<Node>,
    slots: usize,
}

/// A place on the way to a value.
#[derive(Debug, Default)]
pub(super) struct Node {
    keys: Vec<(String, u16)>,
    /// The node of every item of a list.
    pub(super) each: Option<u16>,
    /// Where the value is kept.
    pub(super) slot: Option<u16>,
    /// Whether it is there once for every item of a list.
    pub(super) is_list: bool,
    /// Slots of this node and of all below it.
    pub(super) below: Vec<u16>,
}

impl Node {
    /// Whether an object here is looked into.
    pub(super) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The node of a key.
    pub(super) fn child(&self, key: &[u8]) -> Option<u16> {
        self.keys.iter().find(|(name, _)| name.as_bytes() == key).map(|(_, node)| *node)
    }
}

impl Paths {
    /// The value of the path at index `i` is kept in slot `i`.
    pub(crate) fn new(paths: &[&str]) -> Self {
        let mut all = Self { nodes: vec![Node::default()], slots: paths.len() };
        for (slot, path) in paths.iter().enumerate() {
            let keys: Vec<&str> = path.split('.').collect();
            all.add(&keys, slot);
            let optional = keys.iter().position(|key| key.ends_with('?'));
            if let Some(optional) = optional {
                all.add(&[&keys[..optional], &keys[optional + 1..]].concat(), slot);
            }
        }
        all
    }

    fn add(&mut self, keys: &[&str], slot: usize) {
        let slot = u16::try_from(slot).unwrap_or(u16::MAX);
        let (mut at, mut is_list) = (0, false);
        for key in keys {
            self.nodes[at].below.push(slot);
            let key = key.strip_suffix('?').unwrap_or(key);
            let next = u16::try_from(self.nodes.len()).unwrap_or(u16::MAX);
            let node = &mut self.nodes[at];
            let known = if key == "*" { node.each } else { node.child(key.as_bytes()) };
            is_list |= key == "*";
            if known.is_none() {
                if key == "*" {
                    node.each = Some(next);
                } else {
                    node.keys.push((key.to_owned(), next));
                }
                self.nodes.push(Node::default());
            }
            at = usize::from(known.unwrap_or(next));
            self.nodes[at].is_list = is_list;
        }
        let node = &mut self.nodes[at];
        node.below.push(slot);
        node.slot = Some(slot);
    }

    /// How many values are looked for.
    pub(crate) fn len(&self) -> usize {
        self.slots
    }

    pub(super) fn node(&self, index: u16) -> &Node {
        &self.nodes[usize::from(index)]
    }
}
