//! Losses on scaled targets. An entry whose weight is 0 (not observed) counts for nothing.

use candle_core::Tensor;

use crate::config::Loss;
use crate::error::Result;
use crate::model::Score;

/// With quantiles, `huber` is quadratic within this distance (scaled units): far less than errors are, so that the least loss
/// still lies near the quantile.
const SMOOTH: f32 = 0.1;

/// Where asinh bends the target: the loss is then taken after the inverse, on
/// sinh(shift + scale * value) / scale, so that errors count in original units.
pub struct Bend {
    /// (M, 1, K, 1).
    pub shift: Tensor,
    /// (M, 1, K, 1).
    pub scale: Tensor,
    /// (M, 1, K, 1): 1 where asinh is on, else 0.
    pub on: Tensor,
}

impl Bend {
    /// Bends a tensor (M, P, K, Q) of scaled values back; entries where `on` is 0 stay.
    fn back(&self, z: &Tensor) -> Result<Tensor> {
        let inner = z.broadcast_mul(&self.scale)?.broadcast_add(&self.shift)?.clamp(-5f32, 5f32)?;
        let sinh = ((inner.exp()? - inner.neg()?.exp()?)? * 0.5)?.broadcast_div(&self.scale)?;
        let straight = self.on.affine(-1.0, 1.0)?;
        Ok((sinh.broadcast_mul(&self.on)? + z.broadcast_mul(&straight)?)?)
    }
}

/// The weighted mean loss of `out` (M, P, K, Q) against `y` (M, P, K) with `weight` (M, P, K).
///
/// With quantile levels it is the pinball loss (Koenker & Bassett 1978), twice its size so that
/// the level 0.5 gives the absolute error. Half of the weight lies on the level nearest to 0.5,
/// the point forecast; the rest is shared by all levels. `wql` shares all of it alike. `huber` rounds its corner
/// off: the error's size |d| becomes d^2 / (2 c) within c = 0.1, |d| - c / 2 outside (the quantile Huber loss of
/// Dabney et al., *Distributional Reinforcement Learning with Quantile Regression*, 2018, equation 10).
pub fn loss(
    kind: Loss,
    levels: &[f64],
    out: &Tensor,
    y: &Tensor,
    weight: &Tensor,
    bend: Option<&Bend>,
) -> Result<Tensor> {
    let total = total(kind, levels, out, y, weight, bend)?;
    let count = weight.sum_all()?.to_scalar::<f32>()?.max(f32::MIN_POSITIVE);
    Ok((total / f64::from(count))?)
}

/// As [`loss`], but the weighted sum.
pub fn total(
    kind: Loss,
    levels: &[f64],
    out: &Tensor,
    y: &Tensor,
    weight: &Tensor,
    bend: Option<&Bend>,
) -> Result<Tensor> {
    let y = y.unsqueeze(3)?; // (M, P, K) -> (M, P, K, 1)
    let (y, out) = match bend {
        Some(bend) => (bend.back(&y)?, bend.back(out)?),
        None => (y, out.clone()),
    };
    let difference = y.broadcast_sub(&out)?; // (M, P, K, 1) - (M, P, K, Q)
    let each = if levels.is_empty() {
        match kind {
            Loss::Mae | Loss::Wql => difference.abs()?,
            Loss::Mse => difference.sqr()?,
            Loss::Huber => {
                // d^2/2 within 1, |d| - 1/2 outside (Huber 1964): with c = min(|d|, 1), c (|d| - c/2).
                let size = difference.abs()?;
                let inner = size.minimum(1.0)?;
                (&inner * (&size - (&inner * 0.5)?)?)?
            }
        }
    } else {
        let levels: Vec<f32> = levels.iter().map(|l| *l as f32).collect();
        let level = Tensor::new(levels.as_slice(), out.device())?;
        let difference = if kind == Loss::Huber { rounded(&difference)? } else { difference };
        let up = difference.broadcast_mul(&level)?;
        let down = difference.broadcast_mul(&(level - 1.0)?)?;
        let share = shares(kind, &levels);
        up.maximum(&down)?.broadcast_mul(&Tensor::new(share, out.device())?)?
    };
    Ok(each.sum(3)?.mul(weight)?.sum_all()?)
}

/// Errors d of the size that [`SMOOTH`] makes of them, with their signs: e (|d| - |e| / 2) / c with e = d within -c and c.
fn rounded(d: &Tensor) -> Result<Tensor> {
    let inner = d.clamp(-SMOOTH, SMOOTH)?;
    let outer = (d.abs()? - (inner.abs()? * 0.5)?)?;
    Ok((inner * outer)?.affine(1.0 / f64::from(SMOOTH), 0.0)?)
}

/// One target's part of [`total`] over `count`, value by value, for the engine that asks for losses
/// and gradients one cut at a time.
#[derive(Clone)]
pub struct Pointwise<'a> {
    kind: Loss,
    /// Quantile levels and what each counts for.
    levels: Vec<(f32, f32)>,
    /// (M, P, K) each.
    y: &'a [f32],
    weight: &'a [f32],
    /// (M, K) each: shift, scale, on; see [`Bend`].
    bend: Option<[&'a [f32]; 3]>,
    horizon: usize,
    targets: usize,
    target: usize,
    count: f32,
}

impl<'a> Pointwise<'a> {
    /// Of target 0, with what [`total`] takes; y and weight are (M, P, K), the parts of the bend
    /// (M, K).
    pub fn new(
        (kind, levels): (Loss, &[f64]),
        y: &'a [f32],
        weight: &'a [f32],
        bend: Option<[&'a [f32]; 3]>,
        (horizon, targets): (usize, usize),
    ) -> Pointwise<'a> {
        let levels: Vec<f32> = levels.iter().map(|l| *l as f32).collect();
        let count = weight.iter().map(|w| f64::from(*w)).sum::<f64>() as f32;
        let levels = levels.iter().copied().zip(shares(kind, &levels)).collect();
        let count = count.max(f32::MIN_POSITIVE);
        Pointwise { kind, levels, y, weight, bend, horizon, targets, target: 0, count }
    }

    /// The same of another target.
    pub fn of(&self, target: usize) -> Pointwise<'a> {
        Pointwise { target, ..self.clone() }
    }

    /// A scaled value in original units, and its derivative.
    fn back(&self, cut: usize, z: f32) -> (f32, f32) {
        let at = cut * self.targets + self.target;
        match self.bend {
            Some([shift, scale, on]) if on[at] != 0.0 => {
                let inner = z * scale[at] + shift[at];
                let (up, down) = (inner.clamp(-5.0, 5.0).exp(), (-inner.clamp(-5.0, 5.0)).exp());
                let slope = if inner.abs() < 5.0 { (up + down) * 0.5 } else { 0.0 };
                ((up - down) * 0.5 / scale[at], slope)
            }
            _ => (z, 1.0),
        }
    }
}

impl Score for Pointwise<'_> {
    fn score(&self, cut: usize, lead: usize, forecasts: &[f32], gradient: &mut [f32]) -> f64 {
        let cell = (cut * self.horizon + lead) * self.targets + self.target;
        let weight = self.weight[cell] / self.count;
        if weight == 0.0 {
            gradient.fill(0.0);
            return 0.0;
        }
        let y = self.back(cut, self.y[cell]).0;
        let mut sum = 0.0;
        for (q, (z, gradient)) in forecasts.iter().zip(gradient).enumerate() {
            let (value, slope) = self.back(cut, *z);
            let d = y - value;
            // The loss and its derivative by d.
            let (loss, by) = match (self.levels.get(q), self.kind) {
                (Some((level, share)), Loss::Huber) => {
                    let side = if d > 0.0 { *level } else { *level - 1.0 };
                    let inner = d.clamp(-SMOOTH, SMOOTH);
                    let size = inner * (d.abs() - inner.abs() * 0.5) / SMOOTH;
                    (side * size * share, side * inner.abs() / SMOOTH * share)
                }
                (Some((level, share)), _) => {
                    let side = if d > 0.0 { *level } else { *level - 1.0 };
                    // Both sides meet at 0: their mean, as for candle's maximum.
                    let by = if d == 0.0 { *level - 0.5 } else { side };
                    (side * d * share, by * share)
                }
                (None, Loss::Mae | Loss::Wql) => (d.abs(), if d >= 0.0 { 1.0 } else { -1.0 }),
                (None, Loss::Mse) => (d * d, 2.0 * d),
                (None, Loss::Huber) => {
                    let size = d.abs();
                    let inner = size.min(1.0);
                    (inner * (size - inner * 0.5), d.clamp(-1.0, 1.0))
                }
            };
            sum += loss;
            *gradient = -by * slope * weight;
        }
        f64::from(sum) * f64::from(weight)
    }
}

/// What each level's pinball loss counts for: 1/Q each, and 1 more for the middle one; 2/Q each with `wql`.
fn shares(kind: Loss, levels: &[f32]) -> Vec<f32> {
    let each = 1.0 / levels.len() as f32;
    if kind == Loss::Wql {
        return vec![2.0 * each; levels.len()];
    }
    let mut share = vec![each; levels.len()];
    let middle =
        (0..levels.len()).min_by(|a, b| (levels[*a] - 0.5).abs().total_cmp(&(levels[*b] - 0.5).abs()));
    if let Some(share) = middle.and_then(|at| share.get_mut(at)) {
        *share += 1.0;
    }
    share
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    fn run(kind: Loss, levels: &[f64], out: &[f32], y: &[f32], w: &[f32]) -> f32 {
        let d = &Device::Cpu;
        let q = levels.len().max(1);
        let out = Tensor::from_slice(out, (y.len(), 1, 1, q), d).unwrap();
        let y = Tensor::from_slice(y, (y.len(), 1, 1), d).unwrap();
        let w = Tensor::from_slice(w, y.shape(), d).unwrap();
        loss(kind, levels, &out, &y, &w, None).unwrap().to_scalar().unwrap()
    }

    #[test]
    fn by_hand_with_one_entry_unobserved() {
        let (out, y, w) = ([1.0, 2.0, 9.0], [1.5, 5.0, 0.0], [1.0, 1.0, 0.0]);
        assert_eq!(run(Loss::Mae, &[], &out, &y, &w), 1.75);
        assert_eq!(run(Loss::Mse, &[], &out, &y, &w), 4.625);
        // 0.5 * 0.25 = 0.125 and 3 - 0.5 = 2.5
        assert_eq!(run(Loss::Huber, &[], &out, &y, &w), 1.3125);
    }

    #[test]
    fn pinball_by_hand() {
        // y - out = 1 gives 0.1, 0.5, 0.9; y - out = -1 gives 0.9, 0.5, 0.1. Each way the mean is
        // 0.5, and the middle level counts once more: 0.5 + 0.5.
        let out = [0.0, 0.0, 0.0, 2.0, 2.0, 2.0];
        let got = run(Loss::Mae, &[0.1, 0.5, 0.9], &out, &[1.0, 1.0], &[1.0, 1.0]);
        assert!((got - 1.0).abs() < 1e-6, "{got}");
    }

    /// Levels 0.1, 0.5, 0.9 count for 1/3, 4/3 and 1/3, or for 2/3 each with `wql`.
    #[test]
    fn losses_of_quantiles_by_hand() {
        let run = |kind, d: f32| run(kind, &[0.1, 0.5, 0.9], &[0.0; 3], &[d], &[1.0]);
        let near = |got: f32, expected: f32| assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        near(run(Loss::Mae, 0.6), 0.6 * (0.1 + 4.0 * 0.5 + 0.9) / 3.0);
        near(run(Loss::Wql, 0.6), 0.6 * 2.0 * (0.1 + 0.5 + 0.9) / 3.0);
        // Outside 0.1: 0.6 - 0.05; within: 0.04^2 / 0.2 = 0.008.
        near(run(Loss::Huber, 0.6), 0.55 * (0.1 + 4.0 * 0.5 + 0.9) / 3.0);
        near(run(Loss::Huber, -0.04), 0.008 * (0.9 + 4.0 * 0.5 + 0.1) / 3.0);
        assert_eq!(run(Loss::Mse, 0.6), run(Loss::Mae, 0.6));
    }

    #[test]
    fn a_bent_target_is_scored_in_original_units() {
        let d = &Device::Cpu;
        let one = |v: f32| Tensor::from_slice(&[v], (1, 1, 1, 1), d).unwrap();
        let bend = Bend { shift: one(0.3), scale: one(0.5), on: one(1.0) };
        let out = one(1.0);
        let y = Tensor::from_slice(&[2f32], (1, 1, 1), d).unwrap();
        let got = loss(Loss::Mae, &[], &out, &y, &y.ones_like().unwrap(), Some(&bend)).unwrap();
        // (sinh(1.3) - sinh(0.8)) / 0.5
        assert!((got.to_scalar::<f32>().unwrap() - 1.620554).abs() < 1e-4, "{got}");
    }
}
