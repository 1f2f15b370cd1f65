//! One network as nodes: the LSTM, and what turns its state into scaled forecasts (N, P, K, Q).

use super::graph::{Graph, Value, int, ints, text};
use crate::config::{Cell, Decoder, Skip};
use crate::error::Result;
use crate::model::Model;

/// What all networks read, by name.
pub struct Read {
    /// (N, T, F).
    pub x: Value,
    /// (N, K), (N, K, P), (N, K, C), (N, K, P, W): of `decoder: lead`.
    pub told: Option<[Value; 4]>,
}

/// The nodes of one network.
pub struct Network<'a> {
    pub model: &'a Model,
    /// Rows in a season.
    pub season: usize,
}

impl Network<'_> {
    /// Scaled forecasts (N, P, K, Q).
    ///
    /// # Errors
    /// Those of the device.
    pub fn add(&self, graph: &mut Graph, read: &Read) -> Result<Value> {
        let state = self.lstm(graph, &read.x)?; // (N, D*H)
        match (self.model.config.decoder, &read.told) {
            (Decoder::Lead, Some(told)) => {
                let heads =
                    (0..self.model.shape.targets).map(|target| self.head(graph, &state, told, target));
                let heads = heads.collect::<Result<Vec<_>>>()?;
                Ok(graph.concat(&heads, 2)) // K x (N, P, 1, Q) -> (N, P, K, Q)
            }
            _ => self.direct(graph, &state, &read.x),
        }
    }

    fn values(&self, name: &str) -> Result<(Vec<usize>, Vec<f32>)> {
        let missing = || candle_core::Error::Msg(format!("no parameter {name}"));
        let (_, var) = self.model.params.iter().find(|(own, _)| own == name).ok_or_else(missing)?;
        Ok((var.dims().to_vec(), var.as_tensor().flatten_all()?.to_vec1::<f32>()?))
    }

    /// A parameter as it is.
    fn param(&self, graph: &mut Graph, name: &str) -> Result<Value> {
        let (dims, values) = self.values(name)?;
        Ok(graph.floats(&dims, &values))
    }

    /// A matrix the other way round: (rows, columns) -> (columns, rows).
    fn turned(&self, graph: &mut Graph, name: &str) -> Result<Value> {
        let (dims, values) = self.values(name)?;
        let (rows, columns) = (dims[0], dims[1]);
        let turned: Vec<f32> =
            (0..columns).flat_map(|c| (0..rows).map(move |r| r * columns + c)).map(|at| values[at]).collect();
        Ok(graph.floats(&[columns, rows], &turned))
    }

    /// The output of LSTM or GRU after the last row, (N, D*H).
    fn lstm(&self, graph: &mut Graph, x: &Value) -> Result<Value> {
        let config = &self.model.config;
        let (hidden, directions) = (config.hidden_size, if config.bidirectional { 2 } else { 1 });
        // PyTorch's order of the gates, i, f, g, o and r, z, n, as ONNX has them: i, o, f, g and z, r, n.
        let (op, order): (_, &[usize]) = match config.cell {
            Cell::Lstm => ("LSTM", &[0, 3, 1, 2]),
            Cell::Gru => ("GRU", &[1, 0, 2]),
        };
        let gates = order.len() * hidden;
        let mut rows = graph.op_with("Transpose", &[x], vec![ints("perm", &[1, 0, 2])]); // (T, N, F)
        for layer in 0..config.num_layers {
            let mut parts: [Vec<f32>; 3] = Default::default();
            let mut inputs = 0;
            for suffix in ["", "_reverse"].iter().take(directions) {
                let get = |part: &str| self.values(&format!("rnn.{part}_l{layer}{suffix}"));
                let (dims, own) = get("weight_ih")?;
                inputs = dims[1];
                parts[0].extend(reordered(&own, order));
                parts[1].extend(reordered(&get("weight_hh")?.1, order));
                for part in ["bias_ih", "bias_hh"].iter().filter(|_| config.bias) {
                    parts[2].extend(reordered(&get(part)?.1, order));
                }
            }
            let w = graph.floats(&[directions, gates, inputs], &parts[0]);
            let r = graph.floats(&[directions, gates, hidden], &parts[1]);
            let bias = config.bias.then(|| graph.floats(&[directions, 2 * gates], &parts[2]));
            let all: Vec<&Value> =
                [Some(&rows), Some(&w), Some(&r), bias.as_ref()].into_iter().flatten().collect();
            let way = if config.bidirectional { "bidirectional" } else { "forward" };
            let mut attributes = vec![int("hidden_size", hidden as i64), text("direction", way)];
            if config.cell == Cell::Gru {
                // r multiplies what the state says of n, its bias included, as PyTorch has it.
                attributes.push(int("linear_before_reset", 1));
            }
            let y = graph.op_with(op, &all, attributes); // (T, D, N, H)
            let y = graph.op_with("Transpose", &[&y], vec![ints("perm", &[0, 2, 1, 3])]); // (T, N, D, H)
            rows = graph.reshape(&y, &[0, 0, (directions * hidden) as i64]); // (T, N, D*H)
        }
        Ok(graph.at(&rows, 0, self.model.shape.input_window - 1))
    }

    /// The lead decoder of one target, (N, P, 1, Q); its formula stands in `crate::model::lead`.
    fn head(&self, graph: &mut Graph, state: &Value, told: &[Value; 4], target: usize) -> Result<Value> {
        let [base, spread, context, known] = told.each_ref().map(|value| graph.at(value, 1, target));
        let name = |part: &str| format!("lead.{target}.{part}");
        let seen = graph.concat(&[state.clone(), context], 1); // (N, H + C)
        let (w, b) = (self.param(graph, &name("context.weight"))?, self.param(graph, &name("context.bias"))?);
        let a = graph.op_with("Gemm", &[&seen, &w, &b], vec![int("transB", 1)]); // (N, U)
        let a = graph.unsqueeze(&a, &[1]);
        let w = self.turned(graph, &name("known.weight"))?;
        let f = graph.op("MatMul", &[&known, &w]); // (N, P, W) -> (N, P, U)
        let z = graph.op("Add", &[&f, &a]);
        let step = self.param(graph, &name("step"))?;
        let z = graph.op("Add", &[&z, &step]);
        let mut z = graph.op("Relu", &[&z]);
        for (part, relu) in [("hidden", true), ("out", false)] {
            let w = self.turned(graph, &name(&format!("{part}.weight")))?;
            let b = self.param(graph, &name(&format!("{part}.bias")))?;
            let product = graph.op("MatMul", &[&z, &w]);
            z = graph.op("Add", &[&product, &b]);
            if relu {
                z = graph.op("Relu", &[&z]);
            }
        }
        let (dims, linear) = self.values(&name("linear"))?;
        let facts = graph.first(&known, 2, dims[1]);
        let linear = graph.floats(&dims, &linear);
        let product = graph.op("Mul", &[&facts, &linear]);
        let linear = graph.sum(&product, 2, true); // (N, P, 1)
        let o = graph.op("Add", &[&z, &linear]);
        let spread = graph.unsqueeze(&spread, &[2]);
        let moved = graph.op("Mul", &[&o, &spread]);
        let base = graph.unsqueeze(&base, &[1, 2]);
        let forecast = graph.op("Add", &[&moved, &base]);
        Ok(graph.unsqueeze(&forecast, &[2]))
    }

    /// `reg` on the state, and the simple forecast that it corrects.
    fn direct(&self, graph: &mut Graph, state: &Value, x: &Value) -> Result<Value> {
        let (config, shape) = (&self.model.config, &self.model.shape);
        let (p, k, t) = (shape.horizon, shape.targets, shape.input_window);
        let linear = |graph: &mut Graph, input: &Value, name: &str| -> Result<Value> {
            let w = self.param(graph, &format!("{name}.weight"))?;
            let b = self.param(graph, &format!("{name}.bias"))?;
            Ok(graph.op_with("Gemm", &[input, &w, &b], vec![int("transB", 1)]))
        };
        let mut z = state.clone();
        for layer in 0..=config.head.len() {
            z = linear(graph, &z, &format!("reg.{}", 2 * layer))?;
            if layer < config.head.len() {
                z = graph.op("Relu", &[&z]);
            }
        }
        let out = graph.reshape(&z, &[-1, p as i64, k as i64, shape.outputs_per_value() as i64]);
        let targets = graph.first(x, 2, k); // (N, T, K)
        let simple = match config.skip {
            Skip::None => return Ok(out),
            Skip::Linear => {
                let window = graph.reshape(&targets, &[-1, (t * k) as i64]);
                let map = linear(graph, &window, "skip")?;
                graph.reshape(&map, &[-1, p as i64, k as i64])
            }
            Skip::Last => graph.at_all(&targets, 1, &vec![t - 1; p]),
            Skip::Seasonal => {
                let at = |step: usize| {
                    let back = self.season * (step / self.season + 1);
                    (t + step).checked_sub(back).filter(|at| *at < t).unwrap_or(t - 1)
                };
                graph.at_all(&targets, 1, &(0..p).map(at).collect::<Vec<_>>())
            }
        };
        let simple = graph.unsqueeze(&simple, &[3]);
        Ok(graph.op("Add", &[&out, &simple]))
    }
}

/// The gates of a weight or bias in another order.
fn reordered(values: &[f32], order: &[usize]) -> Vec<f32> {
    let size = values.len() / order.len();
    order.iter().flat_map(|gate| values[gate * size..(gate + 1) * size].iter().copied()).collect()
}
