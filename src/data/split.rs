//! WHERE to cut: origins of training, validation and test windows.
//!
//! An origin is the first forecast row. A window reads rows `origin - T .. origin` and is
//! compared with rows `origin .. origin + P`, all in one segment, so that no window ever crosses
//! a series or a hole. HOW the rows are gathered is the business of [`super::windows`].

use crate::config::SplitConfig;
use crate::data::panel::Panel;
use crate::error::{Error, Result};

mod empty;
pub mod left_out;
pub use empty::{EmptyPart, empty_parts};

/// One place to cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Index into [`Panel::segments`].
    pub segment: u32,
    /// First forecast row, a row number of the panel.
    pub row: usize,
}

/// The instants that part training, validation and test; the same for every series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Bounds {
    /// UTC epoch seconds of the first validation row.
    pub val_start: i64,
    /// UTC epoch seconds of the first test row.
    pub test_start: i64,
}

impl Bounds {
    /// From dates where they are given, else from shares of the table's time span.
    ///
    /// # Errors
    /// A date that cannot be read, or that leaves the parts out of order or outside the table.
    pub fn resolve(config: &SplitConfig, panel: &Panel) -> Result<Bounds> {
        let first = panel.stamps.iter().copied().min().unwrap_or(0);
        let last = panel.stamps.iter().copied().max().unwrap_or(0);
        let end = panel.freq.advance(last, 1, &panel.time);
        let at = |text: &str, name: &str| -> Result<i64> {
            let stamp = panel.time.parse_one(text).map_err(|_| {
                Error::config(format!("`{name}` is `{text}`, which is not a time stamp of this table's form"))
                    .with_hint(format!("write it like {} (or as ISO 8601)", panel.time.display(first)))
            })?;
            if stamp <= first || stamp > end {
                return Err(Error::config(format!(
                    "`{name}` is {}, outside the table, which runs from {} to {}",
                    panel.time.display(stamp),
                    panel.time.display(first),
                    panel.time.display(last)
                ))
                .with_hint(format!("choose a --{} inside the table", name.replace('_', "-"))));
            }
            Ok(stamp)
        };
        let share = |s: f64| snap(panel, first, first + ((end - first) as f64 * s).round() as i64);
        let test_start = match &config.test_start {
            Some(text) => at(text, "test_start")?,
            None => share(config.split[0] + config.split[1]),
        };
        let val_start = match (&config.val_start, &config.test_start) {
            (Some(text), _) => at(text, "val_start")?,
            // A test date alone: what is before it is shared as the first two shares say.
            (None, Some(_)) => {
                let part = config.split[0] / (config.split[0] + config.split[1]).max(f64::MIN_POSITIVE);
                snap(panel, first, first + ((test_start - first) as f64 * part).round() as i64)
            }
            (None, None) => share(config.split[0]),
        };
        if val_start > test_start {
            return Err(Error::config(format!(
                "`val_start` ({}) is later than `test_start` ({})",
                panel.time.display(val_start),
                panel.time.display(test_start)
            ))
            .with_hint("the parts follow one another: training, validation, test"));
        }
        Ok(Bounds { val_start, test_start })
    }

    /// With a validation part of P rows at least where nobody has said when it begins: its first row moves back, as
    /// far as the training part then still has a window, and more than half of the rows before the test part.
    #[must_use]
    pub fn with_validation(self, config: &SplitConfig, panel: &Panel, need: Need) -> Bounds {
        let Some(first) = panel.stamps.iter().copied().min() else { return self };
        if config.val_start.is_some() || config.split[1] <= 0.0 {
            return self;
        }
        let (val, test) = (slots(panel, first, self.val_start), slots(panel, first, self.test_start));
        let horizon = i64::try_from(need.horizon).unwrap_or(i64::MAX);
        let least = i64::try_from(need.least.saturating_add(need.horizon)).unwrap_or(i64::MAX);
        let start = test.saturating_sub(horizon);
        if test - val >= horizon || start < least || start <= test / 2 {
            return self;
        }
        Bounds { val_start: panel.freq.advance(first, start, &panel.time), ..self }
    }
}

/// The first grid stamp at or after `stamp`, counted from `first`.
fn snap(panel: &Panel, first: i64, stamp: i64) -> i64 {
    panel.freq.advance(first, slots(panel, first, stamp), &panel.time)
}

/// Its number, counted from `first`.
pub(crate) fn slots(panel: &Panel, first: i64, stamp: i64) -> i64 {
    let mut low = 0i64;
    let mut high = panel.stamps.len() as i64 + 1;
    while panel.freq.advance(first, high, &panel.time) < stamp {
        high *= 2;
    }
    while low < high {
        let mid = (low + high) / 2;
        if panel.freq.advance(first, mid, &panel.time) < stamp { low = mid + 1 } else { high = mid }
    }
    low
}

/// What a window needs.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// T, rows of history.
    pub input_window: usize,
    /// P, rows ahead.
    pub horizon: usize,
    /// Fewest rows of history that still make a window; `input_window` unless short series are padded.
    pub least: usize,
}

/// Which origins.
#[derive(Debug, Clone, Copy, Default)]
pub struct Range {
    /// The origin is at or after this stamp.
    pub from: Option<i64>,
    /// The last forecast row is before this stamp.
    pub until: Option<i64>,
    /// Rows between origins, counted on the grid from `from` (from the segment's first window
    /// where there is no `from`).
    pub stride: usize,
}

/// Counts of observed targets before each row, for questions about ranges of rows.
pub struct Observed {
    before: Vec<u32>,
}

impl Observed {
    /// Counts rows in which at least one target is observed.
    pub fn new(panel: &Panel) -> Observed {
        let mut before = Vec::with_capacity(panel.stamps.len() + 1);
        let mut count = 0u32;
        before.push(0);
        // Without a target (`ingest`) any column counts.
        let k = if panel.targets == 0 { panel.columns.len() } else { panel.targets };
        let targets = &panel.columns[..k.min(panel.columns.len())];
        for row in 0..panel.stamps.len() {
            count += u32::from(targets.iter().any(|c| !c.values[row].is_nan()));
            before.push(count);
        }
        Observed { before }
    }

    /// Whether any target is observed in `rows`.
    pub fn any(&self, rows: std::ops::Range<usize>) -> bool {
        self.before[rows.end] > self.before[rows.start]
    }
}

/// All origins in a range whose window and horizon fit in a segment, with a target observed on
/// both sides.
pub fn cuts(panel: &Panel, observed: &Observed, need: Need, range: Range) -> Vec<Cut> {
    let mut out = Vec::new();
    let stride = range.stride.max(1);
    for (index, segment) in panel.segments.iter().enumerate() {
        let end = segment.offset + segment.len;
        // Settings may be of any size: sums of them stop at the largest number, which is beyond `last`.
        let mut row = segment.offset.saturating_add(need.least.max(1));
        let Some(last) = end.checked_sub(need.horizon).filter(|last| row <= *last) else { continue };
        let mut phase_from = row;
        if let Some(from) = range.from {
            let from = panel.freq.ceil(from, &panel.time);
            let at = segment.offset + panel.stamps[segment.offset..end].partition_point(|s| *s < from);
            // The stride is counted from `from` itself, also for series that start later.
            let before = panel.freq.steps_between(from, panel.stamps[segment.offset], &panel.time);
            phase_from = match before {
                Some(steps) if steps > 0 => {
                    let skip = (stride - (steps as usize % stride)) % stride;
                    segment.offset.saturating_add(skip)
                }
                _ => at,
            };
            row = row.max(at);
        }
        if row > phase_from {
            row = phase_from.saturating_add((row - phase_from).div_ceil(stride).saturating_mul(stride));
        } else {
            row = phase_from;
        }
        while row <= last {
            if range.until.is_some_and(|until| panel.stamps[row + need.horizon - 1] >= until) {
                break;
            }
            let start = row.saturating_sub(need.input_window).max(segment.offset);
            if observed.any(start..row) && observed.any(row..row + need.horizon) {
                out.push(Cut { segment: index as u32, row });
            }
            row = row.saturating_add(stride);
        }
    }
    out
}
