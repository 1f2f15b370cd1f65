//! Seeded numbers: initial weights and dropout masks. Each is drawn from a stream of its own,
//! named by the parameter or layer, so that adding a part never changes another part's draw.

use candle_core::{Device, Tensor};
use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use xxhash_rust::xxh3::xxh3_64;

/// How a parameter starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Init {
    Zero,
    /// Uniform in -bound..bound.
    Uniform(f32),
}

impl Init {
    /// Uniform +-1/sqrt(n): PyTorch's default for an LSTM of n hidden units and for a linear
    /// layer of n inputs.
    pub fn fan(n: usize) -> Init {
        Init::Uniform(1.0 / (n.max(1) as f32).sqrt())
    }

    /// Values for a parameter of these dimensions.
    pub fn values(self, dims: &[usize], seed: u64, name: &str) -> Vec<f32> {
        let count = dims.iter().product();
        match self {
            Init::Zero => vec![0.0; count],
            Init::Uniform(bound) => {
                let mut rng = rng(seed, xxh3_64(name.as_bytes()));
                (0..count).map(|_| (rng.random::<f32>() * 2.0 - 1.0) * bound).collect()
            }
        }
    }
}

/// An independent generator for (seed, stream).
pub fn rng(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// Where the streams of dropout masks begin.
const MASKS: u64 = 0xD0_0000;

/// [`dropout_mask`] on a device; a GPU draws the same one itself.
pub fn dropout_mask_on(
    device: &Device,
    count: usize,
    share: f32,
    seed: u64,
    stream: u64,
) -> candle_core::Result<Tensor> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(gpu) => {
            let stream = MASKS + stream;
            crate::ops::gpu::kernels::dropout_mask(gpu, count, share, &rng(seed, stream), stream)
        }
        _ => Tensor::from_vec(dropout_mask(count, share, seed, stream), count, device),
    }
}

/// 0 with probability `share`, else 1 / (1 - share).
pub fn dropout_mask(count: usize, share: f32, seed: u64, stream: u64) -> Vec<f32> {
    let mut rng = mask_rng(seed, stream);
    let keep = 1.0 / (1.0 - share);
    (0..count).map(|_| if rng.random::<f32>() < share { 0.0 } else { keep }).collect()
}

/// The generator of [`dropout_mask`], which takes one word a value.
pub fn mask_rng(seed: u64, stream: u64) -> ChaCha8Rng {
    rng(seed, MASKS + stream)
}

/// A value of [`dropout_mask`] is 0 where the upper 24 bits of its word are less than this.
pub fn mask_threshold(share: f32) -> u32 {
    (f64::from(share) * f64::from(1u32 << 24)).ceil() as u32
}

#[cfg(all(test, feature = "cuda"))]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_draws_the_same_masks() {
        let gpu = match crate::ops::gpu::open(0) {
            Ok(gpu) => gpu,
            Err(why) => return eprintln!("skipped: {why}"),
        };
        for (count, share, seed, stream) in [(1, 0.5, 1, 0), (16, 0.1, 2, 3), (100_003, 0.3, u64::MAX, 1001)]
        {
            let own = dropout_mask_on(&gpu, count, share, seed, stream).unwrap();
            assert_eq!(own.to_vec1::<f32>().unwrap(), dropout_mask(count, share, seed, stream));
        }
    }
}
