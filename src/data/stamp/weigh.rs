//! How well a reading of a table's stamps makes sense: rows in order, an even step, few holes, a
//! step that people use. Two readings are compared by this alone; neither today's date nor the
//! number of rows plays a part.

use super::iso::{civil_from_days, days_in_month};
use std::collections::HashMap;

const DAY: i64 = 86_400;
/// Mean seconds of a month (a twelfth of 365.2425 days).
const MONTH: i64 = 2_629_746;

/// A distance between two stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Seconds(i64),
    /// Whole months, where both stamps lie alike in theirs.
    Months(i64),
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let units = [(7 * DAY, "week"), (DAY, "day"), (3600, "hour"), (60, "minute"), (1, "second")];
        let (n, unit) = match *self {
            Step::Months(n) if n % 12 == 0 => (n / 12, "year"),
            Step::Months(n) => (n, "month"),
            Step::Seconds(s) => {
                let unit = units.iter().find(|(unit, _)| s % unit == 0).unwrap_or(&(1, "second"));
                (s / unit.0, unit.1)
            }
        };
        if n == 1 { write!(f, "1 {unit}") } else { write!(f, "{n} {unit}s") }
    }
}

/// What speaks for and against a reading; shares are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sense {
    /// Rows that go back in time without a new series beginning, of all changes.
    pub disorder: f64,
    /// The commonest step, and its share of all steps.
    pub step: Option<Step>,
    pub regular: f64,
    /// Rows that exist of those that the step and the span ask for.
    pub complete: f64,
    /// First and last stamp.
    pub span: (i64, i64),
    /// Different stamps.
    pub stamps: usize,
}

impl Sense {
    /// Looks at the stamps in row order, each row's or with repeats left out.
    pub fn of(stamps: &[i64]) -> Sense {
        let mut sorted: Vec<i64> = stamps.to_vec();
        sorted.sort_unstable();
        let most = most_equal(&sorted);
        sorted.dedup();
        let span = (sorted.first().copied().unwrap_or(0), sorted.last().copied().unwrap_or(0));
        let (mut rises, mut falls) = (Vec::new(), Vec::new());
        for pair in stamps.windows(2) {
            let [a, b] = pair else { continue };
            match a.cmp(b) {
                std::cmp::Ordering::Less => rises.push((*a, *b)),
                std::cmp::Ordering::Greater => falls.push((*b, *a)),
                std::cmp::Ordering::Equal => {}
            }
        }
        // Newest first is an order too.
        if falls.len() > rises.len() {
            std::mem::swap(&mut rises, &mut falls);
        }
        let changes = rises.len() + falls.len();
        // Each series may begin anew: as many as the commonest stamp has rows.
        let disorder = (falls.len() + 1).saturating_sub(most) as f64 / changes.max(1) as f64;
        let mut within = shares(&rises);
        // Rows in no order have no steps of their own: those of the sorted stamps count.
        if falls.len() * 4 > changes {
            let pairs: Vec<(i64, i64)> =
                sorted.windows(2).filter_map(|p| Some((*p.first()?, *p.get(1)?))).collect();
            within = shares(&pairs);
        }
        let (step, regular) = within.map_or((None, 0.0), |(step, share)| (Some(step), share));
        let wanted = match step {
            None => 1.0,
            Some(Step::Seconds(s)) => (span.1 - span.0) as f64 / s as f64 + 1.0,
            Some(Step::Months(n)) => ((span.1 - span.0) as f64 / (n * MONTH) as f64).round() + 1.0,
        };
        let share = sorted.len() as f64 / wanted.max(1.0);
        // More stamps than the grid has places speak against it as much as too few.
        let complete = share.min(1.0 / share.max(1e-9));
        Sense { disorder, step, regular, complete, span, stamps: sorted.len() }
    }

    /// All in one number from 0 to 1.
    pub fn worth(&self) -> f64 {
        let order = (1.0 - 4.0 * self.disorder).max(0.0) * if self.disorder > 0.0 { 0.9 } else { 1.0 };
        let usual = if self.step.is_some_and(usual) { 1.0 } else { 0.2 };
        let past = if civil_from_days(self.span.1.div_euclid(DAY)).0 > 2150 { 0.7 } else { 1.0 };
        order * self.regular * self.complete * usual * past
    }

    /// Whether nearly all rows are at a step that nobody uses.
    pub fn is_strange(&self) -> bool {
        self.regular > 0.8 && self.step.is_some_and(|step| !usual(step))
    }

    /// What is odd about a reading that makes little sense, for people.
    pub fn odd(&self) -> String {
        if self.disorder > 0.02 {
            return "the rows would not be in order".to_owned();
        }
        match self.step {
            Some(step) if !usual(step) => format!("the rows would be {step} apart"),
            _ if self.complete < 0.5 => {
                format!("{:.0} % of the rows would be missing", 100.0 * (1.0 - self.complete))
            }
            _ => "the rows would be unevenly apart".to_owned(),
        }
    }
}

/// How often the commonest of ascending stamps occurs.
fn most_equal(sorted: &[i64]) -> usize {
    sorted.chunk_by(|a, b| a == b).map(<[i64]>::len).max().unwrap_or(1)
}

/// The commonest step of pairs (earlier, later), and its share.
fn shares(pairs: &[(i64, i64)]) -> Option<(Step, f64)> {
    let mut counts: HashMap<Step, usize> = HashMap::new();
    for (a, b) in pairs {
        let seconds = Step::Seconds(b - a);
        *counts.entry(seconds).or_default() += 1;
        if let Some(months) = months_between(*a, *b) {
            *counts.entry(Step::Months(months)).or_default() += 1;
        }
    }
    let length = |s: &Step| match s {
        Step::Seconds(n) => *n,
        Step::Months(n) => n * MONTH,
    };
    let (step, n) = counts.iter().max_by_key(|(s, n)| (**n, std::cmp::Reverse(length(s))))?;
    Some((*step, *n as f64 / pairs.len().max(1) as f64))
}

/// Whole months between stamps at the same time of the same day of the month, or of its last.
fn months_between(a: i64, b: i64) -> Option<i64> {
    if b - a < 28 * DAY || (b - a) % DAY != 0 {
        return None;
    }
    let month = |s: i64| {
        let (y, m, d) = civil_from_days(s.div_euclid(DAY));
        (i64::from(y) * 12 + i64::from(m), d, d == days_in_month(y, m))
    };
    let ((m, d, last), (n, e, end)) = (month(a), month(b));
    (d == e || (last && end) || (end && d > e) || (last && e > d)).then_some(n - m)
}

/// Whether rows are ever taken at such a step.
fn usual(step: Step) -> bool {
    match step {
        Step::Months(n) => [1, 2, 3, 4, 6, 12].contains(&n) || n % 12 == 0 && n <= 240,
        Step::Seconds(s) if s >= DAY => {
            // Thirty and more days are months read askew, as are all but whole days.
            s % DAY == 0 && (s / DAY <= 16 || s % (7 * DAY) == 0 || s == 30 * DAY)
        }
        Step::Seconds(s) => DAY % s == 0 && (s % 60 == 0 || 60 % s == 0),
    }
}

/// How the best of several readings stands to the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The reading at this place is clearly the best.
    Clear(usize),
    /// It is the best, but it makes little sense, or another one makes as much.
    Open(usize),
}

/// The least that a reading must be worth to be taken, and its lead over the next.
pub const LEAST: f64 = 0.25;
pub const LEAD: f64 = 1.5;

/// Compares readings by what they are worth.
pub fn judge(worths: &[f64]) -> Verdict {
    let best = (0..worths.len()).rev().max_by(|a, b| worths[*a].total_cmp(&worths[*b])).unwrap_or(0);
    let worth = worths.get(best).copied().unwrap_or(0.0);
    let others = worths.iter().enumerate().filter(|(i, _)| *i != best).map(|(_, w)| *w);
    let next = others.fold(0.0, f64::max);
    if worth >= LEAST && worth >= LEAD * next { Verdict::Clear(best) } else { Verdict::Open(best) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(n: i64) -> Vec<i64> {
        (0..n).map(|i| 1_546_300_800 + i * DAY).collect()
    }

    #[test]
    fn regular_rows_make_sense() {
        let s = Sense::of(&days(365));
        assert_eq!((s.disorder, s.step, s.regular, s.complete), (0.0, Some(Step::Seconds(DAY)), 1.0, 1.0));
        assert!(s.worth() > 0.99);
        let mut newest_first = days(365);
        newest_first.reverse();
        assert!(Sense::of(&newest_first).worth() > 0.99);
        // Three series after each other, and side by side.
        let after: Vec<i64> = (0..3).flat_map(|_| days(50)).collect();
        let beside: Vec<i64> = days(50).into_iter().flat_map(|d| [d, d, d]).collect();
        assert!(Sense::of(&after).worth() > 0.99 && Sense::of(&beside).worth() > 0.99);
    }

    #[test]
    fn a_misreading_makes_none() {
        // `19/01/02` as 19 January 2002: a year between rows, and 40 years back each month.
        let misread: Vec<i64> = (0..12)
            .flat_map(|m| (1..29).map(move |y| super::super::iso::days_from_civil(2000 + y, m + 1, 19) * DAY))
            .collect();
        assert!(Sense::of(&misread).worth() < 0.3, "{:?}", Sense::of(&misread));
        assert_eq!(judge(&[1.0, Sense::of(&misread).worth()]), Verdict::Clear(0));
        assert_eq!(judge(&[0.9, 0.8]), Verdict::Open(0));
        assert_eq!(judge(&[0.2]), Verdict::Open(0));
        assert_eq!(judge(&[0.0, 0.8]), Verdict::Clear(1));
        // A step of 100 seconds, and one of 13 months.
        let hundred: Vec<i64> = (0..200).map(|i| 1_901_010_000 + i * 100).collect();
        assert!(Sense::of(&hundred).odd().contains("100 seconds"), "{}", Sense::of(&hundred).odd());
        assert!(Sense::of(&hundred).worth() < LEAST);
        assert_eq!(Step::Months(13).to_string(), "13 months");
        assert!(!usual(Step::Months(13)));
    }
}
