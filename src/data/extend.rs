//! Rows for the future: a panel cut at each series' origin and continued by P empty rows, so that
//! the same windows and calendar serve prediction as serve training.

use crate::data::panel::{Panel, PanelColumn, Segment};
use crate::data::split::Cut;
use crate::error::{Error, Place, Result};
use crate::text::{of_one, plural};

/// Refuses a calendar without a rule of which fewer than `horizon` rows are known after an origin.
///
/// # Errors
/// `Error::Data` with how many are known.
pub fn require_rows(panel: &Panel, origins: &[Cut], horizon: usize) -> Result<()> {
    for origin in origins {
        let last = panel.stamps[origin.row - 1];
        let Some(known) = panel.freq.known_after(last).filter(|known| *known < horizon) else { continue };
        let series = panel.segments[origin.segment as usize].series as usize;
        return Err(Error::data(
            Place::file(panel.source.clone())
                .series(panel.series[series].to_string())
                .stamp(panel.time.display(last)),
            format!(
                "the rows follow a calendar without a rule, and of the {} ahead {known} {} a stamp",
                plural(horizon, "row"),
                of_one(known, "has", "have")
            ),
        )
        .with_hint(
            "give the stamps ahead: in --future-table, or at the end of the table with the target left empty",
        ));
    }
    Ok(())
}

/// Keeps the rows before each origin and appends `horizon` unobserved rows after them. `origins` gives
/// for each wanted series its segment and first forecast row (which may be one past the segment's
/// end). Rows at and after the origin carry no value but those of the columns in `ahead`, which
/// are known beyond the origin.
pub fn extend(panel: &Panel, origins: &[Cut], horizon: usize, ahead: &[usize]) -> (Panel, Vec<Cut>) {
    let mut segments = Vec::with_capacity(origins.len());
    let mut cuts = Vec::with_capacity(origins.len());
    let mut stamps = Vec::new();
    let mut columns: Vec<PanelColumn> =
        panel.columns.iter().map(|c| PanelColumn { name: c.name.clone(), values: Vec::new() }).collect();
    for (i, origin) in origins.iter().enumerate() {
        let segment = &panel.segments[origin.segment as usize];
        let first = segment.offset;
        let offset = stamps.len();
        stamps.extend_from_slice(&panel.stamps[first..origin.row]);
        let last = panel.stamps[origin.row - 1];
        stamps.extend((1..=horizon as i64).map(|k| panel.freq.advance(last, k, &panel.time)));
        let known = (segment.offset + segment.len).min(origin.row + horizon);
        for (at, (out, column)) in columns.iter_mut().zip(&panel.columns).enumerate() {
            let until = if ahead.contains(&at) { known } else { origin.row };
            out.values.extend_from_slice(&column.values[first..until]);
            out.values.resize(stamps.len(), f64::NAN);
        }
        segments.push(Segment { series: segment.series, offset, len: stamps.len() - offset });
        cuts.push(Cut { segment: i as u32, row: offset + origin.row - first });
    }
    let mut extended = Panel { segments, stamps, columns, ..panel.shell() };
    extended.mark_holidays();
    (extended, cuts)
}

/// The earliest stamp of the `rows` rows before the cuts, each of its own segment alone.
pub fn since(panel: &Panel, cuts: &[Cut], rows: usize) -> i64 {
    cuts.iter().map(|cut| panel.stamps[first_of(panel, cut, rows)]).min().unwrap_or(i64::MIN)
}

/// The first of the `rows` rows before a cut, as far as its segment has so many.
fn first_of(panel: &Panel, cut: &Cut, rows: usize) -> usize {
    panel.segments[cut.segment as usize].offset.max(cut.row.saturating_sub(rows))
}

/// The newest rows that forecasts of `cuts` can depend on: `rows` of them before each cut, then all to the
/// segment's end. The first row that is kept takes over what was last known before it, as far as it has no
/// value itself.
pub fn newest(panel: &Panel, cuts: &[Cut], rows: usize) -> (Panel, Vec<Cut>) {
    let mut near = panel.shell();
    near.columns =
        panel.columns.iter().map(|c| PanelColumn { name: c.name.clone(), values: Vec::new() }).collect();
    let mut near_cuts = Vec::with_capacity(cuts.len());
    for cut in cuts {
        let segment = &panel.segments[cut.segment as usize];
        let (first, end, offset) =
            (first_of(panel, cut, rows), segment.offset + segment.len, near.stamps.len());
        near_cuts.push(Cut { segment: near.segments.len() as u32, row: cut.row - first + offset });
        near.segments.push(Segment { series: segment.series, offset, len: end - first });
        near.stamps.extend_from_slice(&panel.stamps[first..end]);
        for (own, column) in near.columns.iter_mut().zip(&panel.columns) {
            own.values.extend_from_slice(&column.values[first..end]);
            if own.values[offset].is_nan() {
                let before = column.values[segment.offset..first].iter().rev();
                own.values[offset] = before.copied().find(|v| !v.is_nan()).unwrap_or(f64::NAN);
            }
        }
    }
    (near, near_cuts)
}
