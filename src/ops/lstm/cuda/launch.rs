//! The kernels' arguments as Rust sees them, field by field as the structs of the .cu files, and the
//! grids they run on.

#![allow(unsafe_code)]

use candle_core::Result;
use candle_core::cuda_backend::cudarc::driver::{CudaFunction, DeviceRepr, LaunchConfig};

use super::gpu::{At, Buffer, Gpu, elements};
use super::tiling::{Spread, Tiling};

/// `Forward` of common.cu: one layer and direction over all steps.
#[repr(C)]
pub(super) struct Forward {
    pub(super) w_hh: At,
    pub(super) b_ih: At,
    pub(super) b_hh: At,
    pub(super) h_0: At,
    pub(super) c_0: At,
    pub(super) gates: At,
    pub(super) cells: At,
    pub(super) out: At,
    pub(super) h_n: At,
    pub(super) c_n: At,
    pub(super) rows: i32,
    pub(super) steps: i32,
    pub(super) width: i32,
    pub(super) reverse: i32,
}

/// `Backward` of common.cu.
#[repr(C)]
pub(super) struct Backward {
    pub(super) w_hh: At,
    pub(super) cells: At,
    pub(super) c_0: At,
    pub(super) d_out: At,
    pub(super) d_h_n: At,
    pub(super) d_c_n: At,
    pub(super) gates: At,
    pub(super) d_h_0: At,
    pub(super) d_c_0: At,
    pub(super) d_row: i64,
    pub(super) d_step: i64,
    pub(super) rows: i32,
    pub(super) steps: i32,
    pub(super) reverse: i32,
    pub(super) last_only: i32,
}

/// `Step` of plain.cu: one step after its products.
#[repr(C)]
pub(super) struct Step {
    pub(super) b_ih: At,
    pub(super) b_hh: At,
    pub(super) c_before: At,
    pub(super) gates: At,
    pub(super) c: At,
    pub(super) h: At,
    pub(super) h_n: At,
    pub(super) c_n: At,
    pub(super) rows: i32,
    pub(super) units: i32,
    pub(super) width: i32,
    pub(super) keep: i32,
}

/// `StepBack` of plain.cu.
#[repr(C)]
pub(super) struct StepBack {
    pub(super) c: At,
    pub(super) c_before: At,
    pub(super) d_out: At,
    pub(super) dh: At,
    pub(super) dc: At,
    pub(super) gates: At,
    pub(super) d_row: i64,
    pub(super) rows: i32,
    pub(super) units: i32,
}

/// `Swap` of plain.cu.
#[repr(C)]
struct Swap {
    from: At,
    to: At,
    outer: i64,
    inner: i64,
    width: i64,
}

/// `Dropout` of plain.cu.
#[repr(C)]
struct Dropout {
    from: At,
    to: At,
    seed: u64,
    layer: u64,
    steps: i64,
    rows: i64,
    width: i32,
    threshold: u32,
    scale: f32,
}

/// `Columns` of plain.cu.
#[repr(C)]
struct Columns {
    from: At,
    to: At,
    lines: i64,
    each: i64,
    width: i32,
}

// SAFETY: each struct is `repr(C)`, made of addresses and numbers, and laid out as its namesake.
unsafe impl DeviceRepr for Forward {}
// SAFETY: as above.
unsafe impl DeviceRepr for Backward {}
// SAFETY: as above.
unsafe impl DeviceRepr for Step {}
// SAFETY: as above.
unsafe impl DeviceRepr for StepBack {}
// SAFETY: as above.
unsafe impl DeviceRepr for Swap {}
// SAFETY: as above.
unsafe impl DeviceRepr for Dropout {}
// SAFETY: as above.
unsafe impl DeviceRepr for Columns {}

/// The masks of one call; see [`crate::ops::lstm::dropout`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Masks {
    pub(super) share: f32,
    pub(super) seed: u64,
}

/// All steps forward; the arrays are as common.cu says.
pub(super) fn forward(gpu: &Gpu, tiling: &Tiling, a: &Forward) -> Result<()> {
    let shared = tiling.shared_forward();
    let name = match tiling.spread {
        Spread::Block => "lstm_forward",
        Spread::Cluster => "cluster_forward",
    };
    let function = gpu.recurrent(tiling, name, shared)?;
    // SAFETY: callers fill `a` with live buffers of the shapes the struct states; blocks cover `rows`.
    unsafe { gpu.launch(&function, a, blocks(tiling, a.rows, shared)) }
}

/// All steps backward; the arrays are as common.cu says.
pub(super) fn backward(gpu: &Gpu, tiling: &Tiling, a: &Backward) -> Result<()> {
    let shared = tiling.shared_backward();
    let name = match tiling.spread {
        Spread::Block => "lstm_backward",
        Spread::Cluster => "cluster_backward",
    };
    let function = gpu.recurrent(tiling, name, shared)?;
    // SAFETY: as in `forward`.
    unsafe { gpu.launch(&function, a, blocks(tiling, a.rows, shared)) }
}

fn blocks(tiling: &Tiling, rows: i32, shared: usize) -> LaunchConfig {
    LaunchConfig {
        grid_dim: (tiling.blocks(rows as usize) as u32, 1, 1),
        block_dim: (tiling.threads as u32, 1, 1),
        shared_mem_bytes: shared as u32,
    }
}

/// One step forward with `lstm_step`.
pub(super) fn step(gpu: &Gpu, function: &CudaFunction, a: &Step) -> Result<()> {
    // SAFETY: as in `forward`; the kernel strides over rows * units elements.
    unsafe { gpu.launch(function, a, elements(a.rows as usize * a.units as usize)) }
}

/// One step backward with `lstm_step_back`.
pub(super) fn step_back(gpu: &Gpu, function: &CudaFunction, a: &StepBack) -> Result<()> {
    // SAFETY: as in `step`.
    unsafe { gpu.launch(function, a, elements(a.rows as usize * a.units as usize)) }
}

/// (outer, inner, width) -> a new (inner, outer, width).
pub(super) fn swapped(gpu: &Gpu, from: At, outer: usize, inner: usize, width: usize) -> Result<Buffer> {
    let n = outer * inner * width;
    let to = Buffer::new(gpu, n)?;
    let a = Swap { from, to: to.at, outer: outer as i64, inner: inner as i64, width: width as i64 };
    // SAFETY: both arrays have n floats and the kernel strides over n elements.
    unsafe { gpu.launch(&gpu.plain("swap_outer")?, &a, elements(n)) }?;
    Ok(to)
}

/// Multiplies (T, N, width) with the mask after layer `layer`; `to` may be `from`.
pub(super) fn dropout(
    gpu: &Gpu,
    masks: Masks,
    layer: usize,
    (from, to): (At, At),
    [steps, rows, width]: [usize; 3],
) -> Result<()> {
    use crate::ops::lstm::dropout::{scale, threshold};
    let a = Dropout {
        from,
        to,
        seed: masks.seed,
        layer: layer as u64,
        steps: steps as i64,
        rows: rows as i64,
        width: width as i32,
        threshold: threshold(masks.share),
        scale: scale(masks.share),
    };
    // SAFETY: both arrays have steps * rows * width floats; warps stride over the lines.
    unsafe { gpu.launch(&gpu.plain("dropout")?, &a, elements(32 * steps * rows)) }
}

/// The sums of the columns of (lines, width), in an order that depends on the shape alone.
pub(super) fn column_sums(gpu: &Gpu, from: At, lines: usize, width: usize) -> Result<Buffer> {
    /// Lines that one block adds up, unless there would be more slices than `MOST`.
    const EACH: usize = 256;
    const MOST: usize = 1024;
    let function = gpu.plain("column_sums")?;
    let run = |from: At, lines: usize, each: usize| -> Result<Buffer> {
        let slices = lines.div_ceil(each);
        let to = Buffer::new(gpu, slices * width)?;
        let a = Columns { from, to: to.at, lines: lines as i64, each: each as i64, width: width as i32 };
        let config = LaunchConfig {
            grid_dim: (width.div_ceil(32) as u32, slices as u32, 1),
            block_dim: (32, 8, 1),
            shared_mem_bytes: 0,
        };
        // SAFETY: `from` has lines * width floats, `to` slices * width, and the grid has a block for
        // every 32 columns of every slice.
        unsafe { gpu.launch(&function, &a, config) }?;
        Ok(to)
    };
    let each = lines.div_ceil(MOST).max(EACH);
    let slices = run(from, lines, each)?;
    if lines <= each {
        return Ok(slices);
    }
    run(slices.at, lines.div_ceil(each), lines.div_ceil(each))
}
