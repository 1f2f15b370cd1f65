//! The two matrix products of the backward pass, generic over the instruction set.
//!
//! Pointer arithmetic stays inside what `Kernels::{product, outer}` asserted.

#![allow(unsafe_code)]

use super::gates::{group, quad_at, with_rows};
use super::operands::{Outer, Product};
use super::simd::Simd;

/// # Safety
/// The instruction set exists and the lengths `Kernels::product` asserts hold.
#[inline(always)]
pub(super) unsafe fn product<S: Simd>(a: &mut Product) {
    let vectors = a.columns / S::LANES;
    let mut first = 0;
    while first < vectors {
        let n = (vectors - first).min(4);
        // SAFETY: columns first * U .. (first + n) * U exist.
        unsafe {
            match n {
                1 => columns::<S, 1>(a, first),
                2 => columns::<S, 2>(a, first),
                3 => columns::<S, 3>(a, first),
                _ => columns::<S, 4>(a, first),
            }
        }
        first += n;
    }
}

#[inline(always)]
unsafe fn columns<S: Simd, const NV: usize>(a: &mut Product, first: usize) {
    let mut row = 0;
    while row < a.rows {
        let n = group(a.rows - row, S::ROWS);
        // SAFETY: row + n <= rows.
        unsafe {
            match n {
                1 => product_tile::<S, 1, NV>(a, first, row),
                2 => product_tile::<S, 2, NV>(a, first, row),
                3 => product_tile::<S, 3, NV>(a, first, row),
                4 => product_tile::<S, 4, NV>(a, first, row),
                5 => product_tile::<S, 5, NV>(a, first, row),
                _ => product_tile::<S, 6, NV>(a, first, row),
            }
        }
        row += n;
    }
}

/// R rows x NV vectors of columns, over the whole depth P * quad.
#[inline(always)]
unsafe fn product_tile<S: Simd, const R: usize, const NV: usize>(a: &mut Product, first: usize, row: usize) {
    let (u, quad) = (S::LANES, 4 * S::LANES);
    // SAFETY: offsets are those of row + R <= rows and of existing columns in the shapes asserted;
    // a column panel's weights begin after the whole depth of the columns before it.
    unsafe {
        let out = a.out.as_mut_ptr().add(row * a.columns + first * u);
        let mut acc = [[S::splat(0.0); NV]; R];
        if a.add {
            for (r, acc) in acc.iter_mut().enumerate() {
                for (v, acc) in acc.iter_mut().enumerate() {
                    *acc = S::load(out.add(r * a.columns + v * u));
                }
            }
        }
        let mut w = a.w.as_ptr().add(first * u * a.panels * quad);
        for panel in 0..a.panels {
            let d = a.d.as_ptr().add((panel * a.rows + row) * quad);
            for j in 0..quad {
                let mut q = [S::splat(0.0); NV];
                for (v, q) in q.iter_mut().enumerate() {
                    *q = S::load(w.add(v * u));
                }
                for (r, acc) in acc.iter_mut().enumerate() {
                    let x = S::splat(*d.add(r * quad + j));
                    for (acc, q) in acc.iter_mut().zip(q) {
                        *acc = S::fma(x, q, *acc);
                    }
                }
                w = w.add(NV * u);
            }
        }
        for (r, acc) in acc.into_iter().enumerate() {
            for (v, acc) in acc.into_iter().enumerate() {
                S::store(out.add(r * a.columns + v * u), acc);
            }
        }
    }
}

/// # Safety
/// The instruction set exists and the lengths `Kernels::outer` asserts hold.
#[inline(always)]
pub(super) unsafe fn outer<S: Simd>(a: &mut Outer) {
    for panel in 0..a.panels {
        let mut k = 0;
        while k < a.width {
            let n = group(a.width - k, S::ROWS);
            // SAFETY: k + n <= width and panel < P.
            unsafe { with_rows!(n, outer_tile::<S>(a, panel, k)) }
            k += n;
        }
    }
}

/// R rows k of one panel, summed over every step and row of the block.
#[inline(always)]
unsafe fn outer_tile<S: Simd, const R: usize>(a: &mut Outer, panel: usize, k: usize) {
    let (u, quad) = (S::LANES, 4 * S::LANES);
    // SAFETY: offsets are those of s < steps, r < rows, k + R <= width in the shapes asserted.
    unsafe {
        let out = a.dw.as_mut_ptr().add((panel * a.k_total + a.first + k) * quad);
        let mut acc = [quad_at::<S>(out); R];
        for (r, acc) in acc.iter_mut().enumerate().skip(1) {
            *acc = quad_at::<S>(out.add(r * quad));
        }
        let mut x = a.a.as_ptr().add(a.a_start + k);
        let mut d = a.d.as_ptr().add(panel * a.rows * quad);
        for s in 0..a.steps {
            for row in 0..a.rows {
                let x = x.add(row * a.a_row);
                let q = quad_at::<S>(d.add(row * quad));
                for (r, acc) in acc.iter_mut().enumerate() {
                    let x = S::splat(*x.add(r));
                    for (acc, q) in acc.iter_mut().zip(q) {
                        *acc = S::fma(x, q, *acc);
                    }
                }
            }
            // The last step's successor is never formed: it could lie before the slice.
            if s + 1 < a.steps {
                x = x.offset(a.a_step);
                d = d.add(a.panels * a.rows * quad);
            }
        }
        for (r, acc) in acc.into_iter().enumerate() {
            for (g, acc) in acc.into_iter().enumerate() {
                S::store(out.add(r * quad + g * u), acc);
            }
        }
    }
}
