//! Words about numbers that several pages need.

use data_schema::Quality;
use data_schema::summary::Aggregate;

use crate::locale::Locale;

/// `exact`, `partial` or `estimated`: end of a message's key, and class of a chip.
pub(crate) fn quality(quality: Quality) -> &'static str {
    match quality {
        Quality::Exact => "exact",
        Quality::Partial => "partial",
        Quality::Estimated => "estimated",
    }
}

/// `≈ 1.23M`, where a part of it is estimated.
pub(crate) fn about(quality: Quality, number: String) -> String {
    if quality == Quality::Estimated { format!("≈ {number}") } else { number }
}

/// The amount of a sum, with `≈` where it is known and a part of it is estimated.
pub(crate) fn cost(locale: &Locale, sum: &Aggregate) -> String {
    let text = locale.cost(sum.cost_usd, sum.unpriced_tokens);
    if text.starts_with(['$', '<']) { about(sum.data_quality, text) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_amount_is_about_something() {
        let locale = Locale::new("en").unwrap();
        let sum = |cost_usd, unpriced_tokens| Aggregate {
            cost_usd,
            unpriced_tokens,
            data_quality: Quality::Estimated,
            ..Aggregate::default()
        };
        assert_eq!(cost(&locale, &sum(Some("1.5".parse().unwrap()), 3)), "≈ $1.50+");
        assert_eq!(cost(&locale, &sum(None, 3)), "no price yet");
        assert_eq!(cost(&locale, &sum(None, 0)), "");
    }
}
