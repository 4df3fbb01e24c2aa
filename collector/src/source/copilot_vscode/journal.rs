//! A journal of changes, as far as it changes turns.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::chat::{Chat, Turn};
use crate::loose::LooseCount;

/// One line.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Entry {
    kind: LooseCount,
    /// The path that is changed: names and places in lists.
    k: Vec<serde_json::Value>,
    v: Option<Box<RawValue>>,
    /// For appending: the place from which on the list is cut first.
    i: LooseCount,
}

/// What a line does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Does {
    Whole,
    Set,
    Append,
    Delete,
}

impl Entry {
    fn does(&self) -> Option<Does> {
        match whole(self.kind)? {
            0 => Some(Does::Whole),
            1 => Some(Does::Set),
            2 => Some(Does::Append),
            3 => Some(Does::Delete),
            _ => None,
        }
    }

    /// Changes a chat. `None`: the line is of a shape that nobody has looked at.
    pub(super) fn apply(&self, chat: &mut Chat) -> Option<()> {
        match (self.does()?, self.k.as_slice()) {
            (Does::Whole, _) => {
                let mut whole: Chat = self.value()?;
                whole.gone = std::mem::take(&mut chat.gone);
                whole.gone.append(&mut chat.requests.0);
                *chat = whole;
            }
            (_, [first, ..]) if first != "requests" => {}
            (Does::Append, [_]) => self.append(chat),
            (Does::Set, [_]) => {
                let gone = std::mem::replace(&mut chat.requests, self.value()?);
                chat.gone.extend(gone.0);
            }
            (does, [_, place, rest @ ..]) => {
                let place = usize::try_from(place.as_u64()?).ok()?;
                let turn = chat.requests.0.get_mut(place);
                if let Some(turn) = turn {
                    self.change(does, rest, turn);
                }
            }
            _ => {}
        }
        Some(())
    }

    fn append(&self, chat: &mut Chat) {
        if let Some(from) = whole(self.i) {
            let from = usize::try_from(from).unwrap_or(usize::MAX);
            let gone = chat.requests.0.split_off(from.min(chat.requests.0.len()));
            chat.gone.extend(gone);
        }
        chat.requests.0.extend(self.value::<super::chat::Turns>().unwrap_or_default().0);
    }

    /// Changes one turn. What tells no usage is passed over.
    fn change(&self, does: Does, rest: &[serde_json::Value], turn: &mut Turn) {
        let field = rest.first().and_then(serde_json::Value::as_str);
        match (does, rest.len(), field) {
            (Does::Set, 0, _) => *turn = self.value().unwrap_or_default(),
            (Does::Set, 1, Some("result")) => turn.result = self.value().unwrap_or_default(),
            (Does::Set, 1, Some("promptTokens")) => {
                turn.prompt_tokens = self.value().unwrap_or_default();
            }
            (Does::Set, 1, Some("completionTokens")) => {
                turn.completion_tokens = self.value().unwrap_or_default();
            }
            (Does::Set, 1, Some("modelState")) => {
                turn.model_state = self.value().unwrap_or_default();
            }
            (Does::Set, 1, Some("modelId")) => turn.model_id = self.value().unwrap_or_default(),
            (Does::Set, 1, Some("timestamp")) => turn.timestamp = self.value().unwrap_or_default(),
            _ => {}
        }
    }

    fn value<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.v.as_deref()?.get()).ok()
    }
}

fn whole(number: LooseCount) -> Option<u64> {
    match number {
        LooseCount::Told(number) => Some(number.get()),
        _ => None,
    }
}
