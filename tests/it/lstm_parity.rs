//! The fused engine against the reference: awkward shapes, every instruction set of this machine,
//! dropout, initial states, thread counts.

use std::sync::RwLock;

use candle_core::{Device, Result, Tensor, Var};
use lstm_forecast::ops::lstm::{
    Cell, Engine, LayerWeights, LstmShape, Mode, force_simd, lstm, lstm_last, lstm_step, simd_available,
};
use proptest::prelude::*;

/// The instruction set is the process's: the test that switches it runs alone.
static ALONE: RwLock<()> = RwLock::new(());

/// Uniform values in [-scale, scale], the same for the same seed on every machine.
fn values(n: usize, scale: f32, seed: u64) -> Vec<f32> {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        z ^= z << 13;
        z ^= z >> 7;
        z ^= z << 17;
        (z >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    };
    (0..n).map(|_| scale * next()).collect()
}

#[derive(Clone, Copy, Debug)]
pub struct Problem {
    pub rows: usize,
    pub steps: usize,
    pub shape: LstmShape,
    pub dropout: f32,
    pub state: bool,
}

pub fn problem(n: usize, t: usize, f: usize, h: usize, l: usize, d: usize) -> Problem {
    let shape = LstmShape {
        cell: Cell::Lstm,
        input_size: f,
        hidden_size: h,
        num_layers: l,
        bias: true,
        bidirectional: d == 2,
    };
    Problem { rows: n, steps: t, shape, dropout: 0.0, state: false }
}

/// Named leaves of one problem: x, parameters, states.
pub struct Leaves {
    pub x: Var,
    pub weights: Vec<[Option<Var>; 4]>,
    /// h_0, and c_0 of an LSTM.
    state: Option<(Var, Option<Var>)>,
}

impl Leaves {
    fn new(p: &Problem) -> Self {
        Self::on(p, &Device::Cpu)
    }

    /// The same values on any device.
    pub fn on(p: &Problem, device: &Device) -> Self {
        let var = |dims: &[usize], scale: f32, seed: u64| {
            let data = values(dims.iter().product(), scale, seed);
            Var::from_tensor(&Tensor::from_vec(data, dims, device).unwrap()).unwrap()
        };
        let s = &p.shape;
        let (h, sets) = (s.hidden_size, s.num_layers * s.directions());
        let gates = s.cell.gates() * h;
        let scale = 1.0 / (h as f32).sqrt();
        let weights = (0..sets)
            .map(|i| {
                let seed = 10 * i as u64;
                [
                    Some(var(&[gates, s.layer_input(i / s.directions())], scale, seed + 1)),
                    Some(var(&[gates, h], scale, seed + 2)),
                    s.bias.then(|| var(&[gates], scale, seed + 3)),
                    s.bias.then(|| var(&[gates], scale, seed + 4)),
                ]
            })
            .collect();
        let start = [sets, p.rows, h];
        let state =
            p.state.then(|| (var(&start, 1.0, 901), (s.cell == Cell::Lstm).then(|| var(&start, 1.0, 902))));
        Self { x: var(&[p.rows, p.steps, s.input_size], 2.0, 900), weights, state }
    }

    pub fn layers(&self) -> Vec<LayerWeights> {
        let take = |v: &Option<Var>| v.as_ref().map(|v| v.as_tensor().clone());
        let layer = |w: &[Option<Var>; 4]| LayerWeights {
            w_ih: take(&w[0]).unwrap(),
            w_hh: take(&w[1]).unwrap(),
            b_ih: take(&w[2]),
            b_hh: take(&w[3]),
        };
        self.weights.iter().map(layer).collect()
    }

    pub fn given(&self) -> Option<(&Tensor, &Tensor)> {
        self.state.as_ref().map(|(h, c)| (h.as_tensor(), c.as_ref().unwrap_or(h).as_tensor()))
    }

    fn named(&self) -> Vec<(String, &Var)> {
        let mut all = vec![("x".to_string(), &self.x)];
        for (i, w) in self.weights.iter().enumerate() {
            for (name, v) in ["w_ih", "w_hh", "b_ih", "b_hh"].iter().zip(w) {
                all.extend(v.as_ref().map(|v| (format!("{name}[{i}]"), v)));
            }
        }
        if let Some((h, c)) = &self.state {
            all.push(("h_0".to_string(), h));
            all.extend(c.as_ref().map(|c| ("c_0".to_string(), c)));
        }
        all
    }
}

/// Outputs and gradients of a loss that weighs every output value differently.
pub fn everything(
    engine: Engine,
    p: &Problem,
    leaves: &Leaves,
    last: bool,
) -> Result<Vec<(String, Vec<f32>)>> {
    let mode = Mode::Train { dropout: p.dropout, seed: 42 };
    let (weights, x) = (leaves.layers(), leaves.x.as_tensor());
    let outputs = if last {
        let o = lstm_last(engine, &p.shape, &weights, x, leaves.given(), mode)?;
        [o.last, o.h_n, o.c_n]
    } else {
        let o = lstm(engine, &p.shape, &weights, x, leaves.given(), mode)?;
        [o.output, o.h_n, o.c_n]
    };
    let flat = |t: &Tensor| t.flatten_all()?.to_vec1::<f32>();
    let mut all = Vec::new();
    let mut loss = Tensor::zeros((), x.dtype(), x.device())?;
    for (i, (name, o)) in ["output", "h_n", "c_n"].iter().zip(&outputs).enumerate() {
        let weigh = Tensor::from_vec(values(o.elem_count(), 1.0, 77 + i as u64), o.dims(), x.device())?;
        loss = (loss + (o * weigh)?.sum_all()?)?;
        all.push((name.to_string(), flat(o)?));
    }
    let grads = loss.backward()?;
    for (name, leaf) in leaves.named() {
        let grad = grads.get(leaf).unwrap_or_else(|| panic!("{name} has no gradient"));
        all.push((format!("gradient of {name}"), flat(grad)?));
    }
    Ok(all)
}

/// The largest difference as a share of the tensor's largest value must stay below 1e-5, or below
/// what hundreds of f32 additions in another order give: 3e-8 per step and row.
fn check(p: &Problem) {
    let leaves = Leaves::new(p);
    for last in [false, true] {
        let expected = everything(Engine::Reference, p, &leaves, last).unwrap();
        let got = everything(Engine::Fused, p, &leaves, last).unwrap();
        for ((name, e), (_, g)) in expected.iter().zip(&got) {
            assert_eq!(e.len(), g.len(), "{p:?} {name}");
            // A gradient of four numbers may be the small difference of larger ones.
            let peak = e.iter().fold(3e-3f32, |a, v| a.max(v.abs()));
            for (i, (e, g)) in e.iter().zip(g).enumerate() {
                let allowed = 1e-5f32.max(3e-8 * (p.rows * p.steps) as f32);
                assert!(g.is_finite() && (e - g).abs() <= allowed * peak, "{p:?} {name}[{i}]: {g} for {e}");
            }
        }
    }
}

#[test]
fn every_instruction_set_agrees_with_the_reference() {
    let _alone = ALONE.write().unwrap();
    let mut problems = vec![
        problem(1, 1, 1, 1, 1, 1),
        problem(1, 1, 1, 1, 2, 2),
        problem(5, 3, 2, 3, 1, 1),
        problem(7, 9, 13, 16, 2, 1),
        problem(8, 4, 5, 17, 3, 1),
        problem(13, 6, 12, 33, 1, 2),
        problem(49, 5, 3, 15, 2, 2),
        problem(97, 3, 1, 64, 2, 1),
        problem(3, 40, 6, 31, 2, 1),
        problem(2, 17, 70, 5, 1, 1),
        problem(6, 33, 4, 80, 2, 1),
    ];
    for i in 0..problems.len() {
        let mut p = problems[i];
        p.state = true;
        p.dropout = if p.shape.num_layers > 1 { 0.4 } else { 0.0 };
        p.shape.bias = i % 2 == 0;
        problems.push(p);
    }
    for i in 0..problems.len() {
        let mut p = problems[i];
        p.shape.cell = Cell::Gru;
        problems.push(p);
    }
    let levels = simd_available();
    assert!(levels.contains(&"scalar"));
    for level in &levels {
        assert!(force_simd(level));
        problems.iter().for_each(check);
    }
    assert!(force_simd(levels[0]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_shape_agrees_with_the_reference(
        n in 1usize..70, t in 1usize..20, f in 1usize..20, h in 1usize..40,
        l in 1usize..4, d in 1usize..3, bias: bool, gru: bool, state: bool, dropout in 0f32..0.9,
    ) {
        let _shared = ALONE.read().unwrap();
        let mut p = problem(n, t, f, h, l, d);
        p.shape.bias = bias;
        p.shape.cell = if gru { Cell::Gru } else { Cell::Lstm };
        p.state = state;
        p.dropout = dropout;
        check(&p);
    }
}

pub fn bytes(all: &[(String, Vec<f32>)]) -> Vec<u32> {
    all.iter().flat_map(|(_, v)| v.iter().map(|v| v.to_bits())).collect()
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let _shared = ALONE.read().unwrap();
    for (n, d, dropout) in [(100, 1, 0.3), (37, 2, 0.0), (8, 1, 0.0)] {
        let p = Problem { dropout, state: true, ..problem(n, 11, 5, 20, 2, d) };
        let leaves = Leaves::new(&p);
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            bytes(&pool.install(|| everything(Engine::Fused, &p, &leaves, false)).unwrap())
        };
        let one = run(1);
        for threads in [2, 3, 8] {
            assert!(run(threads) == one, "{p:?}: {threads} threads");
        }
    }
}

#[test]
fn inference_gives_what_training_gives() {
    let _shared = ALONE.read().unwrap();
    for (n, t, l, d) in [(5, 40, 3, 1), (50, 16, 1, 1), (3, 17, 2, 1), (9, 6, 2, 2), (1, 1, 1, 2)] {
        let p = Problem { state: true, ..problem(n, t, 4, 21, l, d) };
        let leaves = Leaves::new(&p);
        let (w, x, given) = (leaves.layers(), leaves.x.as_tensor(), leaves.given());
        let run = |mode| lstm(Engine::Fused, &p.shape, &w, x, given, mode).unwrap();
        let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let (a, b) = (run(Mode::Infer), run(Mode::Train { dropout: 0.0, seed: 0 }));
        assert!(!a.output.track_op() && b.output.track_op());
        assert_eq!(flat(&a.output), flat(&b.output));
        assert_eq!((flat(&a.h_n), flat(&a.c_n)), (flat(&b.h_n), flat(&b.c_n)));
        let last = lstm_last(Engine::Fused, &p.shape, &w, x, given, Mode::Infer).unwrap();
        assert_eq!(flat(&last.last), flat(&a.output.narrow(1, t - 1, 1).unwrap()));
        assert_eq!((flat(&last.h_n), flat(&last.c_n)), (flat(&a.h_n), flat(&a.c_n)));
    }
}

#[test]
fn steps_of_a_stream_are_the_window_in_pieces() {
    let _shared = ALONE.read().unwrap();
    let p = problem(3, 6, 4, 10, 2, 1);
    let leaves = Leaves::new(&p);
    let (w, x) = (leaves.layers(), leaves.x.as_tensor());
    let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    for engine in [Engine::Reference, Engine::Fused] {
        let whole = lstm(engine, &p.shape, &w, x, None, Mode::Infer).unwrap();
        let mut state: Option<(Tensor, Tensor)> = None;
        for t in 0..p.steps {
            let given = state.as_ref().map(|(h, c)| (h, c));
            let x_t = x.narrow(1, t, 1).unwrap().squeeze(1).unwrap();
            let out = lstm_step(engine, &p.shape, &w, &x_t, given).unwrap();
            let expected = flat(&whole.output.narrow(1, t, 1).unwrap());
            for (g, e) in flat(&out.last).iter().zip(&expected) {
                assert!((g - e).abs() < 1e-6, "{engine:?} step {t}: {g} for {e}");
            }
            state = Some((out.h_n, out.c_n));
        }
    }
}

#[test]
fn a_second_backward_pass_gives_the_same_gradients() {
    let _shared = ALONE.read().unwrap();
    let p = problem(9, 5, 3, 12, 2, 1);
    let leaves = Leaves::new(&p);
    let mode = Mode::Train { dropout: 0.2, seed: 5 };
    let out = lstm(Engine::Fused, &p.shape, &leaves.layers(), &leaves.x, None, mode).unwrap();
    let loss = out.output.sqr().unwrap().sum_all().unwrap();
    let grad = || {
        let grads = loss.backward().unwrap();
        grads.get(&leaves.x).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    assert_eq!(grad(), grad());
}

#[test]
fn a_constant_input_costs_no_gradient_and_changes_none() {
    let _shared = ALONE.read().unwrap();
    let p = problem(9, 5, 3, 12, 1, 1);
    let leaves = Leaves::new(&p);
    let mode = Mode::Train { dropout: 0.0, seed: 0 };
    let grad = |x: &Tensor| {
        let out = lstm_last(Engine::Fused, &p.shape, &leaves.layers(), x, None, mode).unwrap();
        let grads = out.last.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        assert_eq!(grads.get(x).is_some(), x.is_variable());
        grads.get(leaves.weights[0][0].as_ref().unwrap()).unwrap().flatten_all().unwrap().to_vec1::<f32>()
    };
    assert_eq!(grad(&leaves.x).unwrap(), grad(&leaves.x.detach()).unwrap());
}

#[test]
fn shapes_that_do_not_fit_are_refused_by_name() {
    let p = problem(4, 3, 2, 5, 1, 1);
    let leaves = Leaves::new(&p);
    let refuse = |shape: LstmShape, x: &Tensor, mode, words: &str| {
        for engine in [Engine::Reference, Engine::Fused] {
            let text = lstm(engine, &shape, &leaves.layers(), x, None, mode).unwrap_err().to_string();
            assert!(text.contains(words), "{text}");
        }
    };
    let x = leaves.x.as_tensor();
    refuse(p.shape, &x.narrow(2, 0, 1).unwrap(), Mode::Infer, "expected (N >= 1, T >= 1, 2)");
    refuse(LstmShape { hidden_size: 6, ..p.shape }, x, Mode::Infer, "w_ih[0]");
    refuse(LstmShape { num_layers: 2, ..p.shape }, x, Mode::Infer, "1 weight sets for 2");
    refuse(LstmShape { bias: false, ..p.shape }, x, Mode::Infer, "bias is false");
    refuse(p.shape, x, Mode::Train { dropout: 1.0, seed: 0 }, "dropout is 1");
}
