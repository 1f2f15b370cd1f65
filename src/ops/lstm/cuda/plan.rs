//! Where W_hh lies during the recurrence: how many rows a block takes and how much of the matrix
//! a thread keeps in registers. Plain arithmetic on the device's limits.

/// What the device offers to one block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Streaming multiprocessors.
    pub(super) processors: usize,
    /// Bytes of shared memory a block can be granted.
    pub(super) shared: usize,
    /// 32-bit registers a block can have.
    pub(super) registers: usize,
}

/// The constants of recurrent.cu for one hidden size and batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tiling {
    /// H.
    pub(super) units: usize,
    /// Rows of the batch a block takes.
    pub(super) rows: usize,
    /// Pieces of 16 weights that fall to a thread.
    pub(super) chunks: usize,
    /// Of these, in registers.
    pub(super) kept: usize,
    /// Threads of a block.
    pub(super) threads: usize,
}

/// A block has at most this many threads on every device.
const MOST_THREADS: usize = 1024;
/// A thread can name at most this many registers.
const MOST_REGISTERS: usize = 255;

impl Tiling {
    /// The tiling for H units and N rows; none where W_hh does not fit on the chip.
    ///
    /// A block takes as few rows as keep all processors busy at once, at most eight: with more, a
    /// thread's sums crowd out its weights.
    pub(super) fn new(units: usize, batch: usize, limits: Limits) -> Option<Tiling> {
        let wanted = [1, 2, 4].into_iter().find(|rows| batch <= rows * limits.processors).unwrap_or(8);
        let least = wanted.min(4);
        [8, 4, 2, 1]
            .into_iter()
            .filter(|rows| (least..=wanted).contains(rows))
            .find_map(|rows| Tiling::with_rows(units, rows, limits))
    }

    fn with_rows(units: usize, rows: usize, limits: Limits) -> Option<Tiling> {
        let threads = 4 * units.next_multiple_of(8);
        if threads > MOST_THREADS {
            return None;
        }
        let chunks = units.div_ceil(16);
        // The driver hands registers out in eights.
        let each = (limits.registers / threads / 8 * 8).min(MOST_REGISTERS);
        let kept = (each.saturating_sub(working_registers(rows)) / 16).min(chunks);
        let tiling = Tiling { units, rows, chunks, kept, threads };
        (tiling.shared_backward() <= limits.shared).then_some(tiling)
    }

    /// Bytes of shared memory of the forward kernel: W_hh's rest and two tiles of h.
    pub(super) fn shared_forward(&self) -> usize {
        self.shared_weights() + 8 * self.rows * ((16 * self.chunks).next_multiple_of(32) + 8)
    }

    /// Bytes of shared memory of the backward kernel: W_hh's rest and two tiles of gate gradients.
    pub(super) fn shared_backward(&self) -> usize {
        self.shared_weights() + 8 * self.rows * (64 * self.chunks + 8)
    }

    fn shared_weights(&self) -> usize {
        (self.chunks - self.kept) * 4 * self.threads * 16
    }

    /// Blocks that take N rows.
    pub(super) fn blocks(&self, batch: usize) -> usize {
        batch.div_ceil(self.rows)
    }
}

/// Registers a thread needs beside its weights, as ptxas 13.0 reports for sm_90: with one piece of
/// weights more it spills at H = 128 (four bytes at eight rows with these; none at fewer).
fn working_registers(rows: usize) -> usize {
    match rows {
        8 => 80,
        4 => 64,
        _ => 60,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An H100 or H200.
    const HOPPER: Limits = Limits { processors: 132, shared: 232_448, registers: 65_536 };

    #[test]
    fn a_small_batch_is_spread_over_all_processors() {
        let rows = |batch| Tiling::new(64, batch, HOPPER).map(|t| (t.rows, t.blocks(batch)));
        assert_eq!(rows(1), Some((1, 1)));
        assert_eq!(rows(132), Some((1, 132)));
        assert_eq!(rows(256), Some((2, 128)));
        assert_eq!(rows(1024), Some((8, 128)));
        assert_eq!(rows(8192), Some((8, 1024)));
    }

    #[test]
    fn sixty_four_units_live_in_registers_and_128_share_out() {
        let small = Tiling::new(64, 1024, HOPPER).unwrap();
        assert_eq!((small.threads, small.chunks, small.kept), (256, 4, 4));
        let large = Tiling::new(128, 1024, HOPPER).unwrap();
        assert_eq!((large.threads, large.chunks, large.kept), (512, 8, 3));
        // 5 pieces x 4 vectors x 512 threads x 16 bytes, and 2 x 8 rows x 520 floats.
        assert_eq!(large.shared_backward(), 163_840 + 33_280);
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_general_path() {
        assert_eq!(Tiling::new(257, 64, HOPPER), None);
        assert_eq!(Tiling::new(256, 64, HOPPER), None);
        let small_chip = Limits { shared: 101_376, ..HOPPER };
        assert_eq!(Tiling::new(128, 1024, small_chip), None);
        for units in 1..=96 {
            assert!(Tiling::new(units, 300, small_chip).is_some(), "{units}");
        }
    }
}
