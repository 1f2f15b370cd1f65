//! All engines and the optimiser against tensors written by PyTorch (tests/golden/make_golden.py).

use std::collections::HashMap;
use std::path::PathBuf;

use candle_core::{Device, Result, Tensor, Var};
use lstm_forecast::ops::lstm::{Cell, Engine, LayerWeights, LstmShape, Mode, lstm};
use lstm_forecast::optim::{AdamW, AdamWConfig, clip_grad_norm};

/// A checked-in case: its tensors and its settings.
struct Case {
    name: String,
    tensors: HashMap<String, Tensor>,
    about: HashMap<String, String>,
}

fn cases(device: &Device) -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "safetensors") {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
        cases.push(Case {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            tensors: candle_core::safetensors::load_buffer(&bytes, device).unwrap(),
            about: header.metadata().clone().unwrap(),
        });
    }
    assert!(cases.len() >= 10, "only {} golden files", cases.len());
    cases
}

impl Case {
    fn get(&self, name: &str) -> &Tensor {
        self.tensors.get(name).unwrap_or_else(|| panic!("{}: no tensor {name}", self.name))
    }

    fn shape(&self) -> LstmShape {
        LstmShape {
            cell: if self.name.starts_with("gru") { Cell::Gru } else { Cell::Lstm },
            input_size: self.about["features"].parse().unwrap(),
            hidden_size: self.about["hidden"].parse().unwrap(),
            num_layers: self.about["layers"].parse().unwrap(),
            bias: self.about["bias"] == "true",
            bidirectional: self.about["bidirectional"] == "true",
        }
    }

    /// The parameters under torch's names, in torch's order.
    fn parameters(&self) -> Vec<(String, Var)> {
        let shape = self.shape();
        let mut names = Vec::new();
        for layer in 0..shape.num_layers {
            for suffix in ["", "_reverse"].iter().take(shape.directions()) {
                names.push(format!("rnn.weight_ih_l{layer}{suffix}"));
                names.push(format!("rnn.weight_hh_l{layer}{suffix}"));
                if shape.bias {
                    names.push(format!("rnn.bias_ih_l{layer}{suffix}"));
                    names.push(format!("rnn.bias_hh_l{layer}{suffix}"));
                }
            }
        }
        names.extend(["reg.0.weight".into(), "reg.0.bias".into()]);
        names.iter().map(|n| (n.clone(), Var::from_tensor(self.get(n)).unwrap())).collect()
    }

    fn weights(&self, parameters: &[(String, Var)]) -> Vec<LayerWeights> {
        let shape = self.shape();
        let take = |i: usize| parameters[i].1.as_tensor().clone();
        (0..shape.num_layers * shape.directions())
            .map(|set| match shape.bias {
                true => LayerWeights {
                    w_ih: take(4 * set),
                    w_hh: take(4 * set + 1),
                    b_ih: Some(take(4 * set + 2)),
                    b_hh: Some(take(4 * set + 3)),
                },
                false => {
                    LayerWeights { w_ih: take(2 * set), w_hh: take(2 * set + 1), b_ih: None, b_hh: None }
                }
            })
            .collect()
    }
}

struct Run {
    output: Tensor,
    h_n: Tensor,
    c_n: Tensor,
    y: Tensor,
    loss: Tensor,
}

fn forward(
    case: &Case,
    engine: Engine,
    parameters: &[(String, Var)],
    x: &Tensor,
    state: Option<(&Tensor, &Tensor)>,
) -> Result<Run> {
    let mode = Mode::Train { dropout: 0.0, seed: 0 };
    let out = lstm(engine, &case.shape(), &case.weights(parameters), x, state, mode)?;
    let (w, b) = (&parameters[parameters.len() - 2].1, &parameters[parameters.len() - 1].1);
    let (rows, steps, width) = out.output.dims3()?;
    let y = if case.about["reads"] == "\"sequence\"" {
        let flat = out.output.reshape((rows * steps, width))?;
        flat.matmul(&w.t()?)?.broadcast_add(b)?.reshape((rows, steps, ()))?
    } else {
        let last = out.output.narrow(1, steps - 1, 1)?.squeeze(1)?.contiguous()?; // for candle's cuBLAS
        last.matmul(&w.t()?)?.broadcast_add(b)?
    };
    let loss = (&y - case.get("target"))?.sqr()?.mean_all()?;
    Ok(Run { output: out.output, h_n: out.h_n, c_n: out.c_n, y, loss })
}

/// Largest difference as a share of the expected tensor's largest value.
fn difference(got: &Tensor, expected: &Tensor) -> f32 {
    assert_eq!(got.dims(), expected.dims());
    let flat = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let (got, expected) = (flat(got), flat(expected));
    let peak = expected.iter().fold(0f32, |a, e| a.max(e.abs())).max(1e-6);
    got.iter().zip(&expected).fold(0f32, |a, (g, e)| if g.is_nan() { f32::NAN } else { a.max((g - e).abs()) })
        / peak
}

/// On the GPU cuBLAS adds in an order of its own, and f32's exponential is another one.
fn allowed(engine: Engine) -> f32 {
    match engine {
        Engine::Reference | Engine::Fused => 1e-5,
        #[cfg(feature = "cuda")]
        Engine::Cuda => 1e-4,
    }
}

fn assert_close(case: &Case, engine: Engine, what: &str, got: &Tensor, expected: &Tensor) {
    let d = difference(got, expected);
    assert!(d < allowed(engine), "{} {engine:?} {what}: relative difference {d:e}", case.name);
}

fn forward_and_gradients(engine: Engine, device: &Device) {
    for case in cases(device) {
        let parameters = case.parameters();
        let x = Var::from_tensor(case.get("x")).unwrap();
        let state = case.tensors.contains_key("h_0").then(|| {
            let var = |n: &str| Var::from_tensor(case.get(n)).unwrap();
            // The state of a GRU stands for both.
            let c_0 = case.tensors.contains_key("c_0").then(|| var("c_0"));
            (var("h_0"), c_0)
        });
        let given = state.as_ref().map(|(h, c)| (h.as_tensor(), c.as_ref().unwrap_or(h).as_tensor()));
        let run = forward(&case, engine, &parameters, &x, given).unwrap();
        for (what, got) in [("output", &run.output), ("h_n", &run.h_n), ("c_n", &run.c_n), ("y", &run.y)] {
            assert_close(&case, engine, what, got, case.get(what));
        }
        assert_close(&case, engine, "loss", &run.loss.reshape(1).unwrap(), case.get("loss"));
        let grads = run.loss.backward().unwrap();
        let mut wanted = parameters.clone();
        wanted.push(("x".into(), x));
        if let Some((h_0, c_0)) = state {
            wanted.push(("h_0".to_string(), h_0));
            wanted.extend(c_0.map(|c_0| ("c_0".to_string(), c_0)));
        }
        for (name, var) in &wanted {
            let grad = grads.get(var).unwrap_or_else(|| panic!("{}: no gradient of {name}", case.name));
            assert_close(
                &case,
                engine,
                &format!("gradient of {name}"),
                grad,
                case.get(&format!("grad.{name}")),
            );
        }
    }
}

fn ten_steps(engine: Engine, device: &Device) {
    for case in cases(device) {
        let parameters = case.parameters();
        let number = |key: &str| case.about[key].parse::<f64>().unwrap();
        let config = AdamWConfig { weight_decay: number("weight_decay"), ..AdamWConfig::default() };
        let mut optimiser = AdamW::new(config, &parameters);
        let state = case.tensors.contains_key("h_0").then(|| {
            let h_0 = case.get("h_0");
            (h_0, case.tensors.get("c_0").unwrap_or(h_0))
        });
        let (mut losses, mut norms) = (Vec::new(), Vec::new());
        for _ in 0..10 {
            let loss = forward(&case, engine, &parameters, case.get("x"), state).unwrap().loss;
            losses.push(loss.to_vec0::<f32>().unwrap());
            let mut grads = loss.backward().unwrap();
            norms.push(clip_grad_norm(&parameters, &mut grads, number("max_norm")).unwrap() as f32);
            optimiser.step(&parameters, &grads, number("lr")).unwrap();
        }
        let tensor = |v: Vec<f32>| Tensor::new(v, device).unwrap();
        assert_close(&case, engine, "losses", &tensor(losses), case.get("adamw.losses"));
        assert_close(&case, engine, "norms", &tensor(norms), case.get("adamw.norms"));
        for (name, var) in &parameters {
            // Adam divides by the root of tiny second moments, so differences of one rounding in a
            // gradient near zero grow: the last steps move such a weight by up to 0.01 each.
            let d = difference(var, case.get(&format!("adamw.{name}")));
            assert!(d < 1e-3, "{} {engine:?} {name} after ten steps: {d:e}", case.name);
        }
    }
}

#[test]
fn the_reference_engine_computes_what_torch_computes() {
    forward_and_gradients(Engine::Reference, &Device::Cpu);
}

#[test]
fn the_reference_engine_trains_as_torch_trains() {
    ten_steps(Engine::Reference, &Device::Cpu);
}

#[test]
fn the_fused_engine_computes_what_torch_computes() {
    forward_and_gradients(Engine::Fused, &Device::Cpu);
}

#[test]
fn the_fused_engine_trains_as_torch_trains() {
    ten_steps(Engine::Fused, &Device::Cpu);
}

#[cfg(feature = "cuda")]
#[test]
fn the_cuda_engine_computes_what_torch_computes() {
    if let Some(gpu) = crate::support::gpu() {
        forward_and_gradients(Engine::Cuda, &gpu);
    }
}

#[cfg(feature = "cuda")]
#[test]
fn the_cuda_engine_trains_as_torch_trains() {
    if let Some(gpu) = crate::support::gpu() {
        ten_steps(Engine::Cuda, &gpu);
    }
}
