//! What a chip would not stand.

use std::fmt;

/// What was violated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Stable power and clock before the first command.
    PowerUp,
    /// All banks precharged, refreshes and mode register before the first access; commands only with the clock enabled.
    Initialisation,
    /// A mode that the part does not have, or that this model does not.
    ModeRegister,
    /// A CAS latency that the part does not have at this clock.
    CasLatency,
    /// ACTIVE to READ or WRITE.
    Trcd,
    /// PRECHARGE to ACTIVE, REFRESH or MODE REGISTER SET.
    Trp,
    /// ACTIVE to PRECHARGE, least.
    Tras,
    /// ACTIVE to PRECHARGE, most.
    TrasMax,
    /// ACTIVE to ACTIVE of the same bank, or to REFRESH.
    Trc,
    /// ACTIVE to ACTIVE of another bank.
    Trrd,
    /// Word written to PRECHARGE.
    Twr,
    /// REFRESH to any command.
    Trfc,
    /// MODE REGISTER SET to any command.
    Tmrd,
    /// More refreshes are owed than may be.
    RefreshInterval,
    /// A row was not refreshed within the refresh period.
    RefreshPeriod,
    /// Controller and chip drive the data pins in the same clock, or with no clock for the chip to let go; or nobody drives them in a write.
    DataBus,
    /// A command to a bank that is closed, or open, when it must not be.
    BankState,
    /// A command that this model does not have.
    Unsupported,
    /// A word beyond the model's storage.
    Address,
}

impl Rule {
    /// As data sheets call it.
    pub fn name(self) -> &'static str {
        match self {
            Rule::PowerUp => "power-up wait",
            Rule::Initialisation => "initialisation",
            Rule::ModeRegister => "mode register",
            Rule::CasLatency => "CAS latency",
            Rule::Trcd => "tRCD",
            Rule::Trp => "tRP",
            Rule::Tras => "tRAS",
            Rule::TrasMax => "tRAS max",
            Rule::Trc => "tRC",
            Rule::Trrd => "tRRD",
            Rule::Twr => "tWR",
            Rule::Trfc => "tRFC",
            Rule::Tmrd => "tMRD",
            Rule::RefreshInterval => "refresh interval",
            Rule::RefreshPeriod => "refresh period",
            Rule::DataBus => "data bus",
            Rule::BankState => "bank state",
            Rule::Unsupported => "unsupported command",
            Rule::Address => "address",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A rule was broken. The model is of no use afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{rule} violated in cycle {cycle}: {found} found, {required} required")]
pub struct Violation {
    /// Which rule.
    pub rule: Rule,
    /// The least or greatest number of clocks (or the number of the rule's other unit) allowed.
    pub required: u64,
    /// What it was.
    pub found: u64,
    /// The cycle, counted from the first one.
    pub cycle: u64,
}
