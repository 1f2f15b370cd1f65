//! What is kept of each series, and how the series come together in one panel.

use std::collections::VecDeque;

use crate::data::long::SeriesKey;
use crate::data::panel::{Panel, PanelColumn, Segment};
use crate::data::split::Cut;
use crate::data::stamp::zone::Instants;
use crate::data::stamp::{Clock, TimeStyle};

/// The rows kept of one series, in order of time.
#[derive(Default)]
pub struct History {
    pub rows: VecDeque<Row>,
    /// Whether older rows were let go.
    pub cut: bool,
    /// Whether it was said that training had not seen the series.
    pub said: bool,
    /// The rows on their grid.
    pub panel: Option<Panel>,
}

/// One row as it came.
pub struct Row {
    pub stamp: i64,
    /// Its line in the stream, 0 for rows from before it.
    pub line: u32,
    pub values: Vec<f64>,
}

impl History {
    /// Rows of the last segment.
    pub fn unbroken(&self) -> usize {
        self.panel.as_ref().and_then(|p| p.segments.last()).map_or(0, |s| s.len)
    }

    /// First and last stamp of the newest rows without a hole.
    pub fn span(&self) -> Option<(i64, i64)> {
        let panel = self.panel.as_ref()?;
        let segment = panel.segments.last()?;
        let stamps = panel.stamps.get(segment.offset..segment.offset + segment.len)?;
        Some((*stamps.first()?, *stamps.last()?))
    }

    /// Lets rows go that no window will see. Their values still count where a later row has
    /// none, so the oldest row that is kept takes them over; it lies before every window, and
    /// further than `max_fill` rows before it, so that only its values matter.
    pub fn forget(&mut self, panel: &Panel, keep: usize, max_gap_rows: usize) {
        let Some(last) = panel.stamps.last() else { return };
        let limit = panel.freq.advance(*last, -(keep as i64), &panel.time);
        let rows = &mut self.rows;
        while rows.get(1).is_some_and(|second| second.stamp <= limit) {
            let Some(gone) = rows.pop_front() else { return };
            self.cut = true;
            let first = rows[0].stamp;
            let hole = panel.freq.steps_between(gone.stamp, first, &panel.time).map_or(0, |steps| steps - 1);
            if hole > max_gap_rows as i64 {
                continue;
            }
            let same = rows.iter().take_while(|r| r.stamp == first).count();
            for (i, value) in gone.values.iter().enumerate() {
                if rows.iter().take(same).all(|r| r.values[i].is_nan()) {
                    rows[0].values[i] = *value;
                }
            }
        }
    }
}

/// One panel of the last segments of several series, and the origin after each; of each segment the
/// rows within `span` alone (UTC epoch seconds), and nothing of a series that has none there.
pub fn together<'h>(
    histories: impl Iterator<Item = (&'h SeriesKey, &'h History)>,
    span: (i64, i64),
) -> Option<(Panel, Vec<Cut>)> {
    let mut whole: Option<Panel> = None;
    let mut origins = Vec::new();
    for (key, history) in histories {
        let Some((own, segment)) = history.panel.as_ref().and_then(|p| Some((p, p.segments.last()?))) else {
            continue;
        };
        let end = segment.offset + segment.len;
        let stamps = &own.stamps[segment.offset..end];
        let first = segment.offset + stamps.partition_point(|s| *s < span.0);
        let rows = first..segment.offset + stamps.partition_point(|s| *s <= span.1);
        if rows.is_empty() {
            continue;
        }
        let panel = whole.get_or_insert_with(|| Panel {
            series: Vec::new(),
            columns: own
                .columns
                .iter()
                .map(|c| PanelColumn { name: c.name.clone(), values: Vec::new() })
                .collect(),
            ..own.shell()
        });
        let (series, offset) = (panel.series.len() as u32, panel.stamps.len());
        panel.series.push(key.clone());
        panel.segments.push(Segment { series, offset, len: rows.len() });
        panel.stamps.extend_from_slice(&own.stamps[rows.clone()]);
        for (column, from) in panel.columns.iter_mut().zip(&own.columns) {
            column.values.extend_from_slice(&from.values[rows.clone()]);
        }
        origins.push(Cut { segment: series, row: offset + rows.len() });
    }
    whole.map(|panel| (panel, origins))
}

/// Of two rows with the same repeated hour on the wall the later one is its second passage, as
/// the reader has it for a whole table; read alone, a row is always taken for the first.
pub fn second_passage(time: &TimeStyle, stamp: i64, history: &History) -> i64 {
    let (Clock::Wall, Some(zone)) = (time.clock(), time.own_zone()) else { return stamp };
    match zone.to_utc(stamp + i64::from(zone.offset_at(stamp))) {
        Instants::Two(early, late) if stamp == early && history.rows.iter().any(|r| r.stamp == early) => late,
        _ => stamp,
    }
}
