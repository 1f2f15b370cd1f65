//! NEON: 4 lanes, 32 registers.

use std::arch::aarch64::*;

use super::{ROUND, Simd};

/// See the module.
#[derive(Clone, Copy)]
pub struct Neon;

// SAFETY (every block): the trait's contract gives NEON and valid pointers.
impl Simd for Neon {
    const LANES: usize = 4;
    const ROWS: usize = 6;
    type V = float32x4_t;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        unsafe { vdupq_n_f32(x) }
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::V {
        unsafe { vld1q_f32(from) }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::V) {
        unsafe { vst1q_f32(to, v) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    unsafe fn fnma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        unsafe { vfmsq_f32(c, a, b) }
    }
    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        unsafe { vsubq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        unsafe { vmulq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn clamp(v: Self::V, low: Self::V, high: Self::V) -> Self::V {
        // FMIN and FMAX give NaN when either operand is NaN.
        unsafe { vminq_f32(vmaxq_f32(v, low), high) }
    }
    #[inline(always)]
    unsafe fn recip(v: Self::V) -> Self::V {
        unsafe { vdivq_f32(vdupq_n_f32(1.0), v) }
    }
    #[inline(always)]
    unsafe fn split_exponent(t: Self::V) -> (Self::V, Self::V) {
        unsafe {
            let shifted = vaddq_f32(t, vdupq_n_f32(ROUND));
            let rest = vsubq_f32(t, vsubq_f32(shifted, vdupq_n_f32(ROUND)));
            let power = vshlq_n_s32::<23>(vreinterpretq_s32_f32(shifted));
            (rest, vreinterpretq_f32_s32(vaddq_s32(power, vdupq_n_s32(0x3f80_0000))))
        }
    }
}
