//! Sums that were kept: they answer as those do that were just made, and damage is seen.

use chrono::NaiveDate;
use proptest::prelude::*;
use summarizer::{Grouping, Input, Need, Query, Sums, report, sums};

use crate::reports::{GROUPINGS, any_query};
use crate::sums::{ZONES, any_input};
use crate::support::options;

/// All there is.
const ALL: Need = Need { sessions: Some(Need::ALWAYS), ..Need::CELLS };
const NEEDS: [Need; 5] = [
    Need::LEAST,
    Need { machines: true, ..Need::LEAST },
    Need { projects: true, ..Need::LEAST },
    Need::CELLS,
    ALL,
];

fn any_days() -> impl Strategy<Value = Option<(NaiveDate, NaiveDate)>> {
    let first = NaiveDate::from_ymd_opt(2026, 2, 20).unwrap();
    let days = (0..60_u64, 0..60_u64).prop_map(move |(from, more)| {
        let from = first + chrono::Days::new(from);
        (from, from + chrono::Days::new(more))
    });
    prop::option::of(days)
}

proptest! {
    #[test]
    fn sums_that_were_saved_are_what_they_were(
        input in any_input(),
        zone in 0..ZONES.len(),
        sessions in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sums");
        let made = sums(&mut input.clone(), &options(ZONES[zone]), sessions).unwrap();
        made.save(&path, b"key").unwrap();
        let need = if sessions { ALL } else { Need::CELLS };
        prop_assert_eq!(Sums::load(&path, b"key", &need), Some(made));
        prop_assert_eq!(Sums::load(&path, b"key", &ALL).is_some(), sessions);
    }

    /// What is read of them for a question is enough for it.
    #[test]
    fn every_question_has_the_same_answer_from_kept_sums(
        input in any_input(),
        zone in 0..ZONES.len(),
        query in any_query(),
        grouping in prop::sample::select(GROUPINGS.to_vec()),
        range in any_days(),
        earlier in any_days(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sums");
        let made = sums(&mut input.clone(), &options(ZONES[zone]), true).unwrap();
        made.save(&path, b"key").unwrap();
        let earlier = range.and(earlier);
        let query = Query { grouping, range, earlier, ..query };
        let kept = Sums::load(&path, b"key", &Need::of(&query)).unwrap();
        prop_assert_eq!(report(&kept, &query), report(&made, &query));
    }

    #[test]
    fn a_changed_byte_of_saved_sums_is_seen(
        input in any_input(),
        place in any::<prop::sample::Index>(),
        flip in 1..=255_u8,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sums");
        sums(&mut input.clone(), &options(chrono_tz::UTC), true).unwrap().save(&path, b"key").unwrap();
        let before = NEEDS.map(|need| Sums::load(&path, b"key", &need).unwrap());
        let mut bytes = fs_err::read(&path).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= flip;
        fs_err::write(&path, &bytes).unwrap();
        let mut seen = 0;
        for (need, before) in NEEDS.iter().zip(before) {
            let after = Sums::load(&path, b"key", need);
            seen += usize::from(after.is_none());
            // Damage in what is not read changes nothing.
            prop_assert!(after.is_none_or(|after| after == before), "{:?}", need);
        }
        prop_assert!(seen > 0);
        fs_err::write(&path, &bytes[..place]).unwrap();
        prop_assert_eq!(Sums::load(&path, b"key", &ALL), None);
    }
}

#[test]
fn sums_of_another_key_are_none_and_a_folder_that_is_not_there_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sums");
    let made = sums(&mut Input::default(), &options(chrono_tz::UTC), false).unwrap();
    assert_eq!(Sums::load(&path, b"key", &Need::LEAST), None);
    made.save(&path, b"key").unwrap();
    assert_eq!(Sums::load(&path, b"other", &Need::LEAST), None);
    assert!(made.save(&folder.path().join("none/sums"), b"key").is_err());
    let left: Vec<_> = fs_err::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "no half-written file stays");
}

#[test]
fn a_question_needs_what_it_is_about_and_no_more() {
    let of = |query: Query| Need::of(&query);
    assert_eq!(of(Query::new(Grouping::Daily)), Need::LEAST);
    assert_eq!(of(Query::new(Grouping::Projects)), NEEDS[2]);
    let mut query = Query::new(Grouping::Monthly);
    query.only.machines.insert("laptop".to_owned());
    assert_eq!(of(query), NEEDS[1]);
    let day = |text: &str| text.parse::<NaiveDate>().unwrap();
    let range = Some((day("2026-03-08"), day("2026-03-14")));
    let earlier = Some((day("2026-03-01"), day("2026-03-07")));
    let sessions = Query { earlier, ..Query::new(Grouping::Session).within(range) };
    let days = Some((day("2026-03-01"), day("2026-03-14")));
    assert_eq!(of(sessions), Need { sessions: days, ..Need::LEAST });
}
