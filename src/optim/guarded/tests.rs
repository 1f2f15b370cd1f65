use candle_core::DType;

use super::*;
use crate::optim::{AdamW, clip_grad_norm};

const BOUNDS: Bounds = Bounds { max_norm: 1.0, exploded: 1e3, least: 1e-3 };
const STEP: Step = Step { learning_rate: 0.05, decay: 0.9, first_epoch: true };

fn params(device: &Device) -> Vec<(String, Var)> {
    let var = |values: &[f32], dims: &[usize]| {
        Var::from_tensor(&Tensor::from_slice(values, dims, device).unwrap()).unwrap()
    };
    let many: Vec<f32> = (0..70_000).map(|i| ((i * 37 % 101) as f32 - 50.0) / 40.0).collect();
    vec![("a".into(), var(&[0.3, -0.7, 1.5, 0.0], &[2, 2])), ("b".into(), var(&many, &[70_000]))]
}

/// sum((a - 1)^2) + mean(b^2) * scale: the gradient of `a` is 2 (a - 1).
fn loss(params: &[(String, Var)], scale: f64) -> Tensor {
    let a = (params[0].1.as_tensor() - 1.0).unwrap().sqr().unwrap().sum_all().unwrap();
    let b = params[1].1.as_tensor().sqr().unwrap().mean_all().unwrap();
    (a + (b * scale).unwrap()).unwrap()
}

fn values(params: &[(String, Var)]) -> Vec<f32> {
    params.iter().flat_map(|(_, p)| p.flatten_all().unwrap().to_vec1::<f32>().unwrap()).collect()
}

fn fresh(params: &[(String, Var)]) -> Guarded {
    let progress = Progress {
        optimiser: AdamW::new(AdamWConfig::default(), params).state().clone(),
        average: params.iter().map(|(_, p)| p.flatten_all().unwrap().to_vec1().unwrap()).collect(),
    };
    Guarded::new(AdamWConfig::default(), BOUNDS, params, &progress, (0.0, 0)).unwrap()
}

/// The devices that the same test runs on.
fn devices() -> Vec<Device> {
    #[allow(unused_mut)]
    let mut all = vec![Device::Cpu];
    #[cfg(feature = "cuda")]
    match crate::ops::gpu::open(0) {
        Ok(gpu) => all.push(gpu),
        Err(why) => eprintln!("skipped on a GPU: {why}"),
    }
    all
}

#[test]
fn steps_are_those_of_the_plain_optimiser() {
    for device in devices() {
        let (own, plain) = (params(&device), params(&Device::Cpu));
        let mut guarded = fresh(&own);
        let mut adamw = AdamW::new(AdamWConfig::default(), &plain);
        let mut expected = Vec::new();
        for i in 0..5 {
            let scale = f64::from(i) * 1e-2;
            let now = loss(&own, scale);
            guarded.step(&own, &now.backward().unwrap(), &now, STEP).unwrap();
            let now = loss(&plain, scale);
            let mut grads = now.backward().unwrap();
            let norm = clip_grad_norm(&plain, &mut grads, 1.0).unwrap();
            adamw.step(&plain, &grads, 0.05).unwrap();
            expected.push((f64::from(now.to_scalar::<f32>().unwrap()), norm));
        }
        for (verdict, (loss, norm)) in guarded.read().unwrap().iter().zip(&expected) {
            assert!(verdict.taken, "{device:?}");
            assert!((verdict.loss / loss - 1.0).abs() < 1e-6, "{device:?} {verdict:?} {loss}");
            assert!((verdict.grad_norm / norm - 1.0).abs() < 1e-6, "{device:?} {verdict:?} {norm}");
        }
        for (got, expected) in values(&own).iter().zip(values(&plain)) {
            assert!((got - expected).abs() <= 1e-6 * expected.abs().max(0.1), "{device:?} {got} {expected}");
        }
        let progress = guarded.progress(&own).unwrap();
        assert_eq!(progress.optimiser.step, 5);
        for (name, moments) in &progress.optimiser.moments {
            let expected = &adamw.state().moments[name];
            for (got, expected) in
                moments.m.iter().chain(&moments.v).zip(expected.m.iter().chain(&expected.v))
            {
                assert!((got - expected).abs() <= 2e-6 * expected.abs().max(1e-3), "{name} {got} {expected}");
            }
        }
        // 0.9 of the start and a tenth of the first step's weight, and so on: between the two.
        let a = progress.average[0][0];
        assert!(a > 0.3 && a < values(&own)[0], "{device:?} {a}");
    }
}

#[test]
fn after_a_bad_step_nothing_moves() {
    for device in devices() {
        let own = params(&device);
        let mut guarded = fresh(&own);
        let run = |guarded: &mut Guarded, scale: f64| {
            let now = loss(&own, scale);
            guarded.step(&own, &now.backward().unwrap(), &now, STEP).unwrap();
        };
        run(&mut guarded, 0.0);
        let after_one = {
            let verdicts = guarded.read().unwrap();
            assert!(verdicts.len() == 1 && verdicts[0].taken);
            (values(&own), guarded.progress(&own).unwrap())
        };
        run(&mut guarded, 1e7); // more than a thousand times the first loss
        run(&mut guarded, 0.0);
        let verdicts = guarded.read().unwrap();
        assert_eq!(verdicts.iter().map(|v| v.taken).collect::<Vec<_>>(), [false, false], "{device:?}");
        assert_eq!((values(&own), guarded.progress(&own).unwrap()), after_one, "{device:?}");
    }
}

#[test]
fn a_loss_that_is_no_number_stops_too() {
    for device in devices() {
        for bad in [f64::NAN, f64::INFINITY] {
            let own = params(&device);
            let before = values(&own);
            let mut guarded = fresh(&own);
            let now = loss(&own, bad);
            assert_eq!(now.dtype(), DType::F32);
            guarded.step(&own, &now.backward().unwrap(), &now, STEP).unwrap();
            assert!(!guarded.read().unwrap()[0].taken, "{device:?} {bad}");
            assert_eq!(values(&own), before, "{device:?} {bad}");
        }
    }
}
