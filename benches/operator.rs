//! The fused LSTM beside the reference engine and candle-nn's own LSTM, forward and backward.
//!
//! divan prints the times; the ratios of the medians, measured in turns, come first on stderr. The
//! last ratio is that of a training whose gradients vanish through time, and so pass through the
//! denormal numbers, to one whose gradients do not: with and without flushing them. All weights and
//! inputs are seeded.

use std::time::Instant;

use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::{LSTM, LSTMConfig, RNN, VarBuilder, VarMap};
use lstm_forecast::ops::denormals;
use lstm_forecast::ops::lstm::{Cell, Engine, LayerWeights, LstmShape, Mode, lstm, lstm_last};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// N, T, F, H; one layer, since candle-nn's LSTM has one.
const SHAPES: [[usize; 4]; 3] = [[64, 48, 12, 32], [256, 48, 12, 64], [32, 168, 12, 64]];

/// For the cost of gradients that vanish.
const VANISHING: [usize; 4] = [64, 512, 12, 64];

struct Problem {
    shape: LstmShape,
    weights: Vec<LayerWeights>,
    x: Tensor,
    theirs: LSTM,
}

impl Problem {
    fn new([n, t, f, h]: [usize; 4]) -> Result<Self> {
        let device = Device::Cpu;
        let shape = LstmShape {
            cell: Cell::Lstm,
            input_size: f,
            hidden_size: h,
            num_layers: 1,
            bias: true,
            bidirectional: false,
        };
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let mut random = |dims: &[usize]| -> Result<Tensor> {
            let values: Vec<f32> =
                (0..dims.iter().product()).map(|_| rng.random_range(-0.1f32..0.1)).collect();
            Ok(Var::from_tensor(&Tensor::from_vec(values, dims, &device)?)?.into_inner())
        };
        let weights = vec![LayerWeights {
            w_ih: random(&[4 * h, f])?,
            w_hh: random(&[4 * h, h])?,
            b_ih: Some(random(&[4 * h])?),
            b_hh: Some(random(&[4 * h])?),
        }];
        let parameters = VarMap::new();
        let builder = VarBuilder::from_varmap(&parameters, DType::F32, &device);
        let theirs = LSTM::new(f, h, LSTMConfig::default(), builder)?;
        let x = random(&[n, t, f])?.affine(10.0, 0.0)?.detach();
        Ok(Self { shape, weights, x, theirs })
    }

    /// The same with this bias at the forget gates: -2 lets an eighth of a gradient through a step,
    /// 6 nearly all of it.
    fn forgetting(shape: [usize; 4], bias: f32) -> Result<Self> {
        let mut problem = Self::new(shape)?;
        let h = shape[3];
        let gates = (0..4 * h).map(|unit| if (h..2 * h).contains(&unit) { bias } else { 0.0 }).collect();
        let bias = Var::from_tensor(&Tensor::from_vec::<_, f32>(gates, 4 * h, &Device::Cpu)?)?.into_inner();
        problem.weights[0].b_ih = Some(bias);
        Ok(problem)
    }

    fn train(&self, engine: Engine) -> Result<()> {
        let mode = Mode::Train { dropout: 0.0, seed: 0 };
        let out = lstm_last(engine, &self.shape, &self.weights, &self.x, None, mode)?;
        out.last.sqr()?.mean_all()?.backward().map(drop)
    }

    fn train_every_step(&self) -> Result<()> {
        let mode = Mode::Train { dropout: 0.0, seed: 0 };
        let out = lstm(Engine::Fused, &self.shape, &self.weights, &self.x, None, mode)?;
        out.output.sqr()?.mean_all()?.backward().map(drop)
    }

    fn train_candle_nn(&self) -> Result<()> {
        let states = self.theirs.seq(&self.x)?;
        match states.last() {
            Some(last) => last.h().sqr()?.mean_all()?.backward().map(drop),
            None => Ok(()),
        }
    }

    fn infer(&self, engine: Engine) -> Result<()> {
        lstm_last(engine, &self.shape, &self.weights, &self.x, None, Mode::Infer).map(drop)
    }
}

fn run(bencher: divan::Bencher, shape: [usize; 4], f: impl Fn(&Problem) -> Result<()> + Sync) {
    let problem = Problem::new(shape).expect("a problem of fixed shape");
    bencher.bench(|| f(&problem).expect("a run of fixed shape"));
}

#[divan::bench(args = SHAPES, max_time = 1)]
fn train_fused(bencher: divan::Bencher, shape: [usize; 4]) {
    run(bencher, shape, |p| p.train(Engine::Fused));
}

#[divan::bench(args = SHAPES, max_time = 1)]
fn train_fused_every_step(bencher: divan::Bencher, shape: [usize; 4]) {
    run(bencher, shape, Problem::train_every_step);
}

#[divan::bench(args = SHAPES, max_time = 1)]
fn train_reference(bencher: divan::Bencher, shape: [usize; 4]) {
    run(bencher, shape, |p| p.train(Engine::Reference));
}

#[divan::bench(args = SHAPES, max_time = 1)]
fn train_candle_nn(bencher: divan::Bencher, shape: [usize; 4]) {
    run(bencher, shape, Problem::train_candle_nn);
}

#[divan::bench(args = SHAPES, max_time = 1)]
fn infer_fused(bencher: divan::Bencher, shape: [usize; 4]) {
    run(bencher, shape, |p| p.infer(Engine::Fused));
}

#[divan::bench(args = SHAPES, max_time = 1)]
fn infer_reference(bencher: divan::Bencher, shape: [usize; 4]) {
    run(bencher, shape, |p| p.infer(Engine::Reference));
}

/// Medians of `rounds` turns of each function, in milliseconds.
fn in_turns<const K: usize>(rounds: usize, f: [&(dyn Fn() -> Result<()> + Sync); K]) -> Result<[f64; K]> {
    let mut times = [const { Vec::new() }; K];
    for round in 0..=rounds {
        for (f, times) in f.iter().zip(&mut times) {
            let start = Instant::now();
            f()?;
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
    }
    Ok(times.map(|mut t| {
        t.sort_by(f64::total_cmp);
        t[t.len() / 2]
    }))
}

fn ratios() -> Result<()> {
    for shape in SHAPES {
        let p = Problem::new(shape)?;
        let [fused, reference, candle_nn] = in_turns(
            7,
            [&|| p.train(Engine::Fused), &|| p.train(Engine::Reference), &|| p.train_candle_nn()],
        )?;
        eprintln!(
            "N, T, F, H = {shape:?}: training {fused:.2} ms; {:.1}x faster than the reference, {:.1}x than candle-nn",
            reference / fused,
            candle_nn / fused
        );
    }
    Ok(())
}

/// Training of [`VANISHING`] whose gradients vanish, over training whose gradients do not.
fn vanishing() -> Result<()> {
    let (vanishing, steady) = (Problem::forgetting(VANISHING, -2.0)?, Problem::forgetting(VANISHING, 6.0)?);
    let train: [&(dyn Fn() -> Result<()> + Sync); 2] =
        [&|| vanishing.train(Engine::Fused), &|| steady.train(Engine::Fused)];
    let pool = |flush: bool| {
        rayon::ThreadPoolBuilder::new()
            .start_handler(move |_| {
                if flush {
                    denormals::flush_this_thread()
                }
            })
            .build()
            .map_err(candle_core::Error::wrap)
    };
    for (flush, label) in [(false, "kept"), (true, "flushed")] {
        let times = pool(flush)?.install(|| in_turns(5, train))?;
        eprintln!(
            "N, T, F, H = {VANISHING:?}: denormals {label}: vanishing gradients {:.1} ms, steady ones {:.1} ms: {:.2}x",
            times[0],
            times[1],
            times[0] / times[1]
        );
    }
    Ok(())
}

fn main() -> Result<()> {
    let started =
        rayon::ThreadPoolBuilder::new().start_handler(|_| denormals::flush_this_thread()).build_global();
    started.map_err(candle_core::Error::wrap)?;
    // `cargo test --benches` runs this too, with arguments of its own.
    if std::env::args().any(|a| a == "--bench") {
        ratios()?;
        vanishing()?;
    }
    divan::main();
    Ok(())
}
