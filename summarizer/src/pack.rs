//! Packs records that are given one by one, and collects the ids of packed ones.

use std::sync::Arc;

use data_schema::packed::{Damaged, Packer, Unpacker, Words};
use data_schema::{Kind, Text, UsageRecord, Via};
use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;
use store::{Block, IdPlace, Part};

use crate::SummarizeError;

/// Whether a record is not just a response that a log or a vendor tells.
pub(crate) fn is_special(record: &UsageRecord) -> bool {
    record.usage.via == Via::Wire || record.usage.kind != Kind::Response
}

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
        ids.extend(places(&record, 0, packer.len()));
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

/// Blocks with the sorted ids in them, read on all cores. Says of each block whether it is special.
pub(crate) fn with_ids(mut blocks: Vec<Block>) -> Result<Part, SummarizeError> {
    let of_block = |(number, block): (usize, &Block)| -> Result<_, SummarizeError> {
        let bytes = block.bytes().map_err(|_| Damaged)?;
        let mut unpacker = Unpacker::new(&bytes, &block.words);
        let mut ids = Vec::with_capacity(block.count as usize);
        let (mut special, mut record) = (false, 0);
        while let Some(read) = unpacker.advance()? {
            special |= is_special(read);
            ids.extend(places(read, u32::try_from(number).unwrap_or(u32::MAX), record));
            record += 1;
        }
        Ok((ids, special))
    };
    let read: Result<Vec<_>, _> = blocks.par_iter().enumerate().map(of_block).collect();
    let read = read?;
    let mut ids = Vec::with_capacity(read.iter().map(|(ids, _)| ids.len()).sum());
    for (block, (own, special)) in blocks.iter_mut().zip(read) {
        ids.extend(own);
        block.is_special |= special;
    }
    ids.par_sort_unstable();
    Ok(Part { blocks, ids })
}

/// All ids of a record, in no order.
fn places(record: &UsageRecord, block: u32, number: u32) -> impl Iterator<Item = IdPlace> {
    let ids = std::iter::once(&record.id).chain(&record.was);
    ids.map(move |id| IdPlace { id: *id, block, record: number })
}
