//! The yearly shards of a sample.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use data_schema::Quality;
use data_schema::summary::{Aggregate, SUMMARY_VERSION, Shard, ShardColumns, ShardDictionaries};
use sha2::{Digest, Sha256};

use super::{Sample, Use, json};

/// Day, source, model, machine and project: what a row is about.
type Key<'a> = (u16, &'a str, &'a str, &'a str, &'a str);

impl Sample {
    /// Names and bytes.
    pub(super) fn shards(&self) -> BTreeMap<String, Vec<u8>> {
        let mut years: BTreeMap<i32, Vec<&Use>> = BTreeMap::new();
        for one in &self.uses {
            years.entry(one.day.year()).or_default().push(one);
        }
        let file = |(year, uses): (i32, Vec<&Use>)| {
            let bytes = json(&self.shard(year, &uses));
            let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)[..8]);
            (format!("{year}-{hash}.json"), bytes)
        };
        years.into_iter().map(file).collect()
    }

    fn shard(&self, year: i32, uses: &[&Use]) -> Shard {
        let mut rows: BTreeMap<Key<'_>, Vec<&Use>> = BTreeMap::new();
        for one in uses {
            let day = u16::try_from(one.day.ordinal()).unwrap();
            let key = (day, &*one.source, &*one.model, &*one.machine, &*one.project);
            rows.entry(key).or_default().push(one);
        }
        let names = |pick: fn(&Key<'_>) -> String| -> Vec<String> {
            let names: BTreeSet<String> = rows.keys().map(pick).collect();
            names.into_iter().collect()
        };
        let dictionaries = ShardDictionaries {
            providers: names(|key| key.1.to_owned()),
            models: names(|key| key.2.to_owned()),
            machines: names(|key| key.3.to_owned()),
            projects: names(|key| key.4.to_owned()),
        };
        let mut columns = ShardColumns::default();
        for (key, uses) in &rows {
            let place = |names: &[String], name: &str| {
                u32::try_from(names.binary_search_by(|known| known.as_str().cmp(name)).unwrap())
            };
            columns.day.push(key.0);
            columns.provider.push(place(&dictionaries.providers, key.1).unwrap());
            columns.model.push(place(&dictionaries.models, key.2).unwrap());
            columns.machine.push(place(&dictionaries.machines, key.3).unwrap());
            columns.project.push(place(&dictionaries.projects, key.4).unwrap());
            let bare = uses.iter().filter(|one| one.bare).map(|one| one.tokens);
            columns.other_tokens.push(bare.fold(0, u64::saturating_add));
            push(&mut columns, &self.aggregate(uses));
        }
        Shard { version: SUMMARY_VERSION.to_owned(), year, dictionaries, columns }
    }
}

fn push(columns: &mut ShardColumns, sum: &Aggregate) {
    columns.input_tokens.push(sum.tokens.input_tokens);
    columns.output_tokens.push(sum.tokens.output_tokens);
    columns.cache_creation_tokens.push(sum.tokens.cache_creation_tokens);
    columns.cache_read_tokens.push(sum.tokens.cache_read_tokens);
    columns.reasoning_tokens.push(sum.tokens.reasoning_tokens);
    columns.requests.push(sum.requests);
    columns.cost_usd.push(sum.cost_usd);
    columns.unpriced_tokens.push(sum.unpriced_tokens);
    columns.quality.push(match sum.data_quality {
        Quality::Exact => 0,
        Quality::Partial => 1,
        Quality::Estimated => 2,
    });
    columns.inexact_tokens.push(sum.inexact_tokens);
}
