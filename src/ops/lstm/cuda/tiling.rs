//! Where W_hh lies during the recurrence: in one block or shared out over a cluster of eight, how
//! many rows go with it, and how much of it a thread keeps in registers. Plain arithmetic on the
//! device's limits.

/// What the device offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// Streaming multiprocessors.
    pub(super) processors: usize,
    /// Bytes of shared memory a block can be granted.
    pub(super) shared: usize,
    /// 32-bit registers a block can have.
    pub(super) registers: usize,
    /// Whether blocks can form clusters that reach each other's shared memory.
    pub(super) clusters: bool,
}

/// Which kernels run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Spread {
    /// recurrent.cu: every block holds the whole W_hh.
    Block,
    /// cluster.cu: eight blocks hold it together.
    Cluster,
}

/// The constants of the kernels for one hidden size and batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tiling {
    pub(super) spread: Spread,
    /// H.
    pub(super) units: usize,
    /// Rows of the batch that a block or a cluster computes at once: 1, 2, 4 or 8.
    pub(super) rows: usize,
    /// Groups of so many rows that a cluster computes in turn: 1 or 2.
    pub(super) turns: usize,
    /// Pieces of 16 weights that fall to a thread.
    pub(super) chunks: usize,
    /// Of these, in registers.
    pub(super) kept: usize,
    /// Threads of a block.
    pub(super) threads: usize,
}

/// Blocks of a cluster, as in dsm.cu.
const CLUSTER: usize = 8;
/// A block has at most this many threads on every device.
const MOST_THREADS: usize = 1024;
/// A thread can name at most this many registers.
const MOST_REGISTERS: usize = 255;

impl Spread {
    /// Blocks that hold W_hh together.
    pub(super) fn blocks(self) -> usize {
        match self {
            Spread::Block => 1,
            Spread::Cluster => CLUSTER,
        }
    }

    /// Threads of a block and pieces of weights that fall to each.
    pub(super) fn share(self, units: usize) -> (usize, usize) {
        match self {
            Spread::Block => (4 * units.next_multiple_of(8), units.div_ceil(16)),
            Spread::Cluster => {
                let slice = units.div_ceil(CLUSTER).next_multiple_of(4);
                (8 * slice, slice / 4)
            }
        }
    }
}

impl Tiling {
    /// The tiling for H units and N rows; none where W_hh fits neither in a block nor in a cluster.
    pub(super) fn new(units: usize, batch: usize, limits: Limits) -> Option<Tiling> {
        let spreads = [Some(Spread::Block), limits.clusters.then_some(Spread::Cluster)];
        spreads.into_iter().flatten().find_map(|spread| Tiling::fitting(spread, units, batch, limits))
    }

    /// As few rows as keep all processors busy at once, at most eight: with more, a thread's sums
    /// crowd out its weights. Half as many where that makes it fit. A cluster that would have to come
    /// back for more takes two groups in turn, so that it computes while values are under way.
    fn fitting(spread: Spread, units: usize, batch: usize, limits: Limits) -> Option<Tiling> {
        let teams = (limits.processors / spread.blocks()).max(1);
        let wanted = [1, 2, 4].into_iter().find(|rows| batch <= rows * teams).unwrap_or(8);
        let least = wanted.min(4);
        let most_turns = if spread == Spread::Cluster && batch > wanted * teams { 2 } else { 1 };
        [8, 4, 2, 1]
            .into_iter()
            .filter(|rows| (least..=wanted).contains(rows))
            .flat_map(|rows| (1..=most_turns).rev().map(move |turns| (rows, turns)))
            .find_map(|(rows, turns)| Tiling::with_rows(spread, units, rows, turns, limits))
    }

    fn with_rows(spread: Spread, units: usize, rows: usize, turns: usize, limits: Limits) -> Option<Tiling> {
        let (threads, chunks) = spread.share(units);
        if threads > MOST_THREADS {
            return None;
        }
        // A processor has four parts, each with a quarter of the registers and of the block's warps;
        // registers are handed out in eights.
        let warps = (threads / 32).div_ceil(4);
        let each = (limits.registers / 4 / (32 * warps) / 8 * 8).min(MOST_REGISTERS);
        let kept = (each.saturating_sub(working_registers(rows, turns)) / 16).min(chunks);
        let tiling = Tiling { spread, units, rows, turns, chunks, kept, threads };
        (tiling.shared_forward().max(tiling.shared_backward()) <= limits.shared).then_some(tiling)
    }

    /// Bytes of shared memory of the forward kernel: W_hh's rest and two tiles of h a group.
    pub(super) fn shared_forward(&self) -> usize {
        let pitch = match self.spread {
            Spread::Block => (16 * self.chunks).next_multiple_of(32) + 8,
            Spread::Cluster => 32 * self.chunks + 4,
        };
        self.shared_weights() + 4 * 2 * self.turns * self.rows * pitch
    }

    /// Bytes of shared memory of the backward kernel: W_hh's rest, tiles of gate gradients, and in a
    /// cluster two boxes for what each block sends.
    pub(super) fn shared_backward(&self) -> usize {
        let floats = match self.spread {
            Spread::Block => 2 * (64 * self.chunks + 8),
            Spread::Cluster => {
                let slice = self.threads / 8;
                let pitch = |n: usize| n.next_multiple_of(32) + 4;
                2 * CLUSTER * pitch(slice) + pitch(4 * slice)
            }
        };
        self.shared_weights() + 4 * self.turns * self.rows * floats
    }

    fn shared_weights(&self) -> usize {
        (self.chunks - self.kept) * 4 * self.threads * 16
    }

    /// As the kernels name them.
    pub(super) fn constants(&self) -> [(&'static str, usize); 6] {
        [
            ("UNITS", self.units),
            ("ROWS", self.rows),
            ("TURNS", self.turns),
            ("CHUNKS", self.chunks),
            ("KEPT", self.kept),
            ("THREADS", self.threads),
        ]
    }

    /// Blocks that take N rows.
    pub(super) fn blocks(&self, batch: usize) -> usize {
        batch.div_ceil(self.turns * self.rows) * self.spread.blocks()
    }
}

/// Registers a thread needs beside its weights, as ptxas 13.0 reports for sm_90: with these, H = 64
/// and 256 spill nothing and H = 128 less than 70 bytes; with one piece of weights more, 200.
fn working_registers(rows: usize, turns: usize) -> usize {
    match rows {
        8 => 64 + 16 * turns,
        _ => 48 + 16 * turns,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An H100 or H200.
    const HOPPER: Limits = Limits { processors: 132, shared: 232_448, registers: 65_536, clusters: true };
    /// An RTX 30 or 40.
    const SMALL: Limits = Limits { processors: 84, shared: 101_376, registers: 65_536, clusters: false };

    #[test]
    fn a_small_batch_is_spread_over_all_processors() {
        let rows = |units, batch| Tiling::new(units, batch, HOPPER).map(|t| (t.rows, t.blocks(batch)));
        assert_eq!(rows(64, 1), Some((1, 1)));
        assert_eq!(rows(64, 132), Some((1, 132)));
        assert_eq!(rows(64, 256), Some((2, 128)));
        assert_eq!(rows(64, 1024), Some((8, 128)));
        assert_eq!(rows(64, 8192), Some((8, 1024)));
        assert_eq!(rows(256, 16), Some((1, 128)));
        assert_eq!(rows(256, 128), Some((8, 128)));
        // Two groups of eight rows in turn.
        assert_eq!(rows(256, 256), Some((8, 128)));
    }

    #[test]
    fn sixty_four_units_live_in_registers_128_spill_over_and_256_share_out() {
        let tiling = |units| Tiling::new(units, 1024, HOPPER).unwrap();
        let parts = |t: Tiling| (t.spread, t.threads, t.chunks, t.kept);
        assert_eq!(parts(tiling(64)), (Spread::Block, 256, 4, 4));
        assert_eq!(parts(tiling(128)), (Spread::Block, 512, 8, 3));
        assert_eq!(parts(tiling(256)), (Spread::Cluster, 256, 8, 8));
        assert_eq!(parts(tiling(384)), (Spread::Cluster, 384, 12, 5));
        assert_eq!([64, 128, 256, 384].map(|units| tiling(units).turns), [1, 1, 2, 1]);
        // 5 pieces x 4 vectors x 512 threads x 16 bytes, and 2 x 8 rows x 520 floats.
        assert_eq!(tiling(128).shared_backward(), 163_840 + 33_280);
        // Twice, for two groups: 2 x 8 boxes x 8 rows x 36 floats, and 8 rows x 132 floats.
        assert_eq!(tiling(256).shared_backward(), 2 * (18_432 + 4_224));
    }

    #[test]
    fn what_does_not_fit_is_left_to_the_general_path() {
        assert_eq!(Tiling::new(512, 64, HOPPER), None);
        assert_eq!(Tiling::new(4096, 64, HOPPER), None);
        assert_eq!(Tiling::new(256, 64, SMALL), None);
        assert_eq!(Tiling::new(128, 1024, SMALL), None);
        for units in 1..=96 {
            assert!(Tiling::new(units, 300, SMALL).is_some_and(|t| t.spread == Spread::Block), "{units}");
        }
        for units in 1..=384 {
            assert!(Tiling::new(units, 8192, HOPPER).is_some(), "{units}");
        }
    }
}
