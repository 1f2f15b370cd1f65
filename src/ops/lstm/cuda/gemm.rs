//! cuBLAS's matrix product over row-major matrices that lie anywhere on the device.

#![allow(unsafe_code)]

use std::ffi::c_void;

use candle_core::cuda_backend::WrapErr;
use candle_core::cuda_backend::cudarc::cublas::{result, sys};
use candle_core::{Result, bail};

use super::gpu::{At, Gpu};
use crate::ops::gpu::products::{Factors, factors};

/// A row-major matrix, or its transpose.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix {
    at: At,
    /// As seen, after the transposition.
    rows: usize,
    columns: usize,
    /// Floats from one stored row to the next.
    stride: usize,
    transposed: bool,
}

impl Matrix {
    /// `rows` x `columns` without gaps.
    pub(super) fn new(at: At, rows: usize, columns: usize) -> Matrix {
        Matrix::strided(at, rows, columns, columns)
    }

    /// With `stride` floats from row to row.
    pub(super) fn strided(at: At, rows: usize, columns: usize, stride: usize) -> Matrix {
        Matrix { at, rows, columns, stride, transposed: false }
    }

    /// The transpose of what is stored.
    pub(super) fn t(self) -> Matrix {
        Matrix { rows: self.columns, columns: self.rows, transposed: !self.transposed, ..self }
    }

    fn operation(&self) -> sys::cublasOperation_t {
        match self.transposed {
            false => sys::cublasOperation_t::CUBLAS_OP_N,
            true => sys::cublasOperation_t::CUBLAS_OP_T,
        }
    }
}

/// How products are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    /// f32 throughout.
    Full,
    /// As the process is set to.
    AsSet,
}

/// `c` = `a` `b`, or `c` += `a` `b` with `add`. Every matrix lies in memory of this device that is
/// alive when this is called.
pub(super) fn gemm(gpu: &Gpu, a: Matrix, b: Matrix, c: Matrix, add: bool, rounding: Rounding) -> Result<()> {
    if c.transposed || (a.rows, a.columns, b.columns) != (c.rows, b.rows, c.columns) {
        bail!("lstm: a product of {a:?} and {b:?} into {c:?}")
    }
    let size = |n: usize| -> Result<i32> {
        i32::try_from(n)
            .map_err(|_| candle_core::Error::Msg(format!("lstm: {n} rows do not fit in a product")))
    };
    let compute = match (rounding, factors()) {
        (Rounding::AsSet, Factors::Tf32) => sys::cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_TF32,
        (Rounding::AsSet, Factors::Bf16) => sys::cublasComputeType_t::CUBLAS_COMPUTE_32F_FAST_16BF,
        _ => sys::cublasComputeType_t::CUBLAS_COMPUTE_32F,
    };
    let (alpha, beta) = (1f32, if add { 1f32 } else { 0f32 });
    let scalar = |v: &f32| std::ptr::from_ref(v).cast::<c_void>();
    let float = sys::cudaDataType_t::CUDA_R_32F;
    gpu.stream.context().bind_to_thread().w()?;
    // cuBLAS is column-major, so it is asked for c^T = b^T a^T: what is stored row by row is the
    // transpose already.
    //
    // SAFETY: the shapes agree (checked above), strides are at least the stored rows' lengths, and
    // all three matrices are alive on this device; the handle works on the stream of the call.
    unsafe {
        result::gemm_ex(
            *gpu.device.cublas_handle().handle(),
            b.operation(),
            a.operation(),
            size(c.columns)?,
            size(c.rows)?,
            size(a.columns)?,
            scalar(&alpha),
            b.at.address() as *const c_void,
            float,
            size(b.stride)?,
            a.at.address() as *const c_void,
            float,
            size(a.stride)?,
            scalar(&beta),
            c.at.address() as *mut c_void,
            float,
            size(c.stride)?,
            compute,
            sys::cublasGemmAlgo_t::CUBLAS_GEMM_DEFAULT,
        )
    }
    .w()
}
