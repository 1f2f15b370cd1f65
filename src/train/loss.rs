//! Losses on scaled targets. An entry whose weight is 0 (not observed) counts for nothing.

use candle_core::Tensor;

use crate::config::Loss;
use crate::error::Result;

/// The weighted mean loss of `out` (M, P, K, Q) against `y` (M, P, K) with `weight` (M, P, K).
///
/// With quantile levels it is the pinball loss (Koenker & Bassett 1978), twice its size so that
/// the level 0.5 gives the absolute error.
pub fn loss(kind: Loss, levels: &[f64], out: &Tensor, y: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let difference = y.unsqueeze(3)?.broadcast_sub(out)?; // (M, P, K, 1) - (M, P, K, Q)
    let each = if levels.is_empty() {
        match kind {
            Loss::Mae => difference.abs()?,
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
        let level = Tensor::new(levels, out.device())?;
        let up = difference.broadcast_mul(&level)?;
        let down = difference.broadcast_mul(&(level - 1.0)?)?;
        (up.maximum(&down)? * 2.0)?
    };
    let q = each.dim(3)?;
    let total = each.sum(3)?.mul(weight)?.sum_all()?;
    let count = (weight.sum_all()?.to_scalar::<f32>()? * q as f32).max(1.0);
    Ok((total / f64::from(count))?)
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
        loss(kind, levels, &out, &y, &w).unwrap().to_scalar().unwrap()
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
        // y - out = 1: 2 * (0.1, 0.5, 0.9) * 1; y - out = -1: 2 * (0.9, 0.5, 0.1)
        let out = [0.0, 0.0, 0.0, 2.0, 2.0, 2.0];
        let got = run(Loss::Mae, &[0.1, 0.5, 0.9], &out, &[1.0, 1.0], &[1.0, 1.0]);
        assert!((got - 1.0).abs() < 1e-6, "{got}");
    }
}
