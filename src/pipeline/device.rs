//! `--device` and `--precision`: from their words to the device that computes.

use candle_core::{Device, DeviceLocation};

use crate::config::{Precision, RunConfig};
use crate::error::{Error, Result};

/// What `--device` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Cpu,
    /// A GPU by its number.
    Cuda(usize),
    /// The first GPU, where there is one that works.
    Auto,
}

fn wish(name: &str) -> Result<Wish> {
    let number = |n: &str| n.parse().ok().filter(|_| n.bytes().all(|b| b.is_ascii_digit()));
    let found = match name {
        "cpu" => Some(Wish::Cpu),
        "auto" => Some(Wish::Auto),
        "cuda" => Some(Wish::Cuda(0)),
        _ => name.strip_prefix("cuda:").and_then(number).map(Wish::Cuda),
    };
    found.ok_or_else(|| {
        Error::config(format!("`device` is `{name}`; expected cpu, cuda, cuda:N or auto"))
            .with_hint("set it with --device")
    })
}

/// The device that settings name, ready to compute, and notes for the user.
///
/// # Errors
/// `Error::Config` for a name that is none, `Error::Usage` for a GPU that is not there.
pub(crate) fn choose(run: &RunConfig) -> Result<(Device, Vec<String>)> {
    let mut notes = Vec::new();
    let device = match wish(&run.device)? {
        Wish::Cpu => Device::Cpu,
        Wish::Cuda(ordinal) => open(ordinal)
            .map_err(|(why, hint)| Error::usage(format!("--device {}: {why}", run.device)).with_hint(hint))?,
        Wish::Auto => {
            let (device, why) = match open(0) {
                Ok(device) => (device, "the first GPU".to_string()),
                Err((why, _)) => (Device::Cpu, why),
            };
            notes.push(format!("--device auto computes on {}: {why}", name(&device)));
            device
        }
    };
    notes.extend(precision(run.precision, &device));
    Ok((device, notes))
}

/// `cpu`, or a GPU with its number.
pub(crate) fn name(device: &Device) -> String {
    match device.location() {
        DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        _ => "cpu".into(),
    }
}

/// Rounds the products of this process as settings say; a note where that has no effect.
fn precision(wanted: Precision, device: &Device) -> Option<String> {
    if device.is_cpu() && wanted != Precision::F32 {
        return Some("`precision` has no effect on the CPU, which computes in f32".into());
    }
    #[cfg(feature = "cuda")]
    if let Device::Cuda(cuda) = device {
        use crate::ops::gpu::products::{self, Factors};
        if wanted != Precision::F32 && !products::can_round(cuda).unwrap_or(false) {
            return Some("`precision` has no effect on this GPU, which computes in f32".into());
        }
        products::set(match wanted {
            Precision::F32 => Factors::F32,
            Precision::Tf32 => Factors::Tf32,
            Precision::Bf16 => Factors::Bf16,
        });
    }
    None
}

/// A GPU, or why not and what helps.
#[cfg(feature = "cuda")]
fn open(ordinal: usize) -> std::result::Result<Device, (String, &'static str)> {
    use crate::ops::gpu::Missing;
    crate::ops::gpu::open(ordinal).map_err(|missing| {
        let hint = match missing {
            Missing::Driver(_) => {
                "nvidia-smi has to list a GPU and a driver no older than the toolkit of this build; or use --device cpu"
            }
            Missing::Device(_) => "GPUs are counted from 0; nvidia-smi lists them",
            Missing::Use(_) => {
                "build the program for this GPU's compute capability (README, GPU), or use --device cpu"
            }
        };
        (missing.to_string(), hint)
    })
}

#[cfg(not(feature = "cuda"))]
fn open(_: usize) -> std::result::Result<Device, (String, &'static str)> {
    Err((
        "this program was built without CUDA".into(),
        "build it with `cargo build --release --features cuda` (README, GPU), or use --device cpu",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_four_forms() {
        let known = [("cpu", Wish::Cpu), ("auto", Wish::Auto), ("cuda", Wish::Cuda(0))];
        for (name, expected) in known {
            assert_eq!(wish(name).unwrap(), expected);
        }
        assert_eq!(wish("cuda:12").unwrap(), Wish::Cuda(12));
        for name in ["tpu", "", "cuda:", "cuda:x", "cuda:-1", "cuda:+1", "cuda1", "CPU"] {
            assert_eq!(wish(name).unwrap_err().exit_code(), 4, "{name}");
        }
    }
}
