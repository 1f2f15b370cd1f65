//! What an evaluation must reach: figures of the model, pooled over everything, and their bounds.

use super::{Evaluation, Summary};
use crate::forecast::conformal::LEVELS;
use crate::text::did_you_mean;

/// Figures of which more is better, and never more than 1; of all others less is better.
const HIGH: [&str; 2] = ["skill", "r2"];

/// One figure and its bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    figure: Figure,
    bound: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Figure {
    /// Index into [`Summary::NAMES`].
    Metric(usize),
    Skill,
    /// Percent of an interval.
    Coverage(u8),
}

impl Requirement {
    /// `skill=0.05,mae=30,coverage80=0.75`.
    ///
    /// # Errors
    /// What was expected: a name that is known, a bound that is a number and can be reached.
    pub fn parse_list(text: &str) -> Result<Vec<Requirement>, String> {
        text.split(',').map(|part| Self::parse(part.trim())).collect()
    }

    fn parse(text: &str) -> Result<Requirement, String> {
        let Some((name, bound)) = text.split_once('=') else {
            return Err("expected figures and bounds, such as skill=0.05,mae=30,coverage80=0.75".into());
        };
        let (name, bound) = (name.trim(), bound.trim());
        let figure = Figure::of(name).ok_or_else(|| unknown(name))?;
        let number = bound.parse::<f64>().ok().filter(|bound| bound.is_finite());
        let bound = number.ok_or_else(|| format!("the bound of {name} is no number: `{bound}`"))?;
        if figure.high() && bound > 1.0 {
            return Err(format!("{name} is never more than 1, so it cannot reach {bound}"));
        }
        Ok(Requirement { figure, bound })
    }

    /// Whether it is met, and if not, why.
    fn failure(&self, evaluation: &Evaluation) -> Option<String> {
        let (figure, bound) = (self.figure, self.bound);
        let (name, least) = (figure.name(), if figure.high() { "at least" } else { "at most" });
        let Some(value) = figure.value(evaluation) else {
            let why = figure.missing(evaluation);
            return Some(format!("{name} is not defined{why}, {least} {bound} is required"));
        };
        let met = if figure.high() { value >= bound } else { figure.size(value) <= bound };
        (!met).then(|| format!("{name} is {value}, {least} {bound} is required"))
    }
}

impl Figure {
    fn of(name: &str) -> Option<Figure> {
        if name == "skill" {
            return Some(Figure::Skill);
        }
        if let Some(level) = name.strip_prefix("coverage") {
            return LEVELS.into_iter().find(|known| known.to_string() == level).map(Figure::Coverage);
        }
        Summary::NAMES.iter().position(|known| *known == name).map(Figure::Metric)
    }

    fn name(self) -> String {
        match self {
            Figure::Skill => "skill".into(),
            Figure::Coverage(level) => format!("coverage{level}"),
            Figure::Metric(index) => Summary::NAMES.get(index).copied().unwrap_or_default().into(),
        }
    }

    /// Whether more is better.
    fn high(self) -> bool {
        matches!(self, Figure::Coverage(_)) || HIGH.contains(&self.name().as_str())
    }

    /// What is held against an upper bound: of a bias its size.
    fn size(self, value: f64) -> f64 {
        if self.name() == "bias" { value.abs() } else { value }
    }

    /// The figure; `None` also where a forecast is missing, since the figure then leaves it out.
    fn value(self, evaluation: &Evaluation) -> Option<f64> {
        let block = &evaluation.overall;
        let model = block.methods.first().filter(|m| evaluation.has_model && m.missing == 0)?;
        let value = match self {
            Figure::Skill => block.skill,
            Figure::Coverage(level) => {
                block.intervals.iter().find(|i| i.nominal == f64::from(level)).and_then(|i| i.coverage)
            }
            Figure::Metric(index) => model.values().get(index).copied().flatten(),
        };
        value.filter(|value| value.is_finite())
    }

    /// Why there is no value, where that is known.
    fn missing(self, evaluation: &Evaluation) -> String {
        let block = &evaluation.overall;
        let lacking = block.methods.first().map_or(0, |model| model.missing);
        match self {
            _ if lacking > 0 => format!(" (values without a forecast: {lacking})"),
            Figure::Coverage(level) if block.intervals.iter().all(|i| i.nominal != f64::from(level)) => {
                format!(" (--interval {level} measures it)")
            }
            _ => String::new(),
        }
    }
}

fn unknown(name: &str) -> String {
    let coverages = LEVELS.map(|level| format!("coverage{level}"));
    let known: Vec<&str> =
        Summary::NAMES.into_iter().chain(["skill"]).chain(coverages.iter().map(String::as_str)).collect();
    let meant = did_you_mean(name, known.iter().copied());
    format!("no figure is called `{name}`{meant}; there are {}", known.join(", "))
}

impl Evaluation {
    /// A sentence for each figure that does not reach its bound; figures that are not defined do not.
    pub fn failures(&self, required: &[Requirement]) -> Vec<String> {
        required.iter().filter_map(|requirement| requirement.failure(self)).collect()
    }
}
