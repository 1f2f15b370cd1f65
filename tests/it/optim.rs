//! AdamW and clipping where no golden file reaches: by hand, by resuming, with broken gradients.

use candle_core::backprop::GradStore;
use candle_core::{Device, Result, Tensor, Var};
use lstm_forecast::optim::{AdamW, AdamWConfig, clip_grad_norm, worst_gradient};

fn parameter(name: &str, values: &[f32]) -> (String, Var) {
    (name.into(), Var::from_tensor(&Tensor::new(values, &Device::Cpu).unwrap()).unwrap())
}

/// Gradients of sum(weights * parameter): the weights themselves.
fn gradients(params: &[(String, Var)], weights: &[&[f32]]) -> Result<GradStore> {
    let mut loss = Tensor::zeros((), candle_core::DType::F32, &Device::Cpu)?;
    for ((_, p), w) in params.iter().zip(weights) {
        loss = (loss + (p.as_tensor() * Tensor::new(*w, &Device::Cpu)?)?.sum_all()?)?;
    }
    loss.backward()
}

#[test]
fn the_first_step_moves_by_the_learning_rate_after_decay() -> Result<()> {
    // m / (1 - b1) = g and sqrt(v / (1 - b2)) = |g|, so the first step is the rate times the sign.
    let params = [parameter("w", &[1.0, -2.0])];
    let mut adam = AdamW::new(AdamWConfig { weight_decay: 0.5, ..AdamWConfig::default() }, &params);
    adam.step(&params, &gradients(&params, &[&[3.0, -0.25]])?, 0.1)?;
    let moved = params[0].1.to_vec1::<f32>()?;
    for (got, expected) in moved.iter().zip([1.0 * 0.95 - 0.1, -2.0 * 0.95 + 0.1]) {
        assert!((got - expected).abs() < 1e-6, "{got} for {expected}");
    }
    Ok(())
}

#[test]
fn a_resumed_run_continues_as_if_never_stopped() -> Result<()> {
    let run = |stop: Option<usize>| -> Result<Vec<f32>> {
        let params = [parameter("a", &[0.3, 0.7, -1.0])];
        let mut adam = AdamW::new(AdamWConfig::default(), &params);
        for i in 0..6 {
            if stop == Some(i) {
                adam = AdamW::resume(AdamWConfig::default(), &params, adam.state().clone())?;
            }
            let g = i as f32 - 2.5;
            adam.step(&params, &gradients(&params, &[&[g, 2.0 * g, 0.1]])?, 0.01)?;
        }
        params[0].1.to_vec1::<f32>()
    };
    assert_eq!(run(None)?, run(Some(3))?);
    Ok(())
}

#[test]
fn a_state_that_does_not_fit_is_refused_by_name() {
    let small = [parameter("a", &[0.0])];
    let state = AdamW::new(AdamWConfig::default(), &small).state().clone();
    for (other, words) in
        [(parameter("b", &[0.0]), "no moments for b"), (parameter("a", &[0.0; 2]), "a has 2")]
    {
        let error = AdamW::resume(AdamWConfig::default(), &[other], state.clone()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn clipping_scales_all_gradients_to_the_norm_asked_for() -> Result<()> {
    let params = [parameter("a", &[0.0, 0.0]), parameter("b", &[0.0])];
    let mut grads = gradients(&params, &[&[3.0, 0.0], &[-4.0]])?;
    assert_eq!(clip_grad_norm(&params, &mut grads, 10.0)?, 5.0);
    assert_eq!(clip_grad_norm(&params, &mut grads, 1.0)?, 5.0);
    let clipped = [&params[0], &params[1]].map(|(_, p)| grads.get(p).unwrap().to_vec1::<f32>().unwrap());
    assert!((clipped[0][0] - 0.6).abs() < 1e-6 && (clipped[1][0] + 0.8).abs() < 1e-6, "{clipped:?}");
    Ok(())
}

#[test]
fn a_broken_gradient_is_found_and_never_scaled() -> Result<()> {
    let params = [parameter("a", &[0.0]), parameter("b", &[0.0, 0.0]), parameter("c", &[0.0])];
    let mut grads = gradients(&params, &[&[1e20], &[f32::NAN, 2.0], &[1.0]])?;
    assert!(clip_grad_norm(&params, &mut grads, 1.0)?.is_nan());
    assert_eq!(grads.get(&params[2].1).unwrap().to_vec1::<f32>()?, [1.0]);
    let (name, value) = worst_gradient(&params, &grads)?.unwrap();
    assert_eq!((name, value.is_nan()), ("b", true));
    let grads = gradients(&params, &[&[-7.0], &[1.0, 2.0], &[3.0]])?;
    assert_eq!(worst_gradient(&params, &grads)?, Some(("a", 7.0)));
    Ok(())
}
