//! What can be filled from a line.

use super::{Declined, Skimmer};
use crate::loose::Maybe;

/// A value that is filled in place. It means what `Deserialize` of the same type makes of it, or the line
/// is declined.
pub(crate) trait Fill<'de> {
    /// Takes the value where the skimmer stands; what was there before is forgotten.
    fn fill(&mut self, skimmer: &mut Skimmer<'de>) -> Result<(), Declined>;
}

/// The fields of an object.
pub(crate) trait Fields<'de>: Default {
    /// Takes the value of a key, known or not. `seen` is for the type, and 0 at the first field.
    fn field(
        &mut self,
        key: &[u8],
        seen: &mut u32,
        skimmer: &mut Skimmer<'de>,
    ) -> Result<(), Declined>;
}

/// Implements [`Fields`] as `serde` derives `Deserialize`: a key that comes twice is an error, and other
/// keys are skipped.
macro_rules! fields {
    ($line:lifetime, $shape:ty { $($key:literal => $field:ident,)+ }) => {
        impl<$line> $crate::lines::Fields<$line> for $shape {
            #[inline]
            fn field(
                &mut self,
                key: &[u8],
                seen: &mut u32,
                skimmer: &mut $crate::lines::Skimmer<$line>,
            ) -> Result<(), $crate::lines::Declined> {
                #[expect(non_camel_case_types, reason = "named as the fields")]
                enum Place { $($field,)+ }
                match key {
                    $($key => {
                        $crate::lines::once(seen, Place::$field as u32)?;
                        $crate::lines::Fill::fill(&mut self.$field, skimmer)
                    })+
                    _ => skimmer.skip(),
                }
            }
        }
    };
}
pub(crate) use fields;

/// Declines a field that comes twice.
#[inline]
pub(crate) fn once(seen: &mut u32, place: u32) -> Result<(), Declined> {
    let bit = 1 << place;
    if *seen & bit != 0 {
        return Err(Declined);
    }
    *seen |= bit;
    Ok(())
}

impl<'de, T: Fields<'de>> Fill<'de> for Maybe<T> {
    #[inline]
    fn fill(&mut self, skimmer: &mut Skimmer<'de>) -> Result<(), Declined> {
        match skimmer.peek()? {
            b'{' => skimmer.object(self.0.insert(T::default())),
            b'n' => {
                self.0 = None;
                skimmer.word(b"null")
            }
            b'[' => {
                self.0 = None;
                skimmer.skip()
            }
            _ => Err(Declined),
        }
    }
}

impl<'de, T: Fields<'de>> Fields<'de> for Box<T> {
    fn field(
        &mut self,
        key: &[u8],
        seen: &mut u32,
        skimmer: &mut Skimmer<'de>,
    ) -> Result<(), Declined> {
        T::field(self, key, seen, skimmer)
    }
}

impl<'de, T: Fill<'de> + Default> Fill<'de> for Option<Vec<T>> {
    fn fill(&mut self, skimmer: &mut Skimmer<'de>) -> Result<(), Declined> {
        match skimmer.peek()? {
            b'[' => skimmer.list(self.insert(Vec::new())),
            b'n' => {
                *self = None;
                skimmer.word(b"null")
            }
            _ => Err(Declined),
        }
    }
}
