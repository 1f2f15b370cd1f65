//! Arrow stamps in whole seconds: polars multiplies them to milliseconds, and those beyond its years
//! would come out as others. They are looked at before.

use polars::prelude::{PolarsError, PolarsResult};
use polars_arrow::array::{Array, PrimitiveArray};
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, TimeUnit};
use polars_arrow::io::ipc::read::{
    FileReader, StreamReader, StreamState, read_file_metadata, read_stream_metadata,
};
use std::io::Cursor;

/// Checks all stamps of an Arrow file or stream that are in seconds.
///
/// # Errors
/// `PolarsError` that names the column of a stamp too large to be read.
pub fn check(bytes: &[u8], stream: bool) -> PolarsResult<()> {
    let mut reader = Cursor::new(bytes);
    if stream {
        let metadata = read_stream_metadata(&mut reader)?;
        let (places, names) = in_seconds(&metadata.schema);
        if places.is_empty() {
            return Ok(());
        }
        for state in StreamReader::new(reader, metadata, Some(places)) {
            let StreamState::Some(batch) = state? else { break };
            fit(batch.arrays(), &names)?;
        }
        return Ok(());
    }
    let metadata = read_file_metadata(&mut reader)?;
    let (places, names) = in_seconds(&metadata.schema);
    if places.is_empty() {
        return Ok(());
    }
    FileReader::new(reader, metadata, Some(places), None).try_for_each(|batch| fit(batch?.arrays(), &names))
}

/// The columns of stamps in seconds: places and names.
fn in_seconds(schema: &ArrowSchema) -> (Vec<usize>, Vec<String>) {
    let seconds = |kind: &ArrowDataType| matches!(kind, ArrowDataType::Timestamp(TimeUnit::Second, _));
    let fields = schema.iter_values().enumerate().filter(|(_, field)| seconds(&field.dtype));
    fields.map(|(place, field)| (place, field.name.to_string())).unzip()
}

fn fit(arrays: &[Box<dyn Array>], names: &[String]) -> PolarsResult<()> {
    const MOST: i64 = i64::MAX / 1000;
    for (array, name) in arrays.iter().zip(names) {
        let Some(stamps) = array.as_any().downcast_ref::<PrimitiveArray<i64>>() else { continue };
        if let Some(row) = stamps.iter().position(|s| s.is_some_and(|s| !(-MOST..=MOST).contains(s))) {
            let why =
                format!("column `{name}` holds a stamp beyond all years (row {} of its batch)", row + 1);
            return Err(PolarsError::ComputeError(why.into()));
        }
    }
    Ok(())
}
