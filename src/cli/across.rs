//! Flags for a table that is a part of a larger one.

/// What stands for the series that are not in the table.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct AcrossFlags {
    /// The table is a part of a larger one: means over all of its series, which `ingest --means` wrote
    #[arg(long, value_name = "FILE", hide_short_help = true)]
    pub means: Option<String>,
    /// The table is all there is, although training knew more series
    #[arg(long, hide_short_help = true, conflicts_with = "means")]
    pub alone: bool,
}
