//! A piece of a table with forecasts to make of it, in which values can be replaced before the inputs
//! are made: everything that a model derives from a value (lags, means over other series, flags, local
//! levels) follows by itself.

use crate::data::inputs::{Inputs, Scalings};
use crate::data::panel::{Panel, PanelColumn, Segment};
use crate::data::split::Cut;
use crate::error::Result;
use crate::forecast::conformal::Intervals;
use crate::forecast::{self, Forecasts, Levels, Windows};
use crate::pipeline::forecaster::Forecaster;

/// The piece.
pub(super) struct Scene<'a> {
    forecaster: &'a Forecaster,
    scalings: &'a Scalings,
    /// Rows around the cuts; series as in the table.
    pub(super) panel: Panel,
    pub(super) cuts: Vec<Cut>,
    /// Rows at the end of each segment that are not part of the table.
    future: usize,
}

/// Values in place of those of a scene.
pub(super) struct Other {
    /// One a column and row of the scene.
    pub(super) columns: Vec<Vec<f64>>,
    /// Stamps whose calendar counts, one a row; none where the scene's own does.
    pub(super) stamps: Vec<i64>,
}

/// Rows before an origin that a forecast depends on: the window, what rolls over it, and what the pool
/// looks at.
pub(super) fn reach(forecaster: &Forecaster) -> usize {
    let window = forecaster.model.shape().input_window;
    let rolls = if forecaster.meta.inputs.lead.is_some() { 2 * window } else { window };
    rolls.max(forecaster.meta.pool.history())
}

impl<'a> Scene<'a> {
    /// Of these cuts of a panel, with `before` rows before the first of them in each segment, and the
    /// horizon after the last. `future`: see [`Inputs::build`].
    pub(super) fn new(
        forecaster: &'a Forecaster,
        scalings: &'a Scalings,
        panel: &Panel,
        cuts: &[Cut],
        before: usize,
        future: usize,
    ) -> Scene<'a> {
        let horizon = forecaster.model.shape().horizon;
        let stamps = |end: usize| cuts.iter().map(move |cut| panel.stamps[cut.row + end]);
        let first = stamps(0).min().unwrap_or(i64::MIN);
        let first = panel.freq.advance(first, -(before as i64), &panel.time);
        let last = stamps(horizon - 1).max().unwrap_or(i64::MAX);
        let mut out = Panel { columns: empty(panel), ..panel.shell() };
        let mut moved = vec![None; panel.segments.len()];
        for (at, segment) in panel.segments.iter().enumerate() {
            let rows = segment.offset..segment.offset + segment.len;
            let own = &panel.stamps[rows.clone()];
            let from = rows.start + own.partition_point(|s| *s < first);
            let until = rows.start + own.partition_point(|s| *s <= last);
            if from >= until {
                continue;
            }
            let offset = out.stamps.len();
            moved[at] = Some((out.segments.len() as u32, offset, from));
            out.stamps.extend_from_slice(&panel.stamps[from..until]);
            for (new, old) in out.columns.iter_mut().zip(&panel.columns) {
                new.values.extend_from_slice(&old.values[from..until]);
            }
            out.segments.push(Segment { series: segment.series, offset, len: until - from });
        }
        let place = |cut: &Cut| {
            let (segment, offset, from) = (*moved.get(cut.segment as usize)?)?;
            Some(Cut { segment, row: offset + cut.row.checked_sub(from)? })
        };
        let cuts = cuts.iter().filter_map(place).collect();
        Scene { forecaster, scalings, panel: out, cuts, future }
    }

    /// Forecasts all cuts, with other values where `takes(column, row)` says so and another calendar
    /// where there is one.
    pub(super) fn forecast(
        &self,
        other: Option<&Other>,
        takes: impl Fn(usize, usize) -> bool,
        calendar: bool,
    ) -> Result<Forecasts> {
        let mixed = other.map(|other| self.mixed(other, takes));
        let panel = mixed.as_ref().unwrap_or(&self.panel);
        let mut inputs = Inputs::build(panel, &self.forecaster.meta.inputs, self.scalings, self.future);
        if let Some(other) = other.filter(|_| calendar) {
            self.recalendar(&mut inputs, &other.stamps);
        }
        let shape = self.forecaster.model.shape();
        let windows = Windows::new(&inputs, &self.forecaster.device, self.cuts.len() * shape.input_window)?;
        let intervals = Intervals::default();
        let chain = self.forecaster.chain(&intervals, &Levels::All);
        forecast::forecast(&chain, &windows, panel, &self.cuts)
    }

    /// The scene with other values in some places.
    fn mixed(&self, other: &Other, takes: impl Fn(usize, usize) -> bool) -> Panel {
        let columns = self.panel.columns.iter().zip(&other.columns).enumerate();
        let mixed = columns.map(|(at, (column, others))| {
            let value =
                |(row, (own, other)): (usize, (&f64, &f64))| if takes(at, row) { *other } else { *own };
            let values = column.values.iter().zip(others).enumerate().map(value).collect();
            PanelColumn { name: column.name.clone(), values }
        });
        Panel {
            segments: self.panel.segments.clone(),
            stamps: self.panel.stamps.clone(),
            columns: mixed.collect(),
            ..self.panel.shell()
        }
    }

    /// Writes the calendar of other stamps over the inputs' own.
    fn recalendar(&self, inputs: &mut Inputs, stamps: &[i64]) {
        let calendar = inputs.spec.calendar.clone();
        let (width, own) = (inputs.width(), calendar.len());
        if own == 0 {
            return;
        }
        for (row, stamp) in inputs.x.chunks_mut(width).zip(stamps) {
            calendar.fill(self.panel.time.local_seconds(*stamp), &mut row[width - own..]);
        }
    }

    /// The values that lie as far from `donor` in the table as the scene's from `origin`, series by series:
    /// the same days of another time. Where the table has no such row, nothing is observed.
    pub(super) fn at_another_time(&self, table: &Panel, origin: i64, donor: i64) -> Other {
        let mut columns = vec![vec![f64::NAN; self.panel.stamps.len()]; self.panel.columns.len()];
        let mut stamps = self.panel.stamps.clone();
        for segment in &self.panel.segments {
            let rows = segment.offset..segment.offset + segment.len;
            let at = rows.start + self.panel.stamps[rows.clone()].partition_point(|s| *s < origin);
            let own = table.segments_of(segment.series);
            let found = own.iter().find_map(|s| {
                let stamps = &table.stamps[s.offset..s.offset + s.len];
                stamps.binary_search(&donor).ok().map(|row| (s, s.offset + row))
            });
            for row in rows {
                let back = row as i64 - at as i64;
                stamps[row] = self.panel.freq.advance(donor, back, &self.panel.time);
                let Some((segment, there)) = found else { continue };
                let from = there as i64 + back;
                let inside = from >= segment.offset as i64 && from < (segment.offset + segment.len) as i64;
                for (out, column) in columns.iter_mut().zip(&table.columns).filter(|_| inside) {
                    out[row] = column.values[from as usize];
                }
            }
        }
        Other { columns, stamps }
    }

    /// The scene's own values, moved around within each series by this share of its rows; columns that
    /// never change within a series are moved from series to series instead, `aside` series on.
    pub(super) fn rotated(&self, share: f64, aside: usize, fixed: &[bool]) -> Other {
        let rows = self.panel.stamps.len();
        let mut columns = vec![vec![f64::NAN; rows]; self.panel.columns.len()];
        let mut stamps = self.panel.stamps.clone();
        let series = self.panel.series.len() as u32;
        for own in (0..series).map(|series| self.rows_of(series)).filter(|own| !own.is_empty()) {
            let shift = ((own.len() as f64 * share).round() as usize).min(own.len());
            for (i, row) in own.iter().enumerate() {
                let from = own[(i + shift) % own.len()];
                stamps[*row] = self.panel.stamps[from];
                for (out, column) in columns.iter_mut().zip(&self.panel.columns) {
                    out[*row] = column.values[from];
                }
            }
        }
        let present: Vec<Vec<usize>> =
            (0..series).map(|series| self.rows_of(series)).filter(|own| !own.is_empty()).collect();
        for (at, own) in present.iter().enumerate() {
            let from = &present[(at + aside) % present.len()];
            for (column, out) in
                columns.iter_mut().enumerate().filter(|(at, _)| fixed.get(*at) == Some(&true))
            {
                let values = &self.panel.columns[column].values;
                let value = from.iter().map(|row| values[*row]).find(|v| !v.is_nan()).unwrap_or(f64::NAN);
                own.iter().for_each(|row| out[*row] = value);
            }
        }
        Other { columns, stamps }
    }

    /// All rows of a series.
    fn rows_of(&self, series: u32) -> Vec<usize> {
        self.panel.segments_of(series).iter().flat_map(|s| s.offset..s.offset + s.len).collect()
    }

    /// For each column, whether it never changes within a series.
    pub(super) fn fixed(&self) -> Vec<bool> {
        let changes = |values: &[f64]| {
            let mut known = values.iter().filter(|v| !v.is_nan());
            let first = known.next();
            known.any(|v| Some(v) != first)
        };
        let series: Vec<Vec<usize>> = (0..self.panel.series.len() as u32).map(|s| self.rows_of(s)).collect();
        let column = |column: &PanelColumn| {
            !series.iter().any(|rows| {
                let own: Vec<f64> = rows.iter().map(|row| column.values[*row]).collect();
                changes(&own)
            })
        };
        self.panel.columns.iter().map(column).collect()
    }
}

fn empty(panel: &Panel) -> Vec<PanelColumn> {
    panel.columns.iter().map(|c| PanelColumn { name: c.name.clone(), values: Vec::new() }).collect()
}
