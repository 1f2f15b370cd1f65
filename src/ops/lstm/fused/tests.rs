//! The kernels by themselves, on every instruction set of the machine, against f64 arithmetic.

use super::kernels::{Kernels, available};
use super::operands::{Outer, Product};

fn check(tanh: bool, f: impl Fn(f64) -> f64) {
    let count = if cfg!(miri) { 200 } else { 200_000 };
    let mut xs: Vec<f32> = (0..=count).map(|i| 240.0 * (i as f32 / count as f32 - 0.5)).collect();
    xs.extend((0..count).map(|i| (i as f32 / count as f32 - 0.5) * 1e-2));
    xs.extend([0.0, -0.0, 1e-30, -1e-30, 1e30, -1e30, f32::MIN_POSITIVE, f32::MAX, f32::MIN]);
    for kernels in available() {
        let mut ys = xs.clone();
        kernels.activate(&mut ys, tanh);
        for (x, y) in xs.iter().zip(&ys) {
            let error = (f64::from(*y) - f(f64::from(*x))).abs();
            assert!(error <= 5e-7, "{} at {x}: {y}, off by {error:e}", kernels.name());
        }
        let mut ends = [f32::NEG_INFINITY, f32::INFINITY, f32::NAN];
        kernels.activate(&mut ends, tanh);
        let low = if tanh { -1.0 } else { 0.0 };
        assert_eq!((ends[0], ends[1]), (low, 1.0), "{}", kernels.name());
        assert!(ends[2].is_nan(), "{}", kernels.name());
    }
}

#[test]
fn sigmoid_is_within_5e_7_everywhere() {
    check(false, |x| 1.0 / (1.0 + (-x).exp()));
}

#[test]
fn tanh_is_within_5e_7_everywhere() {
    check(true, f64::tanh);
}

#[test]
fn tanh_keeps_its_relative_precision_next_to_zero() {
    for kernels in available() {
        for x in [1e-6f32, 1e-4, 3e-3, -2e-5] {
            let mut y = [x];
            kernels.activate(&mut y, true);
            let exact = f64::from(x).tanh();
            let error = (f64::from(y[0]) / exact - 1.0).abs();
            assert!(error < 1e-6, "{} at {x}: off by {error:e} of the value", kernels.name());
        }
    }
}

/// Small whole numbers, so that every sum is exact in any order.
fn whole(n: usize, salt: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 7 + salt * 13 + i / 5) % 11) as f32 - 5.0).collect()
}

fn for_each(f: impl Fn(&'static Kernels, usize, usize, usize)) {
    for kernels in available() {
        for (rows, panels, width) in [(1, 1, 1), (2, 1, 3), (5, 2, 7), (7, 1, 13), (13, 2, 20)] {
            f(kernels, rows, panels, width);
        }
    }
}

#[test]
fn product_is_the_plain_matrix_product() {
    for_each(|kernels, rows, panels, vectors| {
        let (u, vectors) = (kernels.lanes(), vectors.min(6));
        let (quad, columns) = (4 * u, vectors * u);
        let depth = panels * quad;
        let (d, w) = (whole(rows * depth, 1), whole(depth * columns, 2));
        for add in [false, true] {
            let before = whole(rows * columns, 3);
            let mut out = before.clone();
            kernels.product(Product { rows, panels, columns, d: &d, w: &w, out: &mut out, add });
            for r in 0..rows {
                for c in 0..columns {
                    let first = c / quad * quad;
                    let across = quad.min(columns - first);
                    let mut sum = if add { before[r * columns + c] } else { 0.0 };
                    for j in 0..depth {
                        let value = d[(j / quad * rows + r) * quad + j % quad];
                        sum += value * w[first * depth + j * across + c - first];
                    }
                    assert_eq!(out[r * columns + c], sum, "{} {rows} {columns}", kernels.name());
                }
            }
        }
    });
}

#[test]
fn outer_adds_the_plain_sum_of_outer_products() {
    for_each(|kernels, rows, panels, width| {
        let (quad, steps, first, k_total) = (4 * kernels.lanes(), 3, 2, width + 3);
        let row = width + 1;
        let a = whole(steps * rows * row, 4);
        let d = whole(steps * panels * rows * quad, 5);
        for backwards in [false, true] {
            let step = (rows * row) as isize;
            let (a_start, a_step) = if backwards { (2 * rows * row, -step) } else { (0, step) };
            let mut dw = whole(panels * k_total * quad, 6);
            let before = dw.clone();
            let (a_row, dw_out) = (row, &mut dw);
            kernels.outer(Outer {
                steps,
                rows,
                panels,
                width,
                a: &a,
                a_start,
                a_step,
                a_row,
                d: &d,
                dw: dw_out,
                first,
                k_total,
            });
            for (at, (&got, mut sum)) in dw.iter().zip(before).enumerate() {
                let (p, k, q) = (at / (k_total * quad), at / quad % k_total, at % quad);
                if (first..first + width).contains(&k) {
                    for s in 0..steps {
                        let t = if backwards { steps - 1 - s } else { s };
                        for r in 0..rows {
                            sum += a[(t * rows + r) * row + k - first]
                                * d[((s * panels + p) * rows + r) * quad + q];
                        }
                    }
                }
                assert_eq!(got, sum, "{} {rows} {width}", kernels.name());
            }
        }
    });
}
