//! What the user interface does not allow.

/// A rule was broken. The model is of no use afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{rule} in cycle {cycle}")]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// The cycle, counted from the first one.
    pub cycle: u64,
}

/// What was violated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// An access that was not taken yet was withdrawn or became another one.
    #[error("an access changed before app_rdy")]
    AccessChanged,
    /// Data that were not taken yet were withdrawn or became others.
    #[error("write data changed before app_wdf_rdy")]
    DataChanged,
    /// Neither a write nor a read.
    #[error("app_cmd {0} is neither a write (0) nor a read (1)")]
    Command(u8),
    /// An access begins within a line.
    #[error("app_addr {0:#x} is no multiple of 8 words")]
    Unaligned(u32),
    /// An access beyond the model's storage.
    #[error("app_addr {address:#x} is beyond the memory's {words:#x} words")]
    Address {
        /// First word of the access.
        address: u32,
        /// Words of the model.
        words: usize,
    },
    /// Data without `app_wdf_end`: every clock of data is an access' last.
    #[error("app_wdf_wren without app_wdf_end")]
    DataEnd,
    /// A write's data were not taken two clocks after its access.
    #[error("a write's data come more than two clocks after its access")]
    LateData,
}
