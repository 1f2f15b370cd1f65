//! The reference engine's gradients against central differences in f64.

use candle_core::{DType, Device, Result, Tensor, Var};
use lstm_forecast::ops::lstm::{Cell, Engine, LayerWeights, LstmShape, Mode, lstm};

const STEP: f64 = 1e-5;

fn leaves(shape: &LstmShape, rows: usize, steps: usize) -> Result<Vec<Var>> {
    let h = shape.hidden_size;
    let cells = shape.num_layers * shape.directions();
    let mut dims = vec![vec![rows, steps, shape.input_size], vec![cells, rows, h], vec![cells, rows, h]];
    for cell in 0..cells {
        dims.push(vec![4 * h, shape.layer_input(cell / shape.directions())]);
        dims.extend([vec![4 * h, h], vec![4 * h], vec![4 * h]]);
    }
    let mut next = 1u64;
    dims.into_iter()
        .map(|d| {
            let values: Vec<f64> = (0..d.iter().product())
                .map(|_| {
                    next =
                        next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (next >> 40) as f64 / (1u64 << 23) as f64 - 1.0
                })
                .collect();
            Var::from_tensor(&Tensor::from_vec(values, d, &Device::Cpu)?)
        })
        .collect()
}

fn loss(shape: &LstmShape, leaves: &[Var]) -> Result<Tensor> {
    let at = |i: usize| leaves[i].as_tensor().clone();
    let weights: Vec<_> = (0..shape.num_layers * shape.directions())
        .map(|c| LayerWeights {
            w_ih: at(3 + 4 * c),
            w_hh: at(4 + 4 * c),
            b_ih: Some(at(5 + 4 * c)),
            b_hh: Some(at(6 + 4 * c)),
        })
        .collect();
    let mode = Mode::Train { dropout: 0.25, seed: 3 };
    let out = lstm(Engine::Reference, shape, &weights, &at(0), Some((&at(1), &at(2))), mode)?;
    let cubes = |t: &Tensor| t.powf(3.0)?.sum_all();
    out.output.sqr()?.sum_all()? + (cubes(&out.h_n)? + out.c_n.sin()?.sum_all()?)?
}

#[test]
fn every_gradient_is_the_central_difference() -> Result<()> {
    for bidirectional in [false, true] {
        let shape = LstmShape {
            cell: Cell::Lstm,
            input_size: 2,
            hidden_size: 3,
            num_layers: 2,
            bias: true,
            bidirectional,
        };
        let leaves = leaves(&shape, 2, 3)?;
        let grads = loss(&shape, &leaves)?.backward()?;
        for (n, leaf) in leaves.iter().enumerate() {
            let Some(grad) = grads.get(leaf) else { panic!("leaf {n} has no gradient") };
            let grad = grad.flatten_all()?.to_vec1::<f64>()?;
            let (dims, start) = (leaf.dims().to_vec(), leaf.flatten_all()?.to_vec1::<f64>()?);
            for i in 0..start.len() {
                let mut sides = [0.0; 2];
                for (side, sign) in sides.iter_mut().zip([1.0, -1.0]) {
                    let mut moved = start.clone();
                    moved[i] += sign * STEP;
                    leaf.set(&Tensor::from_vec(moved, dims.clone(), &Device::Cpu)?)?;
                    *side = loss(&shape, &leaves)?.to_dtype(DType::F64)?.to_vec0::<f64>()?;
                }
                let slope = (sides[0] - sides[1]) / (2.0 * STEP);
                assert!(
                    (slope - grad[i]).abs() < 1e-7 * (1.0 + slope.abs()),
                    "leaf {n}[{i}]: {} for {slope}",
                    grad[i]
                );
            }
            leaf.set(&Tensor::from_vec(start, dims, &Device::Cpu)?)?;
        }
    }
    Ok(())
}
