//! Ridge regression (Hoerl and Kennard, *Ridge regression: biased estimation for nonorthogonal problems*,
//! Technometrics 1970), one for each block of leads, on standardised columns.
//!
//! The strength of the shrinkage is the one that does best on the last part of the training span.

use rayon::prelude::*;

use super::sample::Sample;

/// Blocks of leads at most.
pub const BLOCKS: usize = 24;
/// Columns at most: with more, the normal equations cost more than all else.
pub const WIDEST: usize = 1500;
/// Solving them costs the cube of the columns: fewer blocks where there are more than 300.
const CUBES: usize = BLOCKS * 300 * 300 * 300;
/// Rows at most of a block.
const MOST_ROWS: usize = 8000;
/// Strengths of the shrinkage, in rows of mean weight for every row.
const STRENGTHS: [f64; 5] = [1e-3, 1e-2, 0.1, 1.0, 10.0];
/// Movements beyond this many units count as this many.
const LIMIT: f32 = 6.0;

/// Linear in all columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ridge {
    /// B blocks of leads, of equal length where the horizon can be divided by B.
    pub(super) blocks: usize,
    /// (B, width + 1), the constant last.
    pub(super) weight: Vec<f32>,
}

impl Ridge {
    /// Fits to a sample.
    pub fn fit(sample: &Sample) -> Ridge {
        let affordable = CUBES / sample.width.max(1).pow(3);
        let blocks = affordable.clamp(1, BLOCKS).min(sample.horizon).max(1);
        let fit = |block: usize| {
            let own = |at: &usize| block_of(sample.step[*at] as usize, sample.horizon, blocks) == block;
            let rows: Vec<usize> = (0..sample.len()).filter(own).collect();
            let every = rows.len().div_ceil(MOST_ROWS).max(1);
            fit_block(sample, &rows.into_iter().step_by(every).collect::<Vec<_>>())
        };
        let weight = (0..blocks).into_par_iter().flat_map_iter(fit).collect();
        Ridge { blocks, weight }
    }

    /// What a row says of step `step` of a horizon.
    pub fn predict(&self, row: &[f32], step: usize, horizon: usize) -> f32 {
        let own = block_of(step, horizon, self.blocks) * (row.len() + 1);
        let Some((constant, weight)) =
            self.weight.get(own..own + row.len() + 1).and_then(<[f32]>::split_last)
        else {
            return f32::NAN;
        };
        let sum: f64 = row.iter().zip(weight).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum();
        ((sum + f64::from(*constant)) as f32).clamp(-LIMIT, LIMIT)
    }
}

fn block_of(step: usize, horizon: usize, blocks: usize) -> usize {
    step * blocks / horizon.max(1)
}

/// (width + 1) weights of one block.
fn fit_block(sample: &Sample, rows: &[usize]) -> Vec<f32> {
    let (early, late): (Vec<usize>, Vec<usize>) = rows.iter().partition(|at| !sample.late[**at]);
    let mut strength = STRENGTHS[STRENGTHS.len() / 2];
    if early.len() > 50 && late.len() > 20 {
        let normal = Normal::new(sample, &early);
        let error = |strength: &f64| {
            let weights = normal.solve(*strength);
            let one = |at: &usize| {
                let row = sample.row(*at);
                let sum: f64 = row.iter().zip(&weights).map(|(x, w)| f64::from(*x) * w).sum();
                let off = f64::from(sample.z[*at]) - sum - weights[sample.width];
                off.abs() * f64::from(sample.weight[*at])
            };
            late.iter().map(one).sum::<f64>()
        };
        let errors = STRENGTHS.iter().map(|s| (*s, error(s))).filter(|(_, e)| e.is_finite());
        strength = errors.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(strength, |(s, _)| s);
    }
    let weights = Normal::new(sample, rows).solve(strength);
    weights.into_iter().map(|w| if w.is_finite() { w as f32 } else { 0.0 }).collect()
}

/// The normal equations of standardised columns.
struct Normal {
    /// Sum of the weights.
    total: f64,
    mean: Vec<f64>,
    /// 0 where a column does not vary.
    inverse: Vec<f64>,
    centre: f64,
    /// (width, width), lower triangle.
    products: Vec<f64>,
    with_z: Vec<f64>,
}

impl Normal {
    fn new(sample: &Sample, rows: &[usize]) -> Normal {
        let n = sample.width;
        let (mut total, mut centre) = (0f64, 0f64);
        let (mut mean, mut square) = (vec![0f64; n], vec![0f64; n]);
        let z = |at: usize| f64::from(sample.z[at].clamp(-LIMIT, LIMIT));
        for at in rows {
            let w = f64::from(sample.weight[*at]);
            total += w;
            centre += w * z(*at);
            for ((mean, square), x) in mean.iter_mut().zip(&mut square).zip(sample.row(*at)) {
                *mean += w * f64::from(*x);
                *square += w * f64::from(*x) * f64::from(*x);
            }
        }
        let total = total.max(f64::MIN_POSITIVE);
        centre /= total;
        mean.iter_mut().for_each(|m| *m /= total);
        let inverse = |(mean, square): (&f64, &f64)| {
            let variance = square / total - mean * mean;
            if variance > 1e-8 { 1.0 / variance.sqrt() } else { 0.0 }
        };
        let inverse: Vec<f64> = mean.iter().zip(&square).map(inverse).collect();
        let (mut products, mut with_z) = (vec![0f64; n * n], vec![0f64; n]);
        let mut own = vec![0f64; n];
        for at in rows {
            let w = f64::from(sample.weight[*at]);
            let parts = mean.iter().zip(&inverse).zip(sample.row(*at));
            own.iter_mut().zip(parts).for_each(|(o, ((m, i), x))| *o = (f64::from(*x) - m) * i);
            let z = w * (z(*at) - centre);
            for i in 0..n {
                let a = w * own[i];
                with_z[i] += own[i] * z;
                if a != 0.0 {
                    products[i * n..=i * n + i].iter_mut().zip(&own).for_each(|(p, b)| *p += a * b);
                }
            }
        }
        Normal { total, mean, inverse, centre, products, with_z }
    }

    /// (width + 1) weights of the columns as they are, the constant last; by Cholesky's decomposition.
    fn solve(&self, strength: f64) -> Vec<f64> {
        let n = self.mean.len();
        let mut l = self.products.clone();
        for i in 0..n {
            l[i * n + i] += strength * self.total + 1e-9;
        }
        for j in 0..n {
            let (above, below) = l.split_at_mut((j + 1) * n);
            let own = &mut above[j * n..];
            let pivot = (own[j] - own[..j].iter().map(|v| v * v).sum::<f64>()).max(1e-12).sqrt();
            own[j] = pivot;
            for row in below.chunks_exact_mut(n) {
                let sum: f64 = row[..j].iter().zip(&own[..j]).map(|(a, b)| a * b).sum();
                row[j] = (row[j] - sum) / pivot;
            }
        }
        let mut b = self.with_z.clone();
        for i in 0..n {
            let sum: f64 = (0..i).map(|j| l[i * n + j] * b[j]).sum();
            b[i] = (b[i] - sum) / l[i * n + i];
        }
        for i in (0..n).rev() {
            let sum: f64 = (i + 1..n).map(|j| l[j * n + i] * b[j]).sum();
            b[i] = (b[i] - sum) / l[i * n + i];
        }
        b.iter_mut().zip(&self.inverse).for_each(|(b, inverse)| *b *= inverse);
        let constant = self.centre - b.iter().zip(&self.mean).map(|(b, m)| b * m).sum::<f64>();
        b.push(constant);
        b
    }
}
