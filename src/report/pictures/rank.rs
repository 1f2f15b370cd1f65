//! Which of many series are worth a picture: where the model does best, worst, and in between.

use crate::report::evaluation::Evaluation;

/// A series' place by its skill.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rank {
    /// From 1, the best.
    pub place: usize,
    /// Of so many.
    pub of: usize,
    /// `1 - error / error of the better simple forecast`.
    pub skill: f64,
}

impl std::fmt::Display for Rank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = format!("{:.0} %", 100.0 * self.skill).replace("-0 %", "0 %").replace('-', "−");
        let place = match self.place {
            1 => "best".into(),
            place if place == self.of => "worst".into(),
            place => format!("no. {place} of {}", self.of),
        };
        write!(f, "{place}: skill {percent}")
    }
}

/// Some of many.
#[derive(Debug, Clone, PartialEq)]
pub struct Few {
    /// Index of each, and its place by skill where that is known: best first.
    pub chosen: Vec<(usize, Option<Rank>)>,
    /// What was chosen, in a sentence.
    pub told: String,
}

impl Few {
    /// Some of `all`, where `most` are not enough, by skill, from the best to the worst: the ends and the middle. `skills` are pairs
    /// of an index and a skill; those that were not scored are never chosen, unless none was.
    pub fn of(all: usize, most: usize, skills: &[(usize, f64)]) -> Few {
        let third = (most / 4).max(1);
        let mut order: Vec<(usize, f64)> =
            skills.iter().copied().filter(|(_, skill)| skill.is_finite()).collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let scored = order.len();
        if scored < third * 3 {
            let chosen = spread(all, third * 3).map(|index| (index, None)).collect();
            let told = format!("{} of {all}, evenly spaced by name: they could not be scored.", third * 3);
            return Few { chosen, told };
        }
        let middle = (scored - third) / 2;
        let places = (0..third).chain(middle..middle + third).chain(scored - third..scored);
        let chosen = places
            .filter_map(|at| order.get(at).map(|(index, skill)| (at, *index, *skill)))
            .map(|(at, index, skill)| (index, Some(Rank { place: at + 1, of: scored, skill })))
            .collect();
        let which = match third {
            1 => "the best, the median and the worst".to_string(),
            n => format!("the {n} best, {n} about the median and the {n} worst"),
        };
        let told = format!(
            "{} of {all}: {which} by skill on the test part (1 − the error / that of the better simple forecast).",
            third * 3
        );
        Few { chosen, told }
    }
}

/// `wanted` of `all` places, evenly from the first to the last.
fn spread(all: usize, wanted: usize) -> impl Iterator<Item = usize> {
    let wanted = wanted.min(all);
    (0..wanted).map(move |i| if wanted < 2 { 0 } else { i * (all - 1) / (wanted - 1) })
}

/// Skill of each (series, target), as indices into `series * targets + target`.
pub fn skills(evaluation: &Evaluation) -> Vec<(usize, f64)> {
    let targets = evaluation.context.targets.len().max(1);
    let of = |row: &crate::report::evaluation::Row| Some((row.key * targets + row.target, row.block.skill?));
    evaluation.per_series.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_and_middle() {
        let skills: Vec<(usize, f64)> = (0..10).map(|i| (i, f64::from(i as u32) / 10.0)).collect();
        let few = Few::of(10, 3, &skills);
        let chosen: Vec<(usize, usize)> =
            few.chosen.iter().filter_map(|(i, r)| Some((*i, r.as_ref()?.place))).collect();
        // Of places 1 to 10 the fifth is in the middle: skill 0.5.
        assert_eq!(chosen, [(9, 1), (5, 5), (0, 10)]);
        assert_eq!(few.chosen[0].1.unwrap().to_string(), "best: skill 90 %");
        assert_eq!(few.chosen[1].1.unwrap().to_string(), "no. 5 of 10: skill 50 %");
        assert!(few.told.starts_with("3 of 10: the best, the median and the worst by skill"), "{}", few.told);
    }

    #[test]
    fn without_scores_they_are_spread() {
        let few = Few::of(10, 3, &[]);
        assert_eq!(few.chosen, [(0, None), (4, None), (9, None)]);
        assert_eq!(Few::of(1, 3, &[]).chosen, [(0, None)]);
    }
}
