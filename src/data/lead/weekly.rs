//! Is there a weekly pattern?

use crate::data::panel::Panel;

/// Whether training shows a weekly pattern: the first target differs less from itself a week
/// before than from itself 4, 5, 6, 8, 9 and 10 days before, on average by a twentieth.
pub fn weekly(panel: &Panel, until: i64) -> bool {
    let day = 86_400 / panel.freq.seconds();
    let Some(values) = panel.columns.first().map(|c| &c.values).filter(|_| day >= 1) else { return false };
    let difference = |days: i64| {
        let lag = (days * day) as usize;
        let (mut sum, mut count) = (0f64, 0usize);
        for segment in &panel.segments {
            let rows = segment.offset..segment.offset + segment.len;
            let end = rows.start + panel.stamps[rows.clone()].partition_point(|s| *s < until);
            let part = &values[rows.start..end];
            let observed: Vec<f64> = part.iter().copied().filter(|v| !v.is_nan()).collect();
            let n = observed.len().max(1) as f64;
            let mean = observed.iter().sum::<f64>() / n;
            let spread = (observed.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n).sqrt();
            if spread <= 0.0 || part.len() <= lag {
                continue;
            }
            for (now, then) in part[lag..].iter().zip(part).filter(|(a, b)| !a.is_nan() && !b.is_nan()) {
                sum += (now - then).abs() / spread;
                count += 1;
            }
        }
        sum / count.max(1) as f64
    };
    let week = difference(7);
    let around: f64 = [4, 5, 6, 8, 9, 10].iter().map(|d| difference(*d)).sum::<f64>() / 6.0;
    week > 0.0 && week < 0.95 * around
}
