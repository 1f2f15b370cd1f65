//! Products of matrices that lie in slices, by the `gemm` crate.

#![allow(unsafe_code)]

use gemm::Parallelism;

/// A matrix that lies in a slice.
#[derive(Clone, Copy)]
pub(super) struct Matrix<'a> {
    pub(super) data: &'a [f32],
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// From one row and column to the next.
    pub(super) row: usize,
    pub(super) column: usize,
}

impl<'a> Matrix<'a> {
    /// Row-major, without gaps.
    pub(super) fn new(data: &'a [f32], rows: usize, columns: usize) -> Matrix<'a> {
        Matrix { data, rows, columns, row: columns, column: 1 }
    }

    pub(super) fn t(self) -> Matrix<'a> {
        Matrix { rows: self.columns, columns: self.rows, row: self.column, column: self.row, ..self }
    }

    fn fits(&self) -> bool {
        self.rows == 0
            || self.columns == 0
            || (self.rows - 1) * self.row + (self.columns - 1) * self.column < self.data.len()
    }
}

/// Products of up to so many elements are summed in another order by the library.
const SMALL: usize = 256;

/// Longer sums are cut into pieces by the library, as the sizes of all three matrices have it.
const DEPTH: usize = 512;

/// As [`product`], of rows (row-major, without gaps) that come out the same whatever other rows there are: a window must
/// not know its batch.
pub(super) fn rows_product(to: &mut [f32], a: Matrix, b: Matrix, sum: bool) {
    let (rows, depth, columns) = (a.rows, a.columns, b.columns);
    if rows * columns > SMALL || columns == 0 {
        for first in (0..depth.max(1)).step_by(DEPTH) {
            let piece = DEPTH.min(depth - first);
            let left = Matrix { data: &a.data[first * a.column..], columns: piece, ..a };
            let right = Matrix { data: &b.data[first * b.row..], rows: piece, ..b };
            product(to, left, right, sum || first > 0);
        }
        return;
    }
    let all = SMALL / columns + 1;
    let mut wide = vec![0f32; all * depth];
    wide[..rows * depth].copy_from_slice(&a.data[..rows * depth]);
    let mut out = vec![0f32; all * columns];
    out[..rows * columns].copy_from_slice(&to[..rows * columns]);
    rows_product(&mut out, Matrix::new(&wide, all, depth), b, sum);
    to[..rows * columns].copy_from_slice(&out[..rows * columns]);
}

/// `to` = `a` `b`, or `to` += `a` `b` with `sum`; `to` is row-major.
pub(super) fn product(to: &mut [f32], a: Matrix, b: Matrix, sum: bool) {
    assert!(a.columns == b.rows && a.fits() && b.fits() && to.len() >= a.rows * b.columns);
    // SAFETY: all three matrices lie inside their slices, as just checked, and `to` is borrowed alone.
    unsafe {
        gemm::gemm(
            a.rows,
            b.columns,
            a.columns,
            to.as_mut_ptr(),
            1,
            b.columns as isize,
            sum,
            a.data.as_ptr(),
            a.column as isize,
            a.row as isize,
            b.data.as_ptr(),
            b.column as isize,
            b.row as isize,
            1.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of a product is the same, to the last bit, whatever other rows there are.
    #[test]
    fn rows_do_not_know_each_other() {
        let mut state = 1u64;
        let mut draw = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1u64 << 24) as f32 - 0.5
        };
        for (depth, columns) in [(1, 3), (7, 1), (40, 32), (67, 11), (512, 9), (513, 64), (1100, 7)] {
            let a: Vec<f32> = (0..300 * depth).map(|_| draw()).collect();
            let b: Vec<f32> = (0..columns * depth).map(|_| draw()).collect();
            let weight = Matrix::new(&b, columns, depth).t();
            let of = |rows: usize| {
                let mut out = vec![0.25f32; rows * columns];
                rows_product(&mut out, Matrix::new(&a[..rows * depth], rows, depth), weight, true);
                out
            };
            let all = of(300);
            for (i, value) in all.iter().enumerate().step_by(97) {
                let (row, column) = (i / columns, i % columns);
                let naive: f64 = (0..depth)
                    .map(|k| f64::from(a[row * depth + k]) * f64::from(b[column * depth + k]))
                    .sum();
                assert!((f64::from(*value) - naive - 0.25).abs() < 1e-4, "{depth} {columns}");
            }
            for rows in (1..60).chain([77, 128, 299]) {
                assert!(of(rows) == all[..rows * columns], "{rows} rows of {depth}, {columns}");
            }
        }
    }
}
