//! The two ways through the recurrence against each other: every tile size, with all, some and none
//! of the weights in registers. They run where there is a CUDA device.

use candle_core::{Device, Result, Tensor};

use super::backward::{self, Incoming};
use super::forward::{self, Call};
use super::gpu::{self, At, Gpu};
use super::tiling::{Spread, Tiling};
use super::{Want, launch};
use crate::ops::lstm::{Cell, LayerWeights, LstmShape, Mode};

fn device() -> Option<Device> {
    match Device::new_cuda(0) {
        Ok(device) => Some(device),
        Err(why) => {
            eprintln!("skipped: no CUDA device ({why})");
            None
        }
    }
}

/// Values in [-1, 1) that differ from place to place.
fn wave(dims: &[usize], seed: usize, device: &Device) -> Result<Tensor> {
    let n: usize = dims.iter().product();
    let at = |i: usize| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.5 - 1.0;
    Tensor::from_vec((0..n).map(at).collect::<Vec<f32>>(), dims, device)
}

struct Problem {
    shape: LstmShape,
    weights: Vec<LayerWeights>,
    x: Tensor,
    state: (Tensor, Tensor),
}

impl Problem {
    fn new(rows: usize, steps: usize, hidden: usize, device: &Device) -> Result<Problem> {
        let shape = LstmShape {
            cell: Cell::Lstm,
            input_size: 3,
            hidden_size: hidden,
            num_layers: 1,
            bias: true,
            bidirectional: true,
        };
        let small = |dims: &[usize], seed| wave(dims, seed, device)? * (1.0 / (hidden as f64).sqrt());
        let weights = (0..2)
            .map(|i| {
                Ok(LayerWeights {
                    w_ih: small(&[4 * hidden, 3], 10 * i + 1)?,
                    w_hh: small(&[4 * hidden, hidden], 10 * i + 2)?,
                    b_ih: Some(small(&[4 * hidden], 10 * i + 3)?),
                    b_hh: Some(small(&[4 * hidden], 10 * i + 4)?),
                })
            })
            .collect::<Result<_>>()?;
        let dims = [2, rows, hidden];
        Ok(Problem {
            shape,
            weights,
            x: wave(&[rows, steps, 3], 5, device)?,
            state: (wave(&dims, 6, device)?, wave(&dims, 7, device)?),
        })
    }

    /// All results and gradients, each as a list of values.
    fn run(&self, gpu: &Gpu, tiling: Option<Tiling>, want: Want) -> Result<Vec<Vec<f32>>> {
        let mode = Mode::Train { dropout: 0.0, seed: 0 };
        let (h, c) = (&self.state.0, &self.state.1);
        let mut call = Call::new(gpu, &self.shape, &self.weights, &self.x, Some((h, c)), mode, want)?;
        call.dx = true;
        call.tiling = tiling;
        let (results, saved) = forward::run(gpu, &call, true)?;
        let [output, h_n, c_n] = call.shapes();
        let device = self.x.device();
        let incoming = Incoming {
            output: Some(wave(output.dims(), 20, device)?),
            h_n: Some(wave(h_n.dims(), 21, device)?),
            c_n: Some(wave(c_n.dims(), 22, device)?),
        };
        let grads = backward::run(gpu, &call, saved.unwrap(), &incoming)?;
        let mut all = vec![
            results.output.into_tensor(gpu, output),
            results.h_n.into_tensor(gpu, h_n),
            results.c_n.into_tensor(gpu, c_n),
            grads.state.0,
            grads.state.1,
        ];
        all.extend(grads.x);
        for (w_ih, w_hh, bias) in grads.weights {
            all.extend([w_ih, w_hh]);
            all.extend(bias);
        }
        all.iter().map(|t| t.flatten_all()?.to_vec1()).collect()
    }
}

#[test]
fn nvrtc_compiles_every_kernel_for_every_generation() -> Result<()> {
    for arch in [(7, 5), (8, 0), (8, 6), (8, 9), (9, 0), (12, 0)] {
        gpu::translate(arch, "plain.cu", include_str!("plain.cu"), &[])?;
        for spread in [Spread::Block, Spread::Cluster] {
            if spread == Spread::Cluster && arch < (9, 0) {
                continue;
            }
            let (file, source) = gpu::source(spread);
            let (threads, chunks) = spread.share(33);
            for turns in 1..=(if spread == Spread::Cluster { 2 } else { 1 }) {
                let tiling = Tiling { spread, units: 33, rows: 4, turns, chunks, kept: 1, threads };
                gpu::translate(arch, file, source, &tiling.constants())?;
            }
        }
    }
    Ok(())
}

#[test]
fn every_tile_gives_what_single_steps_give() -> Result<()> {
    let Some(device) = device() else { return Ok(()) };
    for (rows, hidden) in [(11, 20), (5, 33), (9, 64)] {
        let problem = Problem::new(rows, 3, hidden, &device)?;
        let gpu = Gpu::of(&problem.x)?;
        for want in [Want::All, Want::Last] {
            let expected = problem.run(&gpu, None, want)?;
            let kinds = [(Spread::Block, 1), (Spread::Cluster, 1), (Spread::Cluster, 2)];
            for (spread, turns, tile) in kinds.into_iter().flat_map(|(s, n)| [1, 2, 4, 8].map(|t| (s, n, t)))
            {
                if spread == Spread::Cluster && !gpu.limits.clusters {
                    eprintln!("skipped: this device has no clusters");
                    continue;
                }
                let (threads, chunks) = spread.share(hidden);
                let kept = chunks.min(tile / 2); // none, some, all
                let tiling = Tiling { spread, units: hidden, rows: tile, turns, chunks, kept, threads };
                let got = problem.run(&gpu, Some(tiling), want)?;
                for (i, (e, g)) in expected.iter().zip(&got).enumerate() {
                    let peak = e.iter().fold(1e-3f32, |a, v| a.max(v.abs()));
                    let close = e.iter().zip(g).all(|(e, g)| (e - g).abs() <= 1e-5 * peak);
                    assert!(close && e.len() == g.len(), "{tiling:?} {want:?}: result {i}");
                }
            }
        }
    }
    Ok(())
}

#[test]
fn columns_are_summed_over_all_lines() -> Result<()> {
    let Some(device) = device() else { return Ok(()) };
    for (lines, width) in [(1, 1), (7, 33), (256, 4), (257, 5), (1000, 40)] {
        let values = wave(&[lines, width], 1, &device)?;
        let gpu = Gpu::of(&values)?;
        let sums = launch::column_sums(&gpu, At::tensor(&values, &gpu)?, lines, width)?;
        let got = sums.into_tensor(&gpu, width).to_vec1::<f32>()?;
        let rows = values.to_vec2::<f32>()?;
        for (column, g) in got.iter().enumerate() {
            let e: f64 = rows.iter().map(|r| f64::from(r[column])).sum();
            assert!((f64::from(*g) - e).abs() < 1e-4, "{lines} x {width}, column {column}: {g} for {e}");
        }
    }
    Ok(())
}
