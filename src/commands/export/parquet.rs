//! Rows as Parquet, without Arrow: a column at a time, a group of rows at a time.

use std::io::{self, Write};
use std::sync::Arc;

use chrono::NaiveDate;
use data_schema::{Money, UtcSeconds};
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{
    ByteArray, ByteArrayType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;
use serde_json::Value;

use super::Request;
use super::file::Failed;
use super::rows::{Kind, SCHEMA_VERSION, Source, columns};
use super::text::joined;
use crate::session::PROGRAM;

/// Rows of a group: some 30 MB in memory.
const GROUP: usize = 50_000;
/// Digits of an amount, and those of them behind the point.
const PRECISION: i32 = 38;
const SCALE: i32 = 12;
/// Bytes that hold 38 digits.
const DECIMAL_BYTES: i32 = 16;

/// The values of one column, of the rows that have one, with a level for each row: 1 = it has one.
struct Column {
    name: &'static str,
    values: Values,
    levels: Vec<i16>,
}

enum Values {
    Text(Vec<ByteArray>),
    Count(Vec<i64>),
    Day(Vec<i32>),
    Time(Vec<i64>),
    Decimal(Vec<FixedLenByteArray>),
}

impl From<ParquetError> for Failed {
    fn from(error: ParquetError) -> Self {
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(error) => Self::Io(*error),
                Err(error) => Self::Io(io::Error::other(error)),
            },
            error => Self::Io(io::Error::other(error)),
        }
    }
}

/// Writes all rows.
pub(super) fn write(
    source: &Source,
    request: &Request<'_>,
    out: impl Write + Send,
) -> Result<(), Failed> {
    let told = |key: &str, value: &str| KeyValue::new(key.to_owned(), value.to_owned());
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_created_by(PROGRAM.to_owned())
        .set_key_value_metadata(Some(vec![
            told("schemaVersion", SCHEMA_VERSION),
            told("zone", source.zone),
            told("currency", "USD"),
            told("priceBook", &source.price_book),
        ]))
        .build();
    let mut writer = SerializedFileWriter::new(out, schema()?, Arc::new(properties))?;
    let mut group = new_group();
    let mut rows = 0;
    source.each(request, |row| {
        let values = row.values();
        for column in &mut group {
            column.push(values.get(column.name));
        }
        rows += 1;
        if rows == GROUP {
            rows = 0;
            flush(&mut writer, std::mem::replace(&mut group, new_group()))?;
        }
        Ok(())
    })?;
    if rows > 0 {
        flush(&mut writer, group)?;
    }
    writer.close()?;
    Ok(())
}

fn new_group() -> Vec<Column> {
    let column = |(name, kind)| {
        let values = match kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Count => Values::Count(Vec::new()),
            Kind::Day => Values::Day(Vec::new()),
            Kind::Time => Values::Time(Vec::new()),
            Kind::Decimal => Values::Decimal(Vec::new()),
        };
        Column { name, values, levels: Vec::new() }
    };
    columns().map(column).collect()
}

fn flush<W: Write + Send>(
    writer: &mut SerializedFileWriter<W>,
    columns: Vec<Column>,
) -> Result<(), Failed> {
    let mut group = writer.next_row_group()?;
    for column in columns {
        column.write(&mut group)?;
    }
    group.close()?;
    Ok(())
}

impl Column {
    fn push(&mut self, value: Option<&Value>) {
        let is_there = value.is_some_and(|value| self.values.push(value));
        self.levels.push(i16::from(is_there));
    }

    fn write<W: Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        let Some(mut column) = group.next_column()? else { return Ok(()) };
        let levels = Some(self.levels.as_slice());
        match self.values {
            Values::Text(values) => {
                column.typed::<ByteArrayType>().write_batch(&values, levels, None)?
            }
            Values::Count(values) | Values::Time(values) => {
                column.typed::<Int64Type>().write_batch(&values, levels, None)?
            }
            Values::Day(values) => {
                column.typed::<Int32Type>().write_batch(&values, levels, None)?
            }
            Values::Decimal(values) => {
                column.typed::<FixedLenByteArrayType>().write_batch(&values, levels, None)?
            }
        };
        column.close()
    }
}

impl Values {
    /// Takes a value; whether it is one of this kind.
    fn push(&mut self, value: &Value) -> bool {
        match self {
            Self::Text(values) => {
                let text = value.as_str().map_or_else(|| joined(value), str::to_owned);
                values.push(ByteArray::from(text.into_bytes()));
                true
            }
            Self::Count(values) => took(values, value.as_i64()),
            Self::Day(values) => took(values, value.as_str().and_then(days)),
            Self::Time(values) => took(values, value.as_str().and_then(millis)),
            Self::Decimal(values) => {
                let amount = value.as_str().and_then(|text| text.parse::<Money>().ok());
                let bytes = amount.map(|amount| amount.picos().to_be_bytes().to_vec());
                took(values, bytes.map(|bytes| FixedLenByteArray::from(ByteArray::from(bytes))))
            }
        }
    }
}

fn took<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let is_there = value.is_some();
    values.extend(value);
    is_there
}

/// Days since 1970.
fn days(text: &str) -> Option<i32> {
    let day: NaiveDate = text.parse().ok()?;
    i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok()
}

/// Milliseconds since 1970.
fn millis(text: &str) -> Option<i64> {
    let at: UtcSeconds = text.parse().ok()?;
    at.seconds().checked_mul(1000)
}

/// The columns with their types; all of them may be absent in a row.
fn schema() -> Result<Arc<Type>, ParquetError> {
    let column = |(name, kind): (&str, Kind)| {
        let physical = match kind {
            Kind::Text => Physical::BYTE_ARRAY,
            Kind::Count | Kind::Time => Physical::INT64,
            Kind::Day => Physical::INT32,
            Kind::Decimal => Physical::FIXED_LEN_BYTE_ARRAY,
        };
        let builder =
            Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
        let builder = match kind {
            Kind::Text => builder.with_logical_type(Some(LogicalType::String)),
            Kind::Count => builder,
            Kind::Day => builder.with_logical_type(Some(LogicalType::Date)),
            Kind::Time => {
                builder.with_logical_type(Some(LogicalType::timestamp(true, TimeUnit::MILLIS)))
            }
            Kind::Decimal => builder
                .with_logical_type(Some(LogicalType::decimal(SCALE, PRECISION)))
                .with_length(DECIMAL_BYTES)
                .with_precision(PRECISION)
                .with_scale(SCALE),
        };
        builder.build().map(Arc::new)
    };
    let fields: Result<Vec<Arc<Type>>, ParquetError> = columns().map(column).collect();
    Ok(Arc::new(Type::group_type_builder("usage").with_fields(fields?).build()?))
}
