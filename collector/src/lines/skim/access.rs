//! The skimmer as `serde` sees it.

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{Declined, RawText, Skimmer, UNREAD_TEXTS};

impl<'de> de::Deserializer<'de> for &mut Skimmer<'de> {
    type Error = Declined;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Declined> {
        self.visit(visitor, false)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Declined> {
        self.skip()?;
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Declined> {
        if self.peek()? == b'n' {
            self.word(b"null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Declined> {
        if name == UNREAD_TEXTS {
            return self.visit(visitor, true);
        }
        visitor.visit_newtype_struct(self)
    }

    // serde_json has ways of its own for these.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Declined> {
        Err(Declined)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Declined> {
        Err(Declined)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Declined> {
        Err(Declined)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Declined> {
        Err(Declined)
    }

    fn deserialize_u128<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Declined> {
        Err(Declined)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string unit unit_struct seq tuple
        tuple_struct map struct identifier
    }
}

/// The items of the object or list where the skimmer stands.
pub(super) struct Items<'s, 'de> {
    skimmer: &'s mut Skimmer<'de>,
    first: bool,
}

impl<'s, 'de> Items<'s, 'de> {
    pub(super) fn new(skimmer: &'s mut Skimmer<'de>) -> Self {
        Self { skimmer, first: true }
    }

    /// Goes to the next item; whether there is one.
    fn advance(&mut self, end: u8) -> Result<bool, Declined> {
        match self.skimmer.peek()? {
            byte if byte == end => return Ok(false),
            b',' if !self.first => {
                self.skimmer.at += 1;
                if self.skimmer.peek()? == end {
                    return Err(Declined);
                }
            }
            _ if self.first => {}
            _ => return Err(Declined),
        }
        self.first = false;
        Ok(true)
    }
}

impl<'de> MapAccess<'de> for Items<'_, 'de> {
    type Error = Declined;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Declined> {
        if !self.advance(b'}')? {
            return Ok(None);
        }
        if self.skimmer.peek()? != b'"' {
            return Err(Declined);
        }
        let text = self.skimmer.text()?;
        seed.deserialize(Key(text)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Declined> {
        self.skimmer.expect(b':')?;
        seed.deserialize(&mut *self.skimmer)
    }
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = Declined;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Declined> {
        if !self.advance(b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.skimmer).map(Some)
    }
}

/// The key of an object: a text, whatever is asked for.
struct Key<'de>(RawText<'de>);

impl<'de> de::Deserializer<'de> for Key<'de> {
    type Error = Declined;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Declined> {
        self.0.visit(visitor)
    }

    /// The visitors that `serde` derives compare bytes as well as texts.
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Declined> {
        if self.0.has_escapes || !self.0.bytes.is_ascii() {
            return self.0.visit(visitor);
        }
        visitor.visit_borrowed_bytes(self.0.bytes)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum ignored_any
    }
}
