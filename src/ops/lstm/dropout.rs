//! Dropout masks made from a counter, not from a generator's state.
//!
//! Whether a unit is kept is a function of (seed, layer, row, step, unit) and of nothing else, so
//! any engine, any thread and any order of evaluation draw the same mask, and the backward pass
//! draws it again instead of storing it.

use candle_core::{Result, Tensor};

/// The generator's constant step, 2^32 / golden ratio (Knuth, TAOCP 6.4).
const STEP: u32 = 0x9e37_79b9;

/// A row's two keys at one step of one layer.
#[derive(Clone, Copy)]
pub struct RowKey {
    start: u32,
    salt: u32,
}

/// Mixes the position of a row into its key: the finaliser of splitmix64
/// (Steele, Lea and Flood 2014) after each word.
pub fn row_key(seed: u64, layer: usize, row: usize, step: usize) -> RowKey {
    let mut z = seed;
    for word in [layer as u64, row as u64, step as u64] {
        z = z.wrapping_add(word.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
    }
    RowKey { start: z as u32, salt: (z >> 32) as u32 }
}

/// The share as a threshold on 32 random bits: a unit is dropped when its bits lie below.
pub fn threshold(dropout: f32) -> u32 {
    (f64::from(dropout) * 4_294_967_296.0) as u32
}

/// What a kept unit is multiplied with, so that the expectation stays.
pub fn scale(dropout: f32) -> f32 {
    1.0 / (1.0 - dropout)
}

/// 0 for a dropped unit, `scale` for a kept one. The mixing is murmur3's 32-bit finaliser.
#[inline(always)]
pub fn factor(key: RowKey, unit: u32, threshold: u32, scale: f32) -> f32 {
    let mut z = key.start.wrapping_add(unit.wrapping_mul(STEP)) ^ key.salt;
    z = (z ^ (z >> 16)).wrapping_mul(0x85eb_ca6b);
    z = (z ^ (z >> 13)).wrapping_mul(0xc2b2_ae35);
    z ^= z >> 16;
    if z < threshold { 0.0 } else { scale }
}

/// The mask after layer `layer` as a tensor like `y` (N, T, D*H), for the reference engine.
pub fn mask_like(y: &Tensor, dropout: f32, seed: u64, layer: usize) -> Result<Tensor> {
    let (rows, steps, units) = y.dims3()?;
    let (threshold, scale) = (threshold(dropout), scale(dropout));
    let mut mask = Vec::with_capacity(rows * steps * units);
    for row in 0..rows {
        for step in 0..steps {
            let key = row_key(seed, layer, row, step);
            mask.extend((0..units as u32).map(|unit| factor(key, unit, threshold, scale)));
        }
    }
    Tensor::from_vec(mask, (rows, steps, units), y.device())?.to_dtype(y.dtype())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_dropped_units_is_the_share_asked_for() {
        let (rows, steps, units, p) = (40, 50, 64, 0.3f32);
        let mut dropped = 0usize;
        for row in 0..rows {
            for step in 0..steps {
                let key = row_key(7, 1, row, step);
                dropped += (0..units).filter(|&u| factor(key, u, threshold(p), scale(p)) == 0.0).count();
            }
        }
        let n = (rows * steps * units as usize) as f64;
        let (mean, sd) = (n * 0.3, (n * 0.3 * 0.7).sqrt());
        assert!((dropped as f64 - mean).abs() < 4.0 * sd, "{dropped} of {n}");
    }

    #[test]
    fn neighbouring_positions_draw_independent_masks() {
        let draw = |seed, layer, row, step| -> Vec<bool> {
            let key = row_key(seed, layer, row, step);
            (0..2048).map(|u| factor(key, u, threshold(0.5), 2.0) == 0.0).collect()
        };
        let base = draw(1, 0, 0, 0);
        for other in [draw(2, 0, 0, 0), draw(1, 1, 0, 0), draw(1, 0, 1, 0), draw(1, 0, 0, 1)] {
            let same = base.iter().zip(&other).filter(|(a, b)| a == b).count() as f64;
            // 2048 coin flips: mean 1024, standard deviation 22.6.
            assert!((same - 1024.0).abs() < 4.0 * 22.6, "{same} of 2048 agree");
        }
    }
}
