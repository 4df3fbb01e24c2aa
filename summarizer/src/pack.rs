//! Packs records that are given one by one.

use std::sync::Arc;

use data_schema::packed::{Packer, Words};
use data_schema::{Text, UsageRecord};
use store::{Block, IdPlace, Part, is_special};

/// Records of one origin as a part of one block.
pub(crate) fn part(
    machine: &Text,
    provider: &Text,
    records: impl IntoIterator<Item = Box<UsageRecord>>,
) -> Part {
    let (mut packer, mut words) = (Packer::default(), Words::default());
    let (mut ids, mut special) = (Vec::new(), false);
    for record in records {
        special |= is_special(&record);
        ids.extend(IdPlace::all_of(&record, 0, packer.len()));
        packer.push(&record, 0, &mut words);
    }
    ids.sort_unstable();
    let count = packer.len();
    let bytes = packer.into_bytes();
    let range = 0..bytes.len();
    let origin = (machine.clone(), provider.clone());
    let mut block = Block::in_memory(origin, Arc::new(words), count, Arc::new(bytes), range);
    block.is_special = special;
    Part { blocks: vec![block], ids }
}
