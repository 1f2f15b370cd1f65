//! Times the fused engine on the shapes of docs/src/contributing/speed.md, one machine-readable row each:
//!
//!     lstm-forecast train N T F H L milliseconds
//!
//! benches/compare.sh runs it in turn with torch_side.py, which does the same work. Arguments:
//! `--steps S` at least per shape and mode (default 200), `--seconds S` after which to stop all the
//! same (default 60), `--threads N` (default 2), `--only N,T,F,H,L`, `--sgemm` for the speed of the
//! matrix product alone. Weights and data are seeded.

use std::time::{Duration, Instant};

use candle_core::{Device, Tensor, Var};
use lstm_forecast::ops::denormals;
use lstm_forecast::ops::lstm::{Cell, Engine, LayerWeights, LstmShape, Mode, lstm_last, simd_in_use};
use lstm_forecast::optim::{AdamW, AdamWConfig};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// N, T, F, H, L.
const SHAPES: [[usize; 5]; 7] = [
    [64, 48, 12, 32, 1],
    [256, 168, 12, 64, 1],
    [256, 168, 12, 64, 2],
    [1024, 24, 8, 64, 1],
    [32, 168, 12, 64, 1],
    [256, 168, 12, 128, 2],
    [128, 336, 12, 256, 2],
];
const OUTPUTS: usize = 24;

struct Problem {
    shape: LstmShape,
    params: Vec<(String, Var)>,
    x: Tensor,
    y: Tensor,
}

impl Problem {
    fn new([n, t, f, h, l]: [usize; 5]) -> candle_core::Result<Self> {
        let device = Device::Cpu;
        let shape = LstmShape {
            cell: Cell::Lstm,
            input_size: f,
            hidden_size: h,
            num_layers: l,
            bias: true,
            bidirectional: false,
        };
        let bound = 1.0 / (h as f32).sqrt();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let mut uniform = |bound: f32, dims: &[usize]| {
            let values = (0..dims.iter().product()).map(|_| rng.random_range(-bound..bound)).collect();
            Tensor::from_vec::<_, f32>(values, dims, &device)
        };
        let mut params = Vec::new();
        for layer in 0..l {
            for (name, dims) in [
                ("weight_ih", vec![4 * h, shape.layer_input(layer)]),
                ("weight_hh", vec![4 * h, h]),
                ("bias_ih", vec![4 * h]),
                ("bias_hh", vec![4 * h]),
            ] {
                let var = Var::from_tensor(&uniform(bound, &dims)?)?;
                params.push((format!("rnn.{name}_l{layer}"), var));
            }
        }
        for (name, dims) in [("reg.0.weight", vec![OUTPUTS, h]), ("reg.0.bias", vec![OUTPUTS])] {
            params.push((name.into(), Var::from_tensor(&uniform(bound, &dims)?)?));
        }
        // Of variance 1, like torch_side.py's.
        let x = uniform(3f32.sqrt(), &[n, t, f])?;
        let y = uniform(3f32.sqrt(), &[n, OUTPUTS])?;
        Ok(Self { shape, params, x, y })
    }

    fn forward(&self, mode: Mode) -> candle_core::Result<Tensor> {
        let p = |i: usize| self.params[i].1.as_tensor();
        let weights: Vec<_> = (0..self.shape.num_layers)
            .map(|l| LayerWeights {
                w_ih: p(4 * l).clone(),
                w_hh: p(4 * l + 1).clone(),
                b_ih: Some(p(4 * l + 2).clone()),
                b_hh: Some(p(4 * l + 3).clone()),
            })
            .collect();
        let out = lstm_last(Engine::Fused, &self.shape, &weights, &self.x, None, mode)?;
        let head = 4 * self.shape.num_layers;
        out.last.matmul(&p(head).t()?)?.broadcast_add(p(head + 1))
    }

    fn train(&self, optimiser: &mut AdamW) -> candle_core::Result<()> {
        let y = self.forward(Mode::Train { dropout: 0.0, seed: 0 })?;
        let loss = (y - &self.y)?.sqr()?.mean_all()?;
        let grads = loss.backward()?;
        optimiser.step(&self.params, &grads, 1e-3)
    }
}

/// Median of the times of `steps` runs of `f`, fewer where `budget` is over, after three to warm up.
fn median(
    steps: usize,
    budget: Duration,
    mut f: impl FnMut() -> candle_core::Result<()>,
) -> candle_core::Result<f64> {
    for _ in 0..3 {
        f()?;
    }
    let (begin, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || (times.len() < steps && begin.elapsed() < budget) {
        let start = Instant::now();
        f()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// GFLOP/s of the best of some products of 2048 x 2048 matrices.
fn sgemm() -> candle_core::Result<f64> {
    const SIZE: usize = 2048;
    let ones = Tensor::full(0.5f32, (SIZE, SIZE), &Device::Cpu)?;
    let mut best = f64::INFINITY;
    for _ in 0..8 {
        let start = Instant::now();
        ones.matmul(&ones)?;
        best = best.min(start.elapsed().as_secs_f64());
    }
    Ok(2.0 * (SIZE as f64).powi(3) / best / 1e9)
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|a| a != name).nth(1)
}

fn main() -> candle_core::Result<()> {
    let seconds = argument("--seconds").and_then(|s| s.parse().ok()).unwrap_or(60.0);
    let steps = argument("--steps").and_then(|s| s.parse().ok()).unwrap_or(200);
    let threads = argument("--threads").and_then(|s| s.parse().ok()).unwrap_or(2);
    let only = argument("--only");
    let budget = Duration::from_secs_f64(seconds);
    // As the program does: its allocator, and no denormals on any thread.
    denormals::flush_this_thread();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    if pool.start_handler(|_| denormals::flush_this_thread()).build_global().is_err() {
        candle_core::bail!("rayon's pool already exists");
    }
    eprintln!("lstm-forecast: {}, {threads} threads", simd_in_use());
    if std::env::args().any(|a| a == "--sgemm") {
        println!("lstm-forecast sgemm {:.1}", sgemm()?);
        return Ok(());
    }
    for s in SHAPES {
        let words = s.map(|n| n.to_string());
        if only.as_ref().is_some_and(|o| *o != words.join(",")) {
            continue;
        }
        let problem = Problem::new(s)?;
        let mut optimiser = AdamW::new(AdamWConfig::default(), &problem.params);
        let train = median(steps, budget, || problem.train(&mut optimiser))?;
        println!("lstm-forecast train {} {train:.4}", words.join(" "));
        let infer = median(steps, budget, || problem.forward(Mode::Infer).map(drop))?;
        println!("lstm-forecast infer {} {infer:.4}", words.join(" "));
    }
    Ok(())
}
