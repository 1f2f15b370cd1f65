//! Times the fused engine on the shapes of benches/README.md, one machine-readable row each:
//!
//!     lstm-forecast train N T F H L milliseconds
//!
//! benches/compare.sh runs it in turn with torch_side.py, which does the same work. Arguments:
//! `--seconds S` per shape and mode (default 1), `--threads N` (default 2), `--only N,T,F,H,L`.

use std::time::{Duration, Instant};

use candle_core::{Device, Tensor, Var};
use lstm_forecast::ops::lstm::{Engine, LayerWeights, LstmShape, Mode, lstm_last, simd_in_use};
use lstm_forecast::optim::{AdamW, AdamWConfig};

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
        let shape =
            LstmShape { input_size: f, hidden_size: h, num_layers: l, bias: true, bidirectional: false };
        let bound = 1.0 / (h as f32).sqrt();
        let mut params = Vec::new();
        for layer in 0..l {
            for (name, dims) in [
                ("weight_ih", vec![4 * h, shape.layer_input(layer)]),
                ("weight_hh", vec![4 * h, h]),
                ("bias_ih", vec![4 * h]),
                ("bias_hh", vec![4 * h]),
            ] {
                let var = Var::from_tensor(&Tensor::rand(-bound, bound, dims, &device)?)?;
                params.push((format!("rnn.{name}_l{layer}"), var));
            }
        }
        for (name, dims) in [("reg.0.weight", vec![OUTPUTS, h]), ("reg.0.bias", vec![OUTPUTS])] {
            params.push((name.into(), Var::from_tensor(&Tensor::rand(-bound, bound, dims, &device)?)?));
        }
        let x = Tensor::randn(0f32, 1.0, (n, t, f), &device)?;
        let y = Tensor::randn(0f32, 1.0, (n, OUTPUTS), &device)?;
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

/// Median of the times of `f` over `budget`, at least five, after two to warm up.
fn median(budget: Duration, mut f: impl FnMut() -> candle_core::Result<()>) -> candle_core::Result<f64> {
    f()?;
    f()?;
    let (begin, mut times) = (Instant::now(), Vec::new());
    while (begin.elapsed() < budget || times.len() < 5) && times.len() < 400 {
        let start = Instant::now();
        f()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|a| a != name).nth(1)
}

fn main() -> candle_core::Result<()> {
    let seconds = argument("--seconds").and_then(|s| s.parse().ok()).unwrap_or(1.0);
    let threads = argument("--threads").and_then(|s| s.parse().ok()).unwrap_or(2);
    let only = argument("--only");
    let budget = Duration::from_secs_f64(seconds);
    if rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().is_err() {
        candle_core::bail!("rayon's pool already exists");
    }
    eprintln!("lstm-forecast: {}, {threads} threads", simd_in_use());
    for s in SHAPES {
        let words = s.map(|n| n.to_string());
        if only.as_ref().is_some_and(|o| *o != words.join(",")) {
            continue;
        }
        let problem = Problem::new(s)?;
        let mut optimiser = AdamW::new(AdamWConfig::default(), &problem.params);
        let train = median(budget, || problem.train(&mut optimiser))?;
        println!("lstm-forecast train {} {train:.4}", words.join(" "));
        let infer = median(budget, || problem.forward(Mode::Infer).map(drop))?;
        println!("lstm-forecast infer {} {infer:.4}", words.join(" "));
    }
    Ok(())
}
