//! What must be known of a rollout to go on where an earlier run ended.

use std::path::Path;
use std::sync::Arc;

use data_schema::packed::{Damaged, Reader, write_bytes, write_signed, write_varint};
use data_schema::{RecordId, Text, Tokens, UtcSeconds};

use super::accept::Totals;
use super::family::START;
use super::load::RESPONSE;
use super::parse::{Context, Memory, Parser, Request, Response};
use super::shape::Counts;
use crate::contribution::{Contribution, Told, Unsettled};

/// What the lines of a rollout mean for those that follow.
pub(super) struct State<'a> {
    /// Of the chain, before the open requests.
    pub(super) link: [u8; 32],
    pub(super) memory: &'a Memory,
    pub(super) thread: &'a str,
    pub(super) began: Option<UtcSeconds>,
    /// The last requests: a line that follows may still belong to them.
    pub(super) open: &'a [Request],
}

/// What an earlier run left of a rollout; the default is the beginning of one.
#[derive(Default)]
pub(super) struct Continued {
    pub(super) link: [u8; 32],
    pub(super) start: u64,
    pub(super) lines: u64,
    /// Records of requests that are closed.
    pub(super) earlier: Unsettled,
    pub(super) warnings: Vec<(Option<u64>, String)>,
    pub(super) skipped: usize,
    resumed: Option<Resumed>,
}

/// The parser as it was.
struct Resumed {
    memory: Memory,
    thread: String,
    began: Option<UtcSeconds>,
    open: Vec<Request>,
    responses: Vec<RecordId>,
    limits: Vec<data_schema::LimitReading>,
}

impl Continued {
    /// Takes up what an earlier run kept.
    pub(super) fn of(before: &Contribution) -> Result<Self, Damaged> {
        let place = before.resume.as_ref().ok_or(Damaged)?;
        let (link, mut resumed) = read_state(&place.state)?;
        let count = before.records.count as usize;
        let closed = count.checked_sub(resumed.open.len()).ok_or(Damaged)?;
        let mut earlier = Unsettled::default();
        before.records.each_told(|told: Told| {
            if earlier.len() < closed {
                if told.mark & RESPONSE != 0 {
                    resumed.responses.push(told.record.id);
                }
                earlier.push(told);
            }
        })?;
        let open = resumed.open.iter().filter_map(|request| request.response.as_ref());
        resumed.responses.extend(open.map(Response::record_id));
        resumed.limits.clone_from(&before.limits);
        Ok(Self {
            link,
            start: place.offset,
            lines: place.lines,
            earlier,
            warnings: before.warnings.clone(),
            skipped: before.skipped,
            resumed: Some(resumed),
        })
    }

    /// A parser that goes on from here.
    pub(super) fn parser<'p>(&self, path: &'p Path) -> Parser<'p> {
        let mut parser = Parser::new(path);
        parser.lines_before = self.lines;
        if let Some(resumed) = &self.resumed {
            parser.memory = resumed.memory.clone();
            parser.seen_responses.extend(&resumed.responses);
            let stream = &mut parser.stream;
            stream.thread.clone_from(&resumed.thread);
            stream.began = resumed.began;
            stream.requests.clone_from(&resumed.open);
            stream.limits = resumed.limits.iter().map(|reading| (0, reading.clone())).collect();
        }
        parser
    }
}

impl State<'_> {
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.link.to_vec();
        let Memory { totals, context, own_turn, seen_meta } = self.memory;
        write_varint(u64::from(*own_turn) | u64::from(*seen_meta) << 1, &mut bytes);
        write_counts(totals.before.as_ref(), &mut bytes);
        write_counts(totals.last_without_total.as_ref(), &mut bytes);
        write_context(context, &mut bytes);
        write_bytes(self.thread.as_bytes(), &mut bytes);
        write_time(self.began, &mut bytes);
        write_varint(self.open.len() as u64, &mut bytes);
        let mut before = context;
        for request in self.open {
            write_request(request, before, &mut bytes);
            before = &request.context;
        }
        bytes
    }
}

fn read_state(bytes: &[u8]) -> Result<([u8; 32], Resumed), Damaged> {
    let mut reader = Reader::new(bytes);
    let link = if bytes.is_empty() { START } else { reader.array()? };
    let flags = reader.varint()?;
    let totals =
        Totals { before: read_counts(&mut reader)?, last_without_total: read_counts(&mut reader)? };
    let context = Arc::new(read_context(&mut reader)?);
    let thread = reader.text()?.to_owned();
    let began = read_time(&mut reader)?;
    let mut open: Vec<Request> = Vec::new();
    for _ in 0..reader.varint()? {
        let before = open.last().map_or(&context, |request| &request.context);
        let request = read_request(&mut reader, before)?;
        open.push(request);
    }
    let memory = Memory { totals, context, own_turn: flags & 1 != 0, seen_meta: flags & 2 != 0 };
    let (responses, limits) = (Vec::new(), Vec::new());
    Ok((link, Resumed { memory, thread, began, open, responses, limits }))
}

const TOLD_COUNTED: u64 = 1;
const TOLD_RESPONSE: u64 = 2;
const OWN_TURN: u64 = 4;
const OTHER_CONTEXT: u64 = 8;

fn write_request(request: &Request, before: &Arc<Context>, bytes: &mut Vec<u8>) {
    let is_other = *request.context != **before;
    let flags = [
        (TOLD_COUNTED, request.counted.is_some()),
        (TOLD_RESPONSE, request.response.is_some()),
        (OWN_TURN, request.own_turn),
        (OTHER_CONTEXT, is_other),
    ];
    let flags = flags.into_iter().filter(|(_, is_set)| *is_set).map(|(bit, _)| bit).sum();
    write_varint(flags, bytes);
    write_time(request.told, bytes);
    write_counts(Some(&request.used), bytes);
    if let Some((total, last)) = &request.counted {
        write_counts(total.as_ref(), bytes);
        write_counts(last.as_ref(), bytes);
    }
    if let Some(response) = &request.response {
        write_bytes(response.id.as_bytes(), bytes);
        write_bytes(response.session.as_bytes(), bytes);
    }
    if is_other {
        write_context(&request.context, bytes);
    }
    write_varint(request.line, bytes);
}

fn read_request(reader: &mut Reader<'_>, before: &Arc<Context>) -> Result<Request, Damaged> {
    let flags = reader.varint()?;
    let told = read_time(reader)?;
    let used = read_counts(reader)?.ok_or(Damaged)?;
    let counted = if flags & TOLD_COUNTED == 0 {
        None
    } else {
        Some((read_counts(reader)?, read_counts(reader)?))
    };
    let response = if flags & TOLD_RESPONSE == 0 {
        None
    } else {
        Some(Response { id: reader.text()?.to_owned(), session: reader.text()?.to_owned() })
    };
    let context = if flags & OTHER_CONTEXT == 0 {
        Arc::clone(before)
    } else {
        Arc::new(read_context(reader)?)
    };
    let line = reader.varint()?;
    Ok(Request { told, used, counted, response, own_turn: flags & OWN_TURN != 0, context, line })
}

fn write_time(time: Option<UtcSeconds>, bytes: &mut Vec<u8>) {
    write_varint(u64::from(time.is_some()), bytes);
    if let Some(time) = time {
        write_signed(time.seconds(), bytes);
    }
}

fn read_time(reader: &mut Reader<'_>) -> Result<Option<UtcSeconds>, Damaged> {
    if reader.varint()? == 0 {
        return Ok(None);
    }
    Ok(Some(UtcSeconds::new(reader.signed()?).ok_or(Damaged)?))
}

/// One more than each count, 0 for one that is not told; a single 0 for no counts at all.
fn write_counts(counts: Option<&Counts>, bytes: &mut Vec<u8>) {
    write_varint(u64::from(counts.is_some()), bytes);
    for count in counts.iter().flat_map(|counts| counts.classes()) {
        write_varint(count.map_or(0, |count| count.get() + 1), bytes);
    }
}

fn read_counts(reader: &mut Reader<'_>) -> Result<Option<Counts>, Damaged> {
    if reader.varint()? == 0 {
        return Ok(None);
    }
    let mut count = || -> Result<Option<Tokens>, Damaged> {
        match reader.varint()?.checked_sub(1) {
            None => Ok(None),
            Some(count) => Ok(Some(Tokens::new(count).ok_or(Damaged)?)),
        }
    };
    Ok(Some(Counts {
        input: count()?,
        cached: count()?,
        cache_write: count()?,
        output: count()?,
        reasoning: count()?,
        total: count()?,
    }))
}

fn write_context(context: &Context, bytes: &mut Vec<u8>) {
    let Context { model, tier, folder, client, agent, vendor } = context;
    for name in [model, tier, folder, client, agent, vendor] {
        write_varint(u64::from(name.is_some()), bytes);
        if let Some(name) = name {
            write_bytes(name.as_bytes(), bytes);
        }
    }
}

fn read_context(reader: &mut Reader<'_>) -> Result<Context, Damaged> {
    let mut name = || -> Result<Option<Text>, Damaged> {
        if reader.varint()? == 0 { Ok(None) } else { Ok(Some(Text::from(reader.text()?))) }
    };
    Ok(Context {
        model: name()?,
        tier: name()?,
        folder: name()?,
        client: name()?,
        agent: name()?,
        vendor: name()?,
    })
}
