//! Successive halving: many trials for few steps, the better third of them for three times as many, and so
//! on (Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", AISTATS
//! 2016; with random trials as in Li et al., "Hyperband", Journal of Machine Learning Research 18, 2018).
//!
//! Each training of each rung begins anew, since a schedule of the learning rate is as long as its training. Trial 0
//! are the settings as they were given; it takes part in every rung, so that what was gained can be said.

use std::time::Instant;

use candle_core::Device;
use serde_json::Value;

use super::folds::Fold;
use super::journal::{Entry, Journal, Key};
use super::space::over;
use super::trial::Job;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::pipeline::table::Table;
use crate::report::tuning::{Rung, Trial};
use crate::train::Hooks;

/// The share of trials that goes on is one in so many, and so many times the steps are theirs.
const ETA: usize = 3;
/// Rungs at most.
const RUNGS: usize = 3;
/// Steps of the first rung at least.
const LEAST_STEPS: usize = 10;

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
    /// When no further training is begun.
    pub(super) deadline: Option<Instant>,
    pub(super) began: Instant,
    /// Steps of a whole training of one network, and those done so far.
    pub(super) full: usize,
    pub(super) done: usize,
    pub(super) planned: usize,
    /// Whether there was no time for all of it.
    pub(super) late: bool,
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
            for trial in alive.clone() {
                if self.is_late() {
                    break;
                }
                let found = self.scores(trial, rung, *steps, hooks)?;
                let Some(trial) = trials.get_mut(trial) else { continue };
                match found {
                    Ok(scores) => (trial.rung, trial.scores) = (Some(rung), scores),
                    Err(Some(why)) => trial.why = Some(why),
                    Err(None) => break,
                }
                self.tell(rung, rungs.len(), &trials, hooks);
            }
            let steps = steps.unwrap_or(self.full);
            alive.retain(|trial| trials.get(*trial).is_some_and(|trial| trial.rung == Some(rung)));
            told.push(Rung { trials: alive.len(), steps });
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
            if self.is_late() {
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
        if let Some(known) = self.journal.score(key) {
            return Ok(known);
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
            Ok(score) => Ok(score),
        };
        let seconds = began.elapsed().as_secs_f64();
        self.journal.keep(&Entry { key, settings: &settings, steps, score: score.clone(), seconds })?;
        Ok(score.ok())
    }

    fn is_late(&mut self) -> bool {
        self.late |= self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        self.late
    }

    /// A line on how far it is.
    fn tell(&self, rung: usize, rungs: usize, trials: &[Trial], hooks: &mut dyn Hooks) {
        let here = || trials.iter().filter(|trial| trial.rung == Some(rung));
        let best = here().filter_map(|t| Some((t.number, t.score()?))).min_by(|a, b| a.1.total_cmp(&b.1));
        let Some((number, score)) = best else { return };
        let passed = self.began.elapsed().as_secs_f64();
        let left = passed * (self.planned.saturating_sub(self.done)) as f64 / self.done.max(1) as f64;
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
