//! Places and labels on an axis of numbers.

/// A place on an axis, and its words: the second stands below the first, and is empty for most.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub at: f64,
    pub label: String,
    pub below: String,
}

/// Places from `low` to `high` at 1, 2 or 5 times a power of ten, about `wanted` of them; whole numbers
/// alone where `whole`.
pub(super) fn ticks(low: f64, high: f64, wanted: usize, whole: bool) -> Vec<Tick> {
    let span = high - low;
    if !(span.is_finite() && span > 0.0) {
        return Vec::new();
    }
    let step = step(span / wanted.max(1) as f64);
    let step = if whole { step.max(1.0).round() } else { step };
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    if !(last - first).is_finite() || last - first > 1000.0 {
        return Vec::new();
    }
    let largest = low.abs().max(high.abs());
    (0..=(last - first) as usize)
        .map(|i| (first + i as f64) * step)
        .map(|at| Tick { at, label: label(at, step, largest), below: String::new() })
        .collect()
}

/// The next 1, 2 or 5 times a power of ten.
fn step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let share = least / power;
    let nice = [1.0, 2.0, 5.0, 10.0].into_iter().find(|nice| share <= nice * (1.0 + 1e-9)).unwrap_or(10.0);
    nice * power
}

/// A number on an axis whose places are `step` apart and that reaches to `largest`.
fn label(at: f64, step: f64, largest: f64) -> String {
    if at.abs() < step * 1e-6 {
        return "0".into();
    }
    let units = [(1e12, " T"), (1e9, " bn"), (1e6, " M"), (1e3, " k")];
    let unit =
        units.into_iter().find(|(unit, _)| largest >= *unit && step >= unit / 1000.0 && largest >= 1e5);
    if !(1e-4..1e15).contains(&largest) {
        return minus(&format!("{at:.1e}"));
    }
    let (unit, name) = unit.unwrap_or((1.0, ""));
    let decimals = (-(step / unit).log10().floor()).clamp(0.0, 12.0);
    // 0.25 a step needs one place more than its size says; steps here are 1, 2 or 5.
    let text = format!("{:.*}", decimals as usize, at / unit);
    minus(&(text + name))
}

/// A value as people read it beside an axis: four digits.
pub fn number(value: f64) -> String {
    minus(&crate::number::human(Some(value)))
}

/// With the sign of typesetters, which is as wide as a digit.
fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// The ends of an axis that holds these values with a little room; `from_zero` where lengths are
/// compared.
pub(super) fn range(values: impl Iterator<Item = f64>, from_zero: bool) -> (f64, f64) {
    let (mut low, mut high) = values
        .filter(|v| v.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    let (least, most) = (low, high);
    if from_zero {
        (low, high) = (low.min(0.0), high.max(0.0));
    }
    if high - low <= high.abs().max(low.abs()) * 1e-12 {
        let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
        return (low - room, high + room);
    }
    let room = (high - low) * 0.05;
    // What is never negative does not look as if it could be.
    let below = if least >= 0.0 && low - room < 0.0 { 0.0 } else { low - room };
    let above = if most <= 0.0 && high + room > 0.0 { 0.0 } else { high + room };
    (below, above)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, wanted: usize) -> String {
        ticks(low, high, wanted, false).iter().map(|t| t.label.clone()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn places_are_round() {
        assert_eq!(labels(0.0, 10.0, 5), "0 2 4 6 8 10");
        assert_eq!(labels(-0.3, 1.02, 5), "0 0.5 1.0");
        assert_eq!(labels(131.0, 167.0, 4), "140 150 160");
        assert_eq!(labels(0.0, 250_000.0, 5), "0 50 k 100 k 150 k 200 k 250 k");
        assert_eq!(labels(0.0, 2_400_000.0, 4), "0 1 M 2 M");
        assert_eq!(labels(-3.0, 3.0, 3), "−2 0 2");
        assert_eq!(labels(1.0, 1.0, 3), "");
        assert_eq!(labels(f64::NAN, 1.0, 3), "");
    }

    #[test]
    fn whole_numbers_stay_whole() {
        let places: Vec<f64> = ticks(1.0, 4.0, 8, true).iter().map(|t| t.at).collect();
        assert_eq!(places, [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn ranges_have_room() {
        assert_eq!(range([10.0, 20.0].into_iter(), false), (9.5, 20.5));
        assert_eq!(range([0.0, 20.0].into_iter(), false), (0.0, 21.0));
        assert_eq!(range([10.0, 20.0, f64::NAN].into_iter(), true), (0.0, 21.0));
        assert_eq!(range([5.0].into_iter(), false), (4.5, 5.5));
        assert_eq!(range(std::iter::empty(), false), (0.0, 1.0));
    }
}
