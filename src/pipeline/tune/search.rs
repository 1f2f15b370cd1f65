//! Successive halving: many trials for few steps, the better third of them for three times as many, and so
//! on (Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS
//! 2016; with random trials as in Li et al., "Hyperband", Journal of Machine Learning Research 18, 2018).
//!
//! Each training of each rung begins anew, since a schedule of the learning rate is as long as its training. Trial 0
//! are the settings as they were given; it takes part in every rung, so that what was gained can be said.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use candle_core::Device;
use serde_json::Value;

use super::folds::Fold;
use super::journal::{Entry, Journal, Key};
use super::space::over;
use super::trial::Job;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::pipeline::table::Table;
use crate::report::tuning::{Run, Rung, Trial};
use crate::train::Hooks;

/// The share of trials that goes on is one in so many, and so many times the steps are theirs.
const ETA: usize = 3;
/// Rungs at most.
const RUNGS: usize = 3;
/// Steps of the first rung at least.
const LEAST_STEPS: usize = 10;
/// How much longer than reckoned the verdict may take.
const MARGIN: f64 = 1.15;

/// A search under way.
pub(super) struct Search<'a> {
    pub(super) base: &'a Config,
    pub(super) table: &'a Table,
    /// Those that choose; the held-out one is not among them.
    pub(super) folds: &'a [Fold],
    pub(super) held_out: &'a Fold,
    pub(super) device: &'a Device,
    pub(super) journal: Journal,
    /// Settings of each trial; trial 0 has none of its own.
    pub(super) settings: Vec<Value>,
    /// When all is to be done, the verdict too.
    pub(super) deadline: Option<Instant>,
    pub(super) began: Instant,
    /// Steps of a whole training of one network, and those done so far.
    pub(super) full: usize,
    pub(super) done: usize,
    pub(super) planned: usize,
    /// Whether there was no time for all of it.
    pub(super) late: bool,
    /// Seconds that a step of each trial takes.
    pub(super) pace: BTreeMap<usize, f64>,
    /// Seconds of a training beside its steps, at most.
    pub(super) fixed: f64,
    /// Trainings of a whole rung's folds that ended, in their order.
    pub(super) runs: Vec<Run>,
}

/// Trials of each rung, and the share of a whole training that each has.
pub(super) fn plan(trials: usize) -> Vec<(usize, usize)> {
    let mut sizes = vec![trials.max(1)];
    while sizes.len() < RUNGS && sizes.last().is_some_and(|n| *n >= ETA) {
        let last = sizes.last().copied().unwrap_or(1);
        sizes.push(last.div_ceil(ETA));
    }
    let all = sizes.len() as u32;
    sizes.iter().enumerate().map(|(rung, n)| (*n, ETA.pow(all - 1 - rung as u32))).collect()
}

impl Search<'_> {
    /// Runs all rungs; the trials with their scores, the best first, and what each rung was.
    pub(super) fn run(&mut self, hooks: &mut dyn Hooks) -> Result<(Vec<Trial>, Vec<Rung>)> {
        let plan = plan(self.settings.len() - 1);
        let steps = |share: usize| (share > 1).then(|| (self.full / share).max(LEAST_STEPS));
        let rungs: Vec<(usize, Option<usize>)> = plan.iter().map(|(n, share)| (*n, steps(*share))).collect();
        self.planned =
            rungs.iter().map(|(n, s)| (n + 1) * s.unwrap_or(self.full)).sum::<usize>() * self.folds.len();
        let mut trials: Vec<Trial> = (self.settings.iter().enumerate())
            .map(|(number, settings)| Trial {
                number,
                settings: settings.clone(),
                rung: None,
                scores: Vec::new(),
                why: None,
            })
            .collect();
        let mut alive: Vec<usize> = (0..trials.len()).collect();
        let mut told = Vec::new();
        for (rung, (size, steps)) in rungs.iter().enumerate() {
            alive.truncate(size + 1);
            for number in alive.clone() {
                let found = self.scores(number, rung, *steps, hooks)?;
                let Some(trial) = trials.get_mut(number) else { continue };
                match found {
                    Ok(scores) => {
                        (trial.rung, trial.scores) = (Some(rung), scores);
                        let score = trial.score().unwrap_or(f64::INFINITY);
                        self.runs.push(Run { rung, trial: number, score });
                    }
                    Err(Some(why)) => trial.why = Some(why),
                    Err(None) => break,
                }
                self.tell(rung, rungs.len(), &trials, hooks);
            }
            let steps = steps.unwrap_or(self.full);
            alive.retain(|trial| trials.get(*trial).is_some_and(|trial| trial.rung == Some(rung)));
            if !alive.is_empty() {
                told.push(Rung { trials: alive.len(), steps });
            }
            // Trial 0 comes first whatever its score.
            let score = |trial: &usize| trials.get(*trial).and_then(Trial::score).unwrap_or(f64::INFINITY);
            alive
                .sort_by(|a, b| (*a != 0).cmp(&(*b != 0)).then(score(a).total_cmp(&score(b))).then(a.cmp(b)));
            if self.late {
                break;
            }
        }
        let mut trials: Vec<Trial> = trials;
        trials.sort_by(|a, b| a.rank().total_cmp(&b.rank()).then(a.number.cmp(&b.number)));
        Ok((trials, told))
    }

    /// The score of a trial on the fold that none was chosen by, trained as `train` does.
    pub(super) fn on_held_out(&mut self, trial: usize, hooks: &mut dyn Hooks) -> Result<Option<f64>> {
        self.score((trial, None, self.folds.len()), None, hooks)
    }

    /// By fold; `Err(Some(why))` for a trial that failed, `Err(None)` where the time is up.
    fn scores(
        &mut self,
        trial: usize,
        rung: usize,
        steps: Option<usize>,
        hooks: &mut dyn Hooks,
    ) -> Result<Result<Vec<f64>, Option<String>>> {
        let mut scores = Vec::new();
        for fold in 0..self.folds.len() {
            if self.is_late((trial, Some(rung), fold), steps) {
                return Ok(Err(None));
            }
            let score = self.score((trial, Some(rung), fold), steps, hooks)?;
            self.done += steps.unwrap_or(self.full);
            match score {
                Some(score) => scores.push(score),
                None => return Ok(Err(Some("a training failed; the log says why".into()))),
            }
        }
        Ok(Ok(scores))
    }

    fn score(&mut self, key: Key, steps: Option<usize>, hooks: &mut dyn Hooks) -> Result<Option<f64>> {
        if let Some(known) = self.journal.get(key) {
            self.learn(key, steps, (known.seconds, known.training));
            return Ok(known.score);
        }
        let (trial, rung, fold) = key;
        let settings = self.settings.get(trial).cloned().unwrap_or_default();
        let began = Instant::now();
        let fold = self.folds.get(fold).unwrap_or(self.held_out);
        let score = over(self.base, &settings).and_then(|config| {
            Job { config, table: self.table, fold, whole: rung.is_none(), steps }.run(self.device, hooks)
        });
        let score = match score {
            Err(error @ (Error::Interrupted { .. } | Error::Write { .. })) => return Err(error),
            // What is wrong with the settings as they are is wrong with all.
            Err(error) if trial == 0 => return Err(error),
            Err(error) => Err(error.to_string()),
            Ok(outcome) => Ok(outcome),
        };
        let seconds = began.elapsed().as_secs_f64();
        let training = score.as_ref().map_or(seconds, |outcome| outcome.training);
        let score = score.map(|outcome| outcome.score);
        if score.is_ok() {
            self.learn(key, steps, (seconds, training));
        }
        let entry = Entry { key, settings: &settings, steps, score: score.clone(), seconds, training };
        self.journal.keep(&entry)?;
        Ok(score.ok())
    }

    /// Remembers how long a training took: all of it, and its steps alone.
    fn learn(&mut self, (trial, rung, _): Key, steps: Option<usize>, (seconds, training): (f64, f64)) {
        if rung.is_some() {
            self.pace.insert(trial, training / steps.unwrap_or(self.full).max(1) as f64);
            self.fixed = self.fixed.max(seconds - training);
        }
    }

    /// How long so many networks of a trial are reckoned to take, of so many steps each: as its own so far, else as
    /// the slowest of all.
    fn reckoned(&self, trial: usize, networks: usize, steps: usize) -> f64 {
        let slowest = || self.pace.values().copied().fold(0.0, f64::max);
        let pace = self.pace.get(&trial).copied().unwrap_or_else(slowest);
        (self.fixed + pace * steps as f64) * networks as f64
    }

    /// Seconds that the verdict is reckoned to take: the settings as given and the best trial so far, both trained
    /// as `train` does; where no trial has ended, twice the former.
    pub(super) fn verdict(&self) -> f64 {
        let last = self.runs.iter().map(|run| run.rung).max();
        let best = (self.runs.iter())
            .filter(|run| run.trial > 0 && Some(run.rung) == last)
            .min_by(|a, b| a.score.total_cmp(&b.score));
        let best = best.map_or(0, |run| run.trial);
        let whole = |trial| self.reckoned(trial, self.base.model.ensemble.max(1), self.full);
        (whole(0) + whole(best)) * MARGIN
    }

    /// Whether there is no time for this training and the verdict after it. What is done already takes none.
    fn is_late(&mut self, key: Key, steps: Option<usize>) -> bool {
        if let Some(deadline) = self.deadline.filter(|_| !self.late && self.journal.get(key).is_none()) {
            let needed = self.reckoned(key.0, 1, steps.unwrap_or(self.full)) + self.verdict();
            let needed = Duration::try_from_secs_f64(needed).unwrap_or(Duration::MAX);
            self.late = deadline.saturating_duration_since(Instant::now()) <= needed;
        }
        self.late
    }

    /// A line on how far it is.
    fn tell(&self, rung: usize, rungs: usize, trials: &[Trial], hooks: &mut dyn Hooks) {
        let here = || trials.iter().filter(|trial| trial.rung == Some(rung));
        let best = here().filter_map(|t| Some((t.number, t.score()?))).min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((number, score)) = best else { return };
        let passed = self.began.elapsed().as_secs_f64();
        let left = passed * (self.planned.saturating_sub(self.done)) as f64 / self.done.max(1) as f64;
        let left = left + self.verdict();
        let least = self
            .deadline
            .map_or(f64::INFINITY, |d| d.saturating_duration_since(Instant::now()).as_secs_f64());
        let who = if number == 0 { "the settings as given".to_owned() } else { format!("trial {number}") };
        hooks.progress(&format!(
            "rung {}/{rungs}  {} trials done  best {score:.4} ({who})  about {:.0} s left",
            rung + 1,
            here().count(),
            left.min(least)
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::plan;

    #[test]
    fn a_third_goes_on() {
        assert_eq!(plan(40), [(40, 9), (14, 3), (5, 1)]);
        assert_eq!(plan(9), [(9, 9), (3, 3), (1, 1)]);
        assert_eq!(plan(3), [(3, 3), (1, 1)]);
        assert_eq!(plan(2), [(2, 1)]);
        assert_eq!(plan(1), [(1, 1)]);
    }
}
