//! What the line before said: the next one mostly says it again, so that hashes and names are made once.

use data_schema::{HashId, RecordId, Text};

/// The last of each.
#[derive(Default)]
pub(super) struct Memo {
    session: Option<(String, HashId)>,
    client: Option<(String, Text)>,
    response: Option<(&'static str, String, RecordId)>,
}

impl Memo {
    /// The hash of a session's id.
    pub(super) fn session(&mut self, session: &str) -> HashId {
        if let Some((known, hash)) = &self.session
            && known == session
        {
            return *hash;
        }
        let hash = HashId::new("session", session);
        self.session = Some((session.to_owned(), hash));
        hash
    }

    /// The client of a version.
    pub(super) fn client(&mut self, version: &str) -> Text {
        if let Some((known, client)) = &self.client
            && known == version
        {
            return Text::clone(client);
        }
        let client = Text::from(format!("claude-code/{version}"));
        self.client = Some((version.to_owned(), Text::clone(&client)));
        client
    }

    /// The id of a response.
    pub(super) fn response(&mut self, namespace: &'static str, native: &str) -> RecordId {
        if let Some((space, known, id)) = &self.response
            && *space == namespace
            && known == native
        {
            return *id;
        }
        let id = RecordId::new(namespace, native, "");
        self.response = Some((namespace, native.to_owned(), id));
        id
    }
}
