//! Words that were probably meant: a fault in a configuration says which key is near.

/// The candidate that is spelled most alike, if one is near enough to be meant.
pub fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let word = word.to_lowercase();
    let distances =
        candidates.map(|candidate| (distance(&word, &candidate.to_lowercase()), candidate));
    let (distance, candidate) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 2.max(word.len() / 4)).then_some(candidate)
}

/// Number of letters to change, add or take away.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, known) in other.iter().enumerate() {
            let change = diagonal + usize::from(letter != *known);
            diagonal = row[column + 1];
            row[column + 1] = change.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near_and_another_word_is_not() {
        let keys = ["listen", "upstreams", "default"];
        assert_eq!(nearest("upsteams", keys.into_iter()), Some("upstreams"));
        assert_eq!(nearest("LISTEN", keys.into_iter()), Some("listen"));
        assert_eq!(nearest("telemetry", keys.into_iter()), None);
    }
}
