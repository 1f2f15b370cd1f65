//! The report of `tune`: which trials did well, and what was gained on a fold that none was chosen by.

use serde_json::Value;

use crate::number::percent;
use crate::report::document::{self, Part, Table};
use crate::report::ordered::Object;
use crate::text::plural;

/// Trials that are shown to people.
const SHOWN: usize = 12;

/// One trial.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// 0 are the settings as they were given.
    pub number: usize,
    /// What it has in their place, by group and key.
    pub settings: Value,
    /// The last rung that it took part in; `None` where not even the first was finished.
    pub rung: Option<usize>,
    /// By fold: the mean absolute error beside that of the better simple forecast.
    pub scores: Vec<f64>,
    /// Why it has none.
    pub why: Option<String>,
}

impl Trial {
    /// The mean over folds.
    pub fn score(&self) -> Option<f64> {
        (!self.scores.is_empty()).then(|| self.scores.iter().sum::<f64>() / self.scores.len() as f64)
    }

    /// Sorts those of later rungs first, and of one rung those with the lower score.
    pub fn rank(&self) -> f64 {
        let rung = self.rung.map_or(1e12, |rung| -(rung as f64) * 1e9);
        rung + self.score().unwrap_or(1e8).min(1e8)
    }

    /// `hidden_size 32, dropout 0.1`.
    fn said(&self) -> String {
        let groups = self.settings.as_object().into_iter().flat_map(|groups| groups.values());
        let keys = groups.filter_map(Value::as_object).flatten();
        let said: Vec<String> = keys.map(|(key, value)| format!("{key} {}", plain(value))).collect();
        if said.is_empty() { "as given".into() } else { said.join(", ") }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "all".into(),
        Value::Array(list) if list.is_empty() => "none".into(),
        Value::Array(list) => list.iter().map(plain).collect::<Vec<_>>().join("+"),
        other => other.to_string(),
    }
}

/// One rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// Trials that finished it, the settings as they were given among them.
    pub trials: usize,
    /// Steps of each training.
    pub steps: usize,
}

/// A trial in one rung.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Run {
    /// From 0.
    pub rung: usize,
    /// The trial.
    pub trial: usize,
    /// Its mean over folds.
    pub score: f64,
}

/// The finished search.
#[derive(Debug, Clone, PartialEq)]
pub struct Tuning {
    /// The table's file name.
    pub table: String,
    /// What is forecast.
    pub targets: Vec<String>,
    /// First and last stamp of the folds that chose.
    pub folds: Vec<(String, String)>,
    /// The same of the one that was held out.
    pub held_out: (String, String),
    /// Forecasts that each fold was scored on.
    pub forecasts: Vec<usize>,
    /// What was done.
    pub rungs: Vec<Rung>,
    /// The best first.
    pub trials: Vec<Trial>,
    /// The trial with the lowest score of the last rung that a trial finished; 0 where the settings as they were
    /// given have a lower one there.
    pub best: usize,
    /// The trial whose settings are kept: the best, or 0 where it gained nothing.
    pub kept: usize,
    /// On the held-out fold: of the settings as they were given, and of the best trial.
    pub held_out_scores: Option<(f64, f64)>,
    /// All trials in all rungs, in the order in which they were trained.
    pub runs: Vec<Run>,
    /// Whether there was no time for all of it.
    pub late: bool,
    /// Where there was no time for a single trial: the seconds that the verdict alone is reckoned to take.
    pub short_of: Option<f64>,
    /// How long it took.
    pub seconds: f64,
}

impl Tuning {
    /// The report for people.
    pub fn text(&self) -> String {
        document::text(&self.document())
    }

    /// The report for other programs; it does not say how long anything took.
    pub fn json(&self) -> String {
        let spans = |span: &(String, String)| Object::default().with("from", &span.0).with("to", &span.1);
        let trial = |trial: &Trial| {
            Object::default()
                .with("trial", trial.number)
                .with("rung", trial.rung.map(|rung| rung + 1))
                .with("score", trial.score())
                .with("scores", &trial.scores)
                .with("settings", &trial.settings)
                .with("why", &trial.why)
        };
        let rung = |rung: &Rung| Object::default().with("trials", rung.trials).with("steps", rung.steps);
        Object::default()
            .with("table", &self.table)
            .with("targets", &self.targets)
            .list("folds", self.folds.iter().map(spans).collect())
            .object("held_out", spans(&self.held_out))
            .list("rungs", self.rungs.iter().map(rung).collect())
            .with("best", self.best)
            .with("kept", self.kept)
            .with("held_out_given", self.held_out_scores.map(|scores| scores.0))
            .with("held_out_best", self.held_out_scores.map(|scores| scores.1))
            .with("gain", self.gain())
            .with("time_was_up", self.late)
            .list("trials", self.trials.iter().map(trial).collect())
            .text()
    }

    /// By how much the best trial lowers the error on the held-out fold, as a share.
    pub fn gain(&self) -> Option<f64> {
        self.held_out_scores.map(|(given, best)| 1.0 - best / given)
    }

    /// What was gained, in a sentence or two.
    pub fn verdict(&self) -> String {
        let (from, to) = &self.held_out;
        if let Some(seconds) = self.short_of {
            let minutes = (seconds / 60.0).ceil().max(1.0);
            return format!(
                "Nothing was tried: --minutes are too few here. The last two trainings alone, which say what was gained, take about {minutes:.0} min. The settings as given are kept."
            );
        }
        let Some((given, best)) = self.held_out_scores else {
            return match self.best {
                0 => "Nothing was gained: no trial was better than the settings as given on the folds. They are kept.".into(),
                _ => "The held-out fold could not be scored: the settings as given are kept.".into(),
            };
        };
        let (number, scores) = (self.best, format!("{best:.4} against {given:.4}"));
        let fold = format!("on the fold that chose nothing ({from} to {to})");
        match self.kept {
            0 => format!(
                "Nothing was gained: trial {number} was better than the settings as given on the folds that chose it, but is {} worse {fold}: {scores}. They are kept.",
                percent(Some(best / given - 1.0))
            ),
            _ => format!(
                "Trial {number} is kept: its error is {} lower than that of the settings as given {fold}: {scores}.",
                percent(self.gain())
            ),
        }
    }

    /// What each rung was.
    fn halving(&self) -> Option<String> {
        let trials = |rung: &Rung| match rung.trials.saturating_sub(1) {
            0 => "the settings as given alone".to_owned(),
            n => plural(n, "trial"),
        };
        let told = |(at, rung): (usize, &Rung)| {
            let each = if at == 0 { " each" } else { "" };
            format!("{} of {} steps{each}", trials(rung), rung.steps)
        };
        let rungs: Vec<String> = self.rungs.iter().enumerate().map(told).collect();
        let beside = match self.rungs.iter().any(|rung| rung.trials > 1) {
            true => "; beside them the settings as given",
            false => "",
        };
        (!rungs.is_empty()).then(|| format!("Successive halving: {}{beside}.", rungs.join(", then ")))
    }

    fn document(&self) -> Vec<Part> {
        let folds: Vec<String> = self.folds.iter().map(|(from, to)| format!("{from} to {to}")).collect();
        let mut parts = vec![
            Part::Title(format!("Settings for {} on {}", self.targets.join(", "), self.table)),
            Part::Paragraph(format!(
                "Scores are errors (MAE) as a share of the better simple forecast's, on folds of the validation part ({}); lower is better, and 1 is no better than simple.",
                folds.join("; ")
            )),
        ];
        parts.extend(self.halving().map(Part::Paragraph));
        if self.late {
            parts.push(Part::Paragraph(
                "There was no time for all of it (--minutes): another run may find something else.".into(),
            ));
        }
        let mut head: Vec<String> = ["trial", "steps", "score"].map(String::from).to_vec();
        head.extend((1..=self.folds.len()).map(|fold| format!("fold {fold}")));
        let row = |trial: &Trial| {
            let steps =
                trial.rung.and_then(|rung| self.rungs.get(rung)).map_or("-".into(), |r| r.steps.to_string());
            let number = |v: Option<f64>| v.map_or("-".into(), |v| format!("{v:.4}"));
            let folds = (0..self.folds.len()).map(|fold| number(trial.scores.get(fold).copied()));
            [trial.number.to_string(), steps, number(trial.score())].into_iter().chain(folds).collect()
        };
        // Those that were tried at all.
        let tried: Vec<&Trial> =
            self.trials.iter().filter(|trial| trial.rung.is_some() || trial.why.is_some()).collect();
        let mut shown: Vec<&Trial> = tried.iter().take(SHOWN).copied().collect();
        shown.extend(tried.iter().skip(SHOWN).find(|trial| trial.number == 0));
        let of = match tried.len() > shown.len() {
            true => format!(" ({} of {})", shown.len(), tried.len()),
            false => String::new(),
        };
        if !shown.is_empty() {
            let title = format!("Trials{of}, those of later rungs first; 0 are the settings as given");
            parts.push(Part::Title(title));
            parts.push(Part::Table(Table { head, rows: shown.iter().map(|trial| row(trial)).collect() }));
        }
        let failed = self.trials.iter().filter(|trial| trial.why.is_some()).count();
        if failed > 0 {
            parts.push(Part::Paragraph(format!("{failed} trials failed; --log says why.")));
        }
        let best: Vec<String> = (shown.iter().filter(|trial| trial.number > 0).take(3))
            .map(|trial| format!("trial {}: {}", trial.number, trial.said()))
            .collect();
        if !best.is_empty() {
            parts.push(Part::Title("What the best of them have in place of what was given".into()));
            parts.push(Part::List(best));
        }
        parts.push(Part::Title("What was gained".into()));
        parts.push(Part::Paragraph(self.verdict()));
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trial(number: usize, rung: Option<usize>, scores: &[f64]) -> Trial {
        Trial { number, settings: serde_json::json!({}), rung, scores: scores.to_vec(), why: None }
    }

    #[test]
    fn later_rungs_come_first_and_the_verdict_is_plain() {
        let mut trials = vec![
            trial(1, Some(0), &[0.1, 0.1]),
            trial(2, Some(1), &[0.9, 0.7]),
            trial(0, Some(1), &[0.9, 0.9]),
            trial(3, None, &[]),
        ];
        trials.sort_by(|a, b| a.rank().total_cmp(&b.rank()));
        let order: Vec<usize> = trials.iter().map(|trial| trial.number).collect();
        assert_eq!(order, [2, 0, 1, 3]);
        assert_eq!(trials[0].score(), Some(0.8));
        let mut tuning = Tuning {
            table: "t.csv".into(),
            targets: vec!["y".into()],
            folds: vec![("a".into(), "b".into()), ("c".into(), "d".into())],
            held_out: ("e".into(), "f".into()),
            forecasts: vec![1, 1],
            rungs: vec![Rung { trials: 3, steps: 10 }, Rung { trials: 2, steps: 30 }],
            trials,
            best: 2,
            kept: 2,
            held_out_scores: Some((0.8, 0.6)),
            runs: Vec::new(),
            late: false,
            short_of: None,
            seconds: 1.0,
        };
        assert!((tuning.gain().unwrap() - 0.25).abs() < 1e-12);
        assert!(tuning.text().contains("its error is 25.0 % lower"), "{}", tuning.text());
        (tuning.kept, tuning.held_out_scores) = (0, Some((0.6, 0.9)));
        assert!(
            tuning.verdict().contains("on the folds that chose it, but is 50.0 % worse on the fold"),
            "{}",
            tuning.verdict()
        );
        (tuning.best, tuning.held_out_scores) = (0, None);
        assert!(tuning.verdict().starts_with("Nothing was gained: no trial"));
        let halving = "2 trials of 10 steps each, then 1 trial of 30 steps; beside them";
        assert!(tuning.halving().is_some_and(|told| told.contains(halving)), "{:?}", tuning.halving());
        tuning.short_of = Some(61.0);
        assert!(tuning.verdict().contains("take about 2 min"), "{}", tuning.verdict());
        assert_eq!(serde_json::from_str::<Value>(&tuning.json()).unwrap()["trials"][0]["trial"], 2);
    }
}
