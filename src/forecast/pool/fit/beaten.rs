//! Whether what was combined is plainly better than a simple forecast, or by chance.

use super::super::Member;
use super::{Given, LEAST, Part};
use crate::forecast::forecasts::Forecasts;

/// Standard errors that count as plainly better.
const PLAIN: f64 = 2.0;
/// Fewest groups that have a standard error.
const LEAST_GROUPS: usize = 4;

impl Part {
    /// The place of a simple forecast that the combination does not plainly beat, where the validation part has values
    /// enough to tell.
    pub(super) fn not_beaten(
        &self,
        given: &Given,
        members: &[Member],
        combined: &Forecasts,
    ) -> Option<usize> {
        if self.cuts.len() * self.horizon < 2 * LEAST {
            return None;
        }
        let simple = |member: &Member| matches!(member, Member::LastValue | Member::SeasonalNaive);
        let places = (1..self.members).filter(|j| members.get(j - 1).is_some_and(simple));
        let gains = places.map(|j| (j, self.gains(given, combined, j)));
        // The better of them has the smaller gain over it.
        let mean = |gains: &[Gain]| gains.iter().map(|g| g.mean).sum::<f64>() / gains.len() as f64;
        let (member, gains) =
            gains.filter(|(_, g)| !g.is_empty()).min_by(|a, b| mean(&a.1).total_cmp(&mean(&b.1)))?;
        let span = given.panel.freq.seconds().saturating_mul(self.horizon as i64).max(1);
        let first = gains.iter().map(|gain| gain.origin).min()?;
        let by_time = plainness(&gains, |gain| (gain.origin - first) / span);
        let by_series = plainness(&gains, |gain| i64::from(gain.series));
        let least = by_time.into_iter().chain(by_series).min_by(f64::total_cmp)?;
        (least < PLAIN).then_some(member)
    }

    /// By how much the combination is better than a member, cut by cut.
    fn gains(&self, given: &Given, combined: &Forecasts, member: usize) -> Vec<Gain> {
        let k = combined.targets;
        let of_cut = |(at, i): (usize, &usize)| {
            let cut = given.cuts[*i];
            let series = given.panel.segments[cut.segment as usize].series;
            let unit = given.units[series as usize * k + self.target];
            let (mut sum, mut count) = (0f64, 0usize);
            for step in 0..self.horizon {
                let cell = (i * self.horizon + step) * k + self.target;
                let moved = (combined.point[cell] - given.networks.point[cell]) / unit;
                let own = f64::from(self.error(at, 0, step)) + moved;
                let gain = f64::from(self.error(at, member, step)).abs() - own.abs();
                if gain.is_finite() {
                    sum += gain;
                    count += 1;
                }
            }
            let origin = given.panel.stamps[cut.row];
            (count > 0).then(|| Gain { mean: sum / count as f64, origin, series })
        };
        self.cuts.iter().enumerate().filter_map(of_cut).collect()
    }
}

/// By how much a forecast is better than another at one cut, on average over the leads.
struct Gain {
    mean: f64,
    origin: i64,
    series: u32,
}

/// How many standard errors the mean gain lies above 0, where gains within a group go together and groups do not;
/// `None` of too few groups.
fn plainness(gains: &[Gain], group: impl Fn(&Gain) -> i64) -> Option<f64> {
    let mut groups = std::collections::BTreeMap::<i64, (f64, f64)>::new();
    for gain in gains {
        let own = groups.entry(group(gain)).or_default();
        *own = (own.0 + gain.mean, own.1 + 1.0);
    }
    let n = groups.len() as f64;
    if groups.len() < LEAST_GROUPS {
        return None;
    }
    let means: Vec<f64> = groups.values().map(|(sum, count)| sum / count).collect();
    let mean = means.iter().sum::<f64>() / n;
    let variance = means.iter().map(|m| (m - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Some(if variance > 0.0 { mean / (variance / n).sqrt() } else { mean.signum() * f64::INFINITY })
}
