//! Seeded numbers: initial weights and dropout masks. Each is drawn from a stream of its own,
//! named by the parameter or layer, so that adding a part never changes another part's draw.

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

/// 0 with probability `share`, else 1 / (1 - share).
pub fn dropout_mask(count: usize, share: f32, seed: u64, stream: u64) -> Vec<f32> {
    let mut rng = rng(seed, 0xD0_0000 + stream);
    let keep = 1.0 / (1.0 - share);
    (0..count).map(|_| if rng.random::<f32>() < share { 0.0 } else { keep }).collect()
}
