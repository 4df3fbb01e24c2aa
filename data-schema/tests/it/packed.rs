//! Packed records: what goes in comes out, and bytes that nobody packed are refused.

use data_schema::packed::{
    Damaged, GREATEST_MARK, Packer, Reader, Unpacker, Words, write_bytes, write_signed,
    write_varint,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::{HashId, Text, UsageRecord, UtcSeconds};

/// The generator of the crate's own tests.
#[path = "../../src/record/any.rs"]
mod any;

use any::{any_record_of_any_version, edited, edits};

type Marked = (UsageRecord, u8);

fn any_records() -> impl Strategy<Value = Vec<Marked>> {
    prop::collection::vec((any_record_of_any_version(), 0..=GREATEST_MARK), 1..8)
}

fn packed(records: &[Marked], words: &mut Words) -> Packer {
    let mut packer = Packer::default();
    for (record, mark) in records {
        packer.push(record, *mark, words);
    }
    packer
}

/// Reads to the end or to the damage, with a count of what was read.
fn unpacked(bytes: &[u8], words: &Words) -> (Vec<Marked>, Result<(), Damaged>) {
    let mut unpacker = Unpacker::new(bytes, words);
    let mut records = Vec::new();
    loop {
        assert!(records.len() <= bytes.len(), "it goes on without an end");
        match unpacker.advance().map(Option::<&UsageRecord>::cloned) {
            Ok(Some(record)) => records.push((record, unpacker.mark())),
            Ok(None) => return (records, Ok(())),
            Err(damaged) => return (records, Err(damaged)),
        }
    }
}

fn written(words: &Words) -> Vec<u8> {
    let mut bytes = Vec::new();
    words.write(&mut bytes);
    bytes
}

fn same(left: &Words, right: &Words) -> bool {
    left.texts() == right.texts()
        && left.projects() == right.projects()
        && left.hashes() == right.hashes()
}

proptest! {
    #[test]
    fn every_record_of_a_block_comes_out_as_it_went_in(records in any_records()) {
        let mut words = Words::default();
        let packer = packed(&records, &mut words);
        prop_assert_eq!(packer.len() as usize, records.len());
        prop_assert_eq!(packer.last_at(), records[records.len() - 1].0.at);
        prop_assert_eq!(unpacked(packer.bytes(), &words), (records, Ok(())));
    }

    #[test]
    fn blocks_share_words_and_can_be_gone_on_with(
        first in any_records(),
        second in any_records(),
        third in any_records(),
    ) {
        let mut words = Words::default();
        let head = packed(&first, &mut words);
        let other = packed(&second, &mut words);
        let (count, at) = (head.len(), head.last_at());
        let mut packer = Packer::after(head.into_bytes(), count, at);
        for (record, mark) in &third {
            packer.push(record, *mark, &mut words);
        }
        let whole = [first, third].concat();
        prop_assert_eq!(packer.len() as usize, whole.len());
        // Words that stand in a file are as good as those in memory.
        let bytes = written(&words);
        let read = Words::read(&mut Reader::new(&bytes)).unwrap();
        prop_assert_eq!(unpacked(packer.bytes(), &read), (whole, Ok(())));
        prop_assert_eq!(unpacked(other.bytes(), &read), (second, Ok(())));
    }

    #[test]
    fn a_record_can_be_gone_to_and_its_numbers_are_those_of_its_names(
        records in any_records(),
        to in any::<Index>(),
    ) {
        let mut words = Words::default();
        let packer = packed(&records, &mut words);
        let mut unpacker = Unpacker::new(packer.bytes(), &words);
        let mut places = Vec::new();
        let mut at = UtcSeconds::default();
        for (record, _) in &records {
            places.push((unpacker.position(), at));
            at = record.at;
            prop_assert_eq!(unpacker.advance().unwrap(), Some(record));
            let numbers = unpacker.numbers();
            let (usage, part) = (&record.usage, &record.attribution);
            prop_assert_eq!(words.text(numbers.model), Some(&usage.model));
            let project = numbers.project.map(|number| words.project(number).unwrap());
            prop_assert_eq!(project, part.project.as_ref());
            let session = numbers.session.map(|number| words.hash(number).unwrap());
            prop_assert_eq!(session, part.session);
        }
        let first = to.index(records.len());
        let (position, at) = places[first];
        unpacker.seek(position, at);
        for (record, mark) in &records[first..] {
            prop_assert_eq!(unpacker.advance().unwrap(), Some(record));
            prop_assert_eq!((unpacker.record(), unpacker.mark()), (record, *mark));
        }
        prop_assert_eq!(unpacker.advance(), Ok(None));
    }

    #[test]
    fn a_block_that_was_cut_gives_what_is_whole_and_says_that_it_is_damaged(
        records in any_records(),
        cut in any::<Index>(),
    ) {
        let mut words = Words::default();
        let packer = packed(&records, &mut words);
        let (found, result) = unpacked(&packer.bytes()[..cut.index(packer.bytes().len())], &words);
        prop_assert_eq!(&found, &records[..found.len()]);
        prop_assert!(found.len() < records.len());
        let whole = packed(&records[..found.len()], &mut words).into_bytes().len();
        prop_assert_eq!(result.is_ok(), whole == cut.index(packer.bytes().len()));
    }

    #[test]
    fn damaged_blocks_and_words_are_refused_or_read_and_never_a_panic(
        records in any_records(),
        of_block in edits(),
        of_words in edits(),
        flips in prop::collection::vec((any::<Index>(), 1..=255_u8), 0..3),
    ) {
        let mut words = Words::default();
        let packer = packed(&records, &mut words);
        let mut bytes = edited(packer.bytes(), of_block);
        for (place, flip) in flips.iter().filter(|_| !packer.is_empty()) {
            let length = bytes.len();
            if let Some(byte) = bytes.get_mut(place.index(length.max(1))) {
                *byte ^= flip;
            }
        }
        let _ = unpacked(&bytes, &words);
        // Words of something else: numbers may have no name there.
        let _ = unpacked(packer.bytes(), &Words::default());
        if let Ok(other) = Words::read(&mut Reader::new(&edited(&written(&words), of_words))) {
            let _ = unpacked(packer.bytes(), &other);
            let _ = unpacked(&bytes, &other);
        }
    }

    #[test]
    fn any_bytes_are_refused_or_read_and_never_a_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        texts in prop::collection::vec("[a-c]{0,2}", 0..4),
    ) {
        let texts: Vec<Text> = texts.into_iter().map(Text::from).collect();
        let words = Words::of(texts.clone(), texts, vec![HashId::new("session", "s")]);
        let (found, _) = unpacked(&bytes, &words);
        // An id alone takes eight bytes.
        prop_assert!(found.len() * 8 <= bytes.len());
        let mut reader = Reader::new(&bytes);
        let _ = Words::read(&mut reader);
        prop_assert!(reader.position() <= bytes.len() + 8);
    }

    #[test]
    fn words_keep_their_numbers(
        texts in prop::collection::vec("[a-c]{0,2}", 0..12),
        projects in prop::collection::vec("[/ä]{0,2}", 0..12),
        hashes in prop::collection::vec(0..4_u8, 0..12),
    ) {
        let texts: Vec<Text> = texts.into_iter().map(Text::from).collect();
        let projects: Vec<Text> = projects.into_iter().map(Text::from).collect();
        let hash = |hash: &u8| HashId::new("session", &hash.to_string());
        let hashes: Vec<HashId> = hashes.iter().map(hash).collect();
        let mut words = Words::default();
        for text in &texts {
            let number = words.number_text(text);
            prop_assert_eq!(words.number_text(text), number);
            prop_assert_eq!(words.text(number), Some(text));
        }
        for project in &projects {
            let number = words.number_project(project);
            prop_assert_eq!(words.project(number), Some(project));
        }
        for hash in &hashes {
            let number = words.number_hash(*hash);
            prop_assert_eq!(words.hash(number), Some(*hash));
        }
        let bytes = written(&words);
        let mut reader = Reader::new(&bytes);
        let mut read = Words::read(&mut reader).unwrap();
        prop_assert!(reader.is_at_end() && same(&read, &words));
        // What was read knows its numbers and goes on with them.
        prop_assert!(texts.iter().all(|text| read.number_text(text) == words.number_text(text)));
        let next = u32::try_from(read.texts().len()).unwrap();
        prop_assert_eq!(read.number_text(&Text::from("new")), next);
        for cut in 0..bytes.len() {
            prop_assert!(Words::read(&mut Reader::new(&bytes[..cut])).is_err(), "cut at {}", cut);
        }
    }

    #[test]
    fn records_take_the_projects_that_their_folders_became(records in any_records()) {
        let mut words = Words::default();
        let packer = packed(&records, &mut words);
        // All folders are of one project.
        let projects = vec![Text::from("one"); words.projects().len()];
        let other = words.with_projects(projects);
        prop_assert_eq!((other.texts(), other.hashes()), (words.texts(), words.hashes()));
        let expected: Vec<Marked> = records
            .into_iter()
            .map(|(mut record, mark)| {
                let project = &mut record.attribution.project;
                *project = project.take().map(|_| Text::from("one"));
                (record, mark)
            })
            .collect();
        prop_assert_eq!(unpacked(packer.bytes(), &other), (expected, Ok(())));
    }

    #[test]
    fn numbers_of_any_length_are_read_as_they_were_written(
        number in any::<u64>(),
        signed in any::<i64>(),
        bits in 0..64_u32,
        content in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let (number, signed) = (number >> bits, signed >> bits);
        let mut bytes = Vec::new();
        write_varint(number, &mut bytes);
        write_signed(signed, &mut bytes);
        write_bytes(&content, &mut bytes);
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(reader.varint(), Ok(number));
        prop_assert_eq!(reader.signed(), Ok(signed));
        prop_assert_eq!(reader.bytes(), Ok(&content[..]));
        prop_assert!(reader.is_at_end());
        let small = Reader::new(&bytes).u32();
        prop_assert_eq!(small.ok().map(u64::from), Some(number).filter(|number| *number >> 32 == 0));
    }
}

#[test]
fn numbers_of_more_than_64_bits_and_lengths_beyond_the_end_are_refused() {
    let too_long = [&[0xff; 9][..], &[2]].concat();
    assert_eq!(Reader::new(&too_long).varint(), Err(Damaged));
    assert_eq!(Reader::new(&[0x80; 12]).varint(), Err(Damaged));
    let greatest = [&[0xff; 9][..], &[1]].concat();
    assert_eq!(Reader::new(&greatest).varint(), Ok(u64::MAX));
    assert_eq!(Reader::new(&greatest).bytes(), Err(Damaged));
    assert_eq!(Reader::new(&[2, b'a']).bytes(), Err(Damaged));
    assert_eq!(Reader::new(&[1, 0xff]).text(), Err(Damaged));
    let mut reader = Reader::new(b"ab");
    reader.seek(7);
    assert!(reader.is_at_end());
    assert_eq!((reader.varint(), reader.take(0)), (Err(Damaged), Err(Damaged)));
    // A list that claims more words than there are bytes is refused at its end.
    assert!(Words::read(&mut Reader::new(&greatest)).is_err());
}
