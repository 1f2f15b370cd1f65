//! Expected numbers are worked out by hand.

use super::*;

fn given(size: f64, point: f64, quantiles: &[f64]) -> Predicted<'_> {
    Predicted { target: 0, step: 0, size, point, quantiles }
}

#[test]
fn levels_between_the_models_own() {
    let levels = [0.1, 0.5, 0.9];
    let at = |level| between(&levels, &[1.0, 5.0, 13.0], level);
    for (level, expected) in [(0.1, 1.0), (0.3, 3.0), (0.5, 5.0), (0.7, 9.0), (0.9, 13.0)] {
        assert!((at(level) - expected).abs() < 1e-12, "{level}");
    }
    assert_eq!((at(0.005), at(0.995)), (1.0, 13.0));
    assert_eq!(between(&[0.5], &[7.0], 0.25), 7.0);
}

/// The rank c (n + 1) may not exceed n.
#[test]
fn the_scores_that_a_level_needs() {
    assert_eq!(LEVELS.map(needed), [1, 2, 3, 4, 9, 19, 49, 99]);
    for level in LEVELS {
        let rank = |n: usize| ((n + 1) * usize::from(level)).div_ceil(100);
        assert!(rank(needed(level)) <= needed(level) && rank(needed(level) - 1) > needed(level) - 1);
    }
}

#[test]
fn the_corrected_quantile_of_the_scores() {
    // 9 scores 1 to 9, in any order: ranks ceil(10 c) = 5, 6, 7, 8, 9; 95 % needs 19.
    let mut scores = Scores::new(&[], 1, 1);
    for error in [9.0, 1.0, 8.0, 2.0, 7.0, 3.0, 6.0, 4.0, 5.0] {
        // Errors on either side count alike; a size of 2 halves them.
        let sign = if error > 4.0 { 2.0 } else { -2.0 };
        scores.push(&given(2.0, 100.0, &[]), 100.0 + sign * error);
    }
    let calibration = scores.finish();
    assert_eq!((calibration.values, &calibration.levels[..]), (9, &[50, 60, 70, 80, 90][..]));
    assert_eq!(calibration.scores, [5.0, 6.0, 7.0, 8.0, 9.0]);

    let intervals = Intervals::new(&calibration, &[], 1, &[60, 90]);
    let mut out = intervals.empty();
    intervals.push(&given(2.0, 50.0, &[]), &mut out);
    intervals.push(&given(20.0, 50.0, &[]), &mut out);
    assert_eq!(
        (out[0].level, &out[0].low[..], &out[0].high[..]),
        (60, &[38.0, -70.0][..], &[62.0, 170.0][..])
    );
    assert_eq!(
        (out[1].level, &out[1].low[..], &out[1].high[..]),
        (90, &[32.0, -130.0][..], &[68.0, 230.0][..])
    );
}

#[test]
fn quantiles_are_widened_or_drawn_in() {
    // Quantiles 20 and 40 around 30, size 100: a side is 10 away, and counts 10 + 5 beyond it. Values 55, 43, 30, 5
    // have scores 1, 0.2, -1, 1.
    let levels = [0.1, 0.5, 0.9];
    let mut scores = Scores::new(&levels, 1, 1);
    for actual in [55.0, 43.0, 30.0, 5.0] {
        scores.push(&given(100.0, 30.0, &[20.0, 30.0, 40.0]), actual);
    }
    let calibration = scores.finish();
    assert_eq!(calibration.levels, [50, 60, 70, 80]);
    // At 80 % the rank is ceil(5 * 0.8) = 4.
    assert_eq!(calibration.scores[3], 1.0);
    let alone = Calibration { scores: vec![1.0], levels: vec![80], ..calibration.clone() };
    let intervals = Intervals::new(&alone, &levels, 1, &[80]);
    let mut out = intervals.empty();
    intervals.push(&given(100.0, 30.0, &[25.0, 30.0, 50.0]), &mut out);
    // Each side by its own distance: 5 + 5 and 20 + 5.
    assert_eq!((out[0].low[0], out[0].high[0]), (15.0, 75.0));
    let drawn = Calibration { scores: vec![-0.5], levels: vec![80], ..calibration };
    let intervals = Intervals::new(&drawn, &levels, 1, &[80]);
    let mut out = intervals.empty();
    intervals.push(&given(100.0, 30.0, &[25.0, 30.0, 50.0]), &mut out);
    assert_eq!((out[0].low[0], out[0].high[0]), (27.5, 40.0));
    // An older checkpoint's, in sizes of the series.
    let narrow =
        Calibration { values: 99, levels: vec![80, 90], scores: vec![-4.0, -2.0], ..Calibration::default() };
    let intervals = Intervals::new(&narrow, &levels, 1, &[80, 90]);
    let mut out = intervals.empty();
    intervals.push(&given(2.0, 30.0, &[20.0, 30.0, 40.0]), &mut out);
    assert_eq!((out[0].low[0], out[0].high[0]), (28.0, 32.0));
    // Beyond the model's levels, its outermost quantiles are the base.
    assert_eq!((out[1].low[0], out[1].high[0]), (24.0, 36.0));
}

#[test]
fn each_target_and_lead_has_its_own() {
    let mut scores = Scores::new(&[], 2, 2);
    for (target, step, error) in [(0, 0, 1.0), (0, 1, 2.0), (1, 0, 3.0), (1, 1, 4.0)] {
        let given = Predicted { target, step, ..given(2.0, 10.0, &[]) };
        scores.push(&given, 10.0 + 2.0 * error);
    }
    let calibration = scores.finish();
    assert_eq!((calibration.levels, calibration.scores), (vec![50], vec![1.0, 2.0, 3.0, 4.0]));
    assert_eq!(Scores::new(&[], 1, 3).finish(), Calibration { relative: true, ..Calibration::default() });
}

proptest::proptest! {
    /// Whatever the scores: each interval holds the one before it, and all hold the point forecast.
    #[test]
    fn intervals_are_nested(
        scores in proptest::collection::vec(-5f64..5.0, 8),
        mut quantiles in proptest::collection::vec(-50f64..50.0, 5),
        point in -50f64..50.0,
        size in 0.1f64..100.0,
        relative in proptest::bool::ANY,
    ) {
        quantiles.sort_by(f64::total_cmp);
        let calibration = Calibration { values: 99, levels: LEVELS.to_vec(), scores, relative, tails: vec![] };
        let intervals = Intervals::new(&calibration, &[0.05, 0.2, 0.5, 0.6, 0.9], 1, &LEVELS);
        let mut out = intervals.empty();
        intervals.push(&given(size, point, &quantiles), &mut out);
        let (mut low, mut high) = (point, point);
        for interval in &out {
            proptest::prop_assert!(interval.low[0] <= low && high <= interval.high[0], "{:?}", out);
            (low, high) = (interval.low[0], interval.high[0]);
        }
        // What else is asked for changes nothing.
        let alone = Intervals::new(&calibration, &[0.05, 0.2, 0.5, 0.6, 0.9], 1, &[95]);
        let mut one = alone.empty();
        alone.push(&given(size, point, &quantiles), &mut one);
        proptest::prop_assert_eq!(&one[0], &out[5]);
    }
}

/// Values that all lie on the median: no score can make the interval vanish.
#[test]
fn an_interval_never_collapses() {
    let levels = [0.1, 0.5, 0.9];
    let mut scores = Scores::new(&levels, 1, 1);
    (0..50).for_each(|_| scores.push(&given(2.0, 30.0, &[20.0, 30.0, 40.0]), 30.0));
    let calibration = scores.finish();
    let intervals = Intervals::new(&calibration, &levels, 1, &[80]);
    let mut out = intervals.empty();
    intervals.push(&given(2.0, 30.0, &[20.0, 30.0, 40.0]), &mut out);
    assert!((out[0].low[0] - 29.5).abs() < 1e-9 && (out[0].high[0] - 30.5).abs() < 1e-9, "{out:?}");
}
