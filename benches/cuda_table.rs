//! Times the CUDA engine on the shapes of issue 7, one machine-readable row each:
//!
//!     lstm-forecast train N T F H L milliseconds
//!
//! The clock is read after the device has finished. benches/compare_cuda.sh runs it in turn with
//! torch_side.py on the same GPU. Arguments: `--seconds S` per shape and mode (default 1),
//! `--device N` (default 0), `--only N,T,F,H,L`.

use std::time::{Duration, Instant};

use candle_core::{Device, Result, Tensor, Var};
use lstm_forecast::ops::lstm::{Engine, LayerWeights, LstmShape, Mode, lstm_last};
use lstm_forecast::optim::{AdamW, AdamWConfig};

const BATCHES: [usize; 3] = [256, 1024, 8192];
const HIDDEN: [usize; 3] = [64, 128, 256];
/// T, F, L.
const REST: [usize; 3] = [168, 12, 2];
const OUTPUTS: usize = 24;

struct Problem {
    shape: LstmShape,
    params: Vec<(String, Var)>,
    x: Tensor,
    y: Tensor,
}

impl Problem {
    fn new([n, t, f, h, l]: [usize; 5], device: &Device) -> Result<Self> {
        let shape =
            LstmShape { input_size: f, hidden_size: h, num_layers: l, bias: true, bidirectional: false };
        let bound = 1.0 / (h as f32).sqrt();
        let mut params = Vec::new();
        let mut add = |name: String, dims: Vec<usize>| -> Result<()> {
            params.push((name, Var::from_tensor(&Tensor::rand(-bound, bound, dims, device)?)?));
            Ok(())
        };
        for layer in 0..l {
            add(format!("rnn.weight_ih_l{layer}"), vec![4 * h, shape.layer_input(layer)])?;
            add(format!("rnn.weight_hh_l{layer}"), vec![4 * h, h])?;
            add(format!("rnn.bias_ih_l{layer}"), vec![4 * h])?;
            add(format!("rnn.bias_hh_l{layer}"), vec![4 * h])?;
        }
        add("reg.0.weight".into(), vec![OUTPUTS, h])?;
        add("reg.0.bias".into(), vec![OUTPUTS])?;
        let x = Tensor::randn(0f32, 1.0, (n, t, f), device)?;
        let y = Tensor::randn(0f32, 1.0, (n, OUTPUTS), device)?;
        Ok(Self { shape, params, x, y })
    }

    fn forward(&self, mode: Mode) -> Result<Tensor> {
        let p = |i: usize| self.params[i].1.as_tensor();
        let weights: Vec<_> = (0..self.shape.num_layers)
            .map(|l| LayerWeights {
                w_ih: p(4 * l).clone(),
                w_hh: p(4 * l + 1).clone(),
                b_ih: Some(p(4 * l + 2).clone()),
                b_hh: Some(p(4 * l + 3).clone()),
            })
            .collect();
        let out = lstm_last(Engine::Cuda, &self.shape, &weights, &self.x, None, mode)?;
        let head = 4 * self.shape.num_layers;
        out.last.matmul(&p(head).t()?)?.broadcast_add(p(head + 1))
    }

    fn train(&self, optimiser: &mut AdamW) -> Result<()> {
        let y = self.forward(Mode::Train { dropout: 0.0, seed: 0 })?;
        let loss = (y - &self.y)?.sqr()?.mean_all()?;
        let grads = loss.backward()?;
        optimiser.step(&self.params, &grads, 1e-3)
    }
}

/// Median of the times of `f` in milliseconds over `budget`, at least five, after three to warm up.
fn median(budget: Duration, device: &Device, mut f: impl FnMut() -> Result<()>) -> Result<f64> {
    for _ in 0..3 {
        f()?;
    }
    device.synchronize()?;
    let (begin, mut times) = (Instant::now(), Vec::new());
    while (begin.elapsed() < budget || times.len() < 5) && times.len() < 400 {
        let start = Instant::now();
        f()?;
        device.synchronize()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|a| a != name).nth(1)
}

fn main() -> Result<()> {
    let seconds = argument("--seconds").and_then(|s| s.parse().ok()).unwrap_or(1.0);
    let device = Device::new_cuda(argument("--device").and_then(|s| s.parse().ok()).unwrap_or(0))?;
    let only = argument("--only");
    let budget = Duration::from_secs_f64(seconds);
    let [t, f, l] = REST;
    for (h, n) in HIDDEN.into_iter().flat_map(|h| BATCHES.map(|n| (h, n))) {
        let shape = [n, t, f, h, l];
        let words = shape.map(|n| n.to_string());
        if only.as_ref().is_some_and(|o| *o != words.join(",")) {
            continue;
        }
        let problem = Problem::new(shape, &device)?;
        let mut optimiser = AdamW::new(AdamWConfig::default(), &problem.params);
        let train = median(budget, &device, || problem.train(&mut optimiser))?;
        println!("lstm-forecast train {} {train:.4}", words.join(" "));
        let infer = median(budget, &device, || problem.forward(Mode::Infer).map(drop))?;
        println!("lstm-forecast infer {} {infer:.4}", words.join(" "));
    }
    Ok(())
}
