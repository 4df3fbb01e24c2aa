//! Cells and what is in them as bytes.

use chrono::{Datelike, NaiveDate};
use data_schema::packed::{Damaged, Reader, write_varint};
use data_schema::summary::TokenCounts;
use data_schema::{Quality, UtcSeconds};

use crate::sums::Cell;

pub(crate) fn write_cell(cell: &Cell, bytes: &mut Vec<u8>) {
    let Cell { tokens, requests, priced_tokens, unpriced_tokens, quality, inexact_tokens, .. } =
        cell;
    let numbers = [*requests, *priced_tokens, *unpriced_tokens, *inexact_tokens];
    for count in counts(tokens).into_iter().chain(numbers) {
        write_varint(count, bytes);
    }
    bytes.push(*quality as u8);
    for amount in [cell.cost, cell.billed, cell.covered, cell.payer_unknown] {
        write_amount(amount, bytes);
    }
}

/// An amount; most are nothing, or fit eight bytes.
pub(super) fn write_amount(amount: i128, bytes: &mut Vec<u8>) {
    match u64::try_from(amount) {
        Ok(amount) if amount < u64::MAX => write_varint(amount, bytes),
        _ => {
            write_varint(u64::MAX, bytes);
            bytes.extend(amount.to_le_bytes());
        }
    }
}

pub(super) fn read_amount(reader: &mut Reader<'_>) -> Result<i128, Damaged> {
    match reader.varint()? {
        u64::MAX => Ok(i128::from_le_bytes(reader.array()?)),
        amount => Ok(i128::from(amount)),
    }
}

fn counts(tokens: &TokenCounts) -> [u64; 9] {
    let TokenCounts {
        input_tokens,
        output_tokens,
        cache_creation_tokens,
        cache_read_tokens,
        total_tokens,
        cache_creation_1h_tokens,
        reasoning_tokens,
        image_tokens,
        audio_tokens,
    } = *tokens;
    [
        input_tokens,
        output_tokens,
        cache_creation_tokens,
        cache_read_tokens,
        total_tokens,
        cache_creation_1h_tokens,
        reasoning_tokens,
        image_tokens,
        audio_tokens,
    ]
}

pub(crate) fn read_cell(reader: &mut Reader<'_>) -> Result<Cell, Damaged> {
    let mut tokens = TokenCounts::default();
    let places = [
        &mut tokens.input_tokens,
        &mut tokens.output_tokens,
        &mut tokens.cache_creation_tokens,
        &mut tokens.cache_read_tokens,
        &mut tokens.total_tokens,
        &mut tokens.cache_creation_1h_tokens,
        &mut tokens.reasoning_tokens,
        &mut tokens.image_tokens,
        &mut tokens.audio_tokens,
    ];
    for place in places {
        *place = reader.varint()?;
    }
    let [requests, priced_tokens, unpriced_tokens, inexact_tokens] =
        [reader.varint()?, reader.varint()?, reader.varint()?, reader.varint()?];
    let quality = match byte(reader)? {
        0 => Quality::Exact,
        1 => Quality::Partial,
        2 => Quality::Estimated,
        _ => return Err(Damaged),
    };
    let [cost, billed, covered, payer_unknown] =
        [read_amount(reader)?, read_amount(reader)?, read_amount(reader)?, read_amount(reader)?];
    Ok(Cell {
        tokens,
        requests,
        cost,
        billed,
        covered,
        payer_unknown,
        priced_tokens,
        unpriced_tokens,
        quality,
        inexact_tokens,
    })
}

pub(crate) fn byte(reader: &mut Reader<'_>) -> Result<u8, Damaged> {
    let [byte] = reader.array()?;
    Ok(byte)
}

pub(crate) fn time(seconds: u64) -> Result<UtcSeconds, Damaged> {
    i64::try_from(seconds).ok().and_then(UtcSeconds::new).ok_or(Damaged)
}

/// A day as a number.
pub(crate) fn number(day: NaiveDate) -> i64 {
    i64::from(day.num_days_from_ce())
}

pub(crate) fn day(number: i64) -> Result<NaiveDate, Damaged> {
    let number = i32::try_from(number).map_err(|_| Damaged)?;
    NaiveDate::from_num_days_from_ce_opt(number).ok_or(Damaged)
}
