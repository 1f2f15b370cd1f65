//! Vectors of f32, as much of them as the LSTM kernels need, and the choice of instruction set.
//!
//! A kernel is written once, generic over [`Simd`] and `#[inline(always)]`; [`kernels`](super::kernels)
//! instantiates it inside a function that carries the target feature, so the intrinsics fold into it.

#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
#[cfg(target_arch = "aarch64")]
pub mod neon;
pub mod scalar;

/// One instruction set's vector of [`Simd::LANES`] f32.
///
/// # Safety
/// Every method may only be called where the instruction set exists; loads and stores touch `LANES`
/// values from the pointer on, which must be valid, of any alignment unless said otherwise.
pub trait Simd: Copy {
    /// Values in a vector; a panel holds this many units.
    const LANES: usize;
    /// Rows of the microkernel: ROWS x 4 accumulators, four weights and a broadcast fit in registers.
    const ROWS: usize;
    /// The vector.
    type V: Copy;

    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn load(from: *const f32) -> Self::V;
    unsafe fn store(to: *mut f32, v: Self::V);
    /// Asks for the cache line at `from`, which may be any address.
    #[inline(always)]
    unsafe fn prefetch(_from: *const f32) {}
    /// `a * b + c`, fused where the machine can.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `c - a * b`.
    unsafe fn fnma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    /// `v` held in [low, high]; NaN stays NaN.
    unsafe fn clamp(v: Self::V, low: Self::V, high: Self::V) -> Self::V;
    /// `1 / v` to about one unit in the last place, for v in [2^-126, 2^126] or NaN.
    unsafe fn recip(v: Self::V) -> Self::V;
    /// Splits `t` in [-126, 126] into (t - n, 2^n) with n the nearest integer; NaN gives a NaN first.
    unsafe fn split_exponent(t: Self::V) -> (Self::V, Self::V);
}

/// 1.5 * 2^23: added to a small number it leaves the nearest integer in the low bits.
pub const ROUND: f32 = 12_582_912.0;
