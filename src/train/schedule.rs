//! The learning rate at each step.

use crate::config::Schedule;

/// Steps of linear warm-up of the cosine schedule, at most a tenth of all steps.
const WARM_UP: usize = 100;

/// The rate of a run.
#[derive(Debug, Clone)]
pub struct Rate {
    schedule: Schedule,
    base: f64,
    total: usize,
    patience: usize,
    /// Plateau only: halvings so far, and epochs since the last improvement or halving.
    halvings: u32,
    waited: usize,
}

impl Rate {
    /// `total` steps are planned; `patience` is that of early stopping, in epochs.
    pub fn new(schedule: Schedule, base: f64, total: usize, patience: usize) -> Rate {
        Rate { schedule, base, total: total.max(1), patience, halvings: 0, waited: 0 }
    }

    /// Goes on where [`Rate::position`] was.
    pub fn resume(self, halvings: u32, waited: usize) -> Rate {
        Rate { halvings, waited, ..self }
    }

    /// Halvings so far, and epochs waited since: all that changes.
    pub fn position(&self) -> (u32, usize) {
        (self.halvings, self.waited)
    }

    /// The rate of step `step` (the first is 0).
    pub fn at(&self, step: usize) -> f64 {
        match self.schedule {
            Schedule::Constant => self.base,
            Schedule::Cosine => {
                let warm = WARM_UP.min(self.total / 10);
                let rise = if step < warm { (step + 1) as f64 / warm as f64 } else { 1.0 };
                let share = (step as f64 / self.total as f64).min(1.0);
                self.base * rise * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
            }
            Schedule::Plateau => self.base * 0.5f64.powi(self.halvings as i32),
        }
    }

    /// Tells the schedule whether the epoch that ended was the best so far.
    pub fn after_epoch(&mut self, better: bool) {
        if better {
            self.waited = 0;
            return;
        }
        self.waited += 1;
        if self.waited >= (self.patience / 3).max(1) {
            self.halvings += 1;
            self.waited = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_rises_then_falls_to_zero() {
        let rate = Rate::new(Schedule::Cosine, 1.0, 1000, 5);
        assert!((rate.at(0) - 0.01).abs() < 1e-3);
        assert!((rate.at(500) - 0.5).abs() < 1e-9);
        assert!(rate.at(1000) < 1e-12);
    }

    #[test]
    fn plateau_halves_when_nothing_improves() {
        let mut rate = Rate::new(Schedule::Plateau, 0.8, 100, 6);
        rate.after_epoch(true);
        rate.after_epoch(false);
        assert_eq!(rate.at(10), 0.8);
        rate.after_epoch(false);
        assert_eq!(rate.at(10), 0.4);
    }
}
