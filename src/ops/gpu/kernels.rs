//! kernels.cu, compiled at run time for the GPU at hand, and its launches. The structs here are laid
//! out field by field as there.

#![allow(unsafe_code)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use candle_core::cuda_backend::WrapErr;
use candle_core::cuda_backend::cudarc::driver::{
    CudaFunction, CudaSlice, DevicePtr, DeviceRepr, LaunchConfig, PushKernelArg,
};
use candle_core::cuda_backend::cudarc::nvrtc::{CompileError, CompileOptions, compile_ptx_with_opts};
use candle_core::op::BackpropOp;
use candle_core::{CudaDevice, CudaStorage, Error, Result, Storage, Tensor, bail};
use rand_chacha::ChaCha8Rng;

/// Parameters that one launch takes.
pub const ROWS: usize = 64;
/// Blocks that share a parameter, and partial sums of its gradient.
pub const SLICES: usize = 64;
const THREADS: u32 = 256;

/// One parameter's addresses; 0 where there is no such array.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct Row {
    pub p: u64,
    pub g: u64,
    pub m: u64,
    pub v: u64,
    pub e: u64,
    pub n: i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Rows([Row; ROWS]);

/// `Decide` of kernels.cu.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Decide {
    pub sums: u64,
    pub loss: u64,
    pub control: u64,
    pub log: u64,
    pub max_norm: f64,
    pub exploded: f64,
    pub least: f64,
    pub count: i64,
    pub first_epoch: i32,
}

/// `Update` of kernels.cu.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Update {
    pub control: u64,
    pub keep: f32,
    pub blend1: f32,
    pub beta2: f32,
    pub blend2: f32,
    pub step_size: f32,
    pub root_correction2: f32,
    pub eps: f32,
    pub average: f32,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Mask {
    out: u64,
    count: i64,
    key: [u32; 8],
    stream: [u32; 2],
    share: f32,
    keep: f32,
}

// SAFETY: each struct is `repr(C)`, made of addresses and numbers, and laid out as its namesake.
unsafe impl DeviceRepr for Rows {}
// SAFETY: as above.
unsafe impl DeviceRepr for Decide {}
// SAFETY: as above.
unsafe impl DeviceRepr for Update {}
// SAFETY: as above.
unsafe impl DeviceRepr for Mask {}

/// Sets `sums` (rows, [`SLICES`]).
///
/// # Safety
/// Every address is 0 or names an array of the row's `n` floats on the device, and `sums` has room.
pub unsafe fn sum_squares(device: &CudaDevice, rows: &[Row], sums: u64) -> Result<()> {
    let (rows, config) = table(rows)?;
    let function = function(device, "sum_squares")?;
    let stream = device.cuda_stream();
    let mut builder = stream.launch_builder(&function);
    builder.arg(&rows).arg(&sums);
    // SAFETY: the caller's promise; the grid has SLICES blocks a row.
    unsafe { builder.launch(config) }.w()?;
    Ok(())
}

/// See `decide` in kernels.cu.
///
/// # Safety
/// The addresses name arrays as long as the struct there says.
pub unsafe fn decide(device: &CudaDevice, a: Decide) -> Result<()> {
    let function = function(device, "decide")?;
    let stream = device.cuda_stream();
    let mut builder = stream.launch_builder(&function);
    builder.arg(&a);
    let config = LaunchConfig { grid_dim: (1, 1, 1), block_dim: (THREADS, 1, 1), shared_mem_bytes: 0 };
    // SAFETY: the caller's promise.
    unsafe { builder.launch(config) }.w()?;
    Ok(())
}

/// See `adamw` in kernels.cu.
///
/// # Safety
/// As for [`sum_squares`]; nothing else uses the arrays meanwhile on another stream.
pub unsafe fn adamw(device: &CudaDevice, rows: &[Row], update: Update) -> Result<()> {
    let (rows, config) = table(rows)?;
    let function = function(device, "adamw")?;
    let stream = device.cuda_stream();
    let mut builder = stream.launch_builder(&function);
    builder.arg(&rows).arg(&update);
    // SAFETY: the caller's promise; the grid has SLICES blocks a row.
    unsafe { builder.launch(config) }.w()?;
    Ok(())
}

/// A mask (count) of 0 with probability `share`, else 1 / (1 - share), from the words that `rng` gives
/// from its beginning on `stream`.
pub fn dropout_mask(
    device: &CudaDevice,
    count: usize,
    share: f32,
    rng: &ChaCha8Rng,
    stream: u64,
) -> Result<Tensor> {
    // SAFETY: f32 has no invalid bits, and the kernel sets every element.
    let mask: CudaSlice<f32> = unsafe { device.alloc(count) }?;
    let mut key = [0u32; 8];
    for (word, bytes) in key.iter_mut().zip(rng.get_seed().as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    let a = Mask {
        out: address(&mask, device),
        count: count as i64,
        key,
        stream: [stream as u32, (stream >> 32) as u32],
        share,
        keep: 1.0 / (1.0 - share),
    };
    let blocks = count.div_ceil(16 * THREADS as usize).clamp(1, 1 << 16) as u32;
    let config = LaunchConfig { grid_dim: (blocks, 1, 1), block_dim: (THREADS, 1, 1), shared_mem_bytes: 0 };
    let function = function(device, "dropout_mask")?;
    let stream = device.cuda_stream();
    let mut builder = stream.launch_builder(&function);
    builder.arg(&a);
    // SAFETY: `out` has `count` floats, over which threads stride.
    unsafe { builder.launch(config) }.w()?;
    let storage = Storage::Cuda(CudaStorage::wrap_cuda_slice(mask, device.clone()));
    Ok(Tensor::from_storage(storage, count, BackpropOp::none(), false))
}

/// Where an array begins.
pub fn address<T>(slice: &CudaSlice<T>, device: &CudaDevice) -> u64 {
    slice.device_ptr(&device.cuda_stream()).0
}

/// Where the values of a contiguous f32 tensor on the GPU begin, as long as its storage lives.
pub fn tensor_address(t: &Tensor, device: &CudaDevice) -> Result<u64> {
    let (storage, layout) = t.storage_and_layout();
    match (&*storage, layout.contiguous_offsets()) {
        (Storage::Cuda(cuda), Some((start, _))) => {
            Ok(address(cuda.as_cuda_slice::<f32>()?, device) + 4 * start as u64)
        }
        _ => bail!("a contiguous f32 tensor on the GPU is needed, got {:?} {:?}", t.dtype(), t.shape()),
    }
}

fn table(rows: &[Row]) -> Result<(Rows, LaunchConfig)> {
    if rows.is_empty() || rows.len() > ROWS {
        bail!("{} parameters in a launch of at most {ROWS}", rows.len())
    }
    let mut all = Rows([Row::default(); ROWS]);
    all.0[..rows.len()].copy_from_slice(rows);
    let grid_dim = (SLICES as u32, rows.len() as u32, 1);
    Ok((all, LaunchConfig { grid_dim, block_dim: (THREADS, 1, 1), shared_mem_bytes: 0 }))
}

fn function(device: &CudaDevice, name: &str) -> Result<CudaFunction> {
    Ok(device.get_or_load_custom_func(name, "lstm-forecast", &ptx(device)?)?.into_cuda_function())
}

/// The kernels for this kind of GPU, compiled once a process.
fn ptx(device: &CudaDevice) -> Result<Arc<str>> {
    type ByCapability = HashMap<(i32, i32), Arc<str>>;
    static COMPILED: Mutex<Option<ByCapability>> = Mutex::new(None);
    let (major, minor) = device.cuda_stream().context().compute_capability().w()?;
    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    let compiled = compiled.get_or_insert_default();
    if let Some(ptx) = compiled.get(&(major, minor)) {
        return Ok(ptx.clone());
    }
    let options = CompileOptions {
        fmad: Some(false),
        options: vec![format!("--gpu-architecture=compute_{major}{minor}"), "--std=c++17".into()],
        name: Some("kernels.cu".into()),
        ..CompileOptions::default()
    };
    let ptx = compile_ptx_with_opts(include_str!("kernels.cu"), options).map_err(|e| match &e {
        CompileError::CompileError { log, .. } => {
            Error::Msg(format!("cannot compile kernels.cu: {}", log.to_string_lossy()))
        }
        _ => Error::Msg(format!("cannot compile kernels.cu: {e}")),
    })?;
    let ptx: Arc<str> = ptx.to_src().into();
    compiled.insert((major, minor), ptx.clone());
    Ok(ptx)
}
