//! The CUDA engine against the reference on the CPU: awkward shapes, dropout, initial states, the
//! same bytes twice. Each test says so and passes where there is no CUDA device.

use candle_core::{DType, Device, Tensor, Var};
use lstm_forecast::ops::lstm::{Cell, Engine, LayerWeights, LstmShape, Mode, lstm, lstm_last, lstm_step};

use crate::lstm_parity::{Leaves, Problem, bytes, everything, problem};
use crate::support::gpu;

/// Largest difference allowed, as a share of a tensor's largest value.
const ALLOWED: f32 = 1e-4;

/// Outputs and gradients on the GPU against the reference on the CPU; returns the largest
/// difference as a share of its tensor's largest value.
fn check(p: &Problem, gpu: &Device) -> f32 {
    let mut worst = 0f32;
    for last in [false, true] {
        let expected = everything(Engine::Reference, p, &Leaves::on(p, &Device::Cpu), last).unwrap();
        let got = everything(Engine::Cuda, p, &Leaves::on(p, gpu), last).unwrap();
        for ((name, e), (_, g)) in expected.iter().zip(&got) {
            assert_eq!(e.len(), g.len(), "{p:?} {name}");
            let peak = e.iter().fold(1e-3f32, |a, v| a.max(v.abs()));
            for (i, (e, g)) in e.iter().zip(g).enumerate() {
                let d = (e - g).abs() / peak;
                assert!(g.is_finite() && d <= ALLOWED, "{p:?} {name}[{i}]: {g} for {e}");
                worst = worst.max(d);
            }
        }
    }
    worst
}

#[test]
fn awkward_shapes_agree_with_the_reference() {
    let Some(gpu) = gpu() else { return };
    let mut problems = vec![
        problem(1, 1, 1, 1, 1, 1),
        problem(1, 1, 1, 1, 2, 2),
        problem(5, 3, 2, 3, 1, 1),
        problem(7, 4, 13, 16, 2, 1),
        problem(3, 3, 5, 33, 1, 2),
        problem(2, 5, 70, 5, 3, 1),
        problem(3, 2, 3, 64, 2, 1),
        problem(2, 2, 2, 100, 1, 1),
        problem(2, 3, 2, 257, 1, 1),
        problem(2, 2, 2, 520, 1, 1),
    ];
    for i in 0..problems.len() {
        let mut p = problems[i];
        p.state = true;
        p.dropout = if p.shape.num_layers > 1 { 0.4 } else { 0.0 };
        p.shape.bias = i % 2 == 0;
        problems.push(p);
    }
    let worst = problems.iter().map(|p| check(p, &gpu)).fold(0f32, f32::max);
    println!("largest difference: {worst:e} of a tensor's largest value");
}

#[test]
fn the_same_call_gives_the_same_bytes() {
    let Some(gpu) = gpu() else { return };
    for h in [20, 150, 450] {
        let p = Problem { dropout: 0.3, state: true, ..problem(5, 4, 3, h, 2, 2) };
        let run = || bytes(&everything(Engine::Cuda, &p, &Leaves::on(&p, &gpu), false).unwrap());
        assert!(run() == run(), "{p:?}");
    }
}

#[test]
fn dropout_draws_the_masks_of_the_cpu() {
    let Some(gpu) = gpu() else { return };
    // A unit that is dropped on one side alone moves the layer above by far more than is allowed.
    let p = Problem { dropout: 0.5, ..problem(6, 7, 2, 40, 2, 1) };
    for seed in [0, 1, u64::MAX] {
        let mode = Mode::Train { dropout: p.dropout, seed };
        let run = |engine, device: &Device| {
            let leaves = Leaves::on(&p, device);
            let out = lstm(engine, &p.shape, &leaves.layers(), &leaves.x, None, mode).unwrap();
            out.output.flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        let (e, g) = (run(Engine::Reference, &Device::Cpu), run(Engine::Cuda, &gpu));
        assert!(e.iter().zip(&g).all(|(e, g)| (e - g).abs() < 1e-5), "seed {seed}");
    }
}

#[test]
fn inference_gives_what_training_gives() {
    let Some(gpu) = gpu() else { return };
    for (n, t, h, l, d) in [(5, 4, 21, 2, 1), (3, 3, 12, 1, 2), (2, 3, 260, 1, 1), (2, 3, 450, 1, 1)] {
        let p = Problem { state: true, ..problem(n, t, 4, h, l, d) };
        let leaves = Leaves::on(&p, &gpu);
        let (w, x, given) = (leaves.layers(), leaves.x.as_tensor(), leaves.given());
        let run = |mode| lstm(Engine::Cuda, &p.shape, &w, x, given, mode).unwrap();
        let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let (a, b) = (run(Mode::Infer), run(Mode::Train { dropout: 0.0, seed: 0 }));
        assert!(!a.output.track_op() && b.output.track_op());
        assert_eq!(flat(&a.output), flat(&b.output));
        assert_eq!((flat(&a.h_n), flat(&a.c_n)), (flat(&b.h_n), flat(&b.c_n)));
        let last = lstm_last(Engine::Cuda, &p.shape, &w, x, given, Mode::Infer).unwrap();
        assert_eq!(flat(&last.last), flat(&a.output.narrow(1, t - 1, 1).unwrap()));
        assert_eq!((flat(&last.h_n), flat(&last.c_n)), (flat(&a.h_n), flat(&a.c_n)));
    }
}

#[test]
fn steps_of_a_stream_are_the_window_in_pieces() {
    let Some(gpu) = gpu() else { return };
    let p = problem(3, 4, 4, 10, 2, 1);
    let leaves = Leaves::on(&p, &gpu);
    let (w, x) = (leaves.layers(), leaves.x.as_tensor());
    let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let whole = lstm(Engine::Cuda, &p.shape, &w, x, None, Mode::Infer).unwrap();
    let mut state: Option<(Tensor, Tensor)> = None;
    for t in 0..p.steps {
        let given = state.as_ref().map(|(h, c)| (h, c));
        let x_t = x.narrow(1, t, 1).unwrap().squeeze(1).unwrap();
        let out = lstm_step(Engine::Cuda, &p.shape, &w, &x_t, given).unwrap();
        let expected = flat(&whole.output.narrow(1, t, 1).unwrap());
        for (g, e) in flat(&out.last).iter().zip(&expected) {
            assert!((g - e).abs() < 1e-6, "step {t}: {g} for {e}");
        }
        state = Some((out.h_n, out.c_n));
    }
}

#[test]
fn a_second_backward_pass_gives_the_same_gradients() {
    let Some(gpu) = gpu() else { return };
    let p = problem(5, 3, 3, 12, 2, 1);
    let leaves = Leaves::on(&p, &gpu);
    let mode = Mode::Train { dropout: 0.2, seed: 5 };
    let out = lstm(Engine::Cuda, &p.shape, &leaves.layers(), &leaves.x, None, mode).unwrap();
    let loss = out.output.sqr().unwrap().sum_all().unwrap();
    let grad = || {
        let grads = loss.backward().unwrap();
        grads.get(&leaves.x).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    assert_eq!(grad(), grad());
}

#[test]
fn a_constant_input_costs_no_gradient_and_changes_none() {
    let Some(gpu) = gpu() else { return };
    let p = problem(4, 3, 3, 12, 1, 1);
    let leaves = Leaves::on(&p, &gpu);
    let mode = Mode::Train { dropout: 0.0, seed: 0 };
    let grad = |x: &Tensor| {
        let out = lstm_last(Engine::Cuda, &p.shape, &leaves.layers(), x, None, mode).unwrap();
        let grads = out.last.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        assert_eq!(grads.get(x).is_some(), x.is_variable());
        grads.get(leaves.weights[0][0].as_ref().unwrap()).unwrap().flatten_all().unwrap().to_vec1::<f32>()
    };
    assert_eq!(grad(&leaves.x).unwrap(), grad(&leaves.x.detach()).unwrap());
}

#[test]
fn gradients_are_those_of_the_reference_in_f64() {
    let Some(gpu) = gpu() else { return };
    for bidirectional in [false, true] {
        let shape = LstmShape {
            cell: Cell::Lstm,
            input_size: 2,
            hidden_size: 3,
            num_layers: 2,
            bias: true,
            bidirectional,
        };
        let p = Problem { rows: 2, steps: 3, shape, dropout: 0.25, state: true };
        let single = Leaves::on(&p, &Device::Cpu);
        let as_f64 = |t: &Tensor| Var::from_tensor(&t.to_dtype(DType::F64).unwrap()).unwrap();
        let on_gpu = |t: &Tensor| Var::from_tensor(&t.to_device(&gpu).unwrap()).unwrap();
        let expected = gradients(Engine::Reference, &shape, &single, as_f64);
        let got = gradients(Engine::Cuda, &shape, &single, on_gpu);
        for (i, (e, g)) in expected.iter().zip(&got).enumerate() {
            let peak = e.iter().fold(1e-3f64, |a, v| a.max(v.abs()));
            let close = e.iter().zip(g).all(|(e, g)| (e - g).abs() <= 1e-5 * peak);
            assert!(close, "leaf {i}: {g:?} for {e:?}");
        }
    }
}

/// Gradients of x, h_0, c_0 and all weights of a loss that bends outputs and final states.
fn gradients(
    engine: Engine,
    shape: &LstmShape,
    values: &Leaves,
    to: impl Fn(&Tensor) -> Var,
) -> Vec<Vec<f64>> {
    let (h, c) = values.given().unwrap();
    let mut leaves = vec![to(&values.x), to(h), to(c)];
    for w in values.layers() {
        leaves.extend([Some(w.w_ih), Some(w.w_hh), w.b_ih, w.b_hh].into_iter().flatten().map(|t| to(&t)));
    }
    let weights: Vec<_> = leaves[3..]
        .chunks(4)
        .map(|w| LayerWeights {
            w_ih: w[0].as_tensor().clone(),
            w_hh: w[1].as_tensor().clone(),
            b_ih: Some(w[2].as_tensor().clone()),
            b_hh: Some(w[3].as_tensor().clone()),
        })
        .collect();
    let mode = Mode::Train { dropout: 0.25, seed: 3 };
    let out = lstm(engine, shape, &weights, &leaves[0], Some((&leaves[1], &leaves[2])), mode).unwrap();
    let sum = |t: Tensor| t.sum_all().unwrap();
    let states = (sum(out.h_n.powf(3.0).unwrap()) + sum(out.c_n.sin().unwrap())).unwrap();
    let grads = (sum(out.output.sqr().unwrap()) + states).unwrap().backward().unwrap();
    let flat = |v: &Var| {
        let grad = grads.get(v).unwrap().to_dtype(DType::F64).unwrap();
        grad.flatten_all().unwrap().to_vec1::<f64>().unwrap()
    };
    leaves.iter().map(flat).collect()
}

#[test]
fn what_the_engine_does_not_have_is_refused_by_name() {
    let Some(gpu) = gpu() else { return };
    let p = problem(2, 3, 2, 5, 1, 1);
    let cpu = Leaves::on(&p, &Device::Cpu);
    let refused = lstm(Engine::Cuda, &p.shape, &cpu.layers(), &cpu.x, None, Mode::Infer);
    assert!(refused.unwrap_err().to_string().contains("the CUDA engine takes f32 on an NVIDIA GPU"));
    let there = Leaves::on(&p, &gpu);
    let mixed = lstm(Engine::Cuda, &p.shape, &cpu.layers(), &there.x, None, Mode::Infer);
    assert!(mixed.unwrap_err().to_string().contains("w_ih[0]"));
    assert_eq!(Engine::for_device(&gpu), Engine::Cuda);
    assert_eq!(Engine::for_device(&Device::Cpu), Engine::Fused);
}
