//! Values as logs really write them: numbers as text, text as numbers, `null` anywhere.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use data_schema::{Tokens, UtcSeconds, parse_log_time};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::lines::{Declined, Fill, Number, Skimmer};

/// A count in a log. *Not told* is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LooseCount {
    /// Absent or `null`.
    #[default]
    NotTold,
    /// A whole number in range.
    Told(Tokens),
    /// Below zero: counts as zero, with a warning.
    Negative,
    /// Not a number, or too large to be one: counts as not told, with a warning.
    Absurd,
}

impl LooseCount {
    /// The count to keep; a warning is added for damage.
    pub(crate) fn keep(self, field: &str, warn: &mut impl FnMut(String)) -> Option<Tokens> {
        match self {
            Self::NotTold => None,
            Self::Told(tokens) => Some(tokens),
            Self::Negative => {
                warn(format!("`{field}` is negative: counted as 0"));
                Some(Tokens::ZERO)
            }
            Self::Absurd => {
                warn(format!("`{field}` is not a plausible number of tokens: left out"));
                None
            }
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range is checked"
    )]
    pub(crate) fn from_number(number: f64) -> Self {
        if number < 0.0 {
            Self::Negative
        } else if number.is_finite() && number < 1e15 {
            Self::from_integer(number as u64)
        } else {
            Self::Absurd
        }
    }

    fn from_integer(number: u64) -> Self {
        Tokens::new(number).map_or(Self::Absurd, Self::Told)
    }
}

impl<'de> Deserialize<'de> for LooseCount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData::<Self>))
    }
}

/// A text in a log; anything else is as if it were not there. Borrowed from the line if it can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LooseText<'a>(pub(crate) Option<Cow<'a, str>>);

impl LooseText<'_> {
    /// The text, if there is one that is not empty.
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<'de> Deserialize<'de> for LooseText<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData::<Self>))
    }
}

/// A time in a log, as text or as a number since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LooseTime(pub(crate) Option<UtcSeconds>);

impl<'de> Deserialize<'de> for LooseTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData::<Self>))
    }
}

/// `true` in a log; anything else is `false`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct LooseFlag(pub(crate) bool);

impl<'de> Deserialize<'de> for LooseFlag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData::<Self>))
    }
}

/// A plain number in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct LooseNumber(pub(crate) Option<f64>);

impl<'de> Deserialize<'de> for LooseNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor(PhantomData::<Self>))
    }
}

/// What a scalar of any type means for a loose value.
trait FromScalar<'a>: Default {
    fn integer(number: u64) -> Self;
    fn number(number: f64) -> Self;
    fn text(text: Cow<'a, str>) -> Self;
    fn flag(flag: bool) -> Self;
    /// An object or a list.
    fn compound() -> Self;
}

impl<'de, T: FromScalar<'de>> Fill<'de> for T {
    #[inline]
    fn fill(&mut self, skimmer: &mut Skimmer<'de>) -> Result<(), Declined> {
        *self = match skimmer.peek()? {
            b'"' => T::text(skimmer.text()?),
            b'-' | b'0'..=b'9' => match skimmer.number()? {
                Number::Integer(number) => T::integer(number),
                Number::Other(number) => T::number(number),
            },
            b't' => {
                skimmer.word(b"true")?;
                T::flag(true)
            }
            b'f' => {
                skimmer.word(b"false")?;
                T::flag(false)
            }
            b'n' => {
                skimmer.word(b"null")?;
                T::default()
            }
            b'[' => {
                skimmer.skip()?;
                T::compound()
            }
            _ => return Err(Declined),
        };
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "times since 1970 in microseconds are below 2^53")]
fn approximate(number: u64) -> f64 {
    number as f64
}

impl FromScalar<'_> for LooseCount {
    fn integer(number: u64) -> Self {
        Self::from_integer(number)
    }
    fn number(number: f64) -> Self {
        Self::from_number(number)
    }
    fn text(text: Cow<'_, str>) -> Self {
        text.trim().parse().map_or(Self::Absurd, Self::from_number)
    }
    fn flag(_: bool) -> Self {
        Self::Absurd
    }
    fn compound() -> Self {
        Self::Absurd
    }
}

impl<'a> FromScalar<'a> for LooseText<'a> {
    fn integer(_: u64) -> Self {
        Self::default()
    }
    fn number(_: f64) -> Self {
        Self::default()
    }
    fn text(text: Cow<'a, str>) -> Self {
        Self(Some(text))
    }
    fn flag(_: bool) -> Self {
        Self::default()
    }
    fn compound() -> Self {
        Self::default()
    }
}

impl FromScalar<'_> for LooseTime {
    fn integer(number: u64) -> Self {
        Self(parse_log_time(&number.to_string()))
    }
    fn number(number: f64) -> Self {
        Self(parse_log_time(&number.to_string()))
    }
    fn text(text: Cow<'_, str>) -> Self {
        Self(parse_log_time(&text))
    }
    fn flag(_: bool) -> Self {
        Self::default()
    }
    fn compound() -> Self {
        Self::default()
    }
}

impl FromScalar<'_> for LooseFlag {
    fn integer(_: u64) -> Self {
        Self::default()
    }
    fn number(_: f64) -> Self {
        Self::default()
    }
    fn text(_: Cow<'_, str>) -> Self {
        Self::default()
    }
    fn flag(flag: bool) -> Self {
        Self(flag)
    }
    fn compound() -> Self {
        Self::default()
    }
}

impl FromScalar<'_> for LooseNumber {
    fn integer(number: u64) -> Self {
        Self(Some(approximate(number)))
    }
    fn number(number: f64) -> Self {
        Self(Some(number).filter(|number| number.is_finite()))
    }
    fn text(text: Cow<'_, str>) -> Self {
        Self(text.trim().parse().ok().filter(|number: &f64| number.is_finite()))
    }
    fn flag(_: bool) -> Self {
        Self::default()
    }
    fn compound() -> Self {
        Self::default()
    }
}

struct LooseVisitor<T>(PhantomData<T>);

impl<'de, 'a, T: FromScalar<'a>> Visitor<'de> for LooseVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }
    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        Ok(T::integer(number))
    }
    #[expect(clippy::cast_precision_loss, reason = "only the sign of a negative number counts")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        Ok(u64::try_from(number).map_or_else(|_| T::number(number as f64), T::integer))
    }
    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        Ok(T::number(number))
    }
    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(T::text(Cow::Owned(text.to_owned())))
    }
    fn visit_bool<E: Error>(self, flag: bool) -> Result<T, E> {
        Ok(T::flag(flag))
    }
    fn visit_unit<E: Error>(self) -> Result<T, E> {
        Ok(T::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(T::compound())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::compound())
    }
}

/// The key of a field, not copied if the parser has it at hand.
pub(crate) struct Key<'de>(Cow<'de, str>);

impl Key<'_> {
    pub(crate) fn get(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }
            fn visit_borrowed_str<E: Error>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
            fn visit_str<E: Error>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

/// An object of a known shape; anything that is not an object is as if it were not there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MaybeVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for MaybeVisitor<T> {
            type Value = Maybe<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }
            fn visit_u64<E: Error>(self, _: u64) -> Result<Maybe<T>, E> {
                Ok(Maybe(None))
            }
            fn visit_i64<E: Error>(self, _: i64) -> Result<Maybe<T>, E> {
                Ok(Maybe(None))
            }
            fn visit_f64<E: Error>(self, _: f64) -> Result<Maybe<T>, E> {
                Ok(Maybe(None))
            }
            fn visit_str<E: Error>(self, _: &str) -> Result<Maybe<T>, E> {
                Ok(Maybe(None))
            }
            fn visit_bool<E: Error>(self, _: bool) -> Result<Maybe<T>, E> {
                Ok(Maybe(None))
            }
            fn visit_unit<E: Error>(self) -> Result<Maybe<T>, E> {
                Ok(Maybe(None))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Maybe<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|value| Maybe(Some(value)))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Maybe<T>, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Maybe(None))
            }
        }

        deserializer.deserialize_any(MaybeVisitor(PhantomData))
    }
}

/// The objects of a list; what is none is left out, and anything that is no list is an empty one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Items<T>(pub(crate) Vec<T>);

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ItemsVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ItemsVisitor<T> {
            type Value = Items<T>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list")
            }
            fn visit_u64<E: Error>(self, _: u64) -> Result<Items<T>, E> {
                Ok(Items::default())
            }
            fn visit_i64<E: Error>(self, _: i64) -> Result<Items<T>, E> {
                Ok(Items::default())
            }
            fn visit_f64<E: Error>(self, _: f64) -> Result<Items<T>, E> {
                Ok(Items::default())
            }
            fn visit_str<E: Error>(self, _: &str) -> Result<Items<T>, E> {
                Ok(Items::default())
            }
            fn visit_bool<E: Error>(self, _: bool) -> Result<Items<T>, E> {
                Ok(Items::default())
            }
            fn visit_unit<E: Error>(self) -> Result<Items<T>, E> {
                Ok(Items::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Items<T>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Items::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element::<Maybe<T>>()? {
                    items.extend(item.0);
                }
                Ok(Items(items))
            }
        }

        deserializer.deserialize_any(ItemsVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn count(json: &str) -> LooseCount {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn counts_are_read_in_every_spelling() {
        for json in ["100", "100.0", "1e2", "\"100\""] {
            assert_eq!(count(json), LooseCount::Told(Tokens::new(100).unwrap()), "{json}");
        }
        assert_eq!(count("null"), LooseCount::NotTold);
        assert_eq!(count("-5"), LooseCount::Negative);
        for json in ["1e30", "99999999999999", "\"NaN\"", "true", "{\"a\":1}", "[1]"] {
            assert_eq!(count(json), LooseCount::Absurd, "{json}");
        }
    }

    #[test]
    fn damage_is_told() {
        let mut warnings = Vec::new();
        let kept = LooseCount::Negative.keep("input_tokens", &mut |warning| warnings.push(warning));
        assert_eq!(kept, Some(Tokens::ZERO));
        assert_eq!(LooseCount::Absurd.keep("x", &mut |warning| warnings.push(warning)), None);
        assert_eq!(warnings.len(), 2);
    }

    #[test]
    fn texts_times_and_objects_ignore_other_types() {
        assert_eq!(serde_json::from_str::<LooseText>("5").unwrap().get(), None);
        assert_eq!(serde_json::from_str::<LooseText>("\"\"").unwrap().get(), None);
        assert!(serde_json::from_str::<LooseTime>("1777629600000").unwrap().0.is_some());
        assert_eq!(serde_json::from_str::<LooseTime>("[]").unwrap().0, None);
        assert_eq!(serde_json::from_str::<Maybe<LooseText>>("[1,2]").unwrap(), Maybe(None));
        assert_eq!(serde_json::from_str::<LooseNumber>("\"12.5\"").unwrap().0, Some(12.5));
        for json in ["null", "5", "-5", "0.5", "true", "\"a\"", "{\"a\":1}", "[]", "[1,null]"] {
            let items: Items<BTreeMap<String, u64>> = serde_json::from_str(json).unwrap();
            assert_eq!(items, Items::default(), "{json}");
        }
        let items: Items<BTreeMap<String, u64>> = serde_json::from_str("[1,{\"a\":1}]").unwrap();
        assert_eq!(items.0, [BTreeMap::from([("a".to_owned(), 1)])]);
    }
}
