//! Names and hashes that packed records share.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::{Damaged, Reader, write_bytes, write_varint};
use crate::{HashId, Text};

/// Names, projects and hashes by number, in the order of their first sight. Projects have a row of their
/// own, because a cache of logs holds folders there, which become projects when it is read.
#[derive(Clone, Debug, Default)]
pub struct Words {
    texts: Row<Text>,
    projects: Row<Text>,
    hashes: Row<HashId>,
}

/// Values by number. The way back is made when something is added for the first time.
#[derive(Clone, Debug)]
struct Row<T> {
    values: Vec<T>,
    numbers: FxHashMap<T, u32>,
}

impl<T> Default for Row<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: FxHashMap::default() }
    }
}

impl<T> Row<T> {
    fn of(values: Vec<T>) -> Self {
        Self { values, numbers: FxHashMap::default() }
    }
}

impl<T: Clone + Eq + Hash> Row<T> {
    fn number(&mut self, value: &T) -> u32 {
        if self.numbers.len() != self.values.len() {
            self.numbers = self.values.iter().cloned().zip(0..).collect();
        }
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.numbers.insert(value.clone(), number);
        number
    }
}

impl Words {
    /// Words in the order of their numbers.
    pub fn of(texts: Vec<Text>, projects: Vec<Text>, hashes: Vec<HashId>) -> Self {
        Self { texts: Row::of(texts), projects: Row::of(projects), hashes: Row::of(hashes) }
    }

    /// The name with this number.
    pub fn text(&self, number: u32) -> Option<&Text> {
        self.texts.values.get(number as usize)
    }

    /// The project with this number.
    pub fn project(&self, number: u32) -> Option<&Text> {
        self.projects.values.get(number as usize)
    }

    /// The hash with this number.
    pub fn hash(&self, number: u32) -> Option<HashId> {
        self.hashes.values.get(number as usize).copied()
    }

    /// All names.
    pub fn texts(&self) -> &[Text] {
        &self.texts.values
    }

    /// All projects.
    pub fn projects(&self) -> &[Text] {
        &self.projects.values
    }

    /// All hashes.
    pub fn hashes(&self) -> &[HashId] {
        &self.hashes.values
    }

    /// The same words with other projects: one for each, in the same order. Only to read with: two
    /// folders may have become one project.
    #[must_use]
    pub fn with_projects(&self, projects: Vec<Text>) -> Self {
        Self::of(self.texts.values.clone(), projects, self.hashes.values.clone())
    }

    /// Writes all words.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        for row in [&self.texts, &self.projects] {
            write_varint(row.values.len() as u64, bytes);
            row.values.iter().for_each(|text| write_bytes(text.as_bytes(), bytes));
        }
        write_varint(self.hashes.values.len() as u64, bytes);
        self.hashes.values.iter().for_each(|hash| bytes.extend(hash.bits().to_le_bytes()));
    }

    /// Reads what [`Words::write`] wrote.
    ///
    /// # Errors
    ///
    /// The bytes are damaged.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, Damaged> {
        let mut words = Self::default();
        for row in [&mut words.texts, &mut words.projects] {
            for _ in 0..reader.varint()? {
                row.values.push(Text::from(reader.text()?));
            }
        }
        for _ in 0..reader.varint()? {
            let bits = u64::from_le_bytes(reader.array()?);
            words.hashes.values.push(HashId::from_bits(bits).ok_or(Damaged)?);
        }
        Ok(words)
    }

    /// The number of a name; a new one gets the next.
    pub fn number_text(&mut self, text: &Text) -> u32 {
        self.texts.number(text)
    }

    /// The number of a project; a new one gets the next.
    pub fn number_project(&mut self, project: &Text) -> u32 {
        self.projects.number(project)
    }

    /// The number of a hash; a new one gets the next.
    pub fn number_hash(&mut self, hash: HashId) -> u32 {
        self.hashes.number(&hash)
    }
}
