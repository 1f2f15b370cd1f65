//! Times the CUDA engine on the shapes of issue 7, one machine-readable row each:
//!
//!     lstm-forecast train N T F H L milliseconds
//!
//! A step is what training runs: the LSTM, a linear head on its last step, MSE, clipping, AdamW and
//! the weights' average. The clock is read after the device has finished. benches/compare_cuda.sh
//! runs it in turn with torch_side.py on the same GPU. Arguments: `--seconds S` per shape and mode
//! (default 1), `--device N` (default 0), `--only N,T,F,H,L`, `--precision f32|tf32|bf16`.

use std::time::{Duration, Instant};

use candle_core::{Device, Error, Result, Tensor, Var};
use lstm_forecast::ops::gpu::products::{self, Factors};
use lstm_forecast::ops::lstm::{Cell, Engine, LayerWeights, LstmShape, Mode, lstm_last};
use lstm_forecast::optim::guarded::{Bounds, Guarded, Progress, Step, UNREAD};
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
        let shape = LstmShape {
            cell: Cell::Lstm,
            input_size: f,
            hidden_size: h,
            num_layers: l,
            bias: true,
            bidirectional: false,
        };
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

    fn optimiser(&self) -> Result<Guarded> {
        let config = AdamWConfig::default();
        let bounds = Bounds { max_norm: 1.0, exploded: 1e3, least: 1e-3 };
        let average = self.params.iter().map(|(_, p)| p.flatten_all()?.to_vec1()).collect::<Result<_>>()?;
        let progress = Progress { optimiser: AdamW::new(config, &self.params).state().clone(), average };
        Guarded::new(config, bounds, &self.params, &progress, (0.0, 0))
    }

    fn train(&self, optimiser: &mut Guarded) -> Result<()> {
        let y = self.forward(Mode::Train { dropout: 0.0, seed: 0 })?;
        let loss = (y - &self.y)?.sqr()?.mean_all()?;
        let step = Step { learning_rate: 1e-3, decay: 0.99, first_epoch: true };
        optimiser.step(&self.params, &loss.backward()?, &loss, step)
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

fn numbers(text: &str) -> Result<[usize; 5]> {
    let all: Vec<usize> = text.split(',').filter_map(|n| n.parse().ok()).collect();
    all.try_into().map_err(|_| Error::Msg(format!("--only {text}: expected N,T,F,H,L")))
}

fn main() -> Result<()> {
    let seconds = argument("--seconds").and_then(|s| s.parse().ok()).unwrap_or(1.0);
    let ordinal = argument("--device").and_then(|s| s.parse().ok()).unwrap_or(0);
    let device = lstm_forecast::ops::gpu::open(ordinal).map_err(|why| Error::Msg(why.to_string()))?;
    products::set(match argument("--precision").as_deref() {
        Some("tf32") => Factors::Tf32,
        Some("bf16") => Factors::Bf16,
        _ => Factors::F32,
    });
    let budget = Duration::from_secs_f64(seconds);
    let [t, f, l] = REST;
    let shapes = match argument("--only") {
        Some(text) => vec![numbers(&text)?],
        None => HIDDEN.into_iter().flat_map(|h| BATCHES.map(|n| [n, t, f, h, l])).collect(),
    };
    for shape in shapes {
        let words = shape.map(|n| n.to_string());
        let problem = Problem::new(shape, &device)?;
        let (mut optimiser, mut unread) = (problem.optimiser()?, 0);
        let train = median(budget, &device, || {
            problem.train(&mut optimiser)?;
            unread = (unread + 1) % UNREAD;
            // Training reads its losses once in 25 steps.
            if unread == 0 { optimiser.read().map(drop) } else { Ok(()) }
        })?;
        println!("lstm-forecast train {} {train:.4}", words.join(" "));
        let infer = median(budget, &device, || problem.forward(Mode::Infer).map(drop))?;
        println!("lstm-forecast infer {} {infer:.4}", words.join(" "));
    }
    Ok(())
}
