//! Numbers as text: for machines (shortest that reads back the same) and for people (a few
//! significant digits).

/// `value` rounded to `digits` significant decimal digits (0: not rounded); never `-0.0`.
pub fn round_significant(value: f64, digits: u8) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { 0.0 } else { value };
    }
    if digits == 0 || digits >= 17 {
        return value;
    }
    let places = i32::from(digits) - 1 - value.abs().log10().floor() as i32;
    // Powers of ten up to 1e22 are exact, so one multiplication and one division round correctly
    // (all but the rarest ties); beyond that, by way of text.
    if (-22..=22).contains(&places) {
        let power = 10f64.powi(places.abs());
        if places >= 0 { (value * power).round() / power } else { (value / power).round() * power }
    } else {
        format!("{:.*e}", usize::from(digits) - 1, value).parse().unwrap_or(value)
    }
}

/// Significant digits of a forecast at least: what a model in 32-bit numbers can mean.
const FORECAST_DIGITS: u8 = 6;

/// The finest decimal place that matters beside values that step as these do: a thousandth of the
/// usual step. Values that are all alike have the place of their own last digit.
pub fn resolution(values: &[f64]) -> f64 {
    let known = || values.iter().copied().filter(|v| v.is_finite());
    let mut steps: Vec<f64> =
        known().zip(known().skip(1)).map(|(a, b)| (b - a).abs()).filter(|d| *d > 0.0).collect();
    let middle = steps.len() / 2;
    if !steps.is_empty() {
        let (_, step, _) = steps.select_nth_unstable_by(middle, f64::total_cmp);
        return 10f64.powi(step.log10().floor() as i32 - 3);
    }
    let text = known().next().map(|v| format!("{v}")).unwrap_or_default();
    let decimals = text.split_once('.').map_or(0, |(_, d)| d.len());
    10f64.powi(-(decimals.min(300) as i32))
}

/// A forecast of a series with this resolution: 6 digits, and more where the steps of a
/// large level need them.
pub fn forecast(value: f64, resolution: f64) -> f64 {
    to_resolution(value, resolution, FORECAST_DIGITS)
}

/// `value` to this decimal place, but to `least` significant digits in any case.
pub fn to_resolution(value: f64, resolution: f64, least: u8) -> f64 {
    let known = value.is_finite() && value != 0.0 && resolution > 0.0;
    let magnitude = |v: f64| v.abs().log10().floor() as i32;
    let digits = if known { magnitude(value) - resolution.log10().round() as i32 + 1 } else { 0 };
    round_significant(value, digits.clamp(i32::from(least), 15) as u8)
}

/// For machines: the shortest text that reads back as the same number, after rounding to
/// `digits` significant digits (0: none). Whole numbers keep their `.0`, so a column of them still
/// reads as numbers with a fraction; very large and small ones are in scientific notation.
/// Not finite: empty.
pub fn machine(value: f64, digits: u8) -> String {
    if value.is_finite() { format!("{:?}", round_significant(value, digits)) } else { String::new() }
}

/// For machines, from an `f32`: the shortest text that reads back as the same `f32`.
pub fn machine32(value: f32) -> String {
    if !value.is_finite() {
        return String::new();
    }
    format!("{:?}", if value == 0.0 { 0.0 } else { value })
}

/// What stands for a number that is not defined.
pub const NONE: &str = "-";

/// One number for people, with four significant digits: `41.13`, `0.5127`, `12345`, `1.2e-6`.
pub fn human(value: Option<f64>) -> String {
    column(&[value]).pop().unwrap_or_default()
}

/// A column of numbers for people: as many decimals for all as give the largest four significant
/// digits, so that the points stand under each other. When the numbers are too different in size
/// for that (more than a thousandfold), each has its own.
pub fn column(values: &[Option<f64>]) -> Vec<String> {
    let sizes = || values.iter().flatten().map(|v| v.abs()).filter(|v| v.is_finite() && *v > 0.0);
    let largest = sizes().fold(0.0, f64::max);
    let smallest = sizes().fold(f64::INFINITY, f64::min);
    let shared = smallest * 1000.0 >= largest;
    // A large level with small steps: four digits of what differs, then.
    let all = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let spread = all().fold(f64::NEG_INFINITY, f64::max) - all().fold(f64::INFINITY, f64::min);
    let largest = if shared && spread > 0.0 && spread * 1000.0 < largest { spread } else { largest };
    values
        .iter()
        .map(|value| match value {
            Some(v) if v.is_finite() => decimal(*v, if shared { largest } else { v.abs() }),
            _ => NONE.to_string(),
        })
        .collect()
}

/// `value` with the decimals that give `size` four significant digits.
fn decimal(value: f64, size: f64) -> String {
    let magnitude = |v: f64| if v > 0.0 { v.log10().floor() as i32 } else { 0 };
    let text = if (-4..9).contains(&magnitude(size.max(value.abs()))) {
        format!("{value:.*}", usize::try_from(3 - magnitude(size)).unwrap_or(0))
    } else {
        format!("{value:.3e}")
    };
    match text.strip_prefix('-') {
        Some(rest) if rest.chars().all(|c| matches!(c, '0' | '.')) => rest.to_string(),
        _ => text,
    }
}

/// A share as a percentage with one decimal: `12.3 %`.
pub fn percent(share: Option<f64>) -> String {
    match share {
        Some(v) if v.is_finite() => {
            let text = format!("{:.1} %", 100.0 * v);
            if text == "-0.0 %" { "0.0 %".into() } else { text }
        }
        _ => NONE.to_string(),
    }
}

/// A count with its thousands set apart: `105,072`.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 forecast`, `1,250 forecasts`.
pub fn counted(value: u64, noun: &str) -> String {
    format!("{} {noun}{}", count(value), if value == 1 { "" } else { "s" })
}

/// A line of bars, one a value, from the smallest to the largest; a space where there is none.
/// A row of equal values is drawn low.
pub fn sparkline(values: &[Option<f64>]) -> String {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let known = || values.iter().flatten().copied().filter(|v| v.is_finite());
    let (low, high) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    values
        .iter()
        .map(|value| match value {
            Some(v) if v.is_finite() => {
                let share = if high > low { (v - low) / (high - low) } else { 0.0 };
                BARS.get((share * 7.0).round() as usize).copied().unwrap_or('█')
            }
            _ => ' ',
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn significant_digits() {
        for (value, digits, expected) in [
            (35.958_333, 6, "35.9583"),
            (123_456_789.0, 6, "123457000.0"),
            (-0.000_123_456_78, 6, "-0.000123457"),
            (1e300 / 3.0, 6, "3.33333e299"),
            (1.0, 6, "1.0"),
            (-0.0, 6, "0.0"),
            (0.1 + 0.2, 0, "0.30000000000000004"),
            (0.1 + 0.2, 6, "0.3"),
            (f64::NAN, 6, ""),
            (f64::INFINITY, 6, ""),
            (5e-324, 6, "5e-324"),
            (999_999.96, 6, "1000000.0"),
        ] {
            assert_eq!(machine(value, digits), expected);
        }
        assert_eq!(machine32(0.1), "0.1");
    }

    #[test]
    fn forecasts_have_the_digits_of_their_steps() {
        let register: Vec<f64> = (0..48).map(|i| 123_456_000.479 + 0.55 * f64::from(i)).collect();
        assert_eq!(machine(forecast(123_456_647.869_123, resolution(&register)), 0), "123456647.8691");
        let close: Vec<f64> = (0..30).map(|i| 1.08 + 2e-5 * f64::from(i)).collect();
        assert_eq!(machine(forecast(1.086_021_234_5, resolution(&close)), 0), "1.08602123");
        let air = [35.0, 41.5, 38.25];
        assert_eq!(machine(forecast(35.958_333, resolution(&air)), 0), "35.9583");
        assert_eq!(machine(forecast(1e9 / 3.0, resolution(&[34_567_890.76; 5])), 0), "333333333.33");
        assert_eq!(machine(forecast(5.0, resolution(&[5.0; 5])), 0), "5.0");
        assert_eq!(machine(forecast(2.0 / 3.0, resolution(&[f64::NAN])), 0), "0.666667");
        assert_eq!(machine(forecast(-0.0, 1.0), 0), "0.0");
    }

    #[test]
    fn rounding_agrees_with_decimal_text() {
        let mut value = 1.234_567_891_234e-30;
        for _ in 0..400 {
            let by_text: f64 = format!("{value:.5e}").parse().unwrap();
            assert_eq!(round_significant(value, 6), by_text, "{value:e}");
            value *= -1.473_219;
        }
    }

    #[test]
    fn columns_for_people() {
        let cells = column(&[Some(41.1321), Some(9.0), None, Some(-0.0001)]);
        assert_eq!(cells, ["41.13", "9.000", "-", "-0.0001000"]);
        assert_eq!(column(&[Some(41.1321), Some(9.0), None]), ["41.13", "9.00", "-"]);
        assert_eq!(column(&[Some(34_567_901.063), Some(34_567_904.5)]), ["34567901.063", "34567904.500"]);
        assert_eq!(column(&[Some(1.079_972_2), Some(1.079_956_9)]), ["1.07997220", "1.07995690"]);
        assert_eq!(human(Some(12345.6)), "12346");
        assert_eq!(human(Some(0.0)), "0.000");
        assert_eq!(human(Some(f64::NAN)), "-");
        assert_eq!(percent(Some(-0.0001)), "0.0 %");
        assert_eq!(count(105_072), "105,072");
        assert_eq!(count(12), "12");
        assert_eq!((counted(1, "row"), counted(1250, "row")), ("1 row".into(), "1,250 rows".into()));
        assert_eq!(sparkline(&[Some(0.0), None, Some(7.0)]), "▁ █");
        assert_eq!(sparkline(&[Some(3.0)]), "▁");
    }
}
