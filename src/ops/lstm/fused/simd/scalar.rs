//! Four plain f32 side by side: the instruction set that every machine has.

use super::{ROUND, Simd};

/// See the module.
#[derive(Clone, Copy)]
pub struct Scalar;

#[inline(always)]
fn zip(a: [f32; 4], b: [f32; 4], f: impl Fn(f32, f32) -> f32) -> [f32; 4] {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

// SAFETY: nothing but the loads and stores needs a promise, and theirs is the trait's.
impl Simd for Scalar {
    const LANES: usize = 4;
    const ROWS: usize = 2;
    type V = [f32; 4];

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        [x; 4]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self::V {
        // SAFETY: the caller vouches for four values; f32 reads through an unaligned array pointer.
        unsafe { from.cast::<[f32; 4]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: Self::V) {
        // SAFETY: as in `load`.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        zip(zip(a, b, |a, b| a * b), c, |p, c| p + c)
    }
    #[inline(always)]
    unsafe fn fnma(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        zip(zip(a, b, |a, b| a * b), c, |p, c| c - p)
    }
    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a + b)
    }
    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a - b)
    }
    #[inline(always)]
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V {
        zip(a, b, |a, b| a * b)
    }
    #[inline(always)]
    unsafe fn clamp(v: Self::V, low: Self::V, high: Self::V) -> Self::V {
        let low = zip(v, low, |v, low| if v < low { low } else { v });
        zip(low, high, |v, high| if v > high { high } else { v })
    }
    #[inline(always)]
    unsafe fn recip(v: Self::V) -> Self::V {
        [1.0 / v[0], 1.0 / v[1], 1.0 / v[2], 1.0 / v[3]]
    }
    #[inline(always)]
    unsafe fn split_exponent(t: Self::V) -> (Self::V, Self::V) {
        let shifted = zip(t, t, |t, _| t + ROUND);
        let power = |s: f32| f32::from_bits((s.to_bits() << 23).wrapping_add(0x3f80_0000));
        (zip(t, shifted, |t, s| t - (s - ROUND)), zip(shifted, shifted, |s, _| power(s)))
    }
}
