//! Expected numbers come from NumPy, written out from the formulas.

use super::*;

const NAN: f64 = f64::NAN;
const ACTUAL: [f64; 6] = [3.0, -0.5, 2.0, 7.0, 0.0, 4.25];
const FORECAST: [f64; 6] = [2.5, 0.0, 2.0, 8.0, 0.0, 3.0];
const SCALE: [f64; 6] = [2.0, 2.0, 2.0, 4.0, 4.0, NAN];

#[track_caller]
fn close(got: Option<f64>, expected: f64) {
    let got = got.expect("defined");
    assert!((got - expected).abs() <= 1e-12 * expected.abs().max(1.0), "{got} is not {expected}");
}

fn scored() -> PointErrors {
    let mut errors = PointErrors::new();
    for ((a, f), s) in ACTUAL.iter().zip(FORECAST).zip(SCALE) {
        errors.push(*a, f, s);
    }
    errors
}

#[test]
fn point_metrics() {
    let errors = scored();
    close(errors.mae(), 0.541_666_666_666_666_6);
    close(errors.rmse(), 0.714_434_508_311_760_3);
    close(errors.mase(), 0.15);
    close(errors.smape(), 44.332_985_022_640_19);
    close(errors.wape(), 0.194_029_850_746_268_66);
    close(errors.r2(), 0.921_411_387_329_591);
    close(errors.bias(), -0.041_666_666_666_666_664);
    assert_eq!((errors.items(), errors.scaled_items(), errors.missing()), (6, 5, 0));
}

#[test]
fn chunks_do_not_matter() {
    for cut in 0..=ACTUAL.len() {
        let (mut first, mut second) = (PointErrors::new(), PointErrors::new());
        for (i, ((a, f), s)) in ACTUAL.iter().zip(FORECAST).zip(SCALE).enumerate() {
            if i < cut { &mut first } else { &mut second }.push(*a, f, s);
        }
        first.merge(&second);
        let whole = scored();
        close(first.r2(), whole.r2().unwrap());
        close(first.rmse(), whole.rmse().unwrap());
        assert_eq!(first.items(), 6);
    }
}

#[test]
fn the_unobserved_is_skipped_and_the_missing_counted() {
    let mut errors = scored();
    errors.push(NAN, 1e9, 1.0);
    errors.push(1.0, NAN, 1.0);
    errors.push(1.0, f64::INFINITY, 1.0);
    close(errors.mae(), 0.541_666_666_666_666_6);
    assert_eq!((errors.items(), errors.missing()), (6, 2));
}

#[test]
fn undefined_is_none() {
    let empty = PointErrors::new();
    let all = |e: &PointErrors| [e.mae(), e.rmse(), e.mase(), e.smape(), e.wape(), e.r2(), e.bias()];
    assert_eq!(all(&empty), [None; 7]);

    let mut zeros = PointErrors::new();
    zeros.push(0.0, 1.0, NAN);
    zeros.push(0.0, 0.0, 0.0);
    assert_eq!((zeros.wape(), zeros.r2(), zeros.mase()), (None, None, None));
    close(zeros.smape(), 100.0); // 200 and 0
    close(zeros.mae(), 0.5);

    let mut constant = PointErrors::new();
    let mut more = PointErrors::new();
    (0..3).for_each(|_| constant.push(0.1, 0.2, 1.0));
    (0..7).for_each(|_| more.push(0.1, 0.3, 1.0));
    constant.merge(&more);
    assert_eq!(constant.r2(), None);

    let mut huge = PointErrors::new();
    huge.push(1e200, -1e200, 1.0);
    huge.push(-1e200, 1e200, 1.0);
    assert_eq!((huge.rmse(), huge.r2()), (None, None));
}

#[test]
fn mase_scale() {
    let scale = |parts: &[&[f64]], m| {
        let mut scale = SeasonalScale::new();
        parts.iter().for_each(|part| scale.add(part, m));
        scale.value()
    };
    // |3-1|, |4-2|, |3-3|, |9-3|; the two pairs with a missing end are left out.
    close(scale(&[&[1.0, 2.0, 3.0, 4.0, 3.0, NAN, 9.0]], 2), 10.0 / 4.0);
    close(scale(&[&[1.0, 2.0], &[5.0, 9.0]], 1), 2.5);
    assert_eq!(scale(&[&[1.0, 2.0]], 2), None);
    assert_eq!(scale(&[&[1.0, 2.0, 1.0, 2.0]], 2), None);
    assert_eq!(scale(&[&[NAN, 2.0, NAN]], 1), None);
}

#[test]
fn quantile_metrics() {
    let mut errors = QuantileErrors::new(&[0.1, 0.5, 0.9]);
    let quantiles = [[1.0, 3.0, 4.0], [-1.0, -0.25, 0.0], [2.0, 2.0, 3.0], [8.0, 7.5, 9.0]];
    for (a, q) in ACTUAL.iter().zip(&quantiles) {
        errors.push(*a, q);
    }
    errors.push(NAN, &[0.0; 3]);
    errors.push(1.0, &[0.0, NAN, 1.0]);
    errors.push(1.0, &[]);
    let by_level = errors.pinball_by_level();
    for (got, expected) in by_level.iter().zip([0.2875, 0.09375, 0.1125]) {
        close(*got, expected);
    }
    close(errors.pinball(), 0.164_583_333_333_333_33);
    close(errors.crps(), 0.329_166_666_666_666_66);
    assert_eq!(errors.share_below(), [Some(0.5), Some(1.0), Some(1.0)]);
    assert_eq!((errors.items(), errors.missing(), errors.crossed()), (4, 2, 1));
    assert_eq!(QuantileErrors::new(&[0.5]).pinball(), None);
}

#[test]
fn interval_metrics() {
    let mut errors = IntervalErrors::new(80.0);
    for ((a, low), high) in ACTUAL.iter().zip([1.0, -1.0, 2.5, 6.0]).zip([3.0, 0.0, 4.0, 6.5]) {
        errors.push(*a, low, high);
    }
    errors.push(1.0, 2.0, 1.0);
    close(errors.coverage(), 0.5);
    close(errors.mean_width(), 1.25);
    close(errors.score(), 3.75);
    assert_eq!((errors.items(), errors.missing()), (4, 1));
    assert_eq!(IntervalErrors::new(80.0).coverage(), None);
}

/// Any number, huge ones, zero and gaps included.
fn anything() -> impl proptest::strategy::Strategy<Value = f64> {
    use proptest::prelude::*;
    prop_oneof![6 => -1e3..1e3f64, 1 => Just(0.0), 1 => Just(NAN), 1 => any::<f64>()]
}

proptest::proptest! {
    #[test]
    fn never_nan_or_infinite(items in proptest::collection::vec((anything(), anything(), anything()), 0..20)) {
        let (mut point, mut quantile) = (PointErrors::new(), QuantileErrors::new(&[0.1, 0.9]));
        let mut interval = IntervalErrors::new(80.0);
        let mut observed = 0;
        for &(actual, a, b) in &items {
            point.push(actual, a, b);
            quantile.push(actual, &[a, b]);
            interval.push(actual, a, b);
            observed += u64::from(actual.is_finite());
        }
        let mut values = vec![point.mae(), point.rmse(), point.mase(), point.smape(), point.wape(), point.r2(), point.bias()];
        values.extend([quantile.pinball(), quantile.crps(), interval.coverage(), interval.mean_width(), interval.score()]);
        values.extend(quantile.pinball_by_level());
        proptest::prop_assert!(values.iter().flatten().all(|v| v.is_finite()), "{values:?}");
        proptest::prop_assert_eq!(point.items() + point.missing(), observed);
        proptest::prop_assert_eq!(quantile.items() + quantile.missing(), observed);
        proptest::prop_assert_eq!(interval.items() + interval.missing(), observed);
    }

    #[test]
    fn any_chunks_give_the_same(items in proptest::collection::vec((-1e3..1e3f64, -1e3..1e3f64), 1..40), cut in 0usize..40) {
        let mut whole = PointErrors::new();
        let (mut first, mut second) = (PointErrors::new(), PointErrors::new());
        for (i, &(actual, forecast)) in items.iter().enumerate() {
            whole.push(actual, forecast, 2.0);
            if i < cut { &mut first } else { &mut second }.push(actual, forecast, 2.0);
        }
        first.merge(&second);
        let all = |e: &PointErrors| [e.mae(), e.rmse(), e.mase(), e.smape(), e.wape(), e.bias()];
        for (a, b) in all(&first).into_iter().zip(all(&whole)) {
            close(a, b.unwrap_or(NAN));
        }
        if let (Some(a), Some(b)) = (first.r2(), whole.r2()) {
            proptest::prop_assert!((a - b).abs() <= 1e-6 * b.abs().max(1.0));
        }
    }
}
