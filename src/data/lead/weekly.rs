//! Is there a weekly pattern?

use crate::data::panel::Panel;

/// Whether training shows a weekly pattern: the first target differs less from itself a week
/// before than from itself 1, 2 and 3 days less or more before, on average by a twentieth. Days
/// without slots are no days here.
pub fn weekly(panel: &Panel, until: i64) -> bool {
    let (Some(values), Some((day, week))) =
        (panel.columns.first().map(|c| &c.values), panel.freq.day_and_week())
    else {
        return false;
    };
    let difference = |lag: usize| {
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
    let near = (1..=3).flat_map(|days| [week.saturating_sub(days * day), week + days * day]);
    let around: Vec<f64> = near.filter(|lag| *lag > 0).map(difference).collect();
    let (week, around) = (difference(week), around.iter().sum::<f64>() / around.len().max(1) as f64);
    week > 0.0 && week < 0.95 * around
}
