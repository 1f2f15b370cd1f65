//! How much memory of a GPU a training step needs, and which batch size fits.
//!
//! Floats that live at the same time, at the moment when most do. Those of the LSTM are counted by
//! reading `ops::lstm::cuda`; those of heads and loss were measured, since candle keeps every
//! intermediate tensor and makes gradients for some that need none: allocations of one step under a
//! stand-in for the driver, for several widths, quantiles and batch sizes (see the test below).

use crate::config::{Decoder, ModelConfig};
use crate::model::{Model, Shape};

/// What of the memory that is free may be planned with: allocators round up and leave holes.
const USABLE: f64 = 0.85;
/// cuBLAS's workspace, compiled kernels and whatever else does not grow with the batch, bytes.
const FIXED: f64 = 256e6;
/// `auto` takes no more windows than this: larger batches take fewer steps, which train less.
const MOST: usize = 1024;
/// `auto` leaves at least so many steps in a pass over all windows.
const LEAST_STEPS: usize = 25;

/// What a step needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Need {
    /// Bytes, whatever the batch.
    fixed: f64,
    /// Bytes a window.
    window: f64,
}

impl Need {
    /// Of a training step; the table of inputs has `rows` rows.
    pub fn new(config: &ModelConfig, shape: &Shape, cuts: usize, rows: usize) -> Need {
        let parameters: usize =
            Model::layout(config, shape).iter().map(|(_, dims)| dims.iter().product::<usize>()).sum();
        // Weights, their gradients before and after accumulation, two moments, averages.
        let fixed = 4.0 * (6.0 * parameters as f64 + (rows * shape.inputs) as f64) + FIXED;
        Need { fixed, window: 4.0 * (lstm(config, shape) + head(config, shape, cuts)) }
    }

    /// Bytes of a step with so many windows.
    pub fn bytes(&self, windows: usize) -> f64 {
        self.fixed + self.window * windows as f64
    }

    /// The most windows that fit into so many free bytes; 0 where not even one does.
    pub fn most(&self, free: usize) -> usize {
        ((USABLE * free as f64 - self.fixed) / self.window).max(0.0) as usize
    }
}

/// `--batch-size auto`: the largest power of two that fits, leaves 25 steps a pass, and is
/// at most 1024 windows.
pub fn choose(most: usize, train_windows: usize) -> usize {
    let wanted = most.min(train_windows / LEAST_STEPS).clamp(1, MOST);
    1 << wanted.ilog2()
}

/// Floats a window of the LSTM.
fn lstm(config: &ModelConfig, shape: &Shape) -> f64 {
    let directions = if config.bidirectional { 2 } else { 1 };
    let (h, layers) = (config.hidden_size, config.num_layers);
    let width = directions * h;
    // Gates, cells and outputs of every layer.
    let kept = layers * (directions * 5 * h + width);
    // x three times: gathered, masked, time-major; and the rows it is gathered from.
    let x = 3 * shape.inputs + 2;
    // The output with batch first and its gradient twice; a masked copy; two layers' input gradients.
    let passing = 3 * width + if layers > 1 { 3 * width } else { 0 };
    (shape.input_window * (kept + x + passing)) as f64
}

/// Floats a window of the head and the loss, with their gradients.
fn head(config: &ModelConfig, shape: &Shape, cuts: usize) -> f64 {
    let (p, k, q) = (shape.horizon, shape.targets, shape.outputs_per_value());
    let cuts = match config.decoder {
        Decoder::Direct => 1,
        Decoder::Sequence => shape.input_window,
        Decoder::Lead => cuts.min(shape.input_window),
    };
    let loss = 30 * p * k * q;
    let width = |fallback: usize| config.head.iter().copied().max().unwrap_or(fallback);
    let network = match (config.decoder, shape.lead) {
        (Decoder::Lead, Some(lead)) => {
            let u = width(64);
            k * (p * (3 * lead.known + 4 * lead.linear + 28 * u) + 4 * lead.context + 4 * config.hidden_size)
        }
        _ => 14 * config.head.len() * width(0) + 4 * p * k * q,
    };
    (cuts * (loss + network)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Shape {
        Shape { inputs: 12, input_window: 168, horizon: 24, targets: 1, quantiles: vec![], lead: None }
    }

    #[test]
    fn auto_is_a_power_of_two_that_fits_and_leaves_steps() {
        assert_eq!(choose(100_000, 1_000_000), 1024);
        assert_eq!(choose(700, 1_000_000), 512);
        assert_eq!(choose(100_000, 17_760), 512);
        assert_eq!(choose(100_000, 30), 1);
        assert_eq!(choose(0, 1_000_000), 1);
    }

    /// Bytes a window, from the peaks of allocated memory at two batch sizes, 2026-11-23: K = 1,
    /// T = 48, P = 12, nine quantiles, H = 16, head 64, 12 cuts.
    #[test]
    fn estimates_are_a_little_above_what_was_allocated() {
        let measured = [
            (Decoder::Direct, 4, 31_852.0),
            (Decoder::Lead, 13, 1_236_868.0),
            (Decoder::Sequence, 4, 676_224.0),
        ];
        for (decoder, inputs, bytes) in measured {
            let lead = crate::data::lead::LeadShape { context: 37, known: 25, linear: 8 };
            let shape = Shape {
                inputs,
                input_window: 48,
                horizon: 12,
                quantiles: (1..10).map(|q| f64::from(q) / 10.0).collect(),
                lead: (decoder == Decoder::Lead).then_some(lead),
                ..shape()
            };
            let config = ModelConfig { hidden_size: 16, num_layers: 1, decoder, ..ModelConfig::default() };
            let share = Need::new(&config, &shape, 12, 600).window / bytes;
            assert!((1.0..1.5).contains(&share), "{decoder:?}: {share}");
        }
    }

    #[test]
    fn needs_grow_with_the_batch_and_the_model() {
        let config =
            |hidden_size| ModelConfig { hidden_size, decoder: Decoder::Direct, ..Default::default() };
        let small = Need::new(&config(64), &shape(), 12, 10_000);
        let large = Need::new(&config(256), &shape(), 12, 10_000);
        assert!(small.bytes(64) < small.bytes(65) && small.bytes(64) < large.bytes(64));
        let most = large.most(16_000_000_000);
        assert!(most > 1000 && large.bytes(most) <= 0.85 * 16e9 && large.bytes(most + 1) > 0.85 * 16e9);
        assert_eq!(large.most(1000), 0);
    }
}
