//! From a scaled panel to rows and input columns.

use super::means::Means;
use super::{LEAST_SPREAD, LIMIT, LeadRows, LeadSpec, limit};
use crate::data::inputs::{InputSpec, UNSEEN_AGE};
use crate::data::panel::{Panel, Segment};

impl LeadRows {
    /// Makes the rows and writes the input columns before the calendar into `x` (rows, F).
    ///
    /// `filled` is (rows, columns) scaled and filled forward; `future` rows at each segment's end
    /// are not part of the table and count for no other series. `means` are those of all series, where
    /// the panel has only some of them.
    pub fn build(
        panel: &Panel,
        (inputs, spec): (&InputSpec, &LeadSpec),
        filled: &[f32],
        future: usize,
        means: Option<&Means>,
        x: &mut [f32],
    ) -> LeadRows {
        let rows = panel.stamps.len();
        let (k, all) = (panel.targets, panel.columns.len());
        let own = all - k;
        let outer_width = if spec.cross { 2 * own } else { own };
        let mut made = LeadRows {
            spec: spec.clone(),
            targets: k,
            calendar: inputs.calendar.len(),
            starts: panel.segments.iter().map(|s| s.offset).collect(),
            y: (0..rows).flat_map(|r| filled[r * all..r * all + k].iter().copied()).collect(),
            level: vec![0.0; rows * k],
            spread: vec![0.0; rows * k],
            others: Vec::new(),
            outer: vec![0.0; rows * outer_width],
            outer_width,
            ahead: vec![0.0; if spec.levels { 0 } else { rows * spec.ahead.len() }],
        };
        for row in 0..rows {
            made.outer[row * outer_width..row * outer_width + own]
                .copy_from_slice(&filled[row * all + k..(row + 1) * all]);
        }
        let age = ages(panel);
        if spec.cross {
            let own_means;
            let means = match means {
                Some(means) => means,
                None => {
                    own_means = Means::of_filled(panel, spec.window, (filled, &age), future);
                    &own_means
                }
            };
            made.others = vec![0.0; rows * k];
            made.look_across(panel, filled, future, means, &age);
        }
        made.fill(panel, &age, x);
        made
    }

    /// At each row the means over the other series; the row's own value where there is none.
    fn look_across(&mut self, panel: &Panel, filled: &[f32], future: usize, means: &Means, age: &[f32]) {
        let (k, all, window) = (self.targets, panel.columns.len(), self.spec.window);
        let own = all - k;
        for segment in &panel.segments {
            let rows = segment.offset..segment.offset + segment.len;
            let table = rows.end - future.min(segment.len);
            let mut places = means.places(panel.stamps.get(rows.start..table).unwrap_or_default());
            for row in rows {
                let place = places.next().flatten();
                for column in 0..all {
                    let value = filled[row * all + column];
                    let counts = column >= k || (age[row * k + column] as usize) < window;
                    let mean = place.and_then(|place| means.of_others(place, column, value, counts));
                    let mean = mean.unwrap_or(value);
                    match column.checked_sub(k) {
                        None => self.others[row * k + column] = mean,
                        Some(e) => self.outer[row * self.outer_width + own + e] = mean,
                    }
                }
            }
        }
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
                let absolute = self.spec.levels || self.spec.fixed.contains(&(e % own));
                let level = if absolute { Vec::new() } else { rolling(&column, t).0 };
                if let Some(d) = self.spec.ahead.iter().position(|a| *a == e).filter(|_| !absolute) {
                    for (i, level) in level.iter().enumerate() {
                        self.ahead[(start + i) * self.spec.ahead.len() + d] = *level as f32;
                    }
                }
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
}

/// Mean and population variance of the last `window` values up to each one, none of them beyond
/// [`LIMIT`]. Sums are of whole numbers, so that what came before the window leaves no trace in
/// them: the newest rows of a long table are told the same to the last bit.
fn rolling(values: &[f32], window: usize) -> (Vec<f64>, Vec<f64>) {
    // Bits that a sum of so many values below 16, or of squares below 256, leaves for the fraction.
    let spare = 62 - (window.max(1) as u64).ilog2() as i32 - 1;
    let (unit, square) = (2f64.powi(spare - 4), 2f64.powi(spare - 8));
    let whole = |value: f32| {
        let v = f64::from(value.clamp(-LIMIT, LIMIT));
        ((v * unit) as i64, (v * v * square) as i64)
    };
    let (mut sum, mut squares) = (0i64, 0i64);
    let mut means = Vec::with_capacity(values.len());
    let mut variances = Vec::with_capacity(values.len());
    for (i, value) in values.iter().enumerate() {
        let (v, s) = whole(*value);
        sum += v;
        squares += s;
        if i >= window {
            let (v, s) = whole(values[i - window]);
            sum -= v;
            squares -= s;
        }
        let n = (i + 1).min(window) as f64;
        let mean = sum as f64 / unit / n;
        means.push(mean);
        variances.push((squares as f64 / square / n - mean * mean).max(0.0));
    }
    (means, variances)
}

/// (rows, K) rows since the last observed value; large where there was none.
pub(super) fn ages(panel: &Panel) -> Vec<f32> {
    let k = panel.targets;
    let mut out = vec![0f32; panel.stamps.len() * k];
    for segment in &panel.segments {
        for target in 0..k {
            let mut age = UNSEEN_AGE as f32;
            for row in segment.offset..segment.offset + segment.len {
                age = if panel.columns[target].values[row].is_nan() { age + 1.0 } else { 0.0 };
                out[row * k + target] = age;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::rolling;

    #[test]
    fn means_and_variances_by_hand() {
        let (means, variances) = rolling(&[1.0, 2.0, 4.0, 8.0], 2);
        assert_eq!(means, [1.0, 1.5, 3.0, 6.0]);
        assert_eq!(variances, [0.0, 0.25, 1.0, 4.0]);
    }

    #[test]
    fn what_came_before_the_window_leaves_no_trace() {
        let values: Vec<f32> = (0..5000).map(|i| ((i * 7919 % 1000) as f32 / 77.0).sin() * 9.7).collect();
        let (means, variances) = rolling(&values, 72);
        let (tail_means, tail_variances) = rolling(&values[3000..], 72);
        assert_eq!(means[3072..], tail_means[72..]);
        assert_eq!(variances[3072..], tail_variances[72..]);
    }
}
