//! The cell of a GRU, forward and backward. Its four sums are those of `super::super::gru::in_four`: r, z, and the two parts of n. What
//! the LSTM keeps as its cell state is the hidden state here.

#![allow(unsafe_code)]

use super::activation::{sigmoid, tanh};
use super::simd::Simd;

/// R rows of one panel: h_t = n + z (h_{t-1} - n) with n = tanh(n_x + r n_h), stored in both states; gates r, z, n and n_h, if wanted.
///
/// # Safety
/// The instruction set of `S` exists; row r has a vector at `before` and at both ends of `to` plus r * wide, and a quad at `gates` plus
/// 4 U r.
#[inline(always)]
pub(super) unsafe fn cell<S: Simd, const R: usize>(
    sums: [[S::V; 4]; R],
    before: *const f32,
    to: (*mut f32, *mut f32),
    wide: usize,
    gates: Option<*mut f32>,
) {
    // SAFETY: the caller's.
    unsafe {
        let (mut r, mut z, mut n) = ([S::splat(0.0); R], [S::splat(0.0); R], [S::splat(0.0); R]);
        for row in 0..R {
            (r[row], z[row]) = (sums[row][0], sums[row][1]);
        }
        sigmoid::<S, R>(&mut r);
        sigmoid::<S, R>(&mut z);
        for row in 0..R {
            n[row] = S::fma(r[row], sums[row][3], sums[row][2]);
        }
        tanh::<S, R>(&mut n);
        for row in 0..R {
            let h = S::fma(z[row], S::sub(S::load(before.add(row * wide)), n[row]), n[row]);
            S::store(to.0.add(row * wide), h);
            S::store(to.1.add(row * wide), h);
            if let Some(gates) = gates {
                for (at, gate) in [r[row], z[row], n[row], sums[row][3]].into_iter().enumerate() {
                    S::store(gates.add((4 * row + at) * S::LANES), gate);
                }
            }
        }
    }
}

/// Gradients of the four sums, and of h_{t-1} along its direct way, from that of h_t.
///
/// # Safety
/// The instruction set of `S` exists.
#[inline(always)]
pub(super) unsafe fn uncell<S: Simd>([r, z, n, n_h]: [S::V; 4], before: S::V, dh: S::V) -> ([S::V; 4], S::V) {
    // SAFETY: arithmetic alone.
    unsafe {
        let one = S::splat(1.0);
        let slope = |y: S::V| S::fnma(y, y, y); // y (1 - y)
        let dn = S::mul(S::mul(dh, S::sub(one, z)), S::fnma(n, n, one));
        let dz = S::mul(S::mul(dh, S::sub(before, n)), slope(z));
        let dr = S::mul(S::mul(dn, n_h), slope(r));
        ([dr, dz, dn, S::mul(dn, r)], S::mul(dh, z))
    }
}
