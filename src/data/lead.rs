//! What `decoder: lead` is told: rows that carry each series' own level and spread, what the
//! other series do, and, at a cut, what is known about every lead time.
//!
//! Everything at row t uses rows up to t alone. Values are scaled; a series is looked at relative
//! to its last value y\[t\] and in units of its local spread
//! s\[t\] = sqrt(variance of the last T rows + 0.1^2), so that a level that has shifted since
//! training does not matter.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::data::panel::{Panel, Segment};

/// Everything is limited to this many units.
const LIMIT: f32 = 10.0;
/// Added (as a variance) to the local spread: a tenth of the training spread.
const LEAST_SPREAD: f64 = 0.1;
/// Last values that the head sees directly.
const RECENT: usize = 24;
/// Seasons back that are looked at for every lead.
const SEASONS: usize = 7;

/// What fixes the columns; kept in the checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadSpec {
    /// Rows in a season (m).
    pub season: usize,
    /// T.
    pub window: usize,
    /// P.
    pub horizon: usize,
    /// Other columns as they are; else relative to their own last T rows, because training has
    /// not seen a whole year of their levels.
    pub levels: bool,
    /// Means over the other series as inputs.
    pub cross: bool,
    /// Targets with an observed flag and an age.
    pub flags: Vec<usize>,
    /// Whether the LSTM sees no other columns than the targets' (few training windows); the
    /// head sees them at the cut all the same.
    pub blind: bool,
    /// (K, P) how far a target moves within so many steps in training, on average, in units of
    /// its local spread: what the network's output is multiplied by, so that the first step is
    /// not drowned in the noise of the last one. Empty counts as 1 everywhere.
    pub growth: Vec<Vec<f32>>,
}

/// The rows of a panel as the decoder wants them.
#[derive(Debug, Clone)]
pub struct LeadRows {
    spec: LeadSpec,
    /// K.
    targets: usize,
    /// Columns of the calendar, the last ones of x.
    calendar: usize,
    /// First row of each row's segment is looked up by segment.
    starts: Vec<usize>,
    /// (rows, K) scaled targets, filled forward.
    y: Vec<f32>,
    /// (rows, K) mean of the last T rows.
    level: Vec<f32>,
    /// (rows, K) local spread.
    spread: Vec<f32>,
    /// (rows, K) mean of y over the other series; empty without `cross`.
    others: Vec<f32>,
    /// (rows, E) other columns, and their means over the other series.
    outer: Vec<f32>,
    /// E.
    outer_width: usize,
}

impl LeadSpec {
    /// Aligned seasons for every lead.
    fn seasons(&self) -> usize {
        SEASONS.min((self.window / self.season).max(1))
    }

    /// Rows back whose outer columns are compared with the last row's.
    fn lags(&self) -> Vec<usize> {
        if self.blind {
            return Vec::new();
        }
        vec![(self.season / 8).max(1), (self.season / 4).max(2), self.season]
    }

    /// Input columns that the LSTM does not see.
    fn hidden(&self, targets: usize, outer: usize) -> std::ops::Range<usize> {
        let first = 4 * targets + 2 * self.flags.len();
        if self.blind { first..first + outer } else { first..first }
    }

    fn recent(&self) -> usize {
        RECENT.min(self.window)
    }

    /// Input columns before the calendar, for K targets and E' other columns.
    pub fn width(&self, targets: usize, outer: usize) -> usize {
        let cross = if self.cross { outer + 3 * targets } else { 0 };
        4 * targets + 2 * self.flags.len() + outer + cross
    }

    /// Columns of the linear part, for one lead and target.
    pub fn linear_width(&self) -> usize {
        self.seasons() + 4 + if self.cross { 2 } else { 0 }
    }

    /// Columns known about one lead, for F inputs of which `calendar` are the calendar's.
    pub fn known_width(&self, inputs: usize, calendar: usize) -> usize {
        self.linear_width() + calendar + inputs
    }

    /// Columns of the context beside the LSTM's state.
    pub fn context_width(&self, inputs: usize, outer: usize) -> usize {
        let outer = if self.cross { 2 * outer } else { outer };
        inputs + self.recent() - 1 + 1 + self.lags().len() * outer
    }

    /// Names of the input columns before the calendar.
    pub fn names(&self, values: &[String], targets: usize) -> Vec<String> {
        let mut names = Vec::new();
        for (k, name) in values.iter().take(targets).enumerate() {
            for part in ["deviation", "log_spread", "change", "seasonal_change"] {
                names.push(format!("{name}_{part}"));
            }
            if self.flags.contains(&k) {
                names.extend([format!("{name}_observed"), format!("{name}_age")]);
            }
        }
        names.extend(values.iter().skip(targets).cloned());
        if self.cross {
            names.extend(values.iter().skip(targets).map(|n| format!("{n}_others")));
            for name in values.iter().take(targets) {
                names
                    .extend(["deviation", "change", "seasonal_change"].map(|p| format!("{name}_others_{p}")));
            }
        }
        names
    }
}

/// What is gathered for a list of cuts of one target.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// (M) last value, scaled.
    pub base: Vec<f32>,
    /// (M, P) local spread times the growth at each lead, scaled.
    pub spread: Vec<f32>,
    /// (M, C).
    pub context: Vec<f32>,
    /// (M, P, known width); the linear part comes first.
    pub known: Vec<f32>,
}

/// A cut of one target.
struct At<'a> {
    /// (rows, F) inputs.
    x: &'a [f32],
    /// F.
    width: usize,
    target: usize,
    /// First row of the segment.
    start: usize,
    /// Origin: the first row that is not known.
    row: usize,
}

impl LeadRows {
    /// Makes the rows and writes the input columns before the calendar into `x` (rows, F).
    ///
    /// `filled` is (rows, columns) scaled and filled forward; `future` rows at each segment's end
    /// are not part of the table and count for no other series.
    pub fn build(
        panel: &Panel,
        spec: &LeadSpec,
        filled: &[f32],
        calendar: usize,
        future: usize,
        x: &mut [f32],
    ) -> LeadRows {
        let rows = panel.stamps.len();
        let (k, all) = (panel.targets, panel.columns.len());
        let own = all - k;
        let outer_width = if spec.cross { 2 * own } else { own };
        let mut made = LeadRows {
            spec: spec.clone(),
            targets: k,
            calendar,
            starts: panel.segments.iter().map(|s| s.offset).collect(),
            y: (0..rows).flat_map(|r| filled[r * all..r * all + k].iter().copied()).collect(),
            level: vec![0.0; rows * k],
            spread: vec![0.0; rows * k],
            others: Vec::new(),
            outer: vec![0.0; rows * outer_width],
            outer_width,
        };
        for row in 0..rows {
            made.outer[row * outer_width..row * outer_width + own]
                .copy_from_slice(&filled[row * all + k..(row + 1) * all]);
        }
        let age = ages(panel);
        if spec.cross {
            let places = Places::new(panel, future);
            for e in 0..own {
                let values: Vec<f32> = (0..rows).map(|r| filled[r * all + k + e]).collect();
                let mean = places.mean_of_others(&values, |_| true);
                for (row, value) in mean.iter().enumerate() {
                    made.outer[row * outer_width + own + e] = *value;
                }
            }
            made.others = vec![0.0; rows * k];
            for target in 0..k {
                let values: Vec<f32> = (0..rows).map(|r| made.y[r * k + target]).collect();
                let mean = places.mean_of_others(&values, |r| (age[r * k + target] as usize) < spec.window);
                for (row, value) in mean.iter().enumerate() {
                    made.others[row * k + target] = *value;
                }
            }
        }
        made.fill(panel, &age, x);
        made
    }

    /// The input columns, segment by segment.
    fn fill(&mut self, panel: &Panel, age: &[f32], x: &mut [f32]) {
        let rows = panel.stamps.len().max(1);
        let width = x.len() / rows;
        let (k, t, m) = (self.targets, self.spec.window, self.spec.season);
        let own = panel.columns.len() - k;
        for segment in &panel.segments {
            let start = segment.offset;
            for target in 0..k {
                let column: Vec<f32> = self.column(&self.y, k, target, segment);
                let (level, spread) = rolling(&column, t);
                for (i, (level, variance)) in level.iter().zip(&spread).enumerate() {
                    self.level[(start + i) * k + target] = *level as f32;
                    self.spread[(start + i) * k + target] =
                        (variance + LEAST_SPREAD * LEAST_SPREAD).sqrt() as f32;
                }
            }
            let mut at = 0;
            for target in 0..k {
                let flagged = self.spec.flags.contains(&target);
                for row in start..start + segment.len {
                    let cell = row * k + target;
                    let (y, s) = (self.y[cell], self.spread[cell]);
                    let before = self.y[row.saturating_sub(1).max(start) * k + target];
                    let season = self.y[row.saturating_sub(m).max(start) * k + target];
                    let out = &mut x[row * width + at..];
                    out[0] = limit((y - self.level[cell]) / s);
                    out[1] = limit(s.ln());
                    out[2] = limit((y - before) / s);
                    out[3] = limit((y - season) / s);
                    if flagged {
                        let age = age[cell];
                        out[4] = if age == 0.0 { 1.0 } else { 0.0 };
                        out[5] = age.min(t as f32).ln_1p() / (t as f32).ln_1p();
                    }
                }
                at += if flagged { 6 } else { 4 };
            }
            for e in 0..if self.spec.cross { 2 * own } else { own } {
                let column = self.column(&self.outer, self.outer_width, e, segment);
                let level = if self.spec.levels { Vec::new() } else { rolling(&column, t).0 };
                for (i, value) in column.iter().enumerate() {
                    let shift = level.get(i).map_or(0.0, |l| *l as f32);
                    x[(start + i) * width + at] = limit(value - shift);
                }
                at += 1;
            }
            if self.spec.cross {
                for target in 0..k {
                    let column = self.column(&self.others, k, target, segment);
                    let (level, _) = rolling(&column, t);
                    for (i, value) in column.iter().enumerate() {
                        let s = self.spread[(start + i) * k + target];
                        let out = &mut x[(start + i) * width + at..];
                        out[0] = limit((value - level[i] as f32) / s);
                        out[1] = limit((value - column[i.saturating_sub(1)]) / s);
                        out[2] = limit((value - column[i.saturating_sub(m)]) / s);
                    }
                    at += 3;
                }
            }
        }
    }

    fn column(&self, values: &[f32], width: usize, at: usize, segment: &Segment) -> Vec<f32> {
        (segment.offset..segment.offset + segment.len).map(|row| values[row * width + at]).collect()
    }

    /// What the head is told about one target at these (segment, origin row) cuts. `x` is the
    /// (rows, F) inputs; `masks` blanks columns of the context, for training: for each window of
    /// `cuts.len() / masks.len()` cuts F flags for the inputs, then E for the outer columns.
    pub fn tell(
        &self,
        x: &[f32],
        width: usize,
        target: usize,
        cuts: &[(u32, usize)],
        masks: &[Vec<f32>],
    ) -> Told {
        let spec = &self.spec;
        let p = spec.horizon;
        let known_width = spec.known_width(width, self.calendar);
        let context_width = width + spec.recent() + spec.lags().len() * self.outer_width;
        let mut told = Told {
            base: vec![0.0; cuts.len()],
            spread: vec![0.0; cuts.len() * p],
            context: vec![0.0; cuts.len() * context_width],
            known: vec![0.0; cuts.len() * p * known_width],
        };
        told.base
            .par_iter_mut()
            .zip(told.spread.par_chunks_mut(p))
            .zip(told.context.par_chunks_mut(context_width))
            .zip(told.known.par_chunks_mut(p * known_width))
            .enumerate()
            .for_each(|(i, (((base, spread), context), known))| {
                let (segment, row) = cuts[i];
                let start = self.starts[segment as usize];
                let cell = (row - 1) * self.targets + target;
                *base = self.y[cell];
                for (step, out) in spread.iter_mut().enumerate() {
                    let growth = spec.growth.get(target).and_then(|g| g.get(step)).copied().unwrap_or(1.0);
                    *out = self.spread[cell] * growth;
                }
                let mask = masks.get(i * masks.len() / cuts.len()).map(Vec::as_slice);
                let at = At { x, width, target, start, row };
                self.tell_context(&at, mask, context);
                for step in 0..p {
                    let out = &mut known[step * known_width..(step + 1) * known_width];
                    self.tell_lead(&at, step, out);
                }
            });
        told
    }

    fn tell_context(&self, cut: &At, mask: Option<&[f32]>, out: &mut [f32]) {
        let At { x, width, target, start, row } = *cut;
        let (k, t) = (self.targets, row - 1);
        let (y, s) = (self.y[t * k + target], self.spread[t * k + target]);
        out[..width].copy_from_slice(&x[t * width..(t + 1) * width]);
        let mut at = width;
        for back in 1..self.spec.recent() {
            let then = t.saturating_sub(back).max(start);
            out[at] = limit((self.y[then * k + target] - y) / s);
            at += 1;
        }
        out[at] = y.clamp(-LIMIT, LIMIT);
        at += 1;
        let e = self.outer_width;
        for lag in self.spec.lags() {
            let then = t.saturating_sub(lag).max(start);
            for j in 0..e {
                out[at + j] = limit(self.outer[t * e + j] - self.outer[then * e + j]);
            }
            if let Some(mask) = mask {
                out[at..at + e].iter_mut().zip(&mask[width..]).for_each(|(v, m)| *v *= m);
            }
            at += e;
        }
        if let Some(mask) = mask {
            out[..width].iter_mut().zip(mask).for_each(|(v, m)| *v *= m);
        }
    }

    fn tell_lead(&self, cut: &At, step: usize, out: &mut [f32]) {
        let At { x, width, target, start, row } = *cut;
        let spec = &self.spec;
        let (k, m, t) = (self.targets, spec.season, row - 1);
        let (y, s) = (self.y[t * k + target], self.spread[t * k + target]);
        let relative = |at: usize| limit((self.y[at * k + target] - y) / s);
        // Rows back from the origin row to the newest row of the same phase: at least 1.
        let newest = m * (step / m + 1) - step;
        let seasons = spec.seasons();
        let inside = |back: usize| back <= spec.window && row >= start + back;
        let (mut sum, mut count) = (0f32, 0usize);
        for (j, out) in out[..seasons].iter_mut().enumerate() {
            let back = newest + m * j;
            *out = if inside(back) {
                count += 1;
                relative(row - back)
            } else {
                0.0
            };
            sum += *out;
        }
        out[seasons] = limit(sum / count.max(1) as f32);
        // The rows before and after the newest one of the same phase.
        let near = |at: Option<usize>| at.filter(|at| *at < row && *at >= start).map_or(0.0, relative);
        out[seasons + 1] = near(row.checked_sub(newest + 1));
        out[seasons + 2] = near((row + 1).checked_sub(newest));
        out[seasons + 3] = limit((self.level[t * k + target] - y) / s);
        let mut at = seasons + 4;
        let aligned = row.saturating_sub(newest).max(start);
        if spec.cross {
            let now = self.others[t * k + target];
            out[at] = if inside(newest) { limit((self.others[aligned * k + target] - now) / s) } else { 0.0 };
            out[at + 1] = limit((now - y) / s);
            at += 2;
        }
        // The calendar of the forecast step itself, which is always known.
        let future = &x[(row + step) * width + width - self.calendar..(row + step + 1) * width];
        out[at..at + self.calendar].copy_from_slice(future);
        at += self.calendar;
        out[at..at + width].copy_from_slice(&x[aligned * width..(aligned + 1) * width]);
    }

    /// Measures the growth on these training origins (segment, row), at most a few thousand of
    /// them, and keeps it. `y` is (rows, K) scaled targets, NaN where not observed.
    pub fn measure(&mut self, y: &[f32], origins: &[(u32, usize)]) {
        const MOST: usize = 4096;
        let (k, p) = (self.targets, self.spec.horizon);
        let every = origins.len().div_ceil(MOST).max(1);
        let mut growth = vec![vec![1f32; p]; k];
        for (target, growth) in growth.iter_mut().enumerate() {
            for (step, growth) in growth.iter_mut().enumerate() {
                let (mut sum, mut count) = (0f64, 0usize);
                for (_, row) in origins.iter().step_by(every) {
                    let (now, then) = ((row - 1) * k + target, (row + step) * k + target);
                    if !y[then].is_nan() {
                        sum += f64::from(((y[then] - self.y[now]) / self.spread[now]).abs());
                        count += 1;
                    }
                }
                let mean = sum / count.max(1) as f64;
                *growth = if mean > 0.01 { mean as f32 } else { 0.01 };
            }
        }
        self.spec.growth = growth;
    }

    /// The specification, with what was measured.
    pub fn spec(&self) -> &LeadSpec {
        &self.spec
    }

    /// Blanks the columns of gathered windows (rows, F) that the LSTM must not see.
    pub fn hide(&self, x: &mut [f32], width: usize) {
        let hidden = self.spec.hidden(self.targets, self.outer_width);
        if !hidden.is_empty() {
            x.par_chunks_mut(width).for_each(|row| row[hidden.clone()].fill(0.0));
        }
    }

    /// E, columns beside the inputs that masks cover.
    pub fn outer_width(&self) -> usize {
        self.outer_width
    }
}

fn limit(value: f32) -> f32 {
    value.clamp(-LIMIT, LIMIT)
}

/// Mean and population variance of the last `window` values up to each one.
fn rolling(values: &[f32], window: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut sum, mut squares) = (0f64, 0f64);
    let mut means = Vec::with_capacity(values.len());
    let mut variances = Vec::with_capacity(values.len());
    for (i, value) in values.iter().enumerate() {
        let v = f64::from(*value);
        sum += v;
        squares += v * v;
        if i >= window {
            let old = f64::from(values[i - window]);
            sum -= old;
            squares -= old * old;
        }
        let n = (i + 1).min(window) as f64;
        let mean = sum / n;
        means.push(mean);
        variances.push((squares / n - mean * mean).max(0.0));
    }
    (means, variances)
}

/// (rows, K) rows since the last observed value; large where there was none.
fn ages(panel: &Panel) -> Vec<f32> {
    let k = panel.targets;
    let mut out = vec![0f32; panel.stamps.len() * k];
    for segment in &panel.segments {
        for target in 0..k {
            let mut age = 999f32;
            for row in segment.offset..segment.offset + segment.len {
                age = if panel.columns[target].values[row].is_nan() { age + 1.0 } else { 0.0 };
                out[row * k + target] = age;
            }
        }
    }
    out
}

/// Which rows of different series share a stamp.
struct Places {
    /// For each row the number of its stamp; `u32::MAX` for rows that do not count.
    of_row: Vec<u32>,
    stamps: usize,
}

impl Places {
    fn new(panel: &Panel, future: usize) -> Places {
        let mut stamps: Vec<i64> = panel.stamps.clone();
        stamps.sort_unstable();
        stamps.dedup();
        let mut of_row = vec![u32::MAX; panel.stamps.len()];
        for segment in &panel.segments {
            let rows = segment.offset..segment.offset + segment.len.saturating_sub(future);
            let Some(first) = panel.stamps.get(rows.start) else { continue };
            let mut at = stamps.partition_point(|s| s < first);
            for row in rows {
                while stamps[at] < panel.stamps[row] {
                    at += 1;
                }
                of_row[row] = at as u32;
            }
        }
        Places { of_row, stamps: stamps.len() }
    }

    /// At each row the mean over the other series that count there; the row's own value where
    /// there is none.
    fn mean_of_others(&self, values: &[f32], counts: impl Fn(usize) -> bool) -> Vec<f32> {
        let mut sums = vec![(0f64, 0u32); self.stamps];
        let valid = |row: usize| self.of_row[row] != u32::MAX && counts(row);
        for (row, value) in values.iter().enumerate() {
            if valid(row) {
                let sum = &mut sums[self.of_row[row] as usize];
                sum.0 += f64::from(*value);
                sum.1 += 1;
            }
        }
        values
            .iter()
            .enumerate()
            .map(|(row, value)| {
                let Some((sum, n)) = sums.get(self.of_row[row] as usize).copied() else { return *value };
                let own = u32::from(valid(row));
                if n > own {
                    ((sum - f64::from(own) * f64::from(*value)) / f64::from(n - own)) as f32
                } else {
                    *value
                }
            })
            .collect()
    }
}

/// Whether training shows a weekly pattern: the first target differs less from itself a week
/// before than from itself 4, 5, 6, 8, 9 and 10 days before, on average by a twentieth.
pub fn weekly(panel: &Panel, until: i64) -> bool {
    let day = 86_400 / panel.freq.seconds();
    let Some(values) = panel.columns.first().map(|c| &c.values).filter(|_| day >= 1) else { return false };
    let difference = |days: i64| {
        let lag = (days * day) as usize;
        let (mut sum, mut count) = (0f64, 0usize);
        for segment in &panel.segments {
            let rows = segment.offset..segment.offset + segment.len;
            let end = rows.start + panel.stamps[rows.clone()].partition_point(|s| *s < until);
            let part = &values[rows.start..end];
            let observed: Vec<f64> = part.iter().copied().filter(|v| !v.is_nan()).collect();
            let n = observed.len().max(1) as f64;
            let mean = observed.iter().sum::<f64>() / n;
            let spread = (observed.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt();
            if spread <= 0.0 || part.len() <= lag {
                continue;
            }
            for (now, then) in part[lag..].iter().zip(part).filter(|(a, b)| !a.is_nan() && !b.is_nan()) {
                sum += (now - then).abs() / spread;
                count += 1;
            }
        }
        sum / count.max(1) as f64
    };
    let week = difference(7);
    let around: f64 = [4, 5, 6, 8, 9, 10].iter().map(|d| difference(*d)).sum::<f64>() / 6.0;
    week > 0.0 && week < 0.95 * around
}
