//! Checks the pages of a Parquet file before they are decoded: the decoder takes memory as the
//! page headers say, and a number of values below zero there would ask for more than any machine has.
//!
//! Every page must lie within the file, the pages of a column must hold as many values as its row
//! group has rows, and no dictionary may hold more values than its bytes can.

use polars::prelude::FileMetadataRef;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;
use polars_parquet_format::{PageHeader, PageType};
use std::ops::Range;

/// What a page header may take while it is read; those of real files, with their statistics, are shorter.
const LONGEST_HEADER: usize = 16 << 20;

/// Checks the pages of these columns, in the row groups that hold some of these rows, and gives the
/// bytes that they unpack to; none where a number contradicts the file.
pub fn unpacked(
    bytes: &[u8],
    metadata: &FileMetadataRef,
    columns: &[String],
    rows: &Range<usize>,
) -> Option<u64> {
    let (mut total, mut first) = (0u64, 0usize);
    for group in &metadata.row_groups {
        let end = first.checked_add(group.num_rows())?;
        if first < rows.end && rows.start < end {
            for column in columns {
                for chunk in group.columns_under_root_iter(column)? {
                    if usize::try_from(chunk.num_values()).ok()? != group.num_rows() {
                        return None;
                    }
                    let from = usize::try_from(chunk.byte_range().start).ok()?;
                    total = total.checked_add(pages(bytes.get(from..)?, group.num_rows())?)?;
                }
            }
        }
        first = end;
    }
    Some(total)
}

/// The bytes that the pages of a column of so many values unpack to.
fn pages(mut bytes: &[u8], values: usize) -> Option<u64> {
    let (mut total, mut found) = (0u64, 0usize);
    while found < values {
        let header = {
            let mut protocol = TCompactInputProtocol::new(&mut bytes, LONGEST_HEADER);
            PageHeader::read_from_in_protocol(&mut protocol).ok()?
        };
        let packed = usize::try_from(header.compressed_page_size).ok()?;
        let size = usize::try_from(header.uncompressed_page_size).ok()?;
        match header.type_ {
            PageType::DATA_PAGE => found += usize::try_from(header.data_page_header?.num_values).ok()?,
            PageType::DATA_PAGE_V2 => {
                let header = header.data_page_header_v2?;
                let levels = [header.definition_levels_byte_length, header.repetition_levels_byte_length];
                let levels: usize = levels.into_iter().map(|n| usize::try_from(n).ok()).sum::<Option<_>>()?;
                let nulls = usize::try_from(header.num_nulls).ok()?;
                let own = usize::try_from(header.num_values).ok()?;
                if levels > packed.min(size) || nulls > own {
                    return None;
                }
                found += own;
            }
            // Every value of a dictionary takes a byte at least.
            PageType::DICTIONARY_PAGE => {
                let own = usize::try_from(header.dictionary_page_header?.num_values).ok()?;
                (own <= size).then_some(())?;
            }
            _ => {}
        }
        bytes = bytes.get(packed..)?;
        total = total.checked_add(size as u64)?;
    }
    (found == values).then_some(total)
}
