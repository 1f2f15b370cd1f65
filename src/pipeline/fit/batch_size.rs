//! `--batch-size`: `auto`, and sizes that a GPU's memory cannot hold.

use candle_core::Device;

use super::problem::Problem;
use crate::config::{BatchSize, Config};
use crate::error::{Error, Result};
use crate::train::memory::{self, Need};

/// Windows a step, and a note where they were found here. `rows`: of the table of inputs.
///
/// # Errors
/// `Error::Config` where the device's free memory cannot hold them.
pub(super) fn size(
    config: &Config,
    problem: &Problem,
    rows: usize,
    device: &Device,
) -> Result<(usize, Option<String>)> {
    let wanted = config.train.batch_size;
    let Some(free) = free(device) else {
        let note = (wanted == BatchSize::Auto)
            .then(|| format!("--batch-size auto is {}, the default, on the CPU", BatchSize::DEFAULT));
        return Ok((wanted.count(), note));
    };
    let need = Need::new(&config.model, &problem.shape, config.train.cuts, rows);
    let most = need.most(free);
    match wanted {
        BatchSize::Auto if most > 0 => {
            let size = memory::choose(most, problem.train.len());
            let note = format!(
                "--batch-size auto is {size}: a step needs about {}, and {} are free",
                gigabytes(need.bytes(size)),
                gigabytes(free as f64)
            );
            Ok((size, Some(note)))
        }
        // A batch is never larger than all windows.
        BatchSize::Count(n) if n.min(problem.train.len()) <= most => Ok((n, None)),
        _ => Err(too_large(wanted.count().min(problem.train.len()), &need, most, free)),
    }
}

fn too_large(size: usize, need: &Need, most: usize, free: usize) -> Error {
    let error = Error::config(format!(
        "a step of {size} windows needs about {} of the GPU's memory, and {} are free",
        gigabytes(need.bytes(size)),
        gigabytes(free as f64)
    ));
    match most {
        0 => error.with_hint("use a smaller --hidden-size or --input-window, or --device cpu"),
        most => error.with_hint(format!("--batch-size {most} would fit; --batch-size auto finds a size")),
    }
}

/// A step that did not fit after all, as when another program takes memory meanwhile.
pub(super) fn explain(error: Error) -> Error {
    match &error {
        Error::Tensor(inner) if inner.to_string().contains("OUT_OF_MEMORY") => Error::config(
            "the GPU ran out of memory in training",
        )
        .with_hint("use a smaller --batch-size, or free memory on the GPU (nvidia-smi shows who holds it)"),
        _ => error,
    }
}

fn gigabytes(bytes: f64) -> String {
    format!("{:.1} GB", bytes / 1e9)
}

/// Free bytes of the device's memory, where that is known.
#[cfg(feature = "cuda")]
fn free(device: &Device) -> Option<usize> {
    crate::ops::gpu::free_memory(device)
}

#[cfg(not(feature = "cuda"))]
fn free(_: &Device) -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Shape;

    #[test]
    fn a_batch_that_does_not_fit_is_refused_with_one_that_does() {
        let shape =
            Shape { inputs: 12, input_window: 168, horizon: 24, targets: 1, quantiles: vec![], lead: None };
        let need = Need::new(&crate::config::ModelConfig::default(), &shape, 12, 10_000);
        let error = too_large(1 << 20, &need, need.most(4_000_000_000), 4_000_000_000);
        assert!(error.to_string().ends_with("GB of the GPU's memory, and 4.0 GB are free"), "{error}");
        let hint = error.hint().unwrap();
        let size: usize = hint.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(size > 0 && need.bytes(size) < 4e9, "{hint}");
        assert!(too_large(1, &need, 0, 1000).hint().unwrap().contains("--device cpu"));
    }
}
